"""States that are used once answer as states that stay."""

from __future__ import annotations

import pytest
from generated import messages, nodes, puts
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.simulation.linear import linear, settled
from scuttle_ref import NEVER, PAPER, UNBOUNDED, Config, Exchange, Gossip, NodeState, Output, Put
from scuttle_ref.order import scuttle_breadth, scuttle_depth

happenings = st.lists(
    puts | st.builds(Exchange, peer=nodes) | st.tuples(nodes, st.lists(messages, max_size=6)),
    max_size=12,
)


def _after(gossip: Gossip, state: NodeState, happened: object) -> tuple[NodeState, list[Output]]:
    if isinstance(happened, tuple):
        step = gossip.hear(state, happened[0], happened[1])
    else:
        step = gossip.step(state, happened)  # type: ignore[arg-type]
    return step.state, list(step.outputs)


@pytest.mark.parametrize("order", [scuttle_depth, scuttle_breadth])
@settings(max_examples=150)
@given(st.lists(happenings, min_size=2, max_size=2), st.sampled_from([1, 3, UNBOUNDED]))
def test_the_reducers_make_the_same_of_both(
    order: object, happened: list[list[object]], mtu: float
) -> None:
    """The same outputs at every event, and in the end the same node.

    The second part starts from a state that the first has filled.

    Spec: SIM-7.
    """
    gossip = Gossip(PAPER, Config(mtu=mtu, delta_order=order))  # type: ignore[arg-type]
    kept = gossip.start("A")
    for part in happened:
        once = linear(kept)
        for each in part:
            kept, said = _after(gossip, kept, each)
            once, told = _after(gossip, once, each)
            assert told == said
        assert settled(once) == kept
        assert list(once.store) == list(kept.store)
        assert once.clock.pairs == kept.clock.pairs
        for source in kept.sources:
            assert tuple(once.history.news(source, NEVER)) == kept.history.news(source, NEVER)


def test_a_settled_state_changes_no_more() -> None:
    """What was read of a linear state stays as it was read. Spec: SIM-7."""
    gossip = Gossip(PAPER)
    once, _ = _after(gossip, linear(gossip.start("A")), Put("k", 1))
    before = settled(once)
    _after(gossip, once, Put("k", 2))

    assert settled(once) != before
    assert (before.at(("A", "k")).value, before.clock.get("A"), len(before.history)) == (1, 1, 1)
