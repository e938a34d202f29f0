"""TLC, the model checker of TLA+: how to run it, and what its output says.

Laws of this file: it knows no protocol. A run that did not finish, or that complains of anything
but a violated property, counts nothing and is a fault.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault

WORKERS = 1
"""One worker searches breadth first, so that traces are shortest and registers are exact."""


@frozen
class Counts:
    """What one run of TLC counted.

    `generated` counts the start and every step; `depth` the states of the longest shortest path;
    `terminal` what the model itself counted. `violated` names invariants and temporal properties,
    and `steps` holds the steps of the first trace to a violation of each invariant.
    """

    distinct: int
    generated: int
    terminal: int
    depth: int
    violated: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    revision: str = ""


_TOTAL = re.compile(
    r"^([\d,]+) states generated, ([\d,]+) distinct states found, ([\d,]+) states left on queue",
    re.MULTILINE,
)
_DEPTH = re.compile(r"^The depth of the complete state graph search is (\d+)", re.MULTILINE)
_TERMINAL = re.compile(r'^<<"terminal states", (\d+)>>', re.MULTILINE)
_REVISION = re.compile(r"^TLC2 Version .*\(rev: (\w+)\)", re.MULTILINE)
_VIOLATED = re.compile(r"(?:Invariant|Temporal property) (\w+) (?:is|was) violated")
_STATE = re.compile(r"^State (\d+):", re.MULTILINE)
_TOLD_WITH_A_TRACE = ("The behavior up to this point is", "The following behavior constitutes")


def read_output(text: str, where: str) -> Counts:
    """What TLC printed, as counts. Raises UnrunnableFault when it did not explore everything.

    Spec: TWIN-2.
    """
    _, *complaints = re.split(r"^Error: ", text, flags=re.MULTILINE)
    steps: dict[str, int] = {}
    named = ""
    for complaint in complaints:
        if complaint.startswith(_TOLD_WITH_A_TRACE):
            steps.setdefault(named, _trace_steps(complaint))
            continue
        violated = _VIOLATED.match(complaint)
        if violated is None:
            said = " ".join(complaint.split())[:200]
            raise UnrunnableFault(f"TLC could not run the model: {said}", where=where)
        named = violated.group(1)
    totals = _TOTAL.findall(text)
    depth, terminal, revision = (each.search(text) for each in (_DEPTH, _TERMINAL, _REVISION))
    if not totals or depth is None or terminal is None or totals[-1][2] != "0":
        last = (text.strip().splitlines() or ["nothing"])[-1][:200]
        raise UnrunnableFault(f"TLC did not finish; it ended with: {last}", where=where)
    generated, distinct, _ = (int(number.replace(",", "")) for number in totals[-1])
    return Counts(
        distinct=distinct,
        generated=generated,
        terminal=int(terminal.group(1)),
        depth=int(depth.group(1)),
        violated=tuple(sorted(set(_VIOLATED.findall(text)))),
        steps=tuple(sorted(steps.items())),
        revision=revision.group(1) if revision else "",
    )


def _trace_steps(complaint: str) -> int:
    """The steps of the trace in `complaint`: one less than its states."""
    return max((int(number) for number in _STATE.findall(complaint)), default=1) - 1


def run(jar: Path, module: str, config: str, folder: Path) -> Counts:
    """Let the TLC of `jar` explore `module` of `folder` under `config`, all of it.

    Raises UsageFault when there is no such jar, UnrunnableFault when TLC cannot run or finish.
    """
    if not jar.is_file():
        raise UsageFault("no such file", where=str(jar), expected="a tla2tools.jar")
    java = shutil.which("java")
    if java is None:
        raise UnrunnableFault("java is not there", expected="a Java runtime, 11 or newer")
    with tempfile.TemporaryDirectory(prefix="scuttle-tlc-") as scratch:
        options = ["-workers", str(WORKERS), "-continue", "-noGenerateSpecTE"]
        files = ["-metadir", scratch, "-config", config, module]
        command = [java, "-XX:+UseSerialGC", "-jar", str(jar.resolve()), *options, *files]
        ended = subprocess.run(  # noqa: S603 - the command is made here
            command, cwd=folder, capture_output=True, text=True, check=False
        )
    return read_output(ended.stdout + ended.stderr, f"{folder.name}/{config}")
