"""TEXT: the smallest protocol of the family."""

from __future__ import annotations

from nodes import Node, converse, upd

from scuttle_ref import (
    NEVER,
    TEXTBOOK,
    UNBOUNDED,
    Config,
    Digest,
    DigestDone,
    Ignored,
    Reason,
)


def node(name: str, config: Config | None = None) -> Node:
    return Node(name, TEXTBOOK, config or Config())


def test_a_source_numbers_its_own_writes_without_holes() -> None:
    """An update raises the entry of its source and no other: there is no Lamport step.

    Spec: TEXT-1.
    """
    textbook = node("A").put("k", 1).hear(upd("B", 9))
    assert textbook.clock() == {"A": 1, "B": 9}

    textbook.put("k", 2)

    assert textbook.clock() == {"A": 2, "B": 9}


def test_an_update_that_is_not_above_the_clock_is_ignored() -> None:
    """Also one that was never received: below the clock means known.

    Spec: TEXT-2.
    """
    textbook = node("A").hear(upd("B", 3))
    before = textbook.state

    for version in (1, 2, 3):
        textbook.hear(upd("B", version))
        assert textbook.outputs == (Ignored(upd("B", version), Reason.STALE),)
        assert textbook.state is before
    assert textbook.hear(upd("B", 4)).value("k") == "B4"


def test_the_larger_version_and_source_wins() -> None:
    """Whatever resolver is configured.

    Spec: TEXT-3.
    """
    textbook = node("A", Config(resolve=lambda _gossip, _update: False)).hear(upd("C", 2))

    assert textbook.hear(upd("B", 2)).value("k") == "C2"
    assert textbook.hear(upd("D", 2)).value("k") == "D2"
    assert textbook.hear(upd("B", 3)).value("k") == "B3"
    assert textbook.hear(upd("E", 1)).value("k") == "B3"


def test_a_later_write_may_lose_against_an_earlier_one() -> None:
    """B has written little and loses, although it has seen what it replaces.

    Spec: TEXT-3.
    """
    busy, quiet = node("A").put("k", 1).put("k", 2), node("B")
    converse(quiet, busy)

    assert quiet.put("k", "answer").value("k") == 2


def test_a_digest_names_only_sources_that_have_written() -> None:
    """And ends with done.

    Spec: TEXT-4.
    """
    textbook = node("B")
    assert textbook.gossips() == [DigestDone()]

    textbook.hear(upd("A", 3))
    assert textbook.gossips() == [Digest("A", 3), DigestDone()]
    assert textbook.put("k", 1).gossips() == [Digest("A", 3), Digest("B", 1), DigestDone()]


def test_an_answer_is_never_cut() -> None:
    """Neither that to a line nor that to done.

    Spec: TEXT-5.
    """
    textbook = node("A", Config(mtu=1, max_history=UNBOUNDED))
    for number in range(30):
        textbook.put("k", number)

    assert len(textbook.hear(Digest("A", NEVER)).said()) == 30
    assert len(textbook.hear(DigestDone(), sender="other").said()) == 30
