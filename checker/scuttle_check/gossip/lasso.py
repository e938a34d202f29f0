"""Lassos as files: an experiment, the way to a cycle, and the cycle that refutes liveness.

The file looks like that of a counterexample, with a prefix and a cycle instead of a schedule.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import checked_members, read_members, write_json
from scuttle_check.base.reading import text_given
from scuttle_check.engine.system import Action
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.liveness import Endless, eventually_agreed
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.search.liveness.fairness import FAIRNESS
from scuttle_check.search.liveness.lasso import LassoRun, run_lasso

FORMAT = "scuttle-lasso/1"


@frozen
class SavedLasso:
    """A run without end of an endless experiment that refutes `property`."""

    endless: Endless
    property: str
    clause: str
    because: str
    prefix: tuple[Action, ...]
    cycle: tuple[Action, ...]

    def to_json(self) -> dict[str, Any]:
        """The content of a lasso file."""
        return {
            "format": FORMAT,
            "property": self.property,
            "clause": self.clause,
            "because": self.because,
            "fairness": self.endless.fairness,
            "early": self.endless.early,
            "experiment": self.endless.experiment.to_json(),
            "prefix": [str(action) for action in self.prefix],
            "cycle": [str(action) for action in self.cycle],
        }

    def save(self, path: Path) -> None:
        """Write the file. Raises UsageFault if it exists or cannot be written."""
        write_json(path, self.to_json())

    def run(self) -> LassoRun:
        """Run the lasso and judge it, under the fairness that it names. Spec: LIVE-8."""
        live = self.endless.build()
        wanted = eventually_agreed()
        if self.property != wanted.name:
            raise UsageFault(
                f"no property {self.property!r}", where="$.property", expected=wanted.name
            )
        return run_lasso(live.model, wanted, live.fairness, self.prefix, self.cycle)


def is_lasso(path: Path) -> bool:
    """Whether a file says that it holds a lasso. False for what cannot be read."""
    try:
        document = json.loads(text_given(path))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("format") == FORMAT


MEMBERS: dict[str, type] = {
    "experiment": dict,
    "prefix": list,
    "cycle": list,
    "property": str,
    "fairness": str,
}


def load_lasso(path: Path) -> SavedLasso:
    """Read a lasso file that :func:`is_lasso`. Raises UsageFault with the path of a fault."""
    return _lasso(read_members(path, FORMAT, MEMBERS), f"{path}: $")


def lasso_from_json(document: object, where: str) -> SavedLasso:
    """The lasso in a document that stands at `where`. Raises UsageFault."""
    return _lasso(checked_members(document, where, FORMAT, MEMBERS), where)


def _lasso(document: dict[str, Any], where: str) -> SavedLasso:
    if document["fairness"] not in FAIRNESS:
        expected = ", ".join(FAIRNESS)
        raise UsageFault("is none", where=f"{where}.fairness", expected=expected)
    early = document.get("early")
    if early is not None and (type(early) is not int or early < 0):
        expected = "an integer from 0, or null"
        raise UsageFault(f"is {early!r}", where=f"{where}.early", expected=expected)
    experiment = experiment_from_json(document["experiment"], f"{where}.experiment")
    prefix, cycle = (
        tuple(parse_action(line, f"{where}.{name}[{at}]") for at, line in enumerate(document[name]))
        for name in ("prefix", "cycle")
    )
    return SavedLasso(
        Endless(experiment, document["fairness"], early),
        document["property"],
        str(document.get("clause", "")),
        str(document.get("because", "")),
        prefix,
        cycle,
    )
