"""A search with a run folder, for ``scuttle check --run`` and ``scuttle runs resume``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import Any

from attrs import define

from checker.commands.answers import Answer, Question
from checker.commands.crews import crew_of
from checker.commands.divided import facets_of, told, too_wide
from checker.commands.progress import say
from checker.faults import UnrunnableFault
from checker.model import Model
from checker.properties import Property
from checker.runs import Run
from checker.scuttlebutt.counterexample import parse_action
from checker.scuttlebutt.experiment import Setup
from checker.search.budget import Budget
from checker.search.compiled.fields import TooWide
from checker.search.judge import Judge
from checker.search.sharded.crew import Alone, Crew
from checker.search.sharded.journal import Journal
from checker.search.sharded.saved import SavedSearch
from checker.search.sharded.search import completed
from checker.verdict import Report


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
