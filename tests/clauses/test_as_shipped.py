"""DEV: where simple-scuttle 3.0.2 departs from its README."""

from __future__ import annotations

import attrs
import pytest
from nodes import Node, converse, upd, updates_in

from scuttle_ref import (
    AS_SHIPPED,
    NEVER,
    UNBOUNDED,
    VERSION_MAX,
    Applied,
    Compacted,
    Config,
    Digest,
    DigestDone,
    GossipView,
    Message,
    Recorded,
    Update,
    VersionVector,
)
from scuttle_ref.names import NAME_MAX
from scuttle_ref.order import by_arrival


def node(name: str, config: Config | None = None) -> Node:
    return Node(name, AS_SHIPPED, config or Config())


def with_own(name: str, version: int) -> Node:
    shipped = node(name)
    shipped.state = attrs.evolve(shipped.state, clock=VersionVector(((name, version),)))
    return shipped


def test_the_resolver_is_never_asked() -> None:
    """The latest arrival wins.

    Spec: DEV-1.
    """

    def resolve(_gossip: GossipView, update: Update) -> bool:
        raise AssertionError(update)

    shipped = node("A", Config(resolve=resolve)).put("k", 1).hear(upd("B", 9), upd("C", 2))

    assert shipped.value("k") == "C2"
    assert shipped.refusals() == []


def test_starting_an_exchange_counts_the_own_clock_up() -> None:
    """Before the digest is written, so the digest shows it.

    Spec: DEV-2.
    """
    shipped = node("A")

    assert [shipped.gossips()[0] for _ in range(3)] == [Digest("A", n) for n in (1, 2, 3)]
    assert shipped.put("k", 1).remembers() == [("A", 4)]


def test_every_own_update_counts_the_clock_up_by_one_whatever_its_version() -> None:
    """Also an echo: version 100 of a peer that remembers more than the node itself.

    Spec: DEV-3.
    """
    shipped = node("A").hear(upd("A", 100))
    assert shipped.clock() == {"A": 1}
    assert shipped.state.at(("k",)).version == 100

    assert shipped.hear(upd("A", 100)).clock() == {"A": 2}
    assert shipped.put("k", 1).remembers()[0] == ("A", 3)
    assert shipped.hear(upd("B", 7)).clock() == {"A": 8, "B": 7}


def test_stale_updates_duplicates_and_echoes_are_taken_again() -> None:
    """History is a multiset.

    Spec: DEV-4.
    """
    shipped = node("A").hear(upd("B", 2), upd("B", 2), upd("B", 1))

    assert shipped.remembers() == [("B", 1), ("B", 2), ("B", 2)]
    assert shipped.hear(upd("B", 2)).outputs == (Recorded(upd("B", 2)), Applied(upd("B", 2)))
    assert shipped.hear(DigestDone()).said() == [upd("B", 1), *[upd("B", 2)] * 3]


def test_an_older_version_overwrites_a_newer_one() -> None:
    """A message that comes late brings the past back.

    Spec: DEV-5.
    """
    shipped = node("A").hear(upd("B", 9), upd("B", 2))

    assert (shipped.value("k"), shipped.clock()["B"]) == ("B2", 9)


def test_done_is_answered_source_by_source_in_the_order_of_the_clock() -> None:
    """Own source first, whatever the versions.

    Spec: DEV-6.
    """
    shipped = node("C").hear(upd("B", 5), upd("A", 1)).put("k", 1)

    assert shipped.hear(Digest("X", 0), DigestDone()).said() == [
        Update("C", "k", 1, 7),
        upd("B", 5),
        upd("A", 1),
    ]
    assert shipped.hear(Digest("B", 5), DigestDone()).said() == [
        Update("C", "k", 1, 7),
        upd("A", 1),
    ]


@pytest.mark.parametrize(
    ("mtu", "sources", "lines", "done"),
    [
        (1, 3, 3, True),
        (1, 4, 3, False),
        (2, 4, 4, True),
        (2, 5, 4, False),
        (10, 12, 12, True),
        (10, 13, 12, False),
        (None, 18, 18, True),
        (None, 19, 18, False),
        (UNBOUNDED, 40, 40, True),
    ],
)
def test_a_digest_is_cut_at_mtu_plus_two_lines_and_then_lacks_done(
    mtu: float | None, sources: int, lines: int, done: bool
) -> None:
    """Measured on the library; 16 when no mtu is given, no limit for a flowing reader.

    Spec: DEV-7.
    """
    shipped = node("A", Config(mtu=mtu)).hear(*(upd(f"S{n}", 1) for n in range(sources - 1)))

    digest = shipped.gossips()

    assert sum(isinstance(message, Digest) for message in digest) == lines
    assert (digest[-1] == DigestDone()) is done
    assert len(digest) == lines + done


def versions(messages: list[Message]) -> list[int]:
    return [message.version for message in messages if isinstance(message, Update)]


