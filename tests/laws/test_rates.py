"""What holds of flow control whatever is said."""

from __future__ import annotations

import math

from generated import NODES, json_values, messages, nodes, puts
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import PAPER, Config, Gossip, Received
from scuttle_ref.flow import Flow, FlowRules, Rates, share
from scuttle_ref.pacing import Paced, Pacing, Tell

PACING = Pacing(Gossip(PAPER, Config(mtu=2)), FlowRules(overflows=2, fits=2))

numbers = st.integers(0, 64).map(lambda number: number / 8)
all_rates = st.builds(
    Rates, desired=numbers | st.just(math.inf), allowed=numbers, given=numbers, asks=st.booleans()
)
flows = st.builds(Flow, desired=numbers | st.just(math.inf), allowed=numbers)
anything = messages | json_values | all_rates


@given(
    flows,
    st.lists(puts | st.tuples(nodes, st.lists(anything, max_size=5)), max_size=5),
    nodes | st.sampled_from(["", 7, None, "constructor"]),  # type: ignore[arg-type]
    st.lists(anything, max_size=8),
)
def test_a_frame_under_flow_control_is_its_messages(
    flow: Flow, past: list[object], sender: str, frame: list[object]
) -> None:
    """Total, and one message after the other; the node is as without flow control.

    Spec: NET-5, ERR-1.
    """
    state = PACING.start("A", flow)
    for each in past:
        step = (
            PACING.hear(state, each[0], each[1])
            if isinstance(each, tuple)
            else PACING.step(state, each)  # type: ignore[arg-type]
        )
        state = step.state
    one, outputs = state, []
    for message in frame:
        single = PACING.step(one, Received(sender, message))
        one = single.state
        outputs += single.outputs
    whole = PACING.hear(state, sender, frame)
    below = [m for m in frame if type(m) is not Rates] if sender in NODES else frame
    plain = PACING.gossip.hear(state.node, sender, below)

    assert (whole.state, whole.outputs) == (one, tuple(outputs))
    assert whole.state.node == plain.state
    assert tuple(each for each in whole.outputs if not isinstance(each, Tell)) == plain.outputs
    assert whole.state.flow.allowed >= 0


@given(flows, all_rates)
def test_nothing_is_created_and_the_richer_gives(flow: Flow, rates: Rates) -> None:
    """What is given away is what is missing; nobody falls below its share by giving.

    Spec: FLOW-8, FLOW-9.
    """
    state = Paced(PACING.gossip.start("A"), flow)
    step = PACING.hear(state, "B", [rates])
    gifts = [each.rates.given for each in step.outputs if isinstance(each, Tell)]

    assert step.state.flow.allowed + sum(gifts) == flow.allowed + rates.given
    if sum(gifts):
        assert step.state.flow.allowed == share(flow, rates)
    assert (rates.asks or sum(gifts) > 0) == bool(gifts)
