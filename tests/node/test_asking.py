"""A node asks when it said it would: rates and latencies, measured over real sockets."""

from __future__ import annotations

import asyncio
import json

import pytest
from followed import faults
from over_tcp import HOST, run, serving, until

from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.node import asking
from scuttle_ref.node.asking import NEW, OWN_ANSWER, SILENCE, Answered, Timing

DONE = b'{"digest":true,"done":true}\n'
QUESTION = b'{"digest":true,"source_id":"P","version":0}\n' + DONE


async def digests_heard(every: float, seconds: float, period: float, timing: Timing) -> int:
    """How often a node asks a peer that asks it every `period` seconds; 0 is never."""
    async with serving("A", every=every, timing=timing) as (a, port, _):
        a.node.set("k", 1)
        reader, writer = await asyncio.open_connection(HOST, port)
        heard = 0

        async def hear() -> None:
            nonlocal heard
            while line := await reader.readline():
                assert faults("wire", json.loads(line)) == []
                heard += json.loads(line).get("done", False)

        hearing = asyncio.ensure_future(hear())
        until_then = asyncio.get_running_loop().time() + seconds
        while (left := until_then - asyncio.get_running_loop().time()) > 0:
            if period:
                writer.write(QUESTION)
            await asyncio.sleep(min(left, period or left))
        writer.close()
        hearing.cancel()
        return heard


@pytest.mark.parametrize("period", [0, 0.003, 0.045, 0.05, 0.2])
def test_a_peer_that_asks_does_not_lower_the_rate(period: float) -> None:
    """Thirty periods, whatever the peer does in them. Spec: NODE-16."""

    async def work() -> None:
        assert await digests_heard(0.05, 1.5, period, OWN_ANSWER) >= 25

    run(work())


def test_the_old_rule_falls_silent() -> None:
    """So the test above can fail. Spec: NODE-16."""

    async def work() -> None:
        assert await digests_heard(0.05, 1.5, 0.045, SILENCE) <= 5

    run(work())


def test_updates_arrive_within_as_many_periods_as_answers_they_need() -> None:
    """Cut answers are asked for at once, so it is one period and not thirty. Spec: NODE-16."""

    async def work() -> None:
        few = Config(max_history=10_000, mtu=100)
        async with (
            serving("A", every=0.5, config=few) as (a, port, _),
            serving("B", every=0.5, config=few) as (b, *_),
        ):
            b.call(HOST, port)
            await until(lambda: bool(b.connections))
            for number in range(3000):
                a.node.set(f"k{number}", number)
            began = asyncio.get_running_loop().time()
            await until(lambda: len(b.node.state) == 3000, 20)
            assert asyncio.get_running_loop().time() - began < 30 * 0.5 / 3

    run(work())


def test_an_update_is_there_after_two_periods_at_most() -> None:
    """At the 99th percentile, with both sides asking and writing. Spec: NODE-16."""
    every, late = 0.1, []

    async def work() -> None:
        async with serving("A", every=every) as (a, port, _), serving("B", every=every) as (b, *_):
            loop = asyncio.get_running_loop()
            wrote: dict[object, float] = {}
            b.call(HOST, port)
            await until(lambda: bool(b.connections))
            b.node.on("update", lambda update: _arrived(update.value))

            def _arrived(value: object) -> None:
                if value in wrote:
                    late.append(loop.time() - wrote[value])

            for number in range(150):
                wrote[number] = loop.time()
                a.node.set("k", number)
                b.node.set("own", f"b{number}")
                await asyncio.sleep(0.02)
            await until(lambda: len(late) == 150)

    run(work())
    assert sorted(late)[int(0.99 * len(late))] <= 2 * every


def test_one_question_is_open_at_a_time() -> None:
    """Also when the owner asks, and however slow the peer is; it is asked once it has answered.

    Spec: NODE-16.
    """

    async def work() -> None:
        async with serving("A", every=0.02) as (a, port, _):
            reader, writer = await asyncio.open_connection(HOST, port)

            async def question() -> int:
                while "turn" not in (said := json.loads(await reader.readline())):
                    pass
                return int(said["turn"])

            assert await question() == 1
            writer.write(b'{"answered":1}\n')
            assert await question() == 2
            for _ in range(5):
                a.exchange()
                await asyncio.sleep(0.01)
            assert not reader._buffer  # type: ignore[attr-defined] # noqa: SLF001
            writer.write(b'{"answered":1}\n{"answered":9}\n')
            await asyncio.sleep(0.05)
            assert not reader._buffer  # type: ignore[attr-defined] # noqa: SLF001
            writer.write(b'{"answered":2}\n')
            assert await question() == 3
            writer.close()

    run(work())


@pytest.mark.parametrize(
    "line",
    [b'{"answered":"x"}', b'{"answered":true}', b'{"answered":1,"more":1}', b'{"answered":0}'],
)
def test_an_end_that_ends_nothing_is_refused(line: bytes) -> None:
    """With its clause. Spec: NODE-16."""
    with pytest.raises(InvalidMessage, match="NODE-16"):
        asking.end_from_json(json.loads(line))


def test_the_next_question_follows_an_answer_that_was_cut_and_brought_something() -> None:
    """And no other, or two nodes would ask without end. Spec: NODE-16."""
    put = asking.asked(NEW)
    assert asking.answered(put, Answered(1, more=True)) == (
        asking.answered(put, Answered(1))[0],
        False,
    )
    got = asking.heard(put, update=True)
    assert asking.answered(got, Answered(1, more=True))[1]
    assert not asking.answered(got, Answered(1, more=False))[1]
    assert not asking.answered(got, Answered(2, more=True))[1]


def test_no_rule_waits_for_ever() -> None:
    """A peer that never ends its answer is asked after twenty turns. Spec: NODE-16."""
    state, asks = asking.asked(NEW), []
    state, _ = asking.answered(state, Answered(7))
    for _ in range(60):
        state, now = asking.turned(asking.heard(state, update=True), OWN_ANSWER)
        asks.append(now)
        state = asking.asked(state) if now else state
    assert asks.count(True) == 3
