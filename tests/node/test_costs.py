"""Work per line and per source: at most logarithmic in what is known."""

from __future__ import annotations

from scuttle_check.evidence.node_costs import RATIO_MAX, measured


def test_many_sources_cost_at_most_three_times_what_one_costs() -> None:
    """It was 31 times and more. Spec: NODE-14."""
    for costs in measured(2):
        assert costs.ratio <= RATIO_MAX, costs
