"""Who waits for whom before it asks: a silenced node is found by liveness."""

from __future__ import annotations

import pytest

from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.timing import TIMINGS, TimedCase, eventually_told, judged, load_timed
from scuttle_check.search.liveness.fairness import session_fairness
from scuttle_check.search.liveness.lasso import run_lasso

CASES = load_timed()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_rule_of_timing_is_refuted_or_holds_as_the_catalogue_says(case: TimedCase) -> None:
    """The same rules decide in the node that runs. Spec: NODE-16."""
    report = judged(case)
    (verdict,) = report.verdicts
    assert (verdict.kind.value, report.stats.states) == (case.verdict, case.states)
    if verdict.kind is Kind.REFUTED:
        assert "B has nothing for k" in verdict.because
        fairness = session_fairness(case.model.system, "strong")
        assert verdict.schedule is not None
        assert verdict.cycle is not None
        run = run_lasso(case.model, eventually_told(), fairness, verdict.schedule, verdict.cycle)
        assert run.because is not None


def test_every_rule_is_tried_by_every_model() -> None:
    """A rule that nobody tried would be luck. Spec: NODE-16."""
    tried = {case.id for case in CASES}
    names = {case.id.partition(":")[0] for case in CASES}
    assert tried == {f"{name}:{timing}" for name in names for timing in TIMINGS}
