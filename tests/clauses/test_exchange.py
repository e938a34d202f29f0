"""EXCH and NET: how two nodes find out what one of them lacks."""

from __future__ import annotations

import pytest
from nodes import Node, converse, upd, updates_in

from scuttle_ref import (
    NEVER,
    Config,
    Digest,
    DigestDone,
    Exchange,
    Put,
    Received,
    Send,
    Update,
)
from scuttle_ref.order import by_arrival
from scuttle_ref.state import Marks, mark_of


def test_a_digest_holds_one_line_for_every_source_in_the_order_of_ids() -> None:
    """Also the own source, and also when it has written nothing.

    Spec: EXCH-1.
    """
    assert Node("B").gossips() == [Digest("B", 0), DigestDone()]

    node = Node("B").hear(upd("C", 2), upd("A", 7), upd("C", 3))

    assert node.gossips()[:-1] == [Digest("A", 7), Digest("B", 8), Digest("C", 3)]


@pytest.mark.parametrize(
    "mark",
    [-1, 1.0, True, None, "-Infinity", float("inf"), float("nan"), 2**53 + 1],
    ids=str,
)
def test_a_digest_line_carries_zero_a_version_or_bottom_and_nothing_else(mark: object) -> None:
    """Everything else is refused, and does not count as having named the source.

    Spec: EXCH-1.
    """
    node = Node("A").put("k", 1)
    before = node.state

    assert node.hear(Digest("A", mark)).refusals()[0].clause == "EXCH-1"  # type: ignore[arg-type]
    assert node.state is before
    for valid in (0, 2**53, NEVER):
        assert node.hear(Digest("A", valid)).refusals() == []


def test_a_digest_ends_with_done() -> None:
    """Once, last, and not returned, however many sources there are.

    Spec: EXCH-2.
    """
    node = Node("A")
    for number in range(40):
        node.hear(upd(f"S{number}", 1))
        lines = node.gossips()
        assert lines[-1] == DigestDone(returned=False)
        assert lines.count(DigestDone()) == 1


def test_starting_an_exchange_changes_nothing_at_the_node() -> None:
    """The library counts its clock up; the documented profile does not.

    Spec: EXCH-2.
    """
    node = Node("A").put("k", 1)
    before = node.state

    assert node.do(Exchange("B")).state == before


def test_a_line_is_answered_at_once_with_the_news_of_that_source() -> None:
    """Strictly above the mark, of no other source.

    Spec: EXCH-3.
    """
    node = Node("A").hear(upd("B", 1), upd("B", 2), upd("B", 5), upd("C", 3))

    assert node.hear(Digest("B", 2)).said() == [upd("B", 5)]
    assert node.hear(Digest("B", NEVER)).said() == [upd("B", 1), upd("B", 2), upd("B", 5)]
    assert node.hear(Digest("B", 5)).said() == []
    assert node.hear(Digest("D", NEVER)).said() == []


def test_named_sources_are_remembered_for_each_peer_separately() -> None:
    """One peer's line does not suppress what another needs, nor its done answer for it.

    Spec: EXCH-4.
    """
    hub = Node("H").hear(upd("A", 1), upd("B", 2))

    hub.hear(Digest("A", 1), sender="A")
    hub.hear(Digest("B", 2), sender="B")

    assert hub.hear(DigestDone(), sender="C").said("C") == [upd("A", 1), upd("B", 2)]
    assert hub.hear(DigestDone(), sender="A").said("A") == [upd("B", 2)]
    assert hub.hear(DigestDone(), sender="B").said("B") == [upd("A", 1)]


def test_a_source_that_was_named_is_not_answered_again_by_done() -> None:
    """Even if its line asked for less than everything, or an update arrived in between.

    Spec: EXCH-4.
    """
    node = Node("A").hear(upd("B", 1))
    node.hear(Digest("B", 0), Digest("B", 0)).hear(upd("B", 2))

    assert node.hear(DigestDone()).said() == []


def test_of_a_source_that_was_named_twice_the_higher_mark_counts() -> None:
    """Whatever a profile remembers of a line, a peer cannot unsee what it has seen.

    Spec: EXCH-4.
    """
    marks: Marks = (("A", 3), ("A", 1), ("B", 2))

    assert [mark_of(marks, source) for source in "ABC"] == [3, 2, NEVER]


