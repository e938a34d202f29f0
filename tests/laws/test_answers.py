"""An answer carries what was asked for, cut where it does no harm."""

from __future__ import annotations

from generated import configs, nodes, small_updates
from hypothesis import given
from hypothesis import strategies as st
from nodes import Node, converse

from scuttle_ref import DOCUMENTED, PAPER, UNBOUNDED, Config, Delta, Update
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
    places = iter(whole)
    assert all(any(update is placed for placed in places) for update in sent)
    left = list(whole)
    for update in sent:
        left.remove(update)
    for update in sent:
        assert all(
            other.version >= update.version for other in left if other.source_id == update.source_id
        )


@given(batches, configs)
def test_the_other_paces_send_a_beginning(parts: tuple[Delta, ...], config: Config) -> None:
    """Of everything or of each batch.

    Spec: TEXT-5, PAPER-9, DEV-8.
    """
    whole = flat(parts)

    assert list(pace_everything(parts, config)) == whole
    limit = len(whole) if config.mtu in {None, UNBOUNDED} else int(config.mtu or 0)
    assert list(pace_first(parts, config)) == whole[:limit]
    buffered = pace_high_water_mark(parts, config)
    assert len(buffered) >= min(len(whole), config.mtu or 16)
    assert len(buffered) <= max(len(whole[: int(min(config.mtu or 16, 99))]) + len(parts) - 1, 0)


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
