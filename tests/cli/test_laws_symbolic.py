"""Laws proved and refuted for all values, where CrossHair is installed (extra ``symbolic``)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from bad_resolvers import newest

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.laws import symbolic
from scuttle_check.laws.asking import OBSERVABLE
from scuttle_check.laws.calling import InProcess
from scuttle_ref import lww_vs_current_vers

NEEDED = pytest.mark.skipif(find_spec("crosshair") is None, reason="the extra symbolic")


def kinds(resolver: Any, values: str = "integers") -> dict[str, str]:
    found = symbolic.conclude(InProcess(resolver, "it"), values, OBSERVABLE, 10)
    return {each.law.name: each.kind for each in found}


@NEEDED
def test_a_good_resolver_is_proved() -> None:
    """For every integer and every version, not for those that were tried. Spec: LAW-21."""
    assert set(kinds(newest).values()) == {"proved"}


@NEEDED
def test_a_bad_one_is_refuted_by_evidence_that_was_judged_again() -> None:
    """And what nobody would try by chance is found in the code. Spec: LAW-21."""

    def special(gossip: Any, update: Any) -> bool:
        return update.value == 31 * 1_234_567 or newest(gossip, update)

    assert kinds(special)["commutative"] == "refuted"
    assert kinds(lww_vs_current_vers)["replica-independent"] == "refuted"


def test_a_counterexample_is_judged_before_it_is_believed() -> None:
    """CrossHair approximates; the law is judged on the real thing. Spec: LAW-21."""
    caller = InProcess(lww_vs_current_vers, "it")
    law = next(law for law in symbolic.BY_NAME.values() if law.name == "commutative")
    believed = symbolic._checked  # noqa: SLF001 - without CrossHair

    message = "false when calling commutative(1, 1, v2 = 0, n2 = 1) (which returns False)"
    assert believed(law, caller, OBSERVABLE, message).kind == "refuted"
    harmless = message.replace("n2 = 1", "n2 = 2")
    assert believed(law, caller, OBSERVABLE, harmless).kind == "unknown"
    assert believed(law, caller, OBSERVABLE, "nonsense").kind == "unknown"


def test_without_crosshair_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    """No traceback, and exit code 3. Spec: LAW-21."""
    monkeypatch.setattr(symbolic, "find_spec", lambda _name: None)
    with pytest.raises(UnrunnableFault, match="needs CrossHair"):
        kinds(newest)
    flags = ["laws", "lww_total", "--backend", "crosshair", "--values", "integers"]
    assert ".[symbolic]" in refused(*flags, code=3)


def test_a_type_without_symbols_is_refused() -> None:
    """With those there are."""
    with pytest.raises(UsageFault, match="json"):
        kinds(newest, "json")
