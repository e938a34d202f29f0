"""NPM, PLAS, GOSS: what other implementations do, as rules of the same skeleton."""

from __future__ import annotations

import pytest
from nodes import PEER, Node, converse, upd, updates_in

from scuttle_ref import (
    GOSSIPER,
    NEVER,
    PLASMID,
    PROFILES,
    SCUTTLEBUTT,
    TXGOSSIP,
    UNBOUNDED,
    VERSION_MAX,
    Applied,
    Compacted,
    Config,
    Declined,
    Digest,
    DigestDone,
    Ignored,
    Profile,
    Put,
    Reason,
    Recorded,
    Update,
    deviations,
)
from scuttle_ref.order import scuttle_breadth

ANY_HISTORY = Config(max_history=1)
"""A bound that the relatives do not know."""


def session(name: str = "A") -> Node:
    return Node(name, SCUTTLEBUTT, ANY_HISTORY)


def put_at(node: Node, reading: object, key: str = "k", value: object = "mine") -> Node:
    return node.do(Put(key, value, reading))  # type: ignore[arg-type]


# --- npm scuttlebutt ------------------------------------------------------------------------------


def test_a_write_is_stamped_with_the_reading_of_the_wall_clock() -> None:
    """Given with the event; a write without one finds a clock that has moved on by one.

    Spec: NPM-1.
    """
    node = put_at(session(), 1700)
    assert (node.clock(), node.remembers()) == ({"A": 1700}, [("A", 1700)])
    assert node.put("j", 1).clock() == {"A": 1701}
    assert str(Put("k", "v", 5)) == "set@5 k=v"


@pytest.mark.parametrize("reading", [4, 5])
def test_a_write_at_a_clock_that_stepped_back_is_refused(reading: int) -> None:
    """Nothing is stored, and the owner is told so.

    Spec: NPM-2.
    """
    node = put_at(session(), 5)
    before = node.state

    refusals = put_at(node, reading, "j").refusals()
    assert [(refusal.path, refusal.clause) for refusal in refusals] == [("reading", "NPM-2")]
    assert node.state is before


@pytest.mark.parametrize("reading", [0, -1, 1.5, "1", True, VERSION_MAX + 1, NEVER])
def test_a_reading_that_no_clock_shows_is_refused(reading: object) -> None:
    """A reading becomes a version, and must be one; whatever the profile.

    Spec: NPM-1.
    """
    for profile in PROFILES.values():
        refusals = put_at(Node("A", profile), reading).refusals()
        assert [(refusal.path, refusal.clause) for refusal in refusals] == [("reading", "NPM-1")]


def test_other_profiles_do_not_look_at_the_clock() -> None:
    """They count.

    Spec: VERS-2.
    """
    for name in ("documented", "as-shipped", "textbook", "paper", "plasmid", "gossiper"):
        assert put_at(Node("A", PROFILES[name]), 99).remembers() == [("A", 1)]


def test_a_source_that_has_used_up_all_versions_writes_no_more() -> None:
    """Also where no clock is read.

    Spec: VERS-6.
    """
    node = put_at(session(), VERSION_MAX)
    assert [refusal.clause for refusal in node.put("j", 1).refusals()] == ["VERS-6"]


def test_the_larger_pair_of_version_and_source_wins() -> None:
    """Whatever arrives last.

    Spec: NPM-3.
    """
    node = put_at(session(), 5)
    assert node.hear(upd("B", 5)).value("k") == "B5"
    assert node.hear(upd("C", 4)).value("k") == "B5"
    assert node.outputs[-1] == Declined(upd("C", 4))
    assert node.clock() == {"A": 5, "B": 5, "C": 4}


def test_two_nodes_with_equal_versions_agree() -> None:
    """The tie goes by id, at both.

    Spec: NPM-3, NPM-5.
    """
    a, b = put_at(session("A"), 7, value="pear"), put_at(session("B"), 7, value="apple")
    converse(a, b)
    assert (a.value("k"), b.value("k")) == ("apple", "apple")
    assert a.remembers() == b.remembers() == [("B", 7)]


def test_a_hello_is_answered_with_a_hello_and_then_with_what_is_missing() -> None:
    """Both ends then hold a session, and the second hello is answered with updates only.

    Spec: NPM-4, NPM-7.
    """
    a, b = put_at(session("A"), 3), put_at(session("B"), 4, "j")
    said = converse(a, b)
    assert [(who, str(message)) for who, message in said] == [
        ("A", "digest A:3"),
        ("A", "done"),
        ("B", "digest B:4"),
        ("B", "done (returned)"),
        ("B", "j=mine@B4"),
        ("A", "k=mine@A3"),
    ]
    assert a.state.open_sessions == (("B", (("B", 4),)),)
    assert b.state.open_sessions == (("A", (("A", 3),)),)


