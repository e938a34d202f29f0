"""All runs that have a folder: searches, which are here, and simulations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeAlias

from attrs import frozen

from checker.faults import Fault, UsageFault
from checker.run_folders import HOME, RunFolder, fresh_folder
from checker.scuttlebutt.experiment import Experiment, experiment_from_json
from checker.scuttlebutt.files import format_of, read_members
from checker.search.sharded.journal import Mark, marks_in
from checker.simulation.kept import SimulationRun, read_simulation

__all__ = ["HOME", "AnyRun", "Run", "SimulationRun", "begun", "found", "runs"]


EARLIER = "scuttle-run/1"
"""What a ``run.json`` called itself before, which is the name of a run that somebody chose."""


@frozen
class Run(RunFolder):
    """A search with a folder. `wanted` are the properties judged, all where there is none.

    With `until_decided` it stops once they are decided.
    """

    FORMAT: ClassVar[str] = "scuttle-run-folder/1"
    FILES: ClassVar[tuple[str, ...]] = (
        *("run.json", "result.json", "worlds.bin", "asked.bin", "levels.jsonl", "lock"),
    )

    experiment: Experiment
    wanted: tuple[str, ...] = ()
    until_decided: bool = False

    @property
    def marks(self) -> list[Mark]:
        """The levels that are whole."""
        return marks_in(self.folder / "levels.jsonl")


AnyRun: TypeAlias = Run | SimulationRun


def begun(
    folder: Path | None, experiment: Experiment, wanted: tuple[str, ...], *, until_decided: bool
) -> Run:
    """A new search, in `folder` or one of its own. Raises UsageFault if that is taken."""
    if folder is None:
        folder = fresh_folder(f"{experiment.profile}-{experiment.topology.name}")
    run = Run(folder, Run.program_now(), experiment, wanted, until_decided)
    run.begin(
        {
            "experiment": experiment.to_json(),
            "properties": list(wanted),
            "until_decided": until_decided,
        }
    )
    return run


def found(name: str) -> AnyRun:
    """The run called so, by its name, its number or its folder. Raises UsageFault."""
    folders = [Path(name), HOME / name]
    if name.isdecimal():
        folders.extend(sorted(HOME.glob(f"{name:0>4}-*")))
    for folder in folders:
        if name and (folder / "run.json").is_file():
            return _read(folder)
    known = ", ".join(run.name for run in runs()) or "there is none yet: scuttle check --run ..."
    raise UsageFault(f"no run {name!r}", where="scuttle runs", expected=known)


def _read_search(folder: Path) -> Run:
    path = folder / "run.json"
    members = {"experiment": dict, "properties": list, "program": str}
    document = read_members(path, Run.FORMAT, members, (EARLIER,))
    experiment = experiment_from_json(document["experiment"], f"{path}: $.experiment")
    wanted = tuple(map(str, document["properties"]))
    decided = document.get("until_decided") is True
    return Run(folder, document["program"], experiment, wanted, decided)


READERS: dict[str, Callable[[Path], AnyRun]] = {
    Run.FORMAT: _read_search,
    SimulationRun.FORMAT: read_simulation,
}
"""How the folder of each kind of run is read."""


def _read(folder: Path) -> AnyRun:
    """The run in a folder. Raises UsageFault where there is none that can be read."""
    return READERS.get(format_of(folder / "run.json"), _read_search)(folder)


def runs() -> list[AnyRun]:
    """The runs below the current folder, in the order of their names; unreadable ones left out."""
    found_here = []
    for path in sorted(HOME.glob("*/run.json")):
        try:
            found_here.append(_read(path.parent))
        except Fault:
            continue
    return found_here
