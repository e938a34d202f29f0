"""Replay is a fold: with a resolver that is a join, order and repetition do not matter."""

from __future__ import annotations

import pytest
from generated import small_updates
from hypothesis import given
from hypothesis import strategies as st
from nodes import Node

from scuttle_ref import (
    UNBOUNDED,
    Config,
    Resolver,
    Update,
    first_writer,
    lww_total,
    max_value,
)
from scuttle_ref.order import replay_key

one_of_each = st.lists(small_updates, max_size=9, unique_by=lambda u: (u.source_id, u.version))


@pytest.mark.parametrize("resolve", [lww_total, max_value, first_writer])
@given(written=one_of_each, data=st.data())
def test_any_order_of_arrival_ends_like_the_replay(
    resolve: Resolver, written: list[Update], data: st.DataObject
) -> None:
    """With repetitions too, while history forgets nothing; clock and history end equal as well.

    Spec: RES-4, RES-5, RES-6, HIST-2, HIST-6, VERS-3.
    """
    config = Config(resolve=resolve, max_history=UNBOUNDED)
    again = data.draw(st.lists(st.sampled_from(written), max_size=4)) if written else []
    arrival = data.draw(st.permutations([*written, *again]))

    replayed = Node("N", config=config).hear(*sorted(written, key=replay_key))
    arrived = Node("N", config=config).hear(*arrival)

    assert arrived.state == replayed.state


@given(written=one_of_each, data=st.data())
def test_with_lww_total_the_winner_is_the_last_of_its_key_in_replay_order(
    written: list[Update], data: st.DataObject
) -> None:
    """So the store can be computed without the protocol.

    Spec: RES-4.
    """
    arrival = data.draw(st.permutations(written))
    config = Config(max_history=UNBOUNDED)

    store = Node("N", config=config).hear(*arrival).state.store

    winners = {update.key: update for update in sorted(written, key=replay_key)}
    assert [
        (key, update.value, update.version, update.source_id)
        for key, update in sorted(winners.items())
    ] == [(place[0], entry.value, entry.version, entry.source_id) for place, entry in store]
