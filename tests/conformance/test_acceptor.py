# ruff: noqa: SLF001 - how many candidates are kept is asked of the keeper
"""The acceptor, one answer at a time: each mistake is a difference, and no right answer is one."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from scuttle_check.oracle.contract import contract_of
from scuttle_check.oracle.live.acceptor import CANDIDATES_MAX, Acceptor
from scuttle_check.oracle.live.observation import Ambiguous, Observed, World
from scuttle_check.oracle.protocol import AdapterError, ErrorKind, Reply, Sent
from scuttle_check.oracle.wire import object_of
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Event, Put, Received, Update
from scuttle_ref.outputs import Recorded, Send
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK
from scuttle_ref.reducer import Gossip
from scuttle_ref.wire import DOCUMENTED_DIALECT

WRITE = Put("k", 1)
HEARD = Received("P", Update("P", "k", 7, 1))
LINE = Received("P", Digest("A", 0))
ASKED = Received("P", DigestDone())


def acceptor(profile: Profile = TEXTBOOK, **more: Any) -> Acceptor:
    """Two nodes that know nothing."""
    settings = more.pop("settings", {})
    contract = more.pop("contract", contract_of(profile))
    profiles = more.pop("profiles", (profile,))
    return Acceptor.start(
        *(profiles, contract, ("A", "B"), settings), dialect=DOCUMENTED_DIALECT, **more
    )


def right(profile: Profile, *events: Event) -> list[Reply]:
    """What a node answers that does as the profile says."""
    gossip = Gossip(profile)
    state, replies = gossip.start("A"), []
    for event in events:
        step = gossip.step(state, event)
        state = step.state
        sent = [o for o in step.outputs if isinstance(o, Send)]
        out = tuple(Sent(object_of(each.message), each.to) for each in sent)
        recorded = [object_of(o.update) for o in step.outputs if isinstance(o, Recorded)]
        told = tuple({"event": "update", "update": each} for each in recorded)
        replies.append(Reply(ok=True, out=out, events=told))
    return replies


def judged(accepts: Acceptor, events: list[Event], replies: list[Reply]) -> Any:
    """The first difference."""
    for event, reply in zip(events, replies, strict=True):
        found = accepts.observe(Observed("A", event, reply))
        if found is not None:
            return found
    return None


EVENTS: list[Event] = [WRITE, Put("j", 2), HEARD, LINE, ASKED]


@pytest.mark.parametrize("profile", [DOCUMENTED, TEXTBOOK, PAPER])
def test_right_answers_are_followed(profile: Profile) -> None:
    """With everything that is told, and compared exactly. Spec: ORA-5."""
    replies = right(profile, *EVENTS)
    assert any(reply.out for reply in replies)
    assert judged(acceptor(profile, events=True), EVENTS, replies) is None
    assert judged(acceptor(profile, exact=True), EVENTS, replies) is None


def wrong(at: int, **changes: Any) -> list[Reply]:
    """The right answers of the textbook, one of them changed."""
    replies = right(TEXTBOOK, *EVENTS)
    replies[at] = attrs.evolve(replies[at], **changes)
    return replies


ANSWER = next(at for at, reply in enumerate(right(TEXTBOOK, *EVENTS)) if reply.out)
OUT = right(TEXTBOOK, *EVENTS)[ANSWER].out
TOLD = right(TEXTBOOK, *EVENTS)[0].events
REJECTED = AdapterError(ErrorKind.REJECTED)
INTERNAL = AdapterError(ErrorKind.INTERNAL)


@pytest.mark.parametrize(
    ("replies", "path", "clause"),
    [
        (wrong(ANSWER, out=()), "$.out", ""),
        (wrong(ANSWER, out=OUT[:-1]), "$.out", ""),
        (wrong(ANSWER, out=(*OUT, OUT[-1])), "$.out", ""),
        (wrong(ANSWER, out=(*OUT, Sent(OUT[0].message, "Q"))), "$.out", ""),
        (wrong(ANSWER, out=tuple(attrs.evolve(each, to="Q") for each in OUT)), "$.out", ""),
        (wrong(0, out=(Sent({"digest": True, "done": True}, "Q"),)), "$.out", ""),
        (wrong(0, error=REJECTED), "$.error", "VERS-2"),
        (wrong(2, error=REJECTED), "$.error", "MERGE-1"),
        (wrong(0, error=INTERNAL), "$.error", "ERR-1"),
        (wrong(0, events=()), "$.events", ""),
        (wrong(0, events=(*TOLD, *TOLD)), "$.events", ""),
        (wrong(2, events=TOLD), "$.events", ""),
        (wrong(ANSWER, events=TOLD), "$.events", ""),
        (wrong(0, events=(*TOLD, {"event": "compaction", "length": 1})), "$.events", "HIST-5"),
    ],
)
def test_a_wrong_answer_is_a_difference(replies: list[Reply], path: str, clause: str) -> None:
    """Too little, too much, to whom it was not, refused, broken, told wrongly. Spec: ORA-5."""
    found = judged(acceptor(events=True), EVENTS, replies)
    assert found is not None
    assert found.path.split("[")[0].startswith(path)
    assert not clause or found.clause == clause


def test_on_the_wire_a_message_has_no_members_of_its_own() -> None:
    """Elsewhere they are nobody's business. Spec: WIRE-1."""
    (first, *rest) = OUT
    more = (attrs.evolve(first, message={**first.message, "extra": 1}), *rest)
    replies = wrong(ANSWER, out=more)
    assert judged(acceptor(), EVENTS, replies) is None
    found = judged(acceptor(exact=True), EVENTS, replies)
    assert (found.clause, "extra" in found.path) == ("WIRE-1", True)


