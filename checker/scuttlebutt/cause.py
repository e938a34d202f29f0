"""Causes: what is left of a reason when names, keys, values and numbers are taken out of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from checker.scuttlebutt.experiment import Experiment
from scuttle_ref.messages import Put


def cause_in(experiment: Experiment) -> Callable[[str], str]:
    """The function from a reason to its cause, for the words of one experiment.

    Two reasons are one cause when they differ only in which nodes, keys, values and numbers they
    name, or in how many entries a clock has. Node names become N, keys K, values V, numbers #.

    Spec: CHK-8.
    """
    puts = [
        command for script in experiment.script for command in script if isinstance(command, Put)
    ]
    words = {command.key: "K" for command in puts}
    words |= {text: "V" for text in (str(command.value) for command in puts) if not text.isdigit()}
    words |= dict.fromkeys(experiment.topology.nodes, "N")
    ordered = sorted((word for word in words if word), key=lambda word: (-len(word), word))
    names = "|".join(map(re.escape, ordered))
    known = re.compile(rf"(?<![^\W_])({names})(?=\d*(?![^\W_]))") if ordered else None

    def cause(reason: str) -> str:
        text = known.sub(lambda found: words[found.group(1)], reason) if known else reason
        text = re.sub(r"-?\d+(\.\d+)?|-Infinity|-inf", "#", text)
        text = text.replace("#@", "V@")
        return re.sub(r"\bN:#( N:#)+", "N:#", text)

    return cause
