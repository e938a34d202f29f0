"""What becomes of a node that hears of a connection: EXCH-8, NPM-9, DEV-14, FAULT-8."""

from __future__ import annotations

import pytest
from nodes import Node, converse

from scuttle_ref import (
    AS_SHIPPED,
    NEVER,
    PROFILES,
    SCUTTLEBUTT,
    Digest,
    DigestDone,
    Lost,
    Opened,
    Profile,
    Put,
)
from scuttle_ref.rules import PROCESS

TELLING = [Lost("P"), Opened("P")]
APART = [profile for profile in PROFILES.values() if profile is not AS_SHIPPED]


@pytest.mark.parametrize("event", TELLING, ids=str)
@pytest.mark.parametrize("profile", APART, ids=lambda profile: profile.name)
def test_what_a_peer_has_half_said_is_forgotten_with_its_connection(
    profile: Profile, event: Lost | Opened
) -> None:
    """The answer to the next done is that to a digest which has only just begun.

    Spec: EXCH-8, FAULT-8.
    """
    fresh, half = (Node("B", profile).put("k", 1) for _ in range(2))
    named = half.hear(Digest("B", 9)).state.named
    assert [session for session, _ in named] == ["P"]

    assert half.do(event).outputs == ()
    assert half.state == fresh.state
    assert half.hear(DigestDone()).said() == fresh.hear(DigestDone()).said()


@pytest.mark.parametrize("event", TELLING, ids=str)
def test_another_peer_keeps_what_it_has_named(event: Lost | Opened) -> None:
    """Sessions are apart, in health and in loss. Spec: EXCH-4, EXCH-8."""
    node = Node("B").hear(Digest("A", 1), sender="Q").hear(Digest("A", 1))

    assert [session for session, _ in node.do(event).state.named] == ["Q"]
    assert node.do(Lost("nobody")).state.named == node.state.named


@pytest.mark.parametrize("event", TELLING, ids=str)
def test_the_shipped_list_of_names_outlives_the_stream(event: Lost | Opened) -> None:
    """So the first done of a new stream leaves B's update out. Spec: DEV-14."""
    node = Node("B", AS_SHIPPED).put("k", 1).hear(Digest("B", NEVER))
    before = node.state
    assert before.marks(PROCESS) != ()

    assert node.do(event).state is before
    assert node.hear(DigestDone()).said() == []


def test_a_session_is_closed_when_its_stream_ends_and_said_hello_to_when_it_is_back() -> None:
    """What is written meanwhile goes to nobody, and comes with the next hello.

    Spec: NPM-9, NPM-4.
    """
    a, b = Node("A", SCUTTLEBUTT), Node("B", SCUTTLEBUTT)
    converse(a, b)
    assert [peer for peer, _ in a.state.open_sessions] == ["B"]

    assert a.do(Lost("B")).state.open_sessions == ()
    b.do(Lost("A"))
    assert a.do(Put("k", 1)).said() == []
    a.do(Opened("B"))
    b.do(Opened("A"))
    converse(a, b)
    assert b.value("k") == 1


def test_a_session_that_was_asked_for_while_there_was_no_stream_does_not_count() -> None:
    """A stream that opens is a new one. Spec: NPM-9."""
    node = Node("A", SCUTTLEBUTT)
    node.gossips("B")
    assert node.state.open_sessions == (("B", None),)

    assert node.do(Opened("B")).state.open_sessions == ()


@pytest.mark.parametrize("kind", [Lost, Opened])
@pytest.mark.parametrize("peer", ["", None, 7])
def test_a_connection_to_nobody_is_refused(kind: type[Lost | Opened], peer: object) -> None:
    """The node lives on, unchanged. Spec: ERR-1, FAULT-8."""
    node = Node("A").hear(Digest("B", 1))
    before = node.state

    refusals = node.do(kind(peer)).refusals()  # type: ignore[arg-type]
    assert [(refusal.path, refusal.clause) for refusal in refusals] == [("peer", "MOD-1")]
    assert node.state is before


def test_what_a_connection_did_is_said_in_words() -> None:
    assert [str(each) for each in (Opened("B"), Lost("B"))] == ["connected to B", "lost B"]
