"""A frame says what its messages say."""

from __future__ import annotations

import pytest
from generated import configs, events, json_values, messages, nodes, run
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_ref import PROFILES, Config, Event, Gossip, Output, Profile, Received

senders = nodes | st.sampled_from(["", 7, None, "constructor"])
frames = st.lists(messages | json_values, max_size=8)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@settings(max_examples=60)
@given(
    config=configs,
    past=st.tuples(nodes, st.lists(events, max_size=6)),
    sender=senders,
    frame=frames,
)
def test_a_frame_is_its_messages_one_after_the_other(
    profile: Profile,
    config: Config,
    past: tuple[str, list[Event]],
    sender: str,
    frame: list[object],
) -> None:
    """The same node afterwards, and the same outputs in the same order.

    Spec: NET-5, ERR-1.
    """
    gossip = Gossip(profile, config)
    node, happened = past
    before = list(run(gossip, node, happened))[-1] if happened else gossip.start(node)

    state = before
    outputs: list[Output] = []
    for message in frame:
        step = gossip.step(state, Received(sender, message))
        state = step.state
        outputs += step.outputs
    heard = gossip.hear(before, sender, frame)

    assert heard.state == state
    assert heard.outputs == tuple(outputs)


def test_an_empty_frame_says_nothing() -> None:
    """Spec: NET-5."""
    gossip = Gossip(PROFILES["paper"])
    state = gossip.start("A")

    assert gossip.hear(state, "B", ()).state is state
    assert gossip.hear(state, "", ()).outputs == ()
