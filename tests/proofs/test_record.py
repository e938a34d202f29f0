"""The record of the proofs, and the cells of the table that it covers."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip import ladder
from scuttle_check.gossip.catalogue import Case, load_catalogue
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.script import parse_script
from scuttle_check.proofs import record
from scuttle_check.proofs.obligations import safety, theory
from scuttle_check.proofs.proving import Proof, Result, Status
from scuttle_check.proofs.record import ORDERS, beyond, proved_cells, recorded, stale
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import exhaustive
from scuttle_ref.profiles import PROFILES
from scuttle_ref.resolvers import RESOLVERS

PROVED = ("documented", "as-shipped", "textbook", "paper")


@pytest.mark.parametrize("name", PROVED)
def test_what_is_recorded_is_of_the_rules_and_formulas_as_they_are(name: str) -> None:
    """Who changes a rule, a formula or a clause proves again: scuttle prove --solver both --record.

    Spec: PROVE-4.
    """
    known = recorded()[name]

    assert stale(known) == []
    assert len(known.solvers) == 2
    assert known.agreement == (name != "as-shipped")


def test_a_change_of_a_clause_or_of_the_core_makes_a_proof_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spec: PROVE-4."""
    known = recorded()["textbook"]

    assert stale(attrs.evolve(known, text="0")) == ["formulas or clauses have changed"]
    monkeypatch.setattr(record, "core_digest", lambda: "0")
    assert stale(known) == ["the core has changed"]


def cells() -> list[Case]:
    return list(ladder.table_cases(load_catalogue()))


def test_no_cell_is_proved_that_a_search_refutes() -> None:
    found = ladder.recorded()
    proved = proved_cells(cells())

    assert not [name for name in proved if found[name].refuted is not None]
    assert len(proved) == 34


def test_each_cell_that_is_neither_proved_nor_refuted_says_why() -> None:
    found = ladder.recorded()
    proved = proved_cells(cells())
    bounded = {
        case.id: beyond(case.experiment)
        for case in cells()
        if case.id not in proved and found[case.id].refuted is None
    }

    assert list(bounded) == ["new-identity:paper"]
    assert bounded["new-identity:paper"] == [
        "a node is gone for ever, and only the latest of each key is remembered"
    ]


def _paper_loses_its_owner(mtu: float) -> Kind:
    graph = topology("edges:A-B,A-C")
    script = parse_script(["A set k=1", "A set j=2", "A set k=3"], graph, "three")
    experiment = Experiment(
        graph,
        script,
        profile="paper",
        mtu=mtu,
        faults=Misfortune(crashes=1, restart="new-id"),
    )
    setup = experiment.build()
    few = [each for each in setup.properties if each.name == "agreement"]
    report = exhaustive(setup.system, few, Budget(400_000))
    return report.verdict("agreement").kind


def test_who_is_gone_for_ever_leaves_replicas_that_differ_under_paper_with_an_mtu() -> None:
    """The proof asked that nobody is gone; this is why."""
    assert _paper_loses_its_owner(1) is Kind.REFUTED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": "lossy"}, "messages are lost"),
        ({"network": "unordered"}, "messages overtake each other"),
        ({"faults": Misfortune(overtakings=1)}, "messages overtake each other"),
        ({"faults": Misfortune(losses=1)}, "messages are lost"),
        ({"wiring": "broadcast"}, "messages reach more than their addressee"),
        ({"max_history": 3}, "history is limited"),
        ({"resolver": "lww_vs_clock"}, "the resolver is no known order"),
        (
            {"faults": Misfortune(crashes=1, restart="amnesia")},
            "a node forgets all and keeps its id",
        ),
    ],
)
def test_what_no_theorem_allows_is_not_proved(changes: dict[str, object], reason: str) -> None:
    graph = topology("line:2")
    allowed = Experiment(graph, parse_script(["A set k=1"], graph, "one"))

    assert beyond(allowed) == []
    assert reason in beyond(attrs.evolve(allowed, **changes))


def test_what_is_not_complete_is_not_recorded() -> None:
    of = theory(PROFILES["paper"])
    (first, *_) = safety(of)
    open_one = Proof(of, (Result(first, Status.UNKNOWN, 0.1),), ("z3",), 0.1)

    with pytest.raises(UsageFault, match="was not proved"):
        record.of_proof(open_one)


def test_a_record_that_cannot_be_read_says_how_to_write_it(tmp_path: Path) -> None:
    broken = tmp_path / "record.json"
    broken.write_text("{}", encoding="utf-8")

    with pytest.raises(UsageFault, match="cannot be read"):
        recorded(broken)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    known = recorded()
    file = tmp_path / "proofs" / "record.json"
    record.write([known["paper"], known["textbook"]], file)

    assert recorded(file) == {name: known[name] for name in ("textbook", "paper")}
    whole = json.loads((spec_folder() / record.RECORD).read_text(encoding="utf-8"))
    assert whole["format"] == "scuttle-proofs-record/1"


def test_the_orders_are_resolvers_and_those_that_are_none_are_not_among_them() -> None:
    """tests/laws judge the six by every law; these are the three that keep them."""
    assert set(ORDERS) <= set(RESOLVERS)
    assert not {"lww_vs_clock", "lww_vs_current_vers"} & set(ORDERS)
