"""Links between the nodes of a soak: proxies that can cut, stall and slow down; and bad readers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter

from attrs import define, field

HOST = "127.0.0.1"
SLOW_BYTES, SLOW_SECONDS = 256, 0.1
BUFFER = 8192
"""What the kernel keeps for a link. Unit: bytes; it doubles it."""


@define(eq=False)
class Link:
    """One way to a node: whoever calls `port` is led to `target`.

    A link that is `cut` lets nobody through and ends who is; one that is `stalled` keeps its
    connections and carries nothing; one that is `slow` reads 256 bytes every 0.1 s each way.
    """

    name: str
    port: int
    target: int
    counts: Counter[str] = field(factory=Counter)
    slow: bool = False
    _cut: bool = False
    _flows: asyncio.Event = field(factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(factory=set)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to let through."""
        self._flows.set()
        listening = socket.create_server((HOST, self.port))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._server = await asyncio.start_server(self._accepted, sock=listening, limit=BUFFER)

    def cut(self, on: bool) -> None:
        """End every connection, and let nobody through until it is off."""
        self._cut = on
        for writer in list(self._writers) if on else ():
            writer.transport.abort()

    def stall(self, on: bool) -> None:
        """Carry nothing until it is off."""
        (self._flows.clear if on else self._flows.set)()

    async def close(self) -> None:
        """Let nobody through any more."""
        if self._server is not None:
            self._server.close()
        self.cut(on=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.counts["turned away"] += 1
            writer.transport.abort()
            return
        try:
            raw = socket.socket()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, (HOST, self.target))
            there, back = await asyncio.open_connection(sock=raw, limit=BUFFER)
        except OSError:
            self.counts["nobody there"] += 1
            writer.transport.abort()
            return
        self.counts["connections"] += 1
        self._writers |= {writer, back}
        both = [
            asyncio.ensure_future(self._carry(reader, back)),
            asyncio.ensure_future(self._carry(there, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for each in (writer, back):
                each.transport.abort()
                self._writers.discard(each)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(SLOW_BYTES if self.slow else BUFFER):
                await self._flows.wait()
                self.counts["bytes"] += len(data)
                writer.write(data)
                await writer.drain()
                if self.slow:
                    await asyncio.sleep(SLOW_SECONDS)


async def never_reads(port: int, questions: int, seconds: float) -> str:
    """A peer that asks for everything again and again and reads nothing; what became of it."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(raw, (HOST, port))
    except OSError:
        raw.close()
        return "nobody there"
    try:
        async with asyncio.timeout(seconds):
            await loop.sock_sendall(raw, b'{"digest":true,"done":true}\n' * questions)
            while True:
                await asyncio.sleep(1)
                await loop.sock_sendall(raw, b"\n")
    except TimeoutError:
        return "still connected"
    except OSError:
        return "let go by the node"
    finally:
        raw.close()