def test_two_hellos_that_cross_open_one_session() -> None:
    """Who has said hello and not heard one does not say it again.

    Spec: NPM-4.
    """
    a, b = session("A"), session("B")
    first, second = a.gossips("B"), b.gossips("A")
    assert a.hear(*second, sender="B").said() == b.hear(*first, sender="A").said() == []
    assert a.state.open_sessions == (("B", ()),)


def test_a_new_hello_takes_the_place_of_an_open_session() -> None:
    """As a connection that is made again.

    Spec: NPM-4.
    """
    a = session("A").hear(Digest("P", 9), DigestDone())
    assert a.state.open_sessions == ((PEER, (("P", 9),)),)
    a.gossips()
    assert a.state.open_sessions == ((PEER, None),)
    assert a.hear(DigestDone(returned=True)).said() == []
    assert a.hear(DigestDone(returned=True)).said() == []
    assert a.hear(DigestDone()).said() == [DigestDone(returned=True)]
    assert a.state.open_sessions == ((PEER, ()),)
    assert session().hear(DigestDone(returned=True)).said() == [DigestDone(returned=True)]


def test_a_hello_names_sources_that_have_written_only() -> None:
    """The package's clock is empty before the first write.

    Spec: NPM-7.
    """
    assert session().gossips() == [DigestDone()]
    assert put_at(session(), 2).gossips() == [Digest("A", 2), DigestDone()]


def test_history_is_the_stored_updates() -> None:
    """What is replaced or loses is forgotten; no bound applies.

    Spec: NPM-5.
    """
    a = put_at(put_at(session(), 3, "x"), 4, "y")
    a.hear(upd("B", 9, "x"))
    assert a.outputs[1:] == (Compacted((Update("A", "x", "mine", 3),)), Applied(upd("B", 9, "x")))
    assert a.remembers() == [("A", 4), ("B", 9)]
    loser = upd("C", 8, "x")
    assert a.hear(loser).outputs == (Recorded(loser), Compacted((loser,)), Declined(loser))
    assert a.remembers() == [("A", 4), ("B", 9)]


def test_an_update_that_replaced_a_value_goes_to_every_open_session_at_once() -> None:
    """To the writer's neighbour as it is written, and to the one it came from as an echo.

    Spec: NPM-6.
    """
    a = session().hear(DigestDone(), sender="B").hear(Digest("D", 5), DigestDone(), sender="C")
    a.gossips("E")
    mine = Update("A", "k", "mine", 6)
    put_at(a, 6)
    assert (a.said("B"), a.said("C"), a.said("E")) == ([mine], [mine], [])
    old, new = upd("D", 5, "x"), upd("D", 8, "x")
    a.hear(old, sender="B")
    assert (a.said("B"), a.said("C")) == ([old], [])
    a.hear(new, sender="B")
    assert (a.said("B"), a.said("C")) == ([new], [new])


def test_an_update_that_loses_goes_no_further() -> None:
    """Nor does one that is no news.

    Spec: NPM-6, TEXT-2.
    """
    a = put_at(session(), 6).hear(DigestDone(), sender="B")
    assert a.hear(upd("C", 5), sender="B").said() == []
    assert a.hear(upd("C", 5), sender="B").outputs == (Ignored(upd("C", 5), Reason.STALE),)


# --- plasmid --------------------------------------------------------------------------------------


def test_plasmid_sends_updates_of_named_sources_only() -> None:
    """A first pull from a node with news brings nothing.

    Spec: PLAS-1.
    """
    a, b = Node("A", PLASMID).put("k", 1), Node("B", PLASMID)
    assert updates_in(converse(b, a)) == []
    assert a.hear(Digest("A", 0), Digest("Z", NEVER), DigestDone()).said() == [
        Update("A", "k", 1, 1)
    ]


def test_plasmid_knows_what_a_digest_named_and_asks_for_it_then() -> None:
    """So a node must be pulled from before it can pull.

    Spec: PLAS-2.
    """
    a, b = Node("A", PLASMID).put("k", 1), Node("B", PLASMID)
    assert updates_in(converse(a, b)) == []
    assert b.clock() == {"A": 0, "B": 0}
    assert b.state.sources == ("A", "B")
    assert updates_in(converse(b, a)) == [("A", 1)]
    assert b.value("A", "k") == 1


def test_plasmid_takes_updates_of_a_source_that_nobody_named() -> None:
    """It makes room for the source.

    Spec: PAPER-2.
    """
    assert Node("A", PLASMID).hear(upd("B", 3)).clock() == {"A": 0, "B": 3}


