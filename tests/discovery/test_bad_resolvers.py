"""Seeded bad resolvers are caught with the law named, and good ones pass."""

from __future__ import annotations

import importlib
import itertools
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from bad_resolvers import (
    BAD,
    GOOD,
    Good,
    asks_once_per_key,
    by_hash,
    ends_the_process,
    hangs,
    interrupts,
    newest,
    once_only,
    tossed,
)

from scuttle_check.laws import forerunner
from scuttle_check.laws.api import judge_resolver
from scuttle_check.laws.asking import HANGS_MAX
from scuttle_check.laws.book import BY_NAME, LAWS
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.domain import Domain
from scuttle_check.laws.judging import Judging, Plan, smallest
from scuttle_check.laws.limits import Allowance
from scuttle_check.laws.planning import planned
from scuttle_check.laws.regression import Regression
from scuttle_ref import lww_vs_clock, lww_vs_current_vers, strictly_order_values


def here(resolver: Any, limit: float = 0.2) -> InProcess:
    """A caller whose function no other process can import: starting those takes time."""
    return InProcess(partial(resolver), resolver.__name__, limit)


def quick(resolver: Any, **choices: Any) -> Plan:
    """The usual plan with fewer values, so that all of these take seconds."""
    plan = planned(resolver, examples=10, **choices)
    full = plan.domain
    threes = tuple(group[:3] for group in full.threes[-2:])
    return attrs.evolve(plan, domain=Domain(full.values[:8], threes, full.sources, full.keys[:2]))


@pytest.mark.parametrize("resolver", BAD, ids=lambda resolver: resolver.__name__)
def test_a_bad_resolver_is_caught_and_its_law_is_named(resolver: Any) -> None:
    """With as few updates as show it.

    Spec: LAW-1, LAW-2, LAW-3, LAW-4, LAW-5, LAW-6, LAW-7, LAW-8, LAW-9, LAW-10, LAW-11, LAW-12.
    """
    law, size = BAD[resolver]
    verdict = Judging(here(resolver), quick(resolver)).verdict(BY_NAME[law])

    assert verdict.kind == "refuted", verdict
    assert verdict.evidence is not None
    assert verdict.evidence.size <= size
    if law != "deterministic" and resolver not in {ends_the_process, interrupts}:
        # what depends on the past may never come again, and who ends processes is asked in a copy
        assert verdict.law.judge(Judging(here(resolver)).asking, verdict.evidence.runs)


def test_what_differs_between_processes_is_no_function_of_the_question() -> None:
    """One process alone can never see that ``hash`` decides. Spec: LAW-2."""
    caller = InProcess(by_hash, "by_hash")
    verdict = Judging(caller, quick(by_hash)).verdict(BY_NAME["deterministic"])

    assert verdict.kind == "refuted"
    assert verdict.evidence is not None
    assert "a process with PYTHONHASHSEED=" in verdict.evidence.because


def test_a_resolver_that_remembers_is_caught_however_often_it_is_judged() -> None:
    """Each judgement asks something that none before it asked. Spec: LAW-2."""
    for _ in range(3):
        verdict = Judging(here(once_only), quick(once_only)).verdict(BY_NAME["deterministic"])
        assert verdict.kind == "refuted"


def test_a_resolver_that_decides_each_key_once_is_caught_by_another_first_question() -> None:
    """All questions of one process agree; one that hears an old update first differs.

    Spec: LAW-2.
    """
    caller = InProcess(asks_once_per_key, "asks_once_per_key")
    verdict = Judging(caller, quick(asks_once_per_key)).verdict(BY_NAME["deterministic"])

    assert verdict.kind == "refuted"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no copies of processes here")
