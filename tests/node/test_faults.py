"""What goes wrong ends one connection, is told once, and never the node."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from over_tcp import HOST, hostile, run, serving, until

from scuttle_ref.messages import Update
from scuttle_ref.node import Node, SqliteStore
from scuttle_ref.node.journal import Journal
from scuttle_ref.node.store import store_fault
from scuttle_ref.node.transport import Transport

UPDATE = b'{"key":"k","value":1,"source_id":"X","version":%d}\n'


def distinct(count: int) -> bytes:
    """Updates of as many sources."""
    line = b'{"key":"k","value":1,"source_id":"s%d","version":%d}\n'
    return b"".join(line % (number, number + 1) for number in range(count))


class Torn(Exception):
    """Something that nobody foresaw."""


FAULTS = [
    store_fault("a.db", "cannot be written (disk is full)", "room"),
    Torn("no idea"),
    OSError(),
]
METHODS = ["write", "gossip", "greet", "read_for", "forget"]


@contextlib.asynccontextmanager
async def no_stray_words(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Nothing that asyncio would say of a task that nobody looked after."""
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: said.append(what))
    yield
    gc.collect()
    await asyncio.sleep(0)
    assert said == []
    assert [record.message for record in caplog.records] == []


@pytest.mark.parametrize("fault", FAULTS, ids=["store", "unforeseen", "os"])
@pytest.mark.parametrize("method", METHODS)
def test_whatever_raises_ends_one_connection_and_the_node_goes_on(
    method: str, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller calls again, the server serves, whatever part failed. Spec: NODE-8, NODE-11."""

    async def work() -> None:
        async with no_stray_words(caplog), serving("A") as (a, port, told), serving("B") as (b, *_):
            sound, torn = getattr(a.node, method), [True]

            def tears(*arguments: Any, **named: Any) -> Any:
                if torn:
                    raise fault
                return sound(*arguments, **named)

            setattr(a.node, method, tears)
            b.call(HOST, port)
            writer = await hostile(port, UPDATE % 3 + b'{"digest":true,"done":true}\n')
            await until(lambda: bool(told))
            if method == "forget":
                writer.close()
            await until(lambda: any(event == "fault" for event, _ in told))
            writer.close()
            torn.clear()
            a.node.set("k", 1)
            await until(lambda: b.node.get("k")["value"] == 1)
            b.node.set("k", 2)
            await until(lambda: a.node.get("k")["value"] == 2)
            says = next(says for event, says in told if event == "fault")
            clause = "[NODE-3]" if "store" in str(fault) or "disk" in str(fault) else "[NODE-11]"
            assert says.endswith(clause), says

    run(work())


@pytest.mark.parametrize("method", METHODS)
def test_a_caller_survives_its_own_faults(method: str, caplog: pytest.LogCaptureFixture) -> None:
    """The task that calls is never ended by what a connection came to. Spec: NODE-11."""

    async def work() -> None:
        async with (
            no_stray_words(caplog),
            serving("A") as (a, port, _),
            serving("B") as (b, _, told),
        ):
            sound, torn = getattr(b.node, method), [True]

            def tears(*arguments: Any, **named: Any) -> Any:
                if torn:
                    raise Torn("no idea")
                return sound(*arguments, **named)

            setattr(b.node, method, tears)
            b.call(HOST, port)
            await until(lambda: bool(b.connections) or bool(told))
            if method == "forget":
                next(iter(b.connections.values())).writer.close()
            await until(lambda: any(event == "fault" for event, _ in told))
            torn.clear()
            a.node.set("k", 1)
            await until(lambda: b.node.get("k")["value"] == 1)

    run(work())


def test_a_listener_and_a_teller_that_raise_end_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Also where standard output is gone. Spec: NODE-11."""

    async def work() -> None:
        async with no_stray_words(caplog), serving("A") as (a, port, _), serving("B") as (b, *_):

            def gone(*_: object) -> None:
                raise BrokenPipeError

            a.tell = gone
            a.node.on("update", gone)
            b.call(HOST, port)
            b.node.set("k", 1)
            await until(lambda: a.node.get("k")["value"] == 1)
            with pytest.raises(BrokenPipeError):  # the caller's own fault, once the step is saved
                a.node.set("j", 2)
            await until(lambda: b.node.get("j")["value"] == 2)

    run(work())


@pytest.mark.parametrize("host", ["\ud800", "a" * 300, "..", "nowhere.invalid", ""])
def test_a_name_that_nobody_bears_is_called_again(host: str) -> None:
    """Whatever the resolver of names raises. Spec: NODE-11."""
    told: list[tuple[str, str]] = []

    async def work() -> None:
        transport = Transport(Node("A"), tell=lambda event, _, says: told.append((event, says)))
        transport.call(host, 1)
        await until(lambda: bool(told))
        assert {event for event, _ in told} == {"unreachable"}
        await transport.close()

    run(work())


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "store"])
@pytest.mark.parametrize("what", ["sources", "lines", "answers"])
def test_a_node_ends_within_two_seconds_whatever_is_queued(
    what: str, stored: bool, tmp_path: Path
) -> None:
    """Its peers wrote more than it can take in that time. Spec: NODE-12."""
    queues = {
        "sources": distinct(10_000),
        "lines": b'{"digest":true,"source_id":"A","version":0}\n' * 200_000,
        "answers": b'{"digest":true,"done":true}\n' * 200_000,
    }

    async def work() -> None:
        async with serving("A") as (a, port, _):
            if stored:
                a.node = Node("A", store=SqliteStore(tmp_path / "a.db"))
            a.node.set("k", "x" * 1000)
            writers = [await hostile(port, queues[what]) for _ in range(3)]
            await asyncio.sleep(0.3)
            began = time.monotonic()
            await a.close()
            assert time.monotonic() - began < 2
            for writer in writers:
                writer.close()

    run(work())


