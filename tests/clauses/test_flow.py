"""FLOW: how much an answer may carry."""

from __future__ import annotations

import math

import pytest
from nodes import Node, converse, upd, updates_in

from scuttle_ref import NEVER, UNBOUNDED, Config, Digest, DigestDone, Update
from scuttle_ref.flow import Flow, FlowRules, Rates, adapted, asking, heard, share
from scuttle_ref.order import by_arrival


def newest_first(one: Update, other: Update) -> float:
    return other.version - one.version


def full(config: Config, count: int = 12) -> Node:
    node = Node("B", config=config)
    for version in range(1, count + 1):
        node.hear(upd("A", version))
    return node


@pytest.mark.parametrize(("mtu", "carried"), [(None, 10), (1, 1), (3, 3), (12, 12), (13, 12)])
def test_no_answer_carries_more_updates_than_the_mtu(mtu: float | None, carried: int) -> None:
    """The same for a digest line and for done; 10 when it is not given.

    Spec: FLOW-1.
    """
    node = full(Config(mtu=mtu, max_history=UNBOUNDED))

    assert len(node.hear(Digest("A", NEVER)).said()) == carried
    assert len(node.hear(DigestDone(), sender="other").said()) == carried


def test_the_mtu_bounds_an_answer_as_a_whole_and_not_each_source() -> None:
    """The answer to done is one answer, whatever the number of sources in it.

    Spec: FLOW-1.
    """
    node = Node("A", config=Config(mtu=3)).hear(*(upd(source, 1) for source in "BCDEF"))

    assert node.hear(DigestDone()).said() == [upd("B", 1), upd("C", 1), upd("D", 1)]


def test_an_unbounded_mtu_cuts_nothing() -> None:
    """For runs in which flow control is not the question.

    Spec: FLOW-1.
    """
    node = full(Config(mtu=UNBOUNDED, max_history=UNBOUNDED), count=40)

    assert len(node.hear(DigestDone()).said()) == 40


@pytest.mark.parametrize("sort", [newest_first, by_arrival])
def test_a_cut_answer_carries_the_lowest_versions_whatever_the_sort(sort: object) -> None:
    """Else the higher version would raise the clock, and the lower never be asked for.

    Spec: FLOW-2.
    """
    node = Node("B", config=Config(sort=sort, mtu=2))  # type: ignore[arg-type]
    node.hear(upd("A", 9), upd("A", 7), upd("A", 8), upd("A", 6))

    answer = node.hear(Digest("A", NEVER)).said()

    assert [m.version for m in answer if isinstance(m, Update)] == [6, 7]


def test_the_cut_takes_as_many_of_each_source_as_stood_in_the_first_place() -> None:
    """A source keeps its turns, and fills them with its lowest versions.

    Spec: FLOW-2.
    """
    node = Node("Z", config=Config(sort=newest_first, mtu=3))
    node.hear(upd("A", 9), upd("B", 8), upd("A", 7), upd("A", 3), upd("B", 2))

    assert node.hear(DigestDone()).said() == [upd("A", 3), upd("B", 2), upd("A", 7)]


def test_with_a_hostile_sort_a_receiver_still_gets_everything() -> None:
    """One update per exchange, newest first, and yet no hole.

    Spec: FLOW-2.
    """
    config = Config(sort=newest_first, mtu=1)
    writer, reader = Node("A", config=config), Node("B", config=config)
    for key in "abcd":
        writer.put(key, key)

    travelled = [updates_in(converse(reader, writer)) for _ in range(5)]

    assert travelled == [[("A", 1)], [("A", 2)], [("A", 3)], [("A", 4)], []]
    assert reader.state.store == writer.state.store


def test_the_mtu_does_not_shorten_a_digest() -> None:
    """A line that never goes out starves its source, and without done so do the others.

    Spec: FLOW-3.
    """
    node = Node("A", config=Config(mtu=1)).hear(*(upd(f"S{n}", 1) for n in range(30)))

    lines = node.gossips()

    assert len(lines) == 32
    assert lines[-1] == DigestDone()