def test_what_would_end_or_freeze_this_process_is_asked_in_a_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No timer reaches a loop in C. The copy is given up, and nothing is asked here.

    Spec: LAW-15, LAW-22.
    """

    def freezes(_gossip: Any, update: Any) -> bool:
        return bool(update.value != "b" or max(itertools.repeat(1)))

    monkeypatch.setattr(forerunner, "GRACE", 0.3)
    for resolver, told in ((freezes, "cannot be interrupted"), (ends_the_process, "exit code 0")):
        judging = Judging(InProcess(resolver, "it", 0.05), quick(resolver))
        kinds = {each.law.name: each.kind for each in judging.verdicts()}
        assert kinds.pop("total") == "refuted"
        assert set(kinds.values()) == {"unknown"}
        evidence = judging.verdict(BY_NAME["total"]).evidence
        assert evidence is not None
        assert told in evidence.because
        assert [str(update.value) for update in evidence.updates][-1:] == ["b"]

        kept = Regression(BY_NAME["total"], "it", ("value",), evidence)
        assert told in str(kept.broken(InProcess(resolver, "it", 0.05)))


def test_what_is_not_deterministic_is_told_first() -> None:
    """It breaks every law by chance, some with less evidence. Spec: LAW-17."""
    plan = quick(tossed)
    found = smallest(Judging(here(tossed), plan).verdicts(), plan)

    assert found is not None
    assert found.law.name == "deterministic"


def test_a_module_that_judges_when_it_is_imported_starts_no_chain_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process that asks elsewhere imports the module, which judges, which asks elsewhere.

    Spec: LAW-2.
    """
    text = (
        "from scuttle_check.laws.book import BY_NAME\n"
        "from scuttle_check.laws.calling import InProcess\n"
        "from scuttle_check.laws.judging import Judging\n"
        "def pick(gossip, update):\n"
        "    return hash(update.source_id) > hash(gossip.get(update.key).source_id)\n"
        "KIND = Judging(InProcess(pick, 'it')).verdict(BY_NAME['deterministic']).kind\n"
    )
    (tmp_path / "judges_itself.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module: Any = importlib.import_module("judges_itself")

    assert module.KIND == "refuted"


@pytest.mark.parametrize("good", GOOD, ids=lambda good: good.resolver.__name__)
def test_a_good_resolver_passes_every_law_that_is_not_optional(good: Good) -> None:
    """A false alarm costs as much trust as a miss. Spec: LAW-16."""
    plan = quick(good.resolver, values=good.values, observe=good.observe)
    judging = Judging(here(good.resolver, limit=2.0), plan)  # on a busy machine, too
    cheap = [law for law in LAWS if law.name != "convergent" and not law.optional]

    assert {judging.verdict(law).kind for law in cheap} == {"holds"}


def test_every_schedule_of_a_good_resolver_ends_equal() -> None:
    """By exhaustion of three topologies, as the verdict says. Spec: LAW-13."""
    verdict = Judging(here(newest), quick(newest)).verdict(BY_NAME["convergent"])

    assert verdict.kind == "holds"
    assert "all 541,405 worlds of line:3, ring:3, star:4" in verdict.scope


@pytest.mark.parametrize(
    ("resolver", "first"),
    [
        (strictly_order_values, "commutative"),
        (lww_vs_current_vers, "replica-independent"),
        (lww_vs_clock, "commutative"),
    ],
)
def test_each_sample_of_the_readme_is_refuted_with_two_updates(resolver: Any, first: str) -> None:
    """Also by a schedule of a whole network. Spec: LAW-13, LAW-17."""
    plan = quick(resolver)
    verdicts = Judging(here(resolver), plan).verdicts()
    found = smallest(verdicts, plan)

    assert found is not None
    assert found.evidence is not None
    assert (found.law.name, found.evidence.size) == (first, 2)
    assert verdicts[-1].kind == "refuted"
    assert verdicts[-1].evidence is not None
    assert verdicts[-1].evidence.schedule


def test_a_resolver_that_accepts_nothing_keeps_no_law_by_it() -> None:
    """What was never exercised does not hold. Spec: LAW-16."""
    kinds = {each.law.name: each.kind for each in judge_resolver(lambda _g, _u: False, examples=0)}

    assert kinds["commutative"] == kinds["convergent"] == "unknown"
    assert kinds["total"] == "holds"


def test_a_resolver_that_hangs_costs_a_few_time_limits_and_no_more() -> None:
    """The run goes on, and says of the rest that it does not know. Spec: LAW-15."""

    def sleeps(_gossip: Any, _update: Any) -> bool:
        while True:
            time.sleep(0.01)

    began = time.monotonic()
    for resolver in (hangs, sleeps):
        verdicts = Judging(InProcess(resolver, "it", 0.05)).verdicts()
        kinds = {each.law.name: each.kind for each in verdicts}
        assert kinds["total"] == "refuted"
        assert kinds["convergent"] == "unknown"
    assert time.monotonic() - began < 20 * HANGS_MAX


def test_a_busy_machine_does_not_make_a_verdict_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is work, and by the clock much more of it. Spec: LAW-16."""
    began = time.monotonic()
    for late, spent in ((90.0, False), (700.0, True)):
        allowance = Allowance(60.0)
        monkeypatch.setattr(time, "monotonic", lambda late=late: began + late)
        assert allowance.spent is spent
        monkeypatch.undo()
    assert Allowance(0.0).spent


def test_the_same_seed_gives_the_same_verdicts_and_evidence() -> None:
    """Whoever reports a broken law must be believed. Spec: LAW-16."""
    plan = quick(lww_vs_clock, seed=7)
    one, two = (Judging(here(lww_vs_clock, limit=2.0), plan).verdicts() for _ in range(2))
    assert [(e.kind, e.evidence) for e in one] == [(e.kind, e.evidence) for e in two]
