"""Simulations with a run folder: each run is in it as soon as it has ended."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from checker.faults import UnrunnableFault
from checker.program import digest
from checker.run_folders import RunFolder, fresh_folder
from checker.scuttlebutt.files import read_members
from checker.simulation.ends import Ends, ends_in
from checker.simulation.plans import AnyPlan, plan_from_json, plan_json
from checker.sums import insist_on_sum

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