def test_plasmid_remembers_every_update() -> None:
    """A late comer gets the whole history of a key, in the order of `delta_order`.

    Spec: PLAS-3.
    """
    a = Node("A", PLASMID, Config(max_history=1, delta_order=scuttle_breadth))
    a.put("k", 1).put("k", 2).hear(upd("B", 1))
    assert a.remembers() == [("A", 1), ("B", 1), ("A", 2)]
    asked = a.hear(Digest("A", 0), Digest("B", 0), DigestDone())
    assert [(m.source_id, m.version) for m in asked.said() if isinstance(m, Update)] == [
        ("A", 1),
        ("B", 1),
        ("A", 2),
    ]


# --- gossiper and txgossip ------------------------------------------------------------------------


def test_an_update_of_an_unknown_source_is_ignored() -> None:
    """Until the source has been named; then as any other.

    Spec: GOSS-1.
    """
    a = Node("A", GOSSIPER)
    assert a.hear(upd("B", 1)).outputs == (Ignored(upd("B", 1), Reason.UNKNOWN),)
    a.hear(Digest("B", 0), DigestDone())
    assert a.hear(upd("B", 2)).value("B", "k") == "B2"
    assert a.hear(upd("B", 1)).outputs == (Ignored(upd("B", 1), Reason.STALE),)


def test_who_starts_an_exchange_knows_the_peer() -> None:
    """At 0 if it is new, so one exchange brings news both ways.

    Spec: GOSS-2.
    """
    a, b = Node("A", GOSSIPER).put("k", 1), Node("B", GOSSIPER).put("k", 2)
    said = converse(a, b)
    assert said[:3] == [("A", Digest("A", 1)), ("A", Digest("B", 0)), ("A", DigestDone())]
    assert (a.value("B", "k"), b.value("A", "k")) == (2, 1)
    assert updates_in(converse(a, b)) == updates_in(converse(b, a)) == []


def test_an_answer_holds_news_of_named_sources_only() -> None:
    """However much is known of others.

    Spec: GOSS-3.
    """
    a = Node("A", GOSSIPER).put("k", 1).hear(Digest("B", 0), Digest("C", 0), DigestDone())
    a.hear(upd("B", 1), upd("C", 1))
    assert a.hear(Digest("B", 0), DigestDone()).said() == [upd("B", 1), DigestDone(returned=True)]


def test_what_the_digest_named_and_the_node_lacks_is_requested() -> None:
    """From the version that the node has, or 0; also a source that is named at 0.

    Spec: GOSS-4.
    """
    a = Node("A", GOSSIPER).hear(Digest("B", 0), DigestDone()).hear(upd("B", 2))
    named = (Digest("A", 0), Digest("B", 3), Digest("C", 4), Digest("D", 0), Digest("E", NEVER))
    heard = a.hear(*named, DigestDone())
    assert heard.said() == [
        Digest("B", 2),
        Digest("C", 0),
        Digest("D", 0),
        Digest("E", 0),
        DigestDone(returned=True),
    ]


def test_every_named_source_is_known_from_then_on() -> None:
    """And named in the next digest.

    Spec: GOSS-5.
    """
    a = Node("B", GOSSIPER).hear(Digest("C", 4), Digest("A", 0), DigestDone())
    assert a.clock() == {"A": 0, "B": 0, "C": 0}
    assert [str(message) for message in a.gossips("D")] == [
        "digest A:0",
        "digest B:0",
        "digest C:0",
        "digest D:0",
        "done",
    ]


def test_requests_are_answered_with_updates_and_nothing_else() -> None:
    """The third message ends the exchange.

    Spec: GOSS-6.
    """
    a = Node("A", GOSSIPER).put("k", 1).put("j", 2)
    before = a.state
    assert a.hear(Digest("A", 1), Digest("Z", 0), DigestDone(returned=True)).said() == [
        Update("A", "j", 2, 2)
    ]
    assert a.state == before


def test_txgossip_has_the_rules_of_gossiper() -> None:
    """They differ in their link only.

    Spec: PROF-7.
    """
    assert deviations(GOSSIPER, TXGOSSIP) == ()


@pytest.mark.parametrize(
    "profile", [SCUTTLEBUTT, PLASMID, GOSSIPER, TXGOSSIP], ids=lambda p: p.name
)
def test_no_bound_on_history_applies_to_a_relative(profile: Profile) -> None:
    """None of them has `max_history` or an mtu.

    Spec: PROF-7.
    """
    nodes = [
        Node(name, profile, Config(max_history=limit, mtu=limit))
        for name, limit in (("A", 1), ("B", UNBOUNDED))
    ]
    for node in nodes:
        for number in range(12):
            node.put(f"k{number}", number)
        assert len(node.state.history) == 12
    first, second = nodes
    converse(second, first)
    converse(first, second)
    converse(second, first)
    assert first.state.clock.get("B") == second.state.clock.get("A") == 12
