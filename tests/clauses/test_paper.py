"""PAPER: reconciliation as the paper describes it, and the example of its first figure."""

from __future__ import annotations

from itertools import permutations

from nodes import Node, converse, upd, updates_in

from scuttle_ref import (
    PAPER,
    UNBOUNDED,
    Compacted,
    Config,
    Digest,
    DigestDone,
    Ignored,
    Reason,
    Update,
)
from scuttle_ref.order import scuttle_breadth, scuttle_depth


def node(name: str, config: Config | None = None) -> Node:
    return Node(name, PAPER, config or Config())


def test_every_source_has_its_own_keys() -> None:
    """Two sources that use one key write two places.

    Spec: PAPER-1.
    """
    paper = node("A").put("k", "mine").hear(upd("B", 1))

    assert [place for place, _ in paper.state.store] == [("A", "k"), ("B", "k")]
    assert (paper.value("A", "k"), paper.value("B", "k")) == ("mine", "B1")


def test_an_update_raises_the_entry_of_its_source_and_no_other() -> None:
    """A participant's own maximum counts its own writes only.

    Spec: PAPER-2.
    """
    assert node("A").put("k", 1).hear(upd("B", 9)).put("k", 2).clock() == {"A": 2, "B": 9}


def test_an_update_that_is_not_above_the_clock_is_ignored() -> None:
    """A maximum per source is all a participant knows of it.

    Spec: PAPER-3.
    """
    paper = node("A").hear(upd("B", 3, "x"))
    before = paper.state

    assert paper.hear(upd("B", 2, "y")).outputs == (Ignored(upd("B", 2, "y"), Reason.STALE),)
    assert paper.state is before


def test_the_newer_version_of_a_place_wins_without_asking_anyone() -> None:
    """There is one writer, so there are no conflicts and there is no resolver.

    Spec: PAPER-4.
    """
    paper = node("A", Config(resolve=lambda _gossip, _update: False))

    assert paper.put("k", 1).put("k", 2).value("A", "k") == 2
    assert paper.hear(upd("B", 1), upd("B", 5)).value("B", "k") == "B5"


MIXED = (upd("A", 1), upd("A", 4), upd("B", 2), upd("B", 3), upd("B", 9), upd("C", 7))


def names(delta: tuple[Update, ...]) -> str:
    return " ".join(f"{update.source_id}{update.version}" for update in delta)


def test_scuttle_depth_sends_the_source_with_most_updates_first_and_whole() -> None:
    """Those who are most left behind catch up first; within a source versions ascend.

    Spec: PAPER-5.
    """
    for delta in permutations(MIXED):
        assert names(scuttle_depth(delta)) == "B2 B3 B9 A1 A4 C7"
    assert names(scuttle_depth((upd("C", 1), upd("B", 1)))) == "B1 C1"


def test_scuttle_breadth_sends_the_first_of_every_source_then_the_second() -> None:
    """Fair to all participants.

    Spec: PAPER-6.
    """
    for delta in permutations(MIXED):
        assert names(scuttle_breadth(delta)) == "A1 B2 C7 A4 B3 B9"


def test_an_answer_is_in_the_order_of_the_configuration() -> None:
    """Of all sources together, not source by source.

    Spec: PAPER-5, PAPER-6.
    """
    for order in (scuttle_depth, scuttle_breadth):
        paper = node("Z", Config(delta_order=order, max_history=UNBOUNDED))
        for number, update in enumerate(sorted(MIXED, key=lambda u: u.version)):
            paper.hear(Update(update.source_id, f"k{number}", number, update.version))

        sent = paper.hear(DigestDone(returned=True)).said()

        versions = [m.version for m in sent if isinstance(m, Update)]
        assert versions == [update.version for update in order(MIXED)]


def test_history_is_the_latest_update_of_each_place() -> None:
    """Nothing that is still true is forgotten, whatever the bound says.

    Spec: PAPER-7.
    """
    paper = node("A", Config(max_history=1)).put("x", 1).put("y", 1).put("x", 2)
    paper.hear(upd("B", 1, "x"), upd("B", 2, "x"))

    assert paper.remembers() == [("A", 2), ("B", 2), ("A", 3)]
    assert [update.key for update in paper.state.history.updates] == ["y", "x", "x"]


def test_an_update_that_is_replaced_is_reported_as_forgotten() -> None:
    """That one and no other; the first write of a place replaces nothing.

    Spec: PAPER-7.
    """
    paper = node("A").put("x", 1).hear(upd("B", 1, "x")).put("y", 1)
    assert not any(isinstance(output, Compacted) for output in paper.outputs)

    paper.put("x", 2)

    assert Compacted((Update("A", "x", 1, 1),)) in paper.outputs