def test_done_is_answered_with_unnamed_sources_all_together_in_replay_order() -> None:
    """Not source by source: an older write must not arrive after the newer that replaced it.

    Spec: EXCH-5.
    """
    node = Node("B").hear(upd("C", 3), upd("A", 1), upd("C", 5), upd("A", 4), upd("D", 2))

    answer = node.hear(Digest("D", NEVER), DigestDone()).said()

    assert answer[0] == upd("D", 2)
    assert answer[1:] == [upd("A", 1), upd("C", 3), upd("A", 4), upd("C", 5)]


def test_done_follows_the_sort_of_the_configuration() -> None:
    """With a sort by arrival the answer is in the order of arrival.

    Spec: EXCH-5.
    """
    node = Node("A", config=Config(sort=by_arrival)).hear(upd("C", 3), upd("B", 1))

    assert node.hear(DigestDone()).said() == [upd("C", 3), upd("B", 1)]


def test_a_causal_write_survives_the_exchange() -> None:
    """B answers A's write; whoever asks B ends with B's answer and not with A's older value.

    Spec: EXCH-5.
    """
    first, second, third = Node("A").put("k", 1), Node("B"), Node("C")
    converse(second, first)
    second.put("k", 2)

    converse(third, second)

    assert (third.value("k"), third.clock()) == (2, {"A": 1, "B": 3, "C": 4})


def test_after_done_the_names_are_forgotten_and_no_digest_comes_back() -> None:
    """The peer pulled; it will be pulled when this node starts.

    Spec: EXCH-6.
    """
    node = Node("A").hear(upd("B", 1))

    assert node.hear(Digest("B", 1), Digest("A", 0), DigestDone()).said() == []
    assert node.state.named == ()
    assert node.hear(DigestDone()).said() == [upd("B", 1)]
    assert all(isinstance(message, Update) for message in node.said())


def test_one_exchange_brings_the_asker_up_to_date_and_moves_nothing_else() -> None:
    """A pull. Asked again, nothing travels.

    Spec: EXCH-6.
    """
    asker, answerer = Node("A").put("x", "a"), Node("B").put("k", 1).put("k", 2)

    assert updates_in(converse(asker, answerer)) == [("B", 1), ("B", 2)]
    assert (asker.value("k"), answerer.value("x")) == (2, None)
    assert updates_in(converse(asker, answerer)) == []
    assert updates_in(converse(answerer, asker)) == [("A", 1)]
    assert asker.state.store == answerer.state.store


def test_the_lines_stand_in_the_order_that_the_command_asks_for() -> None:
    """Named sources first, in that order and once; then the others; strangers are ignored.

    Spec: EXCH-7.
    """
    node = Node("B").hear(upd("A", 1), upd("C", 1), upd("D", 1))

    def order(*wanted: str) -> list[str]:
        return [m.source_id for m in node.gossips(order=wanted) if isinstance(m, Digest)]

    assert order("D", "B", "C", "A") == ["D", "B", "C", "A"]
    assert order("C") == ["C", "A", "B", "D"]
    assert order("X", "D", "D", "X") == ["D", "A", "B", "C"]


@pytest.mark.parametrize("order", [None, 5, "AB", ["A"], (["A"],), (1,)], ids=repr)
def test_an_order_that_is_no_tuple_of_ids_is_refused(order: object) -> None:
    """It comes from a script or a file, so it may be anything.

    Spec: EXCH-7.
    """
    refusal = Node("A").do(Exchange("B", order)).refusals()[0]  # type: ignore[arg-type]

    assert (refusal.path, refusal.clause) == ("order", "EXCH-7")


def test_every_message_is_addressed_to_one_peer() -> None:
    """An answer to whoever asked, a digest to the peer of the exchange.

    Spec: NET-1.
    """
    node = Node("A").put("k", 1)

    digest = node.do(Exchange("B")).outputs
    answer = node.do(Received("C", DigestDone())).outputs

    assert digest == (Send("B", Digest("A", 1)), Send("B", DigestDone()))
    assert answer == (Send("C", upd("A", 1, value=1)),)
    assert not [output for output in node.hear(upd("B", 4)).outputs if isinstance(output, Send)]


def test_events_and_messages_read_as_sentences() -> None:
    """Counterexamples are read by people."""
    events = [
        Digest("A", 3),
        Digest("A", NEVER),
        DigestDone(),
        DigestDone(returned=True),
        upd("A", 3),
        Put("k", 1),
        Exchange("B"),
    ]

    assert [str(event) for event in events] == [
        "digest A:3",
        "digest A:nothing",
        "done",
        "done (returned)",
        "k=A3@A3",
        "set k=1",
        "gossip B",
    ]
