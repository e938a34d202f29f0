"""What holds in every state that a node can be in, and between one state and the next."""

from __future__ import annotations

from itertools import pairwise

import pytest
from generated import configs, events, nodes, run
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import (
    AS_SHIPPED,
    DOCUMENTED,
    PROFILES,
    TEXTBOOK,
    UNBOUNDED,
    VERSION_MAX,
    Config,
    Event,
    Gossip,
    NodeState,
    Profile,
    Put,
    Received,
    Recorded,
    Update,
)

EACH_PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
histories = st.lists(events, max_size=15)


def bound(profile: Profile, config: Config) -> float:
    if profile is AS_SHIPPED:
        return UNBOUNDED if config.max_history is None else config.max_history
    bounded = profile in {DOCUMENTED, TEXTBOOK}
    return config.max_history or 10 if bounded else UNBOUNDED


@EACH_PROFILE
@given(config=configs, node=nodes, happened=histories)
def test_every_state_is_in_normal_form(
    profile: Profile, config: Config, node: str, happened: list[Event]
) -> None:
    """Sorted without repetition, so that equal knowledge is an equal state.

    Spec: MOD-1, MOD-2, HIST-3.
    """
    for state in run(Gossip(profile, config), node, happened):
        places = [place for place, _ in state.store]
        assert places == sorted(set(places))
        sessions = [session for session, _ in state.named]
        assert sessions == sorted(set(sessions))
        assert all(marks for _, marks in state.named)
        if profile is not AS_SHIPPED:
            assert all(list(marks) == sorted(dict(marks).items()) for _, marks in state.named)
        peers = [peer for peer, _ in state.open_sessions]
        assert peers == sorted(set(peers))
        assert sorted(state.sources) == list(state.clock.sources)
        assert state.id == node
        assert len(state.history) <= bound(profile, config)


@EACH_PROFILE
@given(config=configs, node=nodes, happened=histories)
def test_clocks_only_rise(
    profile: Profile, config: Config, node: str, happened: list[Event]
) -> None:
    """Entry by entry, and with them the sources known and the highest version.

    Spec: VERS-3, VERS-7.
    """
    for before, after in pairwise(run(Gossip(profile, config), node, happened)):
        assert before.clock <= after.clock
        assert set(before.sources) <= set(after.sources)
        assert before.version <= after.version
        assert all(0 <= mark <= VERSION_MAX for _, mark in after.clock.pairs)


@EACH_PROFILE
@given(config=configs, node=nodes, happened=histories)
def test_the_highest_version_is_that_of_the_updates_taken(
    profile: Profile, config: Config, node: str, happened: list[Event]
) -> None:
    """Neither a digest nor a declined stamp counts, only what was recorded.

    Spec: VERS-7.
    """
    gossip, highest = Gossip(profile, config), 0
    state = gossip.start(node)
    for event in happened:
        step = gossip.step(state, event)
        state = step.state
        taken = [output.update.version for output in step.outputs if isinstance(output, Recorded)]
        highest = max([highest, *taken])
        assert state.version == highest


def above_the_clock(state: NodeState) -> list[object]:
    return [entry for _, entry in state.store if entry.version > state.clock.get(entry.source_id)]


@pytest.mark.parametrize(
    "profile", [profile for profile in PROFILES.values() if profile is not AS_SHIPPED]
)
@given(config=configs, node=nodes, happened=histories)
def test_no_entry_and_no_memory_is_above_the_clock_of_its_source(
    profile: Profile, config: Config, node: str, happened: list[Event]
) -> None:
    """A digest that names the clock asks for everything that is missing and nothing else.

    Spec: VERS-3.
    """
    for state in run(Gossip(profile, config), node, happened):
        assert above_the_clock(state) == []
        for update in state.history.updates:
            assert update.version <= state.clock.get(update.source_id)


def test_the_shipped_clock_can_be_below_what_the_node_holds() -> None:
    """An echo of a version above the own clock counts up by one instead of being adopted.

    Spec: DEV-3.
    """
    (_, state) = run(Gossip(AS_SHIPPED), "A", [Received("B", Update("A", "k", 1, 5))])

    assert len(above_the_clock(state)) == 1


@given(config=configs, node=nodes, happened=histories)
def test_a_local_write_is_above_everything_its_writer_has_seen(
    config: Config, node: str, happened: list[Event]
) -> None:
    """The Lamport property of the documented profile.

    Spec: VERS-2, VERS-4, VERS-6.
    """
    gossip = Gossip(DOCUMENTED, config)
    state = run(gossip, node, happened)[-1]

    outputs = gossip.step(state, Put("k", "new")).outputs

    stamped = [output.update.version for output in outputs if isinstance(output, Recorded)]
    assert all(version > state.version for version in stamped)
    assert bool(stamped) == (state.clock.get(node) < VERSION_MAX)


@given(node=nodes, happened=histories)
def test_history_remembers_no_update_twice_and_in_replay_order(
    node: str, happened: list[Event]
) -> None:
    """Under the documented profile with its default sort.

    Spec: HIST-2, HIST-6.
    """
    for state in run(Gossip(DOCUMENTED), node, happened):
        order = [(update.version, update.source_id) for update in state.history.updates]
        assert order == sorted(set(order))
