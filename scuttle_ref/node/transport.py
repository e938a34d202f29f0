"""Nodes over TCP: newline-delimited JSON in the library's own object shapes.

Laws of this file: bytes in, bytes out. Nothing a peer sends can stop the node or starve another
peer: lines, connections, silence and what waits to be sent are bounded, and whoever does not read
is not heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from attrs import define, field

from scuttle_ref.errors import InvalidMessage
from scuttle_ref.names import NodeId
from scuttle_ref.node.limits import DEFAULT_LIMITS, Limits
from scuttle_ref.node.node import Node
from scuttle_ref.wire import DOCUMENTED_DIALECT, Dialect, line_from_message, message_from_line

Address: TypeAlias = tuple[str, int]

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""How long to wait before a peer that could not be reached is called again."""

CLOSING_SECONDS = 0.1
"""How long a task that was cancelled has before it is cancelled again."""

PATIENCE = 20
"""How many turns of asking a peer may miss because it is still talking."""

Teller: TypeAlias = Callable[[str, str, str], None]
"""Told what happens: the event, the peer, and a sentence."""


def _silent(event: str, peer: str, says: str) -> None:
    del event, peer, says


@define(eq=False)
class Connection:
    """One peer. Its name is its address: a stream says who it is by what it sends, if at all."""

    name: NodeId
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    malformed: int = 0
    heard: int = 0


@define(eq=False)
class Transport:
    """Carries the messages of one node.

    `gossip_seconds` is the time between two exchanges with each peer; 0 means that nobody is asked
    unless :meth:`exchange` is called. TLS by `server_tls` and `client_tls`, as `ssl` makes them.

    Spec: NODE-8, NODE-9.
    """

    node: Node
    dialect: Dialect = DOCUMENTED_DIALECT
    limits: Limits = DEFAULT_LIMITS
    gossip_seconds: float = 1.0
    server_tls: ssl.SSLContext | None = None
    client_tls: ssl.SSLContext | None = None
    tell: Teller = _silent
    connections: dict[NodeId, Connection] = field(factory=dict)
    _tasks: set[asyncio.Task[None]] = field(factory=set)
    _server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> Address:
        """Accept peers. The address in use: port 0 takes a free one. Raises OSError."""
        self._server = await asyncio.start_server(
            self._accepted, host, port, limit=self.limits.line_max, ssl=self.server_tls
        )
        bound: Address = self._server.sockets[0].getsockname()[:2]
        return bound

    def call(self, host: str, port: int) -> None:
        """Keep a connection to a peer, and call it again whenever it is gone."""
        self._begin(self._calling(host, port))

    def exchange(self) -> None:
        """Start an exchange with every peer that has read what it was sent before."""
        for connection in list(self.connections.values()):
            self._ask(connection)

    async def close(self) -> None:
        """Let go of every peer."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections.values()):
            connection.writer.close()
        while self._tasks:  # a wait that ends as it is cancelled swallows that, so again
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.wait(tuple(self._tasks), timeout=CLOSING_SECONDS)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await self._serve(reader, writer)

    async def _calling(self, host: str, port: int) -> None:
        failures = 0
        while True:
            try:
                reader, writer = await asyncio.open_connection(
                    host, port, limit=self.limits.line_max, ssl=self.client_tls
                )
            except OSError as fault:
                wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                if failures == 0:
                    refused = isinstance(fault, ConnectionRefusedError)
                    why = "nobody listens there" if refused else str(fault)
                    self.tell("unreachable", f"{host}:{port}", why)
                failures += 1
                await asyncio.sleep(wait)
                continue
            heard = await self._serve(reader, writer)
            failures = 0 if heard else failures + 1  # who hangs up on us need not be called often
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """One connection from its first byte to its last; how many lines were heard."""
        host, port = writer.get_extra_info("peername")[:2]
        connection = Connection(f"{host}:{port}", reader, writer)
        if len(self.connections) >= self.limits.peers_max:
            self.tell("refused", connection.name, f"{self.limits.peers_max} peers are connected")
            writer.close()
            return 0
        self.connections[connection.name] = connection
        writer.transport.set_write_buffer_limits(high=self.limits.outgoing_max)
        self.node.greet(connection.name)
        self.tell("connected", connection.name, "")
        gossip = asyncio.ensure_future(self._gossip(connection))
        try:
            why = await self._hear(connection)
        except (OSError, ssl.SSLError) as fault:
            why = str(fault) or type(fault).__name__
        finally:
            gossip.cancel()
            self.connections.pop(connection.name, None)
            self.node.forget(connection.name)
            writer.close()
        self.tell("disconnected", connection.name, why)
        return connection.heard

    async def _gossip(self, connection: Connection) -> None:
        """Ask again and again; not while an answer still comes in, which would come twice."""
        if self.gossip_seconds <= 0:
            return
        while True:
            self._ask(connection)
            for _ in range(PATIENCE):
                heard = connection.heard
                await asyncio.sleep(self.gossip_seconds)
                if connection.heard == heard:
                    break

    def _ask(self, connection: Connection) -> None:
        """Start an exchange, unless what was sent before still waits: then it would only grow."""
        if self._waiting(connection) < self.limits.outgoing_max:
            self.node.gossip(connection.name)
            self._send_to(connection)

    async def _hear(self, connection: Connection) -> str:
        """Take line after line; the reason why it ended."""
        while True:
            try:
                line = await asyncio.wait_for(
                    connection.reader.readuntil(b"\n"), self.limits.idle_seconds
                )
            except TimeoutError:
                return f"silent for {self.limits.idle_seconds:g} s"
            except asyncio.IncompleteReadError as end:
                return "left in the middle of a line" if end.partial.strip() else "left"
            except asyncio.LimitOverrunError:
                return f"sent a line above {self.limits.line_max} bytes"
            if line.strip() and not self._take(connection, line):
                return f"sent {connection.malformed} lines that are no messages"
            connection.heard += 1
            if connection.heard % self.limits.lines_per_turn == 0:
                await asyncio.sleep(0)
            if not await self._has_read(connection):
                return f"did not read for {self.limits.stalled_seconds:g} s"

    def _take(self, connection: Connection, line: bytes) -> bool:
        """One line. False when the peer has sent too many that are no messages."""
        try:
            message = message_from_line(line.decode("utf-8", "replace"), self.dialect)
        except InvalidMessage as fault:
            connection.malformed += 1
            self.tell("malformed", connection.name, str(fault.refusal))
            return connection.malformed < self.limits.malformed_max
        self.node.write(message, connection.name)
        self._send_to(connection)
        return True

    def _send_to(self, connection: Connection) -> None:
        """Hand over what the node has for this peer."""
        if connection.writer.is_closing():
            return
        while (send := self.node.read_for(connection.name)) is not None:
            line = line_from_message(send.message, self.dialect)
            connection.writer.write(line.encode("ascii") + b"\n")

    def _waiting(self, connection: Connection) -> int:
        size: int = connection.writer.transport.get_write_buffer_size()
        return size

    async def _has_read(self, connection: Connection) -> bool:
        """Whether the peer reads; while it does not, it is not heard, and the others are."""
        if self._waiting(connection) < self.limits.outgoing_max:
            return True
        try:
            await asyncio.wait_for(connection.writer.drain(), self.limits.stalled_seconds)
        except TimeoutError:
            return False
        return True
