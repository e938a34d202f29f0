"""LAW-27: what the laws leave out is what a resolver cannot have told apart."""

from __future__ import annotations

from typing import Any

import pytest
from bad_resolvers import newest

from scuttle_check.laws import converging, gathering
from scuttle_check.laws.book import BY_NAME, LAWS
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.judging import Judging, Verdict
from scuttle_check.laws.planning import planned
from scuttle_ref.resolvers import RESOLVERS


def looks_at_its_id_now_and_then(gossip: Any, update: Any) -> bool:
    if update.value == "mine":
        return gossip.id > "0" and newest(gossip, update)
    return newest(gossip, update)


def looks_at_its_clock_now_and_then(gossip: Any, update: Any) -> bool:
    if update.value == "mine":
        return gossip.clock.get(update.source_id) < update.version
    return newest(gossip, update)


def looks_at_its_state_now_and_then(gossip: Any, update: Any) -> bool:
    return newest(gossip, update) and (update.value != "mine" or gossip.state.id > "0")


def looks_beside_now_and_then(gossip: Any, update: Any) -> bool:
    if update.value == "mine":
        return gossip.get("mode").value is None and newest(gossip, update)
    return newest(gossip, update)


OWN = (
    looks_at_its_id_now_and_then,
    looks_at_its_clock_now_and_then,
    looks_at_its_state_now_and_then,
    looks_beside_now_and_then,
)


def _judged(resolver: Any, **choices: Any) -> Judging:
    return Judging(InProcess(resolver, "r"), planned(resolver, examples=5, **choices))


@pytest.mark.parametrize(
    ("resolver", "law"),
    list(zip(OWN, ("replica-independent",) * 3 + ("local",), strict=True)),
)
def test_one_look_at_more_is_enough_to_try_all_replicas_and_keys(resolver: Any, law: str) -> None:
    """Spec: LAW-27, LAW-4, LAW-5."""
    verdict = _judged(resolver, values="text").verdict(BY_NAME[law])

    assert verdict.kind == "refuted"


@pytest.mark.parametrize(
    "resolver", [newest, *OWN[::3], RESOLVERS["lww_vs_clock"], RESOLVERS["max_value"]]
)
def test_what_is_left_out_changes_no_verdict(
    resolver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: LAW-27."""
    quick = {"values": "booleans"} if resolver not in OWN else {"values": "text"}
    quickly = _judged(resolver, **quick).verdicts()
    monkeypatch.setattr(gathering, "_in_case", lambda asking, seek, case: seek(asking, case))
    monkeypatch.setattr(converging, "_same_but_for_values", lambda *_: False)
    fully = _judged(resolver, **quick).verdicts()

    assert list(map(_told, quickly)) == list(map(_told, fully))
    assert len(quickly) == len(LAWS)


def _told(verdict: Verdict) -> tuple[str, str, str, object]:
    return verdict.law.name, verdict.kind, verdict.scope, verdict.evidence


def test_models_whose_values_decide_are_all_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The larger value wins: with the values exchanged other updates do. Spec: LAW-27."""
    searched: dict[Any, list[bool]] = {}
    same = converging._same_but_for_values  # noqa: SLF001 - watched at work

    for resolver in (RESOLVERS["lww_total"], RESOLVERS["max_value"]):
        found = searched[resolver] = []
        monkeypatch.setattr(
            converging,
            "_same_but_for_values",
            lambda *given, found=found: found.append(same(*given)) or found[-1],
        )
        _judged(resolver, values="integers").verdict(BY_NAME["convergent"])

    assert all(searched[RESOLVERS["lww_total"]])
    assert len(searched[RESOLVERS["lww_total"]]) == 10
    assert not all(searched[RESOLVERS["max_value"]])
