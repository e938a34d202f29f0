"""Nodes over real sockets, for the tests of ``tests/node``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from scuttle_ref.config import Config
from scuttle_ref.node import Node
from scuttle_ref.node.limits import Limits
from scuttle_ref.node.transport import Transport

HOST = "127.0.0.1"
WIDE = Config(max_history=100_000, mtu=1000)


@contextlib.asynccontextmanager
async def serving(
    name: str,
    *,
    limits: Limits | None = None,
    every: float = 0.05,
    config: Config = WIDE,
    **others: object,
) -> AsyncIterator[tuple[Transport, int, list[tuple[str, str]]]]:
    """A node that listens; its port; and what was told of its peers."""
    told: list[tuple[str, str]] = []
    transport = Transport(
        Node(name, config),
        limits=limits or Limits(),
        gossip_seconds=every,
        tell=lambda event, _peer, says: told.append((event, says)),
        **others,  # type: ignore[arg-type]
    )
    _, port = await transport.listen(HOST, 0)
    try:
        yield transport, port, told
    finally:
        await transport.close()


async def until(ready: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something; fail when it does not come."""
    async with asyncio.timeout(seconds):
        while not ready():  # noqa: ASYNC110 - there is no event for what a test wants to see
            await asyncio.sleep(0.01)


def run(work: Awaitable[None]) -> None:
    """Run a test to its end, which must come."""

    async def bounded() -> None:
        await asyncio.wait_for(work, 30)

    asyncio.run(bounded())


async def hostile(port: int, what: bytes, *, reads: bool = True) -> asyncio.StreamWriter:
    """A peer that says `what`, and may never read."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(what)
    if reads:
        task = asyncio.ensure_future(reader.read())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return writer
