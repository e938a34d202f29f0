"""States that are used once answer as states that stay."""

from __future__ import annotations

import attrs
import pytest
from generated import messages, nodes, puts
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_check.evidence.simulation.linear import linear
from scuttle_ref import (
    NEVER,
    PAPER,
    UNBOUNDED,
    Config,
    Exchange,
    Gossip,
    History,
    NodeState,
    Output,
    Put,
    VersionVector,
)
from scuttle_ref.entries import entries_of
from scuttle_ref.order import scuttle_breadth, scuttle_depth

happenings = st.lists(
    puts | st.builds(Exchange, peer=nodes) | st.tuples(nodes, st.lists(messages, max_size=6)),
    max_size=12,
)


def settled(state: NodeState) -> NodeState:
    """What a linear state holds, as a state that stays as it is."""
    return attrs.evolve(
        state,
        clock=VersionVector(state.clock.pairs),
        store=entries_of(tuple(state.store)),
        history=History(state.history.above({})),
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


def test_a_linear_state_is_used_up_by_its_next() -> None:
    """It shows what was made of it, so nothing may keep one; the state it came from is as it was.

    Spec: SIM-7.
    """
    gossip = Gossip(PAPER)
    start = gossip.start("A")
    once = linear(start)
    _after(gossip, once, Put("k", 1))

    assert once.at(("A", "k")).value == 1
    assert start == gossip.start("A")