def test_what_must_be_refused_has_no_answer_and_is_blamed_for_what_follows() -> None:
    """Until the next event, which is none of its. Spec: ERR-2, ORA-5."""
    bad = Received("P", Update("P", "k", 7, -1))
    accepts = acceptor()
    silent, loud = Reply(ok=True), Reply(ok=True, out=OUT)
    refused = accepts.observe(Observed("A", bad, loud))
    assert refused is not None
    assert refused.path == "$.out"
    assert "a refusal" in refused.expected
    assert accepts.observe(Observed("A", bad, silent)) is None
    held = {"value": 7, "version": 1, "source_id": "P"}
    blamed = accepts.read("A", "P", "k", held)
    assert blamed is not None
    assert "had to be refused" in blamed.note
    assert accepts.observe(Observed("A", WRITE, Reply(ok=True))) is None
    later = accepts.read("A", "A", "k", {**held, "version": 9})
    assert later is not None
    assert "had to be refused" not in later.note


def test_what_is_held_and_remembered_is_compared() -> None:
    """Value, version and who wrote it; nothing where nothing is; history above a mark.

    Spec: ORA-5, HIST-4.
    """
    accepts = acceptor()
    accepts.observe(Observed("A", WRITE, Reply(ok=True)))
    held = {"value": 1, "version": 1, "source_id": "A"}
    assert accepts.read("A", "A", "k", held) is None
    for name, other in (("value", 2), ("version", 2), ("source_id", "B")):
        found = accepts.read("A", "A", "k", {**held, name: other})
        assert found is not None
        assert name in found.path
    assert accepts.read("A", "A", "nothing", None) is None
    nothing = accepts.read("A", "A", "nothing", {"value": 1})
    assert nothing is not None
    assert nothing.path == "$.result"
    remembered = [object_of(Update("A", "k", 1, 1))]
    assert accepts.news("A", "A", 0, remembered) is None
    assert accepts.news("A", "A", 1, []) is None
    for above, answer in ((0, []), (1, remembered), (0, [*remembered, *remembered])):
        found = accepts.news("A", "A", above, answer)
        assert found is not None
        assert found.clause == "HIST-4"


def test_a_hidden_choice_is_open_until_somebody_looks() -> None:
    """Of both candidates one is left, and it cannot be the other afterwards. Spec: ORA-7."""
    accepts = acceptor(DOCUMENTED, settings={"resolve": "own"})
    accepts.observe(Observed("A", HEARD, Reply(ok=True)))
    assert len(accepts.worlds) == 2
    held = {"value": 7, "version": 1, "source_id": "P"}
    for first, then in ((held, None), (None, held)):
        copy = attrs.evolve(accepts)
        assert copy.read("A", "P", "k", first) is None
        assert len(copy.worlds) == 1
        assert copy.read("A", "P", "k", first) is None
        assert copy.read("A", "P", "k", then) is not None


def test_every_variant_of_a_profile_is_followed() -> None:
    """An answer that only the second allows is right, and the first is out of it. Spec: ORA-7."""
    other = attrs.evolve(TEXTBOOK, answer=rules.answer_later)
    events, replies = EVENTS, right(TEXTBOOK, *EVENTS)
    assert judged(acceptor(other), events, replies) is not None
    both = acceptor(profiles=(other, TEXTBOOK))
    assert judged(both, events, replies) is None
    assert {world.variant for world in both.worlds} == {1}


@pytest.mark.parametrize("count", [1, CANDIDATES_MAX - 1, CANDIDATES_MAX, CANDIDATES_MAX + 1])
def test_so_many_candidates_are_kept_and_no_more(count: int) -> None:
    """Each once, however often it was come to. Spec: ORA-7."""
    accepts = acceptor()
    worlds = [World(at, ()) for at in range(count)] * 2
    if count > CANDIDATES_MAX:
        with pytest.raises(Ambiguous, match="more than 64 candidates"):
            accepts._keep(worlds)
        return
    accepts._keep(worlds)
    assert accepts.worlds == tuple(worlds[:count])


def test_nodes_of_one_process_share_what_they_heard_of_a_digest() -> None:
    """As shipped they do, and in the textbook not. Spec: DEV-9, ORA-5."""
    for profile, shares in ((AS_SHIPPED, True), (TEXTBOOK, False)):
        accepts = acceptor(profile)
        assert accepts.observe(Observed("A", LINE, Reply(ok=True))) is None
        (world,) = accepts.worlds
        session = profile.session("P")
        assert world.at("A").marks(session)
        assert bool(world.at("B").marks(session)) == shares


@pytest.mark.parametrize("may_cut", [True, False])
def test_an_answer_below_the_limit_is_followed_where_the_contract_allows_it(
    may_cut: bool,
) -> None:
    """One update where two have room; nothing else decides. Spec: ORA-6."""
    contract = attrs.evolve(contract_of(DOCUMENTED), may_cut=may_cut)
    accepts = acceptor(DOCUMENTED, contract=contract, settings={"mtu": 2})
    writes: list[Event] = [Put("i", 1), Put("j", 2), Put("k", 3)]
    assert judged(accepts, writes, [Reply(ok=True)] * 3) is None
    whole = right(DOCUMENTED, *writes, LINE)[-1].out
    found = accepts.observe(Observed("A", LINE, Reply(ok=True, out=whole[:1])))
    assert (found is None) == may_cut
    assert found is None or found.path.startswith("$.out")
