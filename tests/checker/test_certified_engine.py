# ruff: noqa: SLF001 - faults are put where the engine is private
"""A certificate does not believe the engine: faults that are put into it are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.actions import Drop
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.reductions.reduce import search_reduced
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import search, tables
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.compiled.cell_tables import CellTable, CellTables
from scuttle_check.search.compiled.judging import LevelJudge
from scuttle_check.search.compiled.layout import Layout
from scuttle_check.search.compiled.tables import AppendTable, Tables
from scuttle_check.search.compiled.visited import Visited
from scuttle_check.search.compiled.words import Fields
from scuttle_check.search.reductions import symmetry
from scuttle_check.search.reductions.certificate import FalseClaims
from scuttle_check.search.reductions.symmetry import Symmetry


def model(*lines: str, **more: Any) -> Experiment:
    """A line of three in which the middle one writes, unless it is said otherwise."""
    graph = topology(more.pop("shape", "line:3"))
    script = parse_script(lines or ("B set k=1", "B set k=2"), graph, "test")
    return Experiment(graph, script, **{"profile": "textbook", **more})


ANY = Misfortune(losses=1, cuts=1, crashes=1, pauses=1)
FAULTY = model("A set k=1", shape="line:2", faults=ANY)
REFUTED = model("A set k=1", "B set k=2", shape="line:2", profile="as-shipped")
MIRRORED = model("B set k=1", faults=Misfortune(losses=2, cuts=1), exchanges=1)
PLAIN = model("B set k=1", "A set j=2", shape="line:3")

Put = Callable[[pytest.MonkeyPatch], None]
FAULTS: dict[str, tuple[Experiment, str, str, Put]] = {}
"""Faults of the engine: a model that shows it, the reduction, what is said, and how it is put."""


def fault(experiment: Experiment, reduction: str, says: str) -> Callable[[Put], Put]:
    """Name a fault by its function."""

    def keep(put: Put) -> Put:
        FAULTS[put.__name__] = (experiment, reduction, says, put)
        return put

    return keep


@fault(MIRRORED, "symmetry", "image: another world stands for")
def the_symmetry_drops_the_counters_of_faults(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Symmetry, "_words", lambda it, _worlds, found: it.tables.fields.words(found))


@fault(FAULTY, "none", "step: ")
def a_fault_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tables, "_counted", lambda _it, _table: 0)


@fault(FAULTY, "none", "was explored, though not possible")
def a_budget_has_one_too_many(patch: pytest.MonkeyPatch) -> None:
    def affordable(it: Tables, counter: int, worlds: Any) -> Any:
        return it.fields.counter(worlds, counter) <= it.layout.counted[counter]

    patch.setattr(Tables, "affordable", affordable)


@fault(FAULTY, "none", "step: drop ")
def an_action_is_never_enabled(patch: pytest.MonkeyPatch) -> None:
    plain = Layout.moves

    def moves(it: Layout, places: int) -> Any:
        return [each for each in plain(it, places) if not isinstance(each[1].action, Drop)]

    patch.setattr(Layout, "moves", moves)


def misread(patch: pytest.MonkeyPatch, kind: str, wrong: Callable[..., Any]) -> None:
    """A table has an entry of a cell of some kind that is not what the cell says."""
    plain = CellTables._computed

    def computed(it: CellTables, table: CellTable, column: list[int]) -> int:
        if table.cell.kind != kind:
            return plain(it, table, column)
        return wrong(it, table, column, plain)  # type: ignore[no-any-return]

    patch.setattr(CellTables, "_computed", computed)


@fault(PLAIN, "none", "step: perform")
def a_region_counts_two_commands_for_one(patch: pytest.MonkeyPatch) -> None:
    def wrong(it: CellTables, table: CellTable, column: list[int], plain: Any) -> int:
        entry: int = plain(it, table, column)
        slot = table.cell.slots[0]
        done = it.values[slot].things[table.after.rows[entry, 0]]
        table.after.rows[entry, 0] = it.number(slot, done + 1)
        return entry

    misread(patch, "perform", wrong)


@fault(FAULTY, "none", "step: crash")
def a_crash_leaves_what_was_in_flight(patch: pytest.MonkeyPatch) -> None:
    def wrong(it: CellTables, table: CellTable, column: list[int], plain: Any) -> int:
        entry: int = plain(it, table, column)
        table.after.rows[entry, 1:] = column[2:]
        return entry

    misread(patch, "crash", wrong)


@fault(FAULTY, "none", "step: cut")
def a_cut_is_half_a_cut(patch: pytest.MonkeyPatch) -> None:
    plain = AppendTable.joined

    def joined(it: AppendTable, posts: Any, cell: Any, operands: Any) -> Any:
        return posts if cell.kind == "turn" else plain(it, posts, cell, operands)

    patch.setattr(AppendTable, "joined", joined)


@fault(PLAIN, "none", "step: ")
def a_frame_goes_astray(patch: pytest.MonkeyPatch) -> None:
    def wrong(it: CellTables, table: CellTable, column: list[int], plain: Any) -> int:
        frames = table.operands.things[column[0]]
        fewer = frames[:-1] if len(frames) > 1 else frames
        return plain(it, table, [it.operand(table.cell, fewer), *column[1:]])  # type: ignore[no-any-return]

    misread(patch, "send", wrong)


@fault(PLAIN, "none", "leads to a world never looked at")
def the_last_world_of_a_chunk_is_not_expanded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "CHUNK", 16)
    plain = search._Search._successors
    patch.setattr(search._Search, "_successors", lambda it, worlds: plain(it, worlds[:-1]))


@fault(REFUTED, "none", "verdict: winner-or-ahead is decided by a world, and was not")
def only_the_first_world_of_a_level_is_judged(patch: pytest.MonkeyPatch) -> None:
    plain = LevelJudge.see
    patch.setattr(LevelJudge, "see", lambda it, level, chunk: plain(it, level[:1], chunk))


@fault(FAULTY, "none", "step: ")
def counters_are_lost_when_fields_widen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fields, "WORD", 17)
    plain = Fields.wider

    def wider(it: Fields, counts: Any) -> Any:
        new, _ = plain(it, counts)
        return new, lambda words: new.words([it.ids(words, n) for n in range(len(counts))])

    patch.setattr(Fields, "wider", wider)


@fault(MIRRORED, "symmetry", "schedule: that of ")
def a_schedule_is_unfolded_without_the_inverse(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(symmetry, "_inverse", lambda places: (places[1], places[2], places[0]))


@fault(PLAIN, "quotient", "step: ")
def worlds_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    plain = Visited.new

    def new(it: Visited, worlds: Any) -> Any:
        return plain(it, worlds[: max(1, len(worlds) - 3)])

    patch.setattr(Visited, "new", new)


def searched(experiment: Experiment, reduction: str) -> Any:
    """A search that is certified; in a model of the symmetry only what all profiles keep."""
    return search_reduced(experiment.build(), Budget(), reduction, certify=True)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_engine_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the symmetry made to drop the counters, nothing was found. Spec: RED-20."""
    experiment, reduction, says, put = FAULTS[name]
    put(monkeypatch)

    with pytest.raises(UnrunnableFault) as found:
        searched(experiment, reduction)

    assert says in str(found.value)
    assert found.value.clause == "RED-8"


@pytest.mark.parametrize("name", FAULTS)
def test_an_engine_without_the_fault_is_certified(name: str) -> None:
    """Else the test above would prove nothing. Spec: RED-20."""
    experiment, reduction, *_ = FAULTS[name]

    report = searched(experiment, reduction)

    assert report.stats.complete
    assert report.stats.notes[-1].startswith("certified: ")


def test_a_table_that_is_filled_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a table adds to a word is not believed either. Spec: RED-20."""
    plain = tables._differences

    def differences(before: Any, after: Any, shift: int, more: int = 0) -> Any:
        found = plain(before, after, shift, more)
        found[-1:] = plain(before[-1:], before[-1:], shift, more)
        return found

    monkeypatch.setattr(tables, "_differences", differences)

    with pytest.raises((UnrunnableFault, FalseClaims)):
        searched(PLAIN, "none")
