"""SPIN beside the checker: build a Promela model, run it, and read what it counted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.kept_files import write_draft
from scuttle_check.base.measure import Cost, cost

FULL = ("-DNOREDUCE",)
"""Every state is stored: what the plain and the compiled search do too."""

REDUCED: tuple[str, ...] = ()
"""SPIN's partial-order reduction, which checks that each channel has one reader and one writer."""

GCC_FLAGS = ("-O3", "-DSAFETY", "-DVECTORSZ=4096", "-DMEMLIM=32000", "-w")
DEPTH_MAX = 100_000


@frozen
class Spun:
    """One run of SPIN's verifier. `build` is the wall time of spin and gcc, in seconds."""

    states: int
    transitions: int
    errors: int
    build: float
    cost: Cost


def missing() -> str | None:
    """Which program is not there, or None when SPIN can run."""
    absent = [name for name in ("spin", "gcc") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not found" if absent else None


def versions() -> str:
    """The versions of SPIN and gcc, as they name themselves."""
    spin, gcc = cost(["spin", "-V"]), cost(["gcc", "--version"])
    return f"{spin.out.strip().splitlines()[0]}; {gcc.out.strip().splitlines()[0]}"


def build(model: str, folder: Path, reduction: tuple[str, ...] = FULL) -> float:
    """Make the verifier ``pan`` of a model in `folder`; seconds of wall time. Raises Fault."""
    write_draft(folder / "model.pml", model)
    seconds = 0.0
    for command in (
        ["spin", "-a", "-o2", "model.pml"],
        ["gcc", *GCC_FLAGS, *reduction, "-o", "pan", "pan.c"],
    ):
        made = cost(command, folder)
        if made.code:
            said = (made.out + made.err).strip()[-300:]
            raise UnrunnableFault(f"ended with {made.code}: {said}", where=" ".join(command))
        seconds += made.wall
    return seconds


def verify(folder: Path, build_seconds: float = 0.0) -> Spun:
    """Run the verifier in `folder`. Raises UnrunnableFault when it does not see everything."""
    run = cost([folder.resolve() / "pan", f"-m{DEPTH_MAX}"], folder)
    counts = [
        re.search(pattern, run.out)
        for pattern in (r"(\d+) states, stored", r"(\d+) transitions", r"errors: (\d+)")
    ]
    if run.code or None in counts or "Warning: Search not completed" in run.out:
        said = (run.out + run.err).strip()[-300:]
        raise UnrunnableFault(f"did not see every state: {said}", where="pan")
    states, transitions, errors = (int(count[1]) for count in counts if count)
    return Spun(states, transitions, errors, build_seconds, run)
