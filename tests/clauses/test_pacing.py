"""Gossip under flow control: what the reducer around the reducer does."""

from __future__ import annotations

import math

import pytest

from scuttle_ref import (
    PAPER,
    Config,
    Digest,
    DigestDone,
    Exchange,
    Gossip,
    Put,
    Received,
    Refusal,
    Rejected,
    Send,
    Update,
)
from scuttle_ref.flow import Flow, FlowRules, Rates, asking
from scuttle_ref.pacing import Paced, Pacing, Tell, Want

QUICK = FlowRules(decrease=0.5, increase=1.0, overflows=2, fits=2)
PACING = Pacing(Gossip(PAPER, Config(mtu=2)), QUICK)


def writer(count: int, flow: Flow) -> Paced:
    """A participant that has written `count` keys."""
    state = PACING.start("A", flow)
    for key in range(count):
        state = PACING.step(state, Put(str(key), key)).state
    return state


def told(outputs: object) -> list[object]:
    """What is said to the peer, rates among it."""
    return [
        each.rates if isinstance(each, Tell) else each.message
        for each in outputs  # type: ignore[attr-defined]
        if isinstance(each, Tell | Send)
    ]


def test_who_starts_an_exchange_says_its_rates_first() -> None:
    """And asks; the digest follows as ever. Spec: FLOW-7."""
    flow = Flow(desired=5, allowed=2)
    step = PACING.step(writer(1, flow), Exchange("B"))

    assert told(step.outputs) == [Rates(5, 2, asks=True), Digest("A", 1), DigestDone()]
    assert step.outputs[0] == Tell("B", asking(flow))
    assert str(asking(flow)) == "wants 5, may 2?"
    assert str(Rates(1, 2, 0.5)) == "wants 1, may 2, gives 0.5"
    assert told(PACING.step(writer(1, flow), Exchange("")).outputs) == []


def test_a_whole_exchange_updates_both_and_shares() -> None:
    """Three frames, as without flow control; rates travel in them.

    Spec: FLOW-7, FLOW-8, FLOW-9, NET-5.
    """
    one = writer(2, Flow(desired=9, allowed=8))
    other = PACING.start("B", Flow(desired=9, allowed=2))
    start = PACING.step(one, Exchange("B"))
    answer = PACING.hear(other, "A", told(start.outputs))
    assert told(answer.outputs)[0] == Rates(9, 2)
    back = PACING.hear(start.state, "B", told(answer.outputs))
    assert told(back.outputs)[0] == Rates(9, 5, given=3)
    end = PACING.hear(answer.state, "A", told(back.outputs))

    assert told(end.outputs) == []
    assert back.state.flow.allowed == end.state.flow.allowed == 5
    assert end.state.node.at(("A", "1")).value == 1


@pytest.mark.parametrize(
    ("written", "answers", "allowed"),
    [(3, 1, 8.0), (3, 2, 4.0), (3, 4, 2.0), (2, 1, 8.0), (2, 2, 8.0), (0, 2, 8.0)],
)
def test_own_answers_that_overflow_cut_the_rate(written: int, answers: int, allowed: float) -> None:
    """Three missing updates overflow an mtu of two. What fits lowers nothing.

    Spec: FLOW-5, FLOW-10.
    """
    state = writer(written, Flow(desired=9, allowed=8))
    for _ in range(answers):
        state = PACING.hear(state, "B", [Digest("A", 0), DigestDone(returned=True)]).state

    assert state.flow.allowed == allowed


def test_what_the_peer_has_does_not_overflow() -> None:
    """Of three updates it lacks two. Spec: FLOW-5."""
    state = writer(3, Flow(desired=9, allowed=8))
    state = PACING.hear(state, "B", [Digest("A", 1), DigestDone()]).state
    assert (state.flow.overflowed, state.flow.fitted) == (0, 1)
    unbounded = Pacing(Gossip(PAPER, Config(mtu=None)), QUICK)
    state = unbounded.hear(state, "B", [DigestDone()]).state
    assert (state.flow.allowed, state.flow.fitted) == (9, 0)


def test_a_done_that_is_refused_is_no_answer() -> None:
    """Spec: FLOW-5, ERR-1."""
    state = writer(3, Flow(desired=9, allowed=8))
    wrong = DigestDone(returned=7)  # type: ignore[arg-type]
    assert PACING.hear(state, "B", [wrong]).state == state
    assert PACING.hear(state, "", [DigestDone()]).state == state
    named = PACING.hear(state, "B", [Digest("A", 0)]).state
    step = PACING.hear(named, 7, [DigestDone(), Rates(1, 1)])  # type: ignore[arg-type]
    assert step.state == named
    assert [type(each) for each in step.outputs] == [Rejected, Rejected]


def test_the_owner_says_what_it_wants() -> None:
    """What it may does not change. Spec: FLOW-4."""
    state = PACING.start("A", Flow(desired=1, allowed=2))

    assert PACING.step(state, Want(7)).state.flow == Flow(desired=7, allowed=2)
    assert PACING.step(state, Want(math.inf)).state.flow.rate == 2
    for wrong in (-1, math.nan, "7", True, None):
        step = PACING.step(state, Want(wrong))  # type: ignore[arg-type]
        assert step.state == state
        assert isinstance(step.outputs[0], Rejected)
        assert step.outputs[0].refusal.path == "rate"


@pytest.mark.parametrize(
    ("rates", "path"),
    [
        (Rates(-1, 1), "desired"),
        (Rates(1, -1), "allowed"),
        (Rates(1, math.inf), "allowed"),
        (Rates(1, 1, given=-0.5), "given"),
        (Rates(1, 1, given=2.0**54), "given"),
        (Rates(1, 1, given=math.nan), "given"),
        (Rates(1, 1, asks=1), "asks"),  # type: ignore[arg-type]
        (Rates("1", 1), "desired"),  # type: ignore[arg-type]
        (Rates(1, True), "allowed"),
        (Rates.__new__(Rates), "rates"),
    ],
)
def test_rates_that_nobody_can_have_are_refused(rates: Rates, path: str) -> None:
    """And nothing changes. Spec: FLOW-7, ERR-1."""
    state = writer(1, Flow(desired=1, allowed=2))
    step = PACING.hear(state, "B", [rates])

    assert step.state == state
    assert [type(each) for each in step.outputs] == [Rejected]
    refusal: Refusal = step.outputs[0].refusal  # type: ignore[union-attr]
    assert (refusal.path, refusal.clause) == (path, "FLOW-7")
    assert isinstance(PACING.hear(state, "B", [Rates(2.0**53, 0)]).outputs[0], Tell)
    assert PACING.hear(state, "", [Rates(1, 1)]).state == state


def test_an_update_is_taken_as_ever() -> None:
    """Flow control is about what the owner writes. Spec: FLOW-4."""
    state = PACING.step(writer(0, Flow(1, 1)), Received("B", Update("B", "k", 1, 1))).state
    assert state.node.at(("B", "k")).value == 1