def test_a_peer_that_quits_leaves_no_line_of_asyncio(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of answers were on their way to it. Spec: NODE-11."""

    async def work() -> None:
        async with no_stray_words(caplog), serving("A") as (a, port, told):
            for count in range(900):
                a.node.set(f"k{count}", "x" * 2000)
            _, writer = await asyncio.open_connection(HOST, port)
            writer.write(b'{"digest":true,"done":true}\n' * 50)
            await asyncio.sleep(0.05)
            writer.transport.abort()
            await until(lambda: any(event == "disconnected" for event, _ in told))
            await asyncio.sleep(0.2)

    run(work())


def test_what_happens_again_and_again_is_told_once_and_counted() -> None:
    """One line of a kind, with how many more came later. Spec: NODE-13."""
    told: list[tuple[str, str, str]] = []
    clock = [0.0]
    journal = Journal(
        lambda event, peer, says: told.append((event, peer, says)), now=lambda: clock[0]
    )
    for number in range(7009):
        journal("fault", f"10.0.0.1:{number}", f"cannot be written (try {number}) [NODE-3]")
    journal("fault", "10.0.0.1:9", "is torn [NODE-11]")
    journal("fault", "10.0.0.2:9", "cannot be written (try 1) [NODE-3]")

    assert [peer for _, peer, _ in told] == ["10.0.0.1:0", "10.0.0.1:9", "10.0.0.2:9"]
    clock[0] = 61
    journal("fault", "10.0.0.1:7", "cannot be written (try 8000) [NODE-3]")
    assert told[3:] == [
        ("fault", "10.0.0.1:7", "cannot be written (try 8000) [NODE-3] (and 7008 more like it)")
    ]
    journal("fault", "10.0.0.1:7", "cannot be written (try 8001) [NODE-3]")
    journal.close()
    assert told[4:] == [
        ("fault", "10.0.0.1:7", "cannot be written (try 8001) [NODE-3] (1 more like it)")
    ]


def test_kinds_without_number_do_not_fill_the_memory() -> None:
    """A peer can come from many addresses. Spec: NODE-13."""
    told: list[str] = []
    journal = Journal(lambda *said: told.append(said[1]), time.monotonic, kinds_max=10)
    for number in range(100):
        journal("refused", f"10.0.0.{number}:1", "no room [NODE-8]")

    assert len(journal.kinds) == 10
    assert len(told) == 100


def test_a_full_disk_is_one_line_and_the_node_goes_on(tmp_path: Path) -> None:
    """And goes on writing when there is room again. Spec: NODE-3, NODE-11, NODE-13."""
    told: list[tuple[str, str, str]] = []

    async def work() -> None:
        async with serving("A", every=0.02) as (a, port, _), serving("B", every=0.02) as (b, *_):
            store = SqliteStore(tmp_path / "a.db")
            a.node = Node("A", store=store)
            a.tell = Journal(lambda *said: told.append(said), time.monotonic)
            pages = store._db.execute("PRAGMA page_count").fetchone()[0]  # noqa: SLF001
            store._db.execute(f"PRAGMA max_page_count={pages + 2}")  # noqa: SLF001
            b.call(HOST, port)
            for count in range(40):
                b.node.set(f"k{count}", "x" * 1000)
            await until(lambda: any(event == "fault" for event, *_ in told))
            await asyncio.sleep(1)
            (says,) = [says for event, _, says in told if event == "fault"]
            assert says.startswith(f"{store.path}: cannot be written (database or disk is full)")
            assert says.endswith("[NODE-3]")
            store._db.execute("PRAGMA max_page_count=100000")  # noqa: SLF001
            await until(lambda: len(a.node.state) == 40)
            assert a.node.snapshot == store.load(a.node.protocol)
            a.node.close()

    run(work())


def test_the_update_that_could_not_be_saved_is_asked_for_again() -> None:
    """Nobody has heard of it, so nothing is lost. Spec: NODE-3."""
    node = Node("A")
    sound = node.store.save

    def full(change: object) -> None:
        del change
        raise store_fault("a.db", "cannot be written", "room")

    node.store.save = full  # type: ignore[method-assign,assignment]
    with pytest.raises(Exception, match="cannot be written"):
        node.write(Update("B", "k", 1, 1))
    assert "B" not in node.clock
    node.store.save = sound  # type: ignore[method-assign]
    node.write(Update("B", "k", 1, 1))
    assert node.clock["B"] == 1
