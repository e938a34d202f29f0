"""An answer carries what was asked for, cut where it does no harm."""

from __future__ import annotations

import pytest
from generated import configs, nodes, small_updates
from hypothesis import given
from hypothesis import strategies as st
from nodes import Node, converse

from scuttle_ref import (
    AS_SHIPPED,
    DOCUMENTED,
    PAPER,
    PROFILES,
    UNBOUNDED,
    Config,
    Delta,
    Lost,
    Opened,
    Profile,
    Received,
    Update,
)
from scuttle_ref.order import ascending
from scuttle_ref.rules import pace_everything, pace_first, pace_high_water_mark, pace_prefix

batches = st.lists(st.lists(small_updates, max_size=6, unique=True).map(tuple), max_size=3).map(
    tuple
)


def flat(parts: tuple[Delta, ...]) -> list[Update]:
    return [update for batch in parts for update in batch]


@given(batches, configs)
def test_a_cut_answer_is_a_version_prefix_of_every_source(
    parts: tuple[Delta, ...], config: Config
) -> None:
    """Nothing that stays behind is below anything that is sent of the same source.

    Spec: FLOW-1, FLOW-2.
    """
    sent = pace_prefix(parts, config)
    whole = flat(parts)

    assert len(sent) == min(len(whole), config.mtu or 10)
    assert [update.source_id for update in sent] == [u.source_id for u in whole[: len(sent)]]
    left = list(whole)
    for update in sent:
        left.remove(update)
    for update in sent:
        assert all(
            other.version >= update.version for other in left if other.source_id == update.source_id
        )


@given(batches, configs)
def test_the_other_paces_send_a_beginning(parts: tuple[Delta, ...], config: Config) -> None:
    """Of everything, put in order, or of each batch as it is.

    Spec: TEXT-5, PAPER-9, DEV-8, FLOW-2.
    """
    whole = list(ascending(tuple(flat(parts))))
    limit = len(whole) if config.mtu in {None, UNBOUNDED} else int(config.mtu or 0)
    assert list(pace_everything(parts, config)) == whole
    assert list(pace_first(parts, config)) == whole[:limit]
    buffered = pace_high_water_mark(parts, config)
    assert len(buffered) >= min(len(whole), config.mtu or 16)
    assert len(buffered) <= max(len(whole[: int(min(config.mtu or 16, 99))]) + len(parts) - 1, 0)


@given(st.lists(small_updates, max_size=12))
def test_an_answer_in_order_keeps_the_places_of_its_sources(delta: list[Update]) -> None:
    """Only the updates of one source change places with each other. Spec: FLOW-2."""
    ordered = ascending(tuple(delta))

    assert [update.source_id for update in ordered] == [update.source_id for update in delta]
    assert sorted(map(id, ordered)) == sorted(map(id, delta))
    for source in {update.source_id for update in delta}:
        versions = [update.version for update in ordered if update.source_id == source]
        assert versions == sorted(versions)
    if ordered == tuple(delta):
        assert ascending(ordered) is ordered


def test_an_answer_that_is_in_order_already_stays_as_it_is() -> None:
    """Also where two updates have one version: they are not sorted again. Spec: FLOW-2."""
    delta = (Update("A", "k", 1, 3), Update("B", "k", 1, 1), Update("A", "j", 2, 3))
    assert ascending(delta) is delta


def newest_first(one: Update, other: Update) -> int:
    return -1 if (one.version, one.source_id) > (other.version, other.source_id) else 1


def backwards(delta: Delta) -> Delta:
    return tuple(sorted(delta, key=lambda update: (-update.version, update.source_id)))


TELLERS = [profile for profile in PROFILES.values() if profile is not AS_SHIPPED]


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("mtu", [1, 2, UNBOUNDED])
@pytest.mark.parametrize("profile", TELLERS, ids=lambda profile: profile.name)
def test_no_order_makes_a_hole_that_is_never_filled(profile: Profile, mtu: float, cut: int) -> None:
    """Newest first, by sort or by delta_order, and the link cut after any update.

    Spec: FLOW-2.
    """
    config = Config(max_history=UNBOUNDED, mtu=mtu, sort=newest_first, delta_order=backwards)
    writer, reader = (Node(name, profile, config) for name in "WR")
    for name in ("k", "l", "m"):
        writer.put(name, name)
    reader.do(Opened("W"))
    first = [Received("R", each) for each in reader.gossips("W")]
    answer = [each for event in first for each in writer.do(event).said("R")]
    reader.hear(*answer[:cut], sender="W")
    for node, peer in ((reader, "W"), (writer, "R")):
        node.do(Lost(peer)).do(Opened(peer))
    for _ in range(5):
        converse(reader, writer)
        converse(writer, reader)

    assert reader.state.store == writer.state.store


@given(
    st.lists(small_updates, max_size=10), st.lists(nodes, max_size=3), st.sampled_from([1, 2, 3])
)
def test_repeated_exchanges_bring_a_reader_up_to_date(
    written: list[Update], order: list[str], mtu: int
) -> None:
    """However small the mtu and in whatever order the lines stand, while nothing is forgotten.

    Spec: EXCH-3, EXCH-5, EXCH-7, FLOW-2.
    """
    del order
    config = Config(max_history=UNBOUNDED, mtu=mtu)
    writer, reader = Node("W", config=config).hear(*written), Node("R", config=config)

    rounds = 0
    while reader.state.store != writer.state.store:
        converse(reader, writer)
        rounds += 1
        assert rounds <= len(written)


@given(st.lists(small_updates, max_size=10), st.lists(small_updates, max_size=10))
def test_one_push_pull_exchange_makes_two_paper_nodes_equal(
    mine: list[Update], yours: list[Update]
) -> None:
    """Each source wrote its own history once; both nodes took some of it in version order.

    Spec: PAPER-8, PAPER-10.
    """
    wide = Config(mtu=UNBOUNDED)
    truth = {(u.source_id, u.version): u for u in (*mine, *yours)}
    nodes_ = []
    for name, known in (("X", mine), ("Y", yours)):
        node = Node(name, PAPER, wide)
        highest = {u.source_id: 0 for u in known}
        for update in known:
            highest[update.source_id] = max(highest[update.source_id], update.version)
        for (source, version), update in sorted(truth.items()):
            if version <= highest.get(source, 0):
                node.hear(update)
        nodes_.append(node)
    one, other = nodes_

    converse(one, other)

    assert one.state.store == other.state.store
    assert DOCUMENTED.close is not PAPER.close