def test_a_participant_writes_what_it_wants_but_no_more_than_it_may() -> None:
    """Demand and allowance are two things; flow control changes the second alone.

    Spec: FLOW-4.
    """
    assert Flow(desired=2.0, allowed=3.0).rate == 2.0
    assert Flow(desired=math.inf, allowed=3.0).rate == 3.0


def told(flow: Flow, overflows: str) -> Flow:
    """The flow after exchanges: o overflowed, f fitted."""
    rules = FlowRules(decrease=0.5, increase=1.0, overflows=2, fits=3)
    for each in overflows:
        flow = adapted(flow, overflow=each == "o", mtu=5, rules=rules)
    return flow


@pytest.mark.parametrize(
    ("overflows", "allowed"),
    [("o", 4), ("oo", 2), ("ooo", 2), ("oooo", 1), ("ofo", 4), ("ff", 4), ("fff", 5),
     ("ffoff", 4), ("ffffff", 5)],
)  # fmt: skip
def test_only_a_trend_of_overflows_or_of_fits_moves_the_rate(
    overflows: str, allowed: float
) -> None:
    """An occasional overflow is no problem; the last case shows the mtu as a cap.

    Spec: FLOW-5, FLOW-10.
    """
    assert told(Flow(desired=9, allowed=4), overflows).allowed == allowed


def test_an_answer_that_fits_never_lowers_a_rate() -> None:
    """The mtu was halved, or a peer gave some of its own; growth ends there and takes nothing.

    Spec: FLOW-10.
    """
    assert told(Flow(desired=9, allowed=7), "ffffff").allowed == 7
    assert told(Flow(desired=9, allowed=4.5), "fff").allowed == 5


SHARED = [
    ((1, 2), (2, 4), (2.5, 3.5)),
    ((9, 2), (9, 4), (3, 3)),
    ((1, 2), (9, 4), (1, 5)),
    ((9, 2), (1, 4), (5, 1)),
    ((3, 3), (1, 1), (3, 1)),
    ((math.inf, 0), (math.inf, 1), (0.5, 0.5)),
    ((4, 0), (math.inf, 8), (4, 4)),
]


@pytest.mark.parametrize(("one", "other", "after"), SHARED)
def test_two_that_gossip_share_their_allowance_and_create_none(
    one: tuple[float, float], other: tuple[float, float], after: tuple[float, float]
) -> None:
    """Max-min fairness from local events; desired and allowed of each are given.

    Spec: FLOW-6, FLOW-11.
    """
    assert (share(Flow(*one), Flow(*other)), share(Flow(*other), Flow(*one))) == after
    assert sum(after) == one[1] + other[1]


@pytest.mark.parametrize(("one", "other", "after"), SHARED)
def test_after_an_exchange_both_have_their_share(
    one: tuple[float, float], other: tuple[float, float], after: tuple[float, float]
) -> None:
    """Whoever of the two has too much, and whoever starts.

    Spec: FLOW-7, FLOW-8, FLOW-9.
    """
    answering, said = heard(Flow(*other), asking(Flow(*one)))
    assert said is not None
    asked, gift = heard(Flow(*one), said)
    if gift is not None:
        assert said.given == 0 < gift.given
        answering, more = heard(answering, gift)
        assert more is None
    assert (asked.allowed, answering.allowed) == after


def test_who_was_given_something_gives_nothing() -> None:
    """Else two could hand the last bit of a rate to and fro for ever. Spec: FLOW-9."""
    rich = Flow(desired=1, allowed=8)
    assert heard(rich, Rates(desired=1, allowed=0, given=2)) == (Flow(1, 10), None)
    assert heard(rich, Rates(1, 0, given=2, asks=True)) == (Flow(1, 10), Rates(1, 10))
    assert heard(rich, Rates(1, 0)) == (Flow(1, 4), Rates(1, 4, given=4))
    assert heard(Flow(9, 1), Rates(9, 1)) == (Flow(9, 1), None)
