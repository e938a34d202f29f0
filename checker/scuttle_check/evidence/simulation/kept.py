"""Simulations with a run folder: each run is in it as soon as it has ended.

The runs of a simulation that have ended, in a file that only grows.

Runs know nothing of each other, so a line that was damaged costs the run that it tells of. Its
checksum is of the plan, too: if somebody changed that, the numbers of runs would mean others.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from zlib import crc32

import numpy as np
from attrs import define, field, frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.files import read_members
from scuttle_check.base.folders import RunFolder, digest, fresh_folder
from scuttle_check.base.kept_files import growing, keep
from scuttle_check.base.sums import insist_on_sum
from scuttle_check.evidence.simulation.plans import AnyPlan, plan_from_json, plan_json


def _line(plan: str, at: int, run: Any) -> bytes:
    checksum = crc32(json.dumps([plan, at, run]).encode())
    return f"{json.dumps([at, run, checksum])}\n".encode()


def _read(plan: str, line: bytes) -> tuple[int, Any] | None:
    """What a line tells, or None where it is cut off, was damaged or is of another plan."""
    try:
        at, run, _ = json.loads(line)
    except (ValueError, TypeError):
        return None
    return (at, run) if line == _line(plan, at, run) else None


def ends_in(content: bytes, plan: str) -> dict[int, Any]:
    """The runs of a plan that a file tells of, by their numbers, as far as its lines are whole."""
    found: dict[int, Any] = {}
    for line in content.splitlines(keepends=True):
        told = _read(plan, line)
        if told is not None:
            found.setdefault(*told)
    return found


@define
class Ends:
    """The file, open to be gone on with. `runs` are those of `plan` that have ended, by number.

    Spec: RUN-2, RUN-7.
    """

    path: Path
    plan: str
    runs: dict[int, Any] = field(init=False)
    _file: BinaryIO = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read it, and cut off what is behind the last line that was written to its end."""
        self._file = growing(self.path)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)
        self.runs = ends_in(content, self.plan)

    def add(self, at: int, run: Any) -> None:
        """A run has ended, and is on the disk when this returns."""
        self._file.write(_line(self.plan, at, run))
        keep(self._file)
        self.runs[at] = run

    def close(self) -> None:
        """Close the file."""
        self._file.close()


EARLIER = "scuttle-simulation-folder/1"
"""What a ``run.json`` called itself before it had a checksum. Other sources began such a run."""


@frozen
class SimulationRun(RunFolder):
    """A simulation with a folder."""

    FORMAT: ClassVar[str] = "scuttle-simulation-folder/2"
    FILES: ClassVar[tuple[str, ...]] = (
        "run.json",
        "result.json",
        "result.sum",
        "runs.jsonl",
        "lock",
    )

    plan: AnyPlan
    population: int = 0

    @classmethod
    def program_now(cls) -> str:
        """The sources, and what draws the numbers: another release may draw others."""
        python = ".".join(map(str, sys.version_info[:2]))
        return f"{digest()}, Python {python}, numpy {np.__version__}"

    def insist_on_program(self) -> None:
        """Raises UnrunnableFault where runs would no more be those of one simulation.

        Spec: RUN-3.
        """
        super().insist_on_program()
        if self.population != self.plan.population:
            raise UnrunnableFault(
                "the neighbours of the nodes are not those that they were when it was begun",
                where=self.name,
                clause="RUN-3",
                expected="the same graph file, or the same release of networkx",
                hint="restore it, or begin a new run",
            )

    def open(self) -> Ends:
        """The runs that have ended, to be gone on with."""
        return Ends(self.folder / "runs.jsonl", self._key)

    @property
    def ended(self) -> dict[int, Any]:
        """The runs that have ended, by the numbers of their tasks."""
        path = self.folder / "runs.jsonl"
        return ends_in(path.read_bytes(), self._key) if path.exists() else {}

    @property
    def _key(self) -> str:
        return json.dumps(plan_json(self.plan))


def begun_simulation(folder: Path | None, plan: AnyPlan) -> SimulationRun:
    """A new simulation, in `folder` or one of its own. Raises UsageFault if there is one."""
    folder = fresh_folder(plan.label) if folder is None else folder
    run = SimulationRun(folder, SimulationRun.program_now(), plan, plan.population)
    run.begin({"plan": plan_json(plan), "population": run.population})
    return run


def read_simulation(folder: Path) -> SimulationRun:
    """The simulation in a folder. Raises UsageFault where its run.json says none."""
    path = folder / "run.json"
    members = {"plan": dict, "program": str, "population": int}
    document = read_members(path, SimulationRun.FORMAT, members, (EARLIER,))
    plan = plan_from_json(document["plan"], f"{path}: $.plan")
    if document["format"] != EARLIER:
        insist_on_sum(document, path)
    return SimulationRun(folder, document["program"], plan, document["population"])
