"""A search with a run folder, for ``scuttle check --run`` and ``scuttle runs resume``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, nullcontext
from typing import Any

from checker.commands import shown
from checker.commands.crews import crew_of
from checker.commands.divided import told, too_wide
from checker.commands.progress import say
from checker.faults import UnrunnableFault
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


def search_saved(run: Run, setup: Setup, budget: Budget, flags: Mapping[str, Any]) -> Report:
    """Search, from where the folder says that the search is, and say how to go on.

    Raises UnrunnableFault, and UsageFault where the run is at work elsewhere. Spec: RUN-1, RUN-2.
    """
    try:
        return _searched(run, setup, budget, flags)
    except OSError as fault:
        raise UnrunnableFault(
            f"cannot be written ({fault.strerror or fault})",
            where=str(run.folder),
            clause="RUN-2",
            hint=f"make room, then scuttle runs resume {run.name}: whole levels are kept",
        ) from None


def _searched(run: Run, setup: Setup, budget: Budget, flags: Mapping[str, Any]) -> Report:
    crew = crew_of(flags) or nullcontext(Alone())
    with run.locked(), crew as workers, closing(Journal(run.folder)) as journal:
        search = _search(run, setup, budget, workers, journal)
        try:
            search.restore()
            if search.restored:
                known = sum(map(len, search.levels))
                say(f"{run.name}: goes on at depth {search.restored - 1} with {known:,} worlds")
            report = completed(search)
        except TooWide:
            raise too_wide("--run") from None
        except UnrunnableFault:
            _say_how_to_go_on(run, journal)
            raise
        if workers.size > 1:
            say(told(search.traffic, report.stats.states, workers.size))
        if report.stats.complete or not search.judge.undecided:
            run.finish(shown.report_json(run.experiment, report))
        else:
            _say_how_to_go_on(run, journal)
    return report


def _say_how_to_go_on(run: Run, journal: Journal) -> None:
    levels = f"{len(journal.marks):,} levels"
    say(f"saved: {levels} in {run.folder}; go on with: scuttle runs resume {run.name}")


def _search(run: Run, setup: Setup, budget: Budget, crew: Crew, journal: Journal) -> SavedSearch:
    where = f"{run.folder}/levels.jsonl"
    return SavedSearch(
        setup.system,
        Judge(setup.properties),
        budget,
        crew,
        run.until_decided,
        journal=journal,
        parse=lambda line: parse_action(line, where),
    )
