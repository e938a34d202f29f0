"""A search with a run folder, for ``scuttle check --run`` and ``scuttle runs resume``.

All runs that have a folder: searches, which are here, and simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from attrs import asdict, define, frozen

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.files import format_of, read_members
from scuttle_check.base.folders import HOME, RunFolder, fresh_folder
from scuttle_check.base.sums import insist_on_sum, sum_of
from scuttle_check.cli.answers import Answer, Question
from scuttle_check.cli.crews import crew_of
from scuttle_check.cli.divided import facets_of, told, too_wide
from scuttle_check.cli.shown import say
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Report
from scuttle_check.evidence.simulation import kept
from scuttle_check.evidence.simulation.kept import SimulationRun, read_simulation
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.divided.coordinator import completed
from scuttle_check.search.divided.crew import Alone, Crew
from scuttle_check.search.divided.journal import Journal, Mark, marks_in
from scuttle_check.search.divided.saved import SavedSearch

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


def answered(run: Run, setup: Setup, budget: Budget, flags: Mapping[str, Any]) -> Answer:
    """Search, from where the folder says that the search is, and say how to go on.

    Raises UnrunnableFault, and UsageFault where the run is at work elsewhere. Spec: RUN-1, RUN-2.
    """
    try:
        return _answered(run, setup, budget, flags)
    except OSError as fault:
        raise UnrunnableFault(
            f"cannot be written ({fault.strerror or fault})",
            where=str(run.folder),
            clause="RUN-2",
            hint=f"make room, then scuttle runs resume {run.name}: whole levels are kept",
        ) from None


def _answered(run: Run, setup: Setup, budget: Budget, flags: Mapping[str, Any]) -> Answer:
    asked = run.asked
    question = Question(asked.every, asked.coverage, asked.until_decided, whole=True)
    crew = crew_of(flags) or nullcontext(Alone())
    with run.locked(), _saying(run), crew as workers:
        searches = Searches(run, setup, workers)
        try:
            answer = question.answer(run.experiment, setup, searches, budget)
        except TooWide:
            raise too_wide("--run") from None
        if searches.ended:
            run.finish(answer.document())
        else:
            say_how_to_go_on(run)
    return answer


@contextmanager
def _saying(run: Run) -> Iterator[None]:
    """Whatever ends the search, also before it began: say how to go on. Spec: SCALE-9."""
    try:
        yield
    except (UnrunnableFault, KeyboardInterrupt):
        say_how_to_go_on(run)
        raise


def say_how_to_go_on(run: Run) -> None:
    """Say what is saved."""
    levels = f"{len(run.marks):,} levels"
    say(f"saved: {levels} in {run.folder}; go on with: scuttle runs resume {run.name}")


@define
class Searches:
    """The searches of a run, one after the other, each with a journal of its own.

    Most questions need one. Where all causes are asked for, each search is blind to what those
    before it have found, and they were whole: so the same question is asked of it again.

    Spec: RUN-1, CHK-8.
    """

    run: Run
    setup: Setup
    crew: Crew
    begun: int = 0
    ended: bool = True

    def __call__(
        self,
        model: Model[Any, Any],
        properties: Sequence[Property],
        budget: Budget | None = None,
        *,
        until_decided: bool = False,
    ) -> Report:
        """Search once more, from where the journal of this search says that it is."""
        folder = self.run.journal(self.begun)
        number, self.begun, self.ended = self.begun, self.begun + 1, False
        system: Any = model
        facets = facets_of(self.setup, self.run.asked.reduction)
        with closing(Journal(folder, self.run.key(number))) as journal:
            search = SavedSearch(
                system,
                Judge(properties),
                budget or Budget(),
                self.crew,
                until_decided,
                facets,
                journal=journal,
                parse=lambda line: parse_action(line, f"{folder}/levels.jsonl"),
            )
            search.restore()
            if journal.cut:
                say(f"{self.run.name}: {journal.cut:,} bytes behind the last level left out")
            if search.restored:
                known = sum(map(len, search.levels))
                say(
                    f"{self.run.name}: goes on at depth {search.restored - 1} with {known:,} worlds"
                )
            report = completed(search)
        if self.crew.size > 1:
            say(told(search.traffic, report.stats.states, self.crew.size))
        self.ended = report.stats.complete or not search.judge.undecided
        return report