def test_a_digest_is_answered_as_a_whole_when_its_done_arrives() -> None:
    """A line is remembered with its mark; of a source named twice the higher mark counts.

    Spec: PAPER-8.
    """
    paper = node("C").hear(upd("A", 1, "x"), upd("A", 2, "y"), upd("B", 5))

    assert paper.hear(Digest("A", 0), Digest("B", 5), Digest("A", 1)).said() == []
    assert paper.state.named == (("P", (("A", 1), ("B", 5))),)
    assert paper.hear(DigestDone(returned=True)).said() == [upd("A", 2, "y")]
    assert paper.state.named == ()


def test_a_lower_mark_after_a_higher_one_changes_nothing() -> None:
    """What a peer has seen it cannot unsee.

    Spec: PAPER-8.
    """
    paper = node("C").hear(upd("A", 1, "x"), upd("A", 2, "y"))

    paper.hear(Digest("A", 2), Digest("A", 0))

    assert paper.hear(DigestDone(returned=True)).said() == []


def test_an_answer_carries_the_first_deltas_up_to_the_mtu() -> None:
    """Counted in deltas; nothing is cut when no mtu is given or it has no bound.

    Spec: PAPER-9.
    """
    for mtu, carried in ((1, "A1"), (2, "A1 A2"), (None, "A1 A2 A3"), (UNBOUNDED, "A1 A2 A3")):
        paper = node("A", Config(mtu=mtu)).put("x", 1).put("y", 2).put("z", 3)
        sent = paper.hear(DigestDone(returned=True)).said()
        assert names(tuple(m for m in sent if isinstance(m, Update))) == carried


def test_an_exchange_is_push_pull() -> None:
    """A sends its digest, B its delta and digest, A its delta, and both are up to date.

    Spec: PAPER-10.
    """
    one, other = node("A").put("x", "a"), node("B").put("y", "b")

    said = converse(one, other)

    assert said == [
        ("A", Digest("A", 1)),
        ("A", DigestDone()),
        ("B", Update("B", "y", "b", 1)),
        ("B", Digest("B", 1)),
        ("B", DigestDone(returned=True)),
        ("A", Update("A", "x", "a", 1)),
    ]
    assert one.state.store == other.state.store
    assert one.clock() == other.clock() == {"A": 1, "B": 1}


def test_one_round_does_not_bring_both_up_to_date_when_the_mtu_cuts_an_answer() -> None:
    """Two updates and room for one: the rest travels in the next round.

    Spec: PAPER-10, PAPER-9.
    """
    one = Node("A", PAPER, Config(mtu=1)).put("x", "a").put("y", "b")
    other = Node("B", PAPER, Config(mtu=1))

    converse(other, one)
    assert one.state.store != other.state.store
    converse(other, one)
    assert one.state.store == other.state.store


def versions(paper: Node) -> list[float]:
    """The versions at which `paper` holds r's keys a, b and c: one column of the figure."""
    return [paper.state.at(("r", key)).version for key in "abc"]


def reconciles(owner: Node, replica: Node) -> bool:
    """The paper's invariant C(p, q) for the places that `owner` writes itself."""
    seen = replica.state.clock.get("r")
    return all(
        replica.state.at(place) == entry or entry.version > seen
        for place, entry in owner.state.store
        if place[0] == "r"
    )


def test_the_first_figure_of_the_paper() -> None:
    """Node r gossips with p and q, one delta fits into a message, and C(r, p), C(r, q) always hold.

    At first p holds r's keys at 1, 2, 3, q at 11, 12, 13 and r at 21, 22, 23. One delta each, the
    oldest first, leads to 21, 2, 3 and 21, 12, 13. Then q has no more news for p than p for q,
    because 12 and 13 are obsolete.

    Spec: PAPER-8, PAPER-9, PROF-6.
    """
    wide, narrow = Config(mtu=UNBOUNDED), Config(mtu=1)
    r, p, q = (node(name, wide) for name in "rpq")
    for replica in (p, q, None):
        for key in "abc":
            r.put(key, f"{key} for {replica and replica.state.id}")
        if replica:
            converse(replica, r)
            for filler in range(7):
                r.put("a", filler)
    assert (versions(p), versions(q), versions(r)) == ([1, 2, 3], [11, 12, 13], [21, 22, 23])
    assert reconciles(r, p)
    assert reconciles(r, q)

    r.gossip = p.gossip = q.gossip = node("r", narrow).gossip
    converse(r, p)
    converse(r, q)

    assert (versions(p), versions(q)) == ([21, 2, 3], [21, 12, 13])
    assert reconciles(r, p)
    assert reconciles(r, q)
    assert updates_in(converse(p, q)) == []
    for replica in (p, q):
        assert [updates_in(converse(replica, r)) for _ in range(3)] == [
            [("r", 22)],
            [("r", 23)],
            [],
        ]
        assert versions(replica) == versions(r)
