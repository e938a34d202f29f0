"""All runs that have a folder: searches, which are here, and simulations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from attrs import asdict, frozen

from checker.faults import Fault, UsageFault
from checker.run_folders import HOME, RunFolder, fresh_folder
from checker.scuttlebutt.experiment import Experiment, experiment_from_json
from checker.scuttlebutt.files import format_of, read_members
from checker.search.sharded.journal import Mark, marks_in
from checker.simulation import kept
from checker.simulation.kept import SimulationRun, read_simulation
from checker.sums import insist_on_sum, sum_of

__all__ = ["HOME", "AnyRun", "Asked", "Run", "SimulationRun", "begun", "found", "runs"]


EARLIER = ("scuttle-run/1", "scuttle-run-folder/1")
"""What a ``run.json`` called itself before it had a checksum. Other sources began such a run."""


JOURNAL = ("worlds.bin", "asked.bin", "levels.jsonl")
"""The files of a journal."""


@frozen
class Asked:
    """What is asked of a model. `wanted` are the properties judged, all where there is none.

    With `until_decided` the search stops once they are decided; with `every` there is a
    counterexample for each cause, with `coverage` the rules are told that were asked.
    """

    wanted: tuple[str, ...] = ()
    until_decided: bool = False
    every: bool = False
    coverage: bool = False
    reduction: str = "none"

    def to_json(self) -> dict[str, Any]:
        """As members of ``run.json``."""
        return {**asdict(self), "wanted": list(self.wanted)}


@frozen
class Run(RunFolder):
    """A search with a folder; more than one where all causes are asked for."""

    FORMAT: ClassVar[str] = "scuttle-run-folder/2"
    FILES: ClassVar[tuple[str, ...]] = (
        *("run.json", "result.json", "result.sum", "lock"),
        *JOURNAL,
    )

    experiment: Experiment
    asked: Asked = Asked()

    def key(self, number: int = 0) -> str:
        """What the lines of the journal of a search of the run are bound to. Spec: RUN-9."""
        asked = self.asked.to_json()
        return sum_of(self.program, self.experiment.to_json(), asked, number)

    @property
    def marks(self) -> list[Mark]:
        """The levels that are whole, of the first search."""
        return marks_in(self.folder / "levels.jsonl", self.key())

    def journal(self, number: int) -> Path:
        """Where the journal of a search of the run is: of the first in the folder itself."""
        folder = self.folder / f"search-{number}" if number else self.folder
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def later(self) -> list[Path]:
        """The folders of the searches behind the first."""
        return sorted(self.folder.glob("search-[0-9]*"))

    @property
    def files(self) -> list[Path]:
        """All that belongs to it."""
        return [*super().files, *(one / name for one in self.later for name in JOURNAL)]

    def remove(self) -> None:
        """Delete what belongs to the run, and its folders if nothing else is in them."""
        later = self.later
        super().remove()
        for folder in (*later, self.folder):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()


AnyRun: TypeAlias = Run | SimulationRun


def begun(folder: Path | None, experiment: Experiment, asked: Asked) -> Run:
    """A new search, in `folder` or one of its own. Raises UsageFault if that is taken."""
    if folder is None:
        folder = fresh_folder(f"{experiment.profile}-{experiment.topology.name}")
    run = Run(folder, Run.program_now(), experiment, asked)
    document = asked.to_json()
    run.begin(
        {"experiment": experiment.to_json(), "properties": document.pop("wanted"), **document}
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
    document = read_members(path, Run.FORMAT, members, EARLIER)
    experiment = experiment_from_json(document["experiment"], f"{path}: $.experiment")
    asked = Asked(
        tuple(map(str, document["properties"])),
        until_decided=document.get("until_decided") is True,
        every=document.get("every") is True,
        coverage=document.get("coverage") is True,
        reduction="quotient" if document.get("reduction") == "quotient" else "none",
    )
    if document["format"] not in EARLIER:
        insist_on_sum(document, path)
    return Run(folder, document["program"], experiment, asked)


READERS: dict[str, Callable[[Path], AnyRun]] = {
    Run.FORMAT: _read_search,
    SimulationRun.FORMAT: read_simulation,
    kept.EARLIER: read_simulation,
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