def test_a_line_is_answered_until_the_buffer_has_reached_the_mtu() -> None:
    """In sort order, so a sort that is not by version leaves holes.

    Spec: DEV-8.
    """
    shipped = node("B", Config(mtu=2, sort=by_arrival))
    shipped.hear(upd("A", 4), upd("A", 3), upd("A", 1))

    assert versions(shipped.hear(Digest("A", NEVER)).said()) == [4, 3]


def test_each_batch_sends_at_least_one_update_although_the_buffer_is_full() -> None:
    """Three sources, mtu 1: done is answered with three updates, the first of each.

    Spec: DEV-8.
    """
    shipped = node("Z", Config(mtu=1))
    shipped.hear(upd("A", 1), upd("A", 2), upd("B", 1), upd("B", 2), upd("C", 5))

    assert versions(shipped.hear(DigestDone()).said()) == [1, 1, 5]


def test_without_an_mtu_the_buffer_holds_sixteen() -> None:
    """The default of an object stream; a reader that flows has no mark.

    Spec: DEV-8.
    """
    for mtu, carried in ((None, 16), (UNBOUNDED, 20)):
        shipped = node("A", Config(mtu=mtu, max_history=None))
        for number in range(20):
            shipped.put("k", number)
        assert len(shipped.hear(DigestDone()).said()) == carried


def test_the_names_of_all_peers_stand_in_one_list() -> None:
    """One peer's line suppresses what another needs; one peer's done clears the list.

    Spec: DEV-9.
    """
    shipped = node("H").hear(upd("A", 1), upd("B", 2))

    shipped.hear(Digest("A", 1), Digest("A", 1), sender="A").hear(Digest("B", 2), sender="B")
    assert [source for source, _ in shipped.state.marks("")] == ["A", "A", "B"]

    assert shipped.hear(DigestDone(), sender="C").said() == []
    assert versions(shipped.hear(DigestDone(), sender="A").said()) == [1, 2]


@pytest.mark.parametrize(
    ("max_history", "kept"), [(None, 30), (0, 0), (2, 2), (10, 10), (UNBOUNDED, 30)]
)
def test_no_maximum_keeps_everything_and_zero_nothing(max_history: float | None, kept: int) -> None:
    """The README says 10 if falsy.

    Spec: DEV-10.
    """
    shipped = node("A", Config(max_history=max_history))
    for number in range(30):
        shipped.put("k", number)

    assert len(shipped.state.history) == kept
    assert any(isinstance(output, Compacted) for output in shipped.outputs) is (kept < 30)


def test_one_above_the_largest_version_is_the_largest_version() -> None:
    """As doubles count, so two writes bear one version.

    Spec: DEV-12.
    """
    shipped = with_own("A", VERSION_MAX).put("k", 1).put("k", 2)

    assert shipped.remembers() == [("A", VERSION_MAX)] * 2
    assert shipped.gossips()[0] == Digest("A", VERSION_MAX)
    assert shipped.hear(upd("B", VERSION_MAX)).clock()["A"] == VERSION_MAX
    assert with_own("A", 6).put("k", 1).remembers() == [("A", 7)]


def test_sources_are_enumerated_as_a_javascript_object_does() -> None:
    """Array indices first and ascending, then by arrival; ``2**32 - 1`` is no index.

    Spec: DEV-13.
    """
    arrivals = ["b", "10", "9", "01", "4294967295", "4294967294", "-1", "a", "0", "\u00b2", "b"]
    shipped = node("own").hear(*(upd(source, 1) for source in arrivals))

    expected = ["0", "9", "10", "4294967294", "own", "b", "01", "4294967295", "-1", "a", "\u00b2"]
    assert list(shipped.state.sources) == expected


def test_a_very_long_number_is_no_array_index() -> None:
    """However long a number is, reading it is no way to find out.

    Spec: DEV-13, ERR-1.
    """
    long = "9" * NAME_MAX

    assert node("A").hear(upd(long, 1), upd("7", 1)).state.sources == ("7", "A", long)


def test_a_double_gossip_costs_a_writer_its_own_newer_write() -> None:
    """The second done is answered with everything, also with A's own older write.

    Spec: DEV-3, DEV-4, DEV-5.
    """
    writer, reader = node("A").put("k", 1), node("B")
    converse(reader, writer)
    writer.put("k", 2)

    first, second = writer.gossips("B"), writer.gossips("B")
    lines = [m for m in (*first, *second) if isinstance(m, Digest)]
    echoes = reader.hear(*lines, DigestDone(), DigestDone(), sender="A").said("A")
    writer.hear(*echoes, sender="B")

    assert writer.value("k") == 1


def test_two_concurrent_writes_end_swapped_for_ever() -> None:
    """Each node takes the other's value, and no later exchange moves anything.

    Spec: DEV-1.
    """
    one, other = node("A").put("k", "a"), node("B").put("k", "b")

    converse(one, other)
    converse(other, one)

    assert (one.value("k"), other.value("k")) == ("b", "a")
    assert updates_in(converse(one, other)) == updates_in(converse(other, one)) == []
