"""Laws of code beyond the formulas, where CrossHair is installed (extra ``symbolic``)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from bad_resolvers import newest

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.laws import proved as proved_module
from scuttle_check.laws import symbolic
from scuttle_check.laws.asking import OBSERVABLE
from scuttle_check.laws.book import BY_NAME
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.conclusions import PROVED, Conclusion
from scuttle_check.laws.judging import REFUTED, Verdict
from scuttle_ref import lww_vs_clock, lww_vs_current_vers

pytest.importorskip("z3")
NEEDED = pytest.mark.skipif(find_spec("crosshair") is None, reason="the extra symbolic")


def by_step(gossip: Any, update: Any) -> bool:
    """The newest wins; the formulas know no loops."""
    stored = gossip.get(update.key)
    for one, other in (
        (update.version, stored.version),
        (update.source_id, stored.source_id),
    ):
        if one != other:
            return bool(one > other)
    return False


def kinds(resolver: Any, values: str = "integers", seconds: float = 10) -> dict[str, str]:
    """The verdict on each law."""
    proof = symbolic.conclude(InProcess(resolver, "it"), values, OBSERVABLE, seconds)
    return {each.law.name: each.kind for each in proof.laws}


@NEEDED
def test_a_good_resolver_beyond_the_formulas_is_proved_by_its_paths() -> None:
    """For sources A, B and C in every order, which the domain says. Spec: LAW-21, LAW-23."""
    proof = symbolic.conclude(InProcess(by_step, "it"), "integers", OBSERVABLE, 20)

    assert {each.kind for each in proof.laws} == {"proved"}
    assert "sources called A, B and C" in proof.domain
    assert proof.beyond == "has a for statement"


@NEEDED
def test_what_looks_at_more_than_the_stored_entry_is_not_proved() -> None:
    """It was called independent of the replica, and reads its clock. Spec: LAW-23."""
    assert "proved" not in kinds(lww_vs_clock, seconds=3).values()


def test_a_counterexample_is_judged_before_it_is_believed() -> None:
    """CrossHair approximates; the law is judged on the real thing. Spec: LAW-21."""
    caller = InProcess(lww_vs_current_vers, "it")
    law = BY_NAME["commutative"]
    believed = symbolic._checked  # noqa: SLF001 - without CrossHair

    message = "false when calling commutative(1, 1, v2 = 0, n2 = 1) (which returns False)"
    assert believed(law, caller, OBSERVABLE, message).kind == "refuted"
    harmless = message.replace("n2 = 1", "n2 = 2")
    assert believed(law, caller, OBSERVABLE, harmless).kind == "unknown"
    assert believed(law, caller, OBSERVABLE, "nonsense").kind == "unknown"


def test_a_back_end_that_fails_has_proved_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exception ended as refuted. Spec: LAW-23."""

    def failing(*_: Any) -> Any:
        raise RecursionError("too deep")

    monkeypatch.setattr(symbolic, "_asked", failing)
    monkeypatch.setattr(symbolic, "find_spec", lambda _name: True)

    assert set(kinds(by_step).values()) == {"unknown"}


def test_a_kind_that_has_no_symbols_is_left_open() -> None:
    """With the reason. Spec: LAW-23."""
    proof = symbolic.conclude(InProcess(by_step, "it"), "json", OBSERVABLE, 1)

    assert {each.kind for each in proof.laws} == {"unknown"}
    assert proof.laws[0].because == "CrossHair has no symbols for JSON values"


def test_a_proof_that_a_case_contradicts_is_a_fault_of_ours() -> None:
    """Loudly, and no verdict. Spec: LAW-23."""
    law = BY_NAME["commutative"]
    proved, broken = Conclusion(law, PROVED, "it is"), Verdict(law, REFUTED, "one case")

    with pytest.raises(proved_module.Contradiction, match="was proved, and a case breaks it"):
        proved_module._weighed(proved, broken)  # noqa: SLF001 - the rule itself


def test_without_a_solver_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    """No traceback, and exit code 3. Spec: LAW-21."""
    monkeypatch.setattr(symbolic, "find_spec", lambda _name: None)
    with pytest.raises(UnrunnableFault, match="needs z3"):
        kinds(newest)
    assert ".[prove]" in refused("laws", "lww_total", "--prove", code=3)


def test_a_kind_of_values_that_is_none_is_refused() -> None:
    """With those there are."""
    with pytest.raises(UsageFault, match="lists"):
        kinds(newest, "lists")
