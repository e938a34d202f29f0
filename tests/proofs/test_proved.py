"""What is proved for every size, what is not, and why."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import attrs
import pytest
from every_kind import ran

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.cli.prove import obligations
from scuttle_check.proofs import proving, solvers
from scuttle_check.proofs.clauses import CLAUSES, table
from scuttle_check.proofs.exchanges import LAST, could_give, due, journeys
from scuttle_check.proofs.formulas import FORMULAS, without_formula
from scuttle_check.proofs.obligations import Theory, kept, safety, step, theory
from scuttle_check.proofs.proving import Status, decided, obligations_of, prove
from scuttle_check.proofs.small import small_world, world_in_words
from scuttle_check.proofs.smtlib import script
from scuttle_check.proofs.solvers import SAT, UNKNOWN, UNSAT, Answer
from scuttle_check.proofs.terms import FALSE, TRUE, Term, conj, exists, forall, neg
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    UPDATE,
    C,
    D,
    N,
    P,
    c,
    n,
    source,
    u,
    version,
)
from scuttle_ref.profile import decision_points
from scuttle_ref.profiles import DOCUMENTED, PROFILES

PROVED = ("documented", "as-shipped", "textbook", "paper")
Z3, CVC5 = (solvers.solvers(name)[0] for name in ("z3", "cvc5"))


def of(name: str) -> Theory:
    return theory(PROFILES[name])


@pytest.mark.parametrize("name", PROVED)
def test_every_obligation_of_a_profile_is_proved(name: str) -> None:
    """Spec: PROVE-1."""
    proof = prove(of(name), obligations_of(of(name)), [Z3])

    assert [
        each.obligation.name for each in proof.results if each.status is not Status.PROVED
    ] == []
    assert proof.complete
    assert len(proof.results) > 200


@pytest.mark.parametrize("name", PROVED)
def test_the_other_solver_proves_the_invariant_too(name: str) -> None:
    proof = prove(of(name), obligations_of(of(name), "no-gap"), [CVC5])

    assert proof.complete


@pytest.mark.parametrize("name", PROVED)
def test_every_action_can_happen_in_a_world_of_the_invariant(name: str) -> None:
    """A relation that is never true would keep every clause."""
    theory_ = of(name)
    for action in theory_.actions:
        besides = {
            "update": exists((n, u), conj(AFTER.has(n, u), neg(BEFORE.has(n, u)))),
            "done": AFTER.tail(D) > BEFORE.tail(D),
            "cut": exists(c, BEFORE.in_flight(c, BEFORE.head(c))),
            "crash": exists(c, BEFORE.in_flight(c, BEFORE.head(c))),
        }.get(action.name, TRUE)
        hypotheses, goal = step(theory_, action, neg(besides), every=True, one=True)
        streams = theory_.medium.streams
        assert small_world(hypotheses, goal, Z3, 20, streams=streams), action.name


@pytest.mark.parametrize("name", PROVED)
def test_an_exchange_can_be_on_its_way_with_something_to_bring(name: str) -> None:
    theory_ = of(name)
    for journey in journeys(theory_):
        parts = [part.says(BEFORE, LAST, theory_) for part in journey.parts]
        waiting = exists(
            u,
            conj(
                theory_.rules.retain.owed(BEFORE, u),
                version(u) <= could_give(source(u)),
                version(u) > due(BEFORE, LAST, source(u)),
            ),
        )
        given = (*theory_.axioms, *theory_.invariant, *journey.given, *parts)
        assert small_world(given, neg(waiting), Z3, 30, streams=True), journey.name


def _broken(name: str, drop: str, clause: str) -> list[str]:
    """The small world after a forbidden step has broken a clause."""
    asked = obligations(of(name), "no-gap", drop)
    (obligation,) = (each for each in asked if each.clause == clause)
    result = decided(obligation, [Z3], 10, streams=of(name).medium.streams)
    assert result.status is Status.REFUTED
    assert result.world is not None
    return world_in_words(result.world, "'")


@pytest.mark.parametrize("name", ["documented", "textbook", "as-shipped"])
def test_overtaking_makes_a_gap_in_a_small_world(name: str) -> None:
    after = _broken(name, "overtake", "no-gap")

    (taken,) = (line for line in after if re.search(r"remembers [xy]; ", line))
    behind = next(line for line in after if line.startswith("in flight"))
    assert ("update x" in behind) != ("remembers x" in taken)


@pytest.mark.parametrize(
    ("drop", "clause"),
    [
        ("lose", "next-in-turn"),
        ("overhear", "no-gap"),
        ("forget", "no-gap"),
        ("amnesia", "own-covers"),
    ],
)
def test_each_dropped_assumption_breaks_its_clause(drop: str, clause: str) -> None:
    assert _broken("documented", drop, clause)


def test_frames_that_are_lost_and_overtaken_are_what_paper_allows() -> None:
    """Of a frame every message may never be read, or be read late; amnesia still breaks it."""
    assert not of("paper").medium.streams
    assert _broken("paper", "amnesia", "own-covers")


def test_each_clause_can_be_left_out_and_is_then_not_proved_by_the_others() -> None:
    """The heart at least: without it the step that takes an update makes a gap."""
    whole = of("documented")
    fewer = tuple(each for each in whole.clauses if each.name != "next-in-turn")
    left = attrs.evolve(whole, clauses=fewer)
    clause = next(each for each in fewer if each.name == "no-gap")

    result = decided(kept(left, left.action("update"), clause), [Z3], 5, streams=True)

    assert result.status is Status.REFUTED


def test_a_rule_without_a_formula_is_named_and_nothing_is_claimed() -> None:
    """Spec: PROVE-2."""
    code, out = ran("prove", "--profile", "scuttlebutt", "--json")

    assert code == 4
    assert json.loads(out)["proofs"] == []
    assert "retain: retain_value" in json.loads(out)["without_formula"]["scuttlebutt"]


def test_every_formula_stands_beside_a_rule_of_its_decision_point() -> None:
    assert list(FORMULAS) == list(decision_points())
    for point, by_rule in FORMULAS.items():
        for rule in by_rule:
            assert rule.__name__.startswith(point.rstrip("s")), (point, rule.__name__)


def test_a_rule_of_ones_own_has_no_formula() -> None:
    def takes_all(_state: object, _update: object) -> None:
        return None

    mine = attrs.evolve(DOCUMENTED, admit=takes_all)

    assert without_formula(mine) == (("admit", "takes_all"),)


class Silent:
    """A solver that never knows."""

    name = "silent"

    def ask(self, _script: str, _seconds: float) -> Answer:
        return Answer(UNKNOWN, "time is up")


def test_what_one_of_two_solvers_does_not_know_is_unknown() -> None:
    """Spec: PROVE-1."""
    obligation = next(iter(safety(of("documented"))))

    result = decided(obligation, [Z3, Silent()], 1, streams=True)

    assert result.status is Status.UNKNOWN
    assert result.why == "silent: time is up, 1 s"


def test_an_interruption_keeps_what_was_proved() -> None:
    class Interrupted:
        name = "interrupted"
        asked = 0

        def ask(self, _script: str, _seconds: float) -> Answer:
            self.asked += 1
            if self.asked == 4:
                raise KeyboardInterrupt
            return Answer(UNSAT)

    proof = prove(of("textbook"), safety(of("textbook")), [Interrupted()])

    assert proof.stopped
    assert not proof.complete
    assert len(proof.of(Status.PROVED)) == 3


def test_a_solver_that_is_missing_is_a_fault_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)

    assert ran("prove", "--profile", "paper", "--solver", "cvc5") == (3, "")
    with pytest.raises(UnrunnableFault, match="the solver cvc5 cannot be loaded") as fault:
        solvers.solvers("cvc5")
    assert "[prove]" in fault.value.hint


def test_what_a_solver_cannot_read_is_a_fault_and_no_verdict() -> None:
    for solver in (Z3, CVC5):
        with pytest.raises(UnrunnableFault, match="cannot read what it was asked"):
            solver.ask("(assert (= x 1))\n(check-sat)", 1)


def test_a_false_obligation_is_not_proved_by_either() -> None:
    """Were the axioms contradictory, everything would be proved."""
    for name in PROVED:
        theory_ = of(name)
        for solver in (Z3, CVC5):
            answer = solver.ask(script([*theory_.axioms, *theory_.invariant], FALSE), 1)
            assert answer.said in {SAT, UNKNOWN}


def test_obligations_are_written_for_any_solver(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    assert ran("prove", "--profile", "textbook", "--smtlib", folder) == (0, "")

    files = sorted((folder / "textbook").glob("*.smt2"))
    assert len(files) == len(list(obligations_of(of("textbook"))))
    for solver in (Z3, CVC5):
        text = (folder / "textbook" / "update_no-gap.smt2").read_text(encoding="utf-8")
        assert solver.ask(text, 10).said == UNSAT


def test_the_page_holds_the_clauses_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "spec/protocol/proofs.md").read_text(encoding="utf-8")

    assert table() in page
    assert len({each.name for each in CLAUSES}) == len(CLAUSES)


def test_what_is_not_agreement_says_so() -> None:
    (reason, *_) = proving.not_claimed(of("as-shipped"))

    assert "whatever arrives last" in reason
    assert proving.not_claimed(of("documented")) == ()


def test_a_term_is_no_truth_value_and_knows_its_sorts() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(N == P)
    with pytest.raises(TypeError, match="has takes"):
        BEFORE.has(N, C)
    assert forall(u, conj()).sort.name == "Bool"
    assert Term("variable", ("u",), UPDATE).sort is UPDATE
