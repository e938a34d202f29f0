"""Searches whose chunks, pieces and words are tiny see what the plain search sees.

Models are drawn of all profiles, networks and faults. A chunk of two worlds ends behind every
second world, and fields of the narrowest word that holds a model are widened again and again, with
the counters of the faults in it. What was exercised is compared, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from scuttle_check.engine.judge import Judge
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import search
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.divided import coordinator as sharded
from scuttle_check.search.divided import judging, mirror, saved
from scuttle_check.search.divided.coordinator import completed, divided
from scuttle_check.search.divided.crew import Alone
from scuttle_check.search.divided.journal import Journal
from scuttle_check.search.divided.saved import SavedSearch
from scuttle_check.search.plain import breadth_first
from scuttle_check.search.reductions import stubborn
from scuttle_ref.profiles import PROFILES

WORLDS = range(30, 250)
"""How many worlds a model must have: more than fit in a piece, and few enough for many searches."""

COUNTED = ("losses", "duplicates", "overtakings", "cuts", "crashes", "pauses")


def with_faults(experiment: Experiment, number: int) -> Experiment:
    """A model with a limited budget of one kind of fault, each in its turn."""
    kind = COUNTED[number % len(COUNTED)]
    if kind == "overtakings" and experiment.network == "unordered":
        kind = "pauses"
    faults = attrs.evolve(experiment.faults, **{kind: 1 + number % 2})
    return attrs.evolve(experiment, faults=faults)


def models(drawn: ModuleType, profile: str, wanted: int) -> Iterator[tuple[Experiment, object]]:
    """Models with faults, each with what the plain search says of it."""
    for number, drawing in drawn.models(profile):
        experiment = with_faults(drawing, number)
        setup = experiment.build()
        report = breadth_first(setup.system, setup.properties, Budget(WORLDS.stop))
        if report.stats.complete and report.stats.states in WORLDS:
            wanted -= 1
            yield experiment, told(report)
        if not wanted:
            return


def told(report: Report) -> object:
    """What all searches agree in; how often was exercised what was not decided on the way."""
    stats = report.stats
    counts = (stats.states, stats.transitions, stats.terminal, stats.depth, stats.complete)
    return counts, [
        (v.property.name, v.kind) + ((v.exercised,) if v.schedule is None else (len(v.schedule),))
        for v in report.verdicts
    ]


def narrowest(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> int:
    """The narrowest word that holds the worlds of a model, left in place. Unit: bits."""
    for bits in range(4, 65):
        monkeypatch.setattr(fields, "WORD", bits)
        setup = experiment.build()
        try:
            compiled(setup.system, setup.properties)
        except TooWide:
            continue
        return bits
    raise AssertionError(experiment)


@pytest.mark.parametrize("profile", PROFILES)
def test_tiny_chunks_and_narrow_words_change_nothing(
    drawn: ModuleType, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each world at the end of a chunk is expanded, each chunk judged, each counter kept.

    Spec: CHK-4, FAULT-1.
    """
    widened: list[int] = []
    widen = Tables.widen
    monkeypatch.setattr(Tables, "widen", lambda it: widened.append(1) or widen(it))
    for experiment, expected in models(drawn, profile, 3):
        for chunk in (1, 2, 7):
            monkeypatch.setattr(search, "CHUNK", chunk)
            monkeypatch.setattr(stubborn, "CHUNK", chunk)
            monkeypatch.setattr(fields, "WORD", 64)
            setup = experiment.build()
            assert told(compiled(setup.system, setup.properties)) == expected
        narrowest(experiment, monkeypatch)
        setup = experiment.build()
        assert told(compiled(setup.system, setup.properties)) == expected
    assert widened


