"""The table says what is so: each row is a ladder of models, and what they came to is recorded."""

from __future__ import annotations

import attrs
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.check_ladder import spoken
from scuttle_check.gossip import ladder
from scuttle_check.gossip.catalogue import Case, Row, find_case, load_catalogue
from scuttle_check.gossip.experiment import Experiment
from scuttle_ref.messages import Exchange, Put

ROWS = load_catalogue()
TABLE = [row for row in ROWS if row.matrix]
CELLS = ladder.recorded()
SETTINGS = [
    each
    for each in attrs.fields_dict(Experiment)
    if each not in {"topology", "script", "exchanges"}
]
"""What a row assumes: everything but where is written what, and how often nodes exchange."""


def rungs(case: Case) -> list[ladder.Rung]:
    return list(ladder.rungs_of(case))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_some_profile_is_refuted_in_each_row(row: Row) -> None:
    """A row in which nobody fails shows no use of its assumption. Spec: CHK-12."""
    assert any(CELLS[case.id].refuted for case in row.cases.values())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_each_row_has_a_script_that_overwrites_a_key(row: Row) -> None:
    """Or whatever arrives last could not do any harm. Spec: CHK-12."""
    for case in row.cases.values():
        written = [
            [
                each.key
                for script in rung.experiment.script
                for each in script
                if isinstance(each, Put)
            ]
            for rung in rungs(case)
        ]
        assert any(len(set(keys)) < len(keys) for keys in written)


def test_a_row_about_the_mtu_has_exchanges_in_every_rung() -> None:
    """With none in the model, only the fair rounds behind it would say something. Spec: CHK-12."""
    for case in ladder.table_cases(ROWS):
        for rung in rungs(case):
            model = rung.experiment
            told = any(isinstance(each, Exchange) for script in model.script for each in script)
            assert model.exchanges or told, (case.id, rung.name)


@pytest.mark.parametrize("case", list(ladder.table_cases(ROWS)), ids=lambda case: case.id)
def test_the_record_is_of_these_ladders(case: Case) -> None:
    """A rung that is added or changed makes the record stale. Spec: CHK-12."""
    cell, names = CELLS[case.id], [rung.name for rung in rungs(case)]
    done = [each.name for each in cell.rungs]

    assert done == names[: len(done)]
    assert len(done) == len(names) or cell.rungs[-1].verdict == "refuted"
    assert all(each.verdict != "refuted" for each in cell.rungs[:-1])
    assert len(cell.finished) > 3 or cell.refuted
    for rung in rungs(case):
        same = [
            getattr(rung.experiment, name) == getattr(case.experiment, name) for name in SETTINGS
        ]
        assert all(same), "a ladder must not drop another assumption than its row does"


@pytest.mark.parametrize("name", ["order:documented", "writers", "partition:as-shipped"])
def test_a_ladder_that_is_climbed_again_comes_to_what_is_recorded(name: str) -> None:
    """Every count, verdict and length. Spec: CHK-12."""
    for case in ladder.named(ROWS, name):
        cell = ladder.climbed(case, lambda _line: None)
        assert ladder.differences(cell, CELLS[case.id]) == []
        assert cell == CELLS[case.id]


def test_what_differs_from_the_record_is_told_rung_by_rung() -> None:
    """Spec: CHK-12."""
    cell = CELLS["order:documented"]
    first, *rest = cell.rungs
    other = attrs.evolve(cell, rungs=(attrs.evolve(first, worlds=1), *rest[:-1]))

    assert ladder.differences(other, cell) == [
        f"{first.name}: holds (1), recorded holds ({first.worlds:,})",
        f"{rest[-1].name}: not climbed, recorded refuted in 11 ({rest[-1].worlds:,})",
    ]
    assert ladder.differences(cell, None)[0].endswith("recorded nothing")


REFUTED_FURTHER_ON = {
    "order:documented": 11,
    "overtaking:documented": 11,
    "overtaking:as-shipped": 11,
    "new-identity:as-shipped": 8,
    "partition:as-shipped": 13,
    "crash:as-shipped": 13,
    "baseline:as-shipped": 13,
    "pause:as-shipped": 13,
}
"""Cells that said *holds* as long as a row was one model of two nodes, and their most steps."""


@pytest.mark.parametrize(
    "name", [*REFUTED_FURTHER_ON, *(f"broadcast:{p}" for p in ("documented", "textbook", "paper"))]
)
def test_what_one_model_hides_the_ladder_finds(name: str) -> None:
    """Spec: CHK-12."""
    refuted = CELLS[name].refuted

    assert refuted is not None
    assert (refuted.steps or 0) <= REFUTED_FURTHER_ON.get(name, 40)
    assert refuted.walked == name.startswith("broadcast")


def test_a_cell_in_words_says_how_far_it_reaches() -> None:
    """Spec: CHK-12."""
    assert spoken(CELLS["order:documented"]) == "refuted in 11 on line:3, two keys, one exchange"
    holds = spoken(CELLS["new-identity:documented"])
    assert holds.startswith("holds on ")
    assert "writes-survive does not, in " in holds


def test_a_ladder_that_is_interrupted_is_no_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a rung that was broken off would be recorded as not finished. Spec: CHK-12."""
    (case,) = ladder.named(ROWS, "writers:as-shipped")

    def pressed(_search: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scuttle_check.search.compiled.search._Search.run", pressed)
    with pytest.raises(KeyboardInterrupt):
        ladder.climbed(case, lambda _line: None)


def test_a_row_that_there_is_not_is_refused() -> None:
    """Spec: CHK-12."""
    with pytest.raises(UsageFault) as refused:
        ladder.named(ROWS, "nonsense")
    assert refused.value.where == "--ladder"
    assert find_case(ROWS, "order:documented") in ladder.named(ROWS, "order")