@pytest.mark.parametrize("profile", PROFILES)
def test_tiny_pieces_of_divided_and_resumed_searches_change_nothing(
    drawn: ModuleType, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a piece or a round is, and wherever a run was cut off. Spec: SCALE-5, RUN-1."""
    for at, (experiment, expected) in enumerate(models(drawn, profile, 2)):
        monkeypatch.setattr(fields, "WORD", 64)
        bits = narrowest(experiment, monkeypatch)  # shards meet regions in another order
        monkeypatch.setattr(fields, "WORD", bits + 2)
        monkeypatch.setattr(sharded, "ROUND", 5 + at)
        for module in (mirror, judging, saved, sharded):
            monkeypatch.setattr(module, "PIECE", 2 + at)
        setup = experiment.build()
        shards = divided(setup.system, setup.properties, crew=Alone(1 + at))
        assert told(shards) == expected
        assert told(resumed(experiment, tmp_path / str(at))) == expected


def resumed(experiment: Experiment, folder: Path) -> Report:
    """A run that was limited again and again, and went on each time."""
    folder.mkdir()
    most = 7
    while True:
        setup: Any = experiment.build()
        with closing(Journal(folder)) as journal:
            again = SavedSearch(
                *(setup.system, Judge(setup.properties), Budget(most), Alone(2)),
                journal=journal,
                parse=lambda line: parse_action(line, ""),
            )
            again.restore()
            report = completed(again)
        if report.stats.complete:
            return report
        most = 2 * most


# --- budgets: nothing, one, the limit, and one beyond ---------------------------------------------


@pytest.mark.parametrize("name", ["plain", "depth-first", "compiled", "divided"])
def test_a_search_may_see_as_many_worlds_as_its_budget_says(
    name: str, drawn: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit it is complete; one below it is not, and no verdict says holds. Spec: CHK-11."""
    from scuttle_check.search.plain import depth_first  # noqa: PLC0415

    searches: dict[str, Any] = {
        "plain": breadth_first,
        "depth-first": depth_first,
        "compiled": compiled,
        "divided": lambda *given: divided(*given, crew=Alone(2)),
    }
    monkeypatch.setattr(search, "CHUNK", 3)
    experiment, expected = next(models(drawn, "textbook", 1))
    states = expected[0][0]  # type: ignore[index]
    for most in (0, 1, states - 1, states, states + 1):
        setup = experiment.build()
        report = searches[name](setup.system, setup.properties, Budget(most))

        assert report.stats.complete == (most >= states), most
        if most < states:
            assert report.stats.stop == f"more than {most:,} states, the limit given"
            assert "holds" not in {verdict.kind.value for verdict in report.verdicts}
        elif name != "depth-first":
            assert told(report) == expected


@pytest.mark.parametrize("kind", COUNTED)
@pytest.mark.parametrize("profile", ["documented", "textbook", "as-shipped"])
def test_a_fault_happens_as_often_as_its_budget_says(
    kind: str, profile: str, experiment: Any
) -> None:
    """Never, once, twice: and by the compiled search as by the plain one. Spec: FAULT-1."""
    from scuttle_check.gossip.experiment import Misfortune  # noqa: PLC0415

    most: list[int] = []
    at = COUNTED.index(kind)
    for budget in (0, 1, 2, 3):
        model = experiment(
            "line:2",
            ["A set k=1", "A set j=2", "B gossip A"],
            profile=profile,
            exchanges=0,
            faults=Misfortune(**{kind: budget}),
        )
        setup = model.build()
        plain = breadth_first(setup.system, setup.properties)
        fast = compiled(setup.system, setup.properties)
        assert told(fast) == told(plain)
        most.append(max(world.spent[at] for world in worlds_of(setup.system)))
    assert most[:2] == [0, 1]
    assert most[2:] == [2, 3] or kind in {"losses", "duplicates", "overtakings"}


def worlds_of(system: Any) -> set[Any]:
    """Every world of a system."""
    found = set(system.initial())
    queue = list(found)
    while queue:
        world = queue.pop()
        for action in system.actions(world):
            after = system.next(world, action)
            if after not in found:
                found.add(after)
                queue.append(after)
    return found
