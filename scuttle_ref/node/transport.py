"""Nodes over TCP: newline-delimited JSON in the library's own object shapes.

Laws of this file: bytes in, bytes out. Nothing a peer sends can stop the node or starve another
peer: lines, connections, silence and what waits to be sent are bounded, and whoever does not read
is not heard. Whatever is raised while a peer is served ends that connection and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Coroutine, Mapping
from typing import Any, TypeAlias

import attrs
from attrs import define, field

from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Digest, DigestDone, Message, Update
from scuttle_ref.names import NEVER, Mark, NodeId
from scuttle_ref.node.asking import (
    NEW,
    OWN_ANSWER,
    Answered,
    Asking,
    Timing,
    answered,
    asked,
    end_from_json,
    end_to_json,
    heard,
    number_of,
    turned,
)
from scuttle_ref.node.journal import Teller, is_of_the_line, sentence
from scuttle_ref.node.keeping import Forgotten
from scuttle_ref.node.limits import DEFAULT_LIMITS, Limits
from scuttle_ref.node.node import Node
from scuttle_ref.rules import MTU_DEFAULT
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    Dialect,
    document_from_line,
    message_from_json,
    message_to_json,
)

Address: TypeAlias = tuple[str, int]

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""How long to wait before a peer that could not be reached is called again."""

CLOSING_SECONDS = 1.0
"""How long the tasks of a node have to end, all together; and a peer to read what it was sent."""


def _silent(event: str, peer: str, says: str) -> None:
    del event, peer, says


@define(eq=False)
class Connection:
    """One peer. Its name is its address: a stream says who it is by what it sends, if at all.

    `gap` says whether it asks for what was forgotten.
    `asking` is what is remembered of our questions; `cut` says whether an answer to its own reached
    the mtu since it began to ask.
    """

    name: NodeId
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    called: bool
    malformed: int = 0
    heard: int = 0
    sources: int = 0
    names: int = 0
    asking: Asking = NEW
    cut: bool = False
    gap: bool = False

    @property
    def address(self) -> str:
        """The machine of the peer."""
        return self.name.rpartition(":")[0]


@define(eq=False)
class Transport:
    """Carries the messages of one node.

    `gossip_seconds` is the time between two exchanges with each peer; 0 means that nobody is asked
    unless :meth:`exchange` is called. TLS by `server_tls` and `client_tls`, as `ssl` makes them.

    Spec: NODE-8, NODE-9, NODE-11.
    """

    node: Node
    dialect: Dialect = DOCUMENTED_DIALECT
    limits: Limits = DEFAULT_LIMITS
    gossip_seconds: float = 1.0
    timing: Timing = OWN_ANSWER
    server_tls: ssl.SSLContext | None = None
    client_tls: ssl.SSLContext | None = None
    tell: Teller = _silent
    connections: dict[NodeId, Connection] = field(factory=dict)
    _tasks: set[asyncio.Task[None]] = field(factory=set)
    _server: asyncio.Server | None = None
    _closing: bool = False

    def __attrs_post_init__(self) -> None:
        self.node.on("forgot", self._forgot)
        self.node.on("gap", self._gap)

    def _forgot(self, forgotten: Forgotten) -> None:
        """Some known peers will never get these updates one by one. Spec: NODE-17."""
        count = len(forgotten.updates)
        says = f"{count} updates are forgotten that it has not taken [NODE-17]"
        for peer in forgotten.peers:
            self._tell("forgot", peer, says)

    def _gap(self, peer: NodeId, gaps: Mapping[NodeId, Mark]) -> None:
        """A peer asks for what is forgotten. Spec: NODE-18."""
        if peer in self.connections:
            self.connections[peer].gap = True
        named = ", ".join(list(gaps)[:3]) + (", ..." if len(gaps) > 3 else "")  # noqa: PLR2004
        says = f"has not seen all that was forgotten of {named}, and jumps over it [NODE-18]"
        self._tell("gap", peer, says)

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
            try:
                self._ask(connection)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the others are asked
                self._told_of(connection.name, fault)
                connection.writer.close()

    async def close(self) -> None:
        """Let go of every peer, within CLOSING_SECONDS. Spec: NODE-12."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections.values()):
            connection.writer.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + CLOSING_SECONDS
        while self._tasks and (left := until - loop.time()) > 0:
            for task in tuple(self._tasks):  # a wait that ends as it is cancelled may swallow that
                task.cancel()
            await asyncio.wait(tuple(self._tasks), timeout=min(left, CLOSING_SECONDS / 10))
        await asyncio.sleep(0)  # who was accepted at the last moment is let go, too

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._look_after(asyncio.ensure_future(work))

    def _look_after(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, event: str, peer: str, says: str) -> None:
        """Tell the owner; who cannot be told is not told. Spec: NODE-11."""
        with contextlib.suppress(Exception):
            self.tell(event, peer, says)

    def _told_of(self, peer: str, fault: BaseException) -> str:
        """Tell of a fault, unless the line just broke; why the connection ends. Spec: NODE-11."""
        if is_of_the_line(fault):
            return str(fault) or type(fault).__name__
        self._tell("fault", peer, sentence(fault))
        return "ended by a fault"

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._look_after(task)
        if self._closing:
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):
            await self._serve(reader, writer, called=False)

    async def _calling(self, host: str, port: int) -> None:
        """Call, serve, and call again, whatever comes of it. Spec: NODE-11."""
        failures = 0
        while not self._closing:
            tries = failures
            try:
                reader, writer = await asyncio.open_connection(
                    host, port, limit=self.limits.line_max, ssl=self.client_tls
                )
            except Exception as fault:  # noqa: BLE001 - names and certificates raise many things
                if failures == 0:
                    refused = isinstance(fault, ConnectionRefusedError)
                    why = "nobody listens there" if refused else str(fault)
                    self._tell("unreachable", f"{host}:{port}", why)
                failures += 1
            else:
                heard = await self._serve(reader, writer, called=True)
                tries = failures = 0 if heard else failures + 1  # who hangs up is called less often
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, called: bool
    ) -> int:
        """One connection from its first byte to its last; how many lines were heard.

        None, if it ended by a fault. Raises nothing.

        Spec: NODE-11.
        """
        address = writer.get_extra_info("peername")
        if not address:  # gone before it was looked at
            writer.close()
            return 0
        connection = Connection(f"{address[0]}:{address[1]}", reader, writer, called)
        if not called and (says := self._no_room(connection)):
            self._tell("refused", connection.name, says)
            writer.close()
            return 0
        self.connections[connection.name] = connection
        writer.transport.set_write_buffer_limits(high=self.limits.outgoing_max)
        self._tell("connected", connection.name, "")
        sound, why = True, "the node ended"
        try:
            why = await self._converse(connection)
        except Exception as fault:  # noqa: BLE001 - it ends this connection and nothing else
            sound, why = is_of_the_line(fault), self._told_of(connection.name, fault)
        finally:
            self.connections.pop(connection.name, None)
            self._let_go(writer)
            try:
                self.node.forget(connection.name, returns=called and not self._closing)
            except Exception as fault:  # noqa: BLE001 - as above
                sound, why = False, self._told_of(connection.name, fault)
        self._tell("disconnected", connection.name, why)
        return connection.heard if sound else 0

    @staticmethod
    def _let_go(writer: asyncio.StreamWriter) -> None:
        """Close, and give up what the peer has not read a moment later.

        A stream that closes waits for its peer, and one that never reads would keep it for ever.

        Spec: NODE-8.
        """
        writer.close()
        asyncio.get_running_loop().call_later(CLOSING_SECONDS, writer.transport.abort)

    def _no_room(self, connection: Connection) -> str:
        """Why a peer that calls is not served, if so. Whom we call is. Spec: NODE-8, NODE-14."""
        calling = [each for each in self.connections.values() if not each.called]
        if len(calling) >= self.limits.peers_max:
            return f"{self.limits.peers_max} peers are connected [NODE-8]"
        near = sum(each.address == connection.address for each in calling)
        if near >= self.limits.peers_per_address:
            return f"{near} connections of that address are open [NODE-14]"
        return ""

    async def _converse(self, connection: Connection) -> str:
        """Hear the peer and ask it, until either ends; the reason why."""
        self.node.greet(connection.name)
        asking = asyncio.ensure_future(self._gossip(connection))
        hearing = asyncio.ensure_future(self._hear(connection))
        both = {asking, hearing}
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return next(task for task in (hearing, asking) if task in ended).result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _gossip(self, connection: Connection) -> str:
        """Ask every `gossip_seconds`, as the rule of timing says. Spec: NODE-16."""
        loop = asyncio.get_running_loop()
        if self.gossip_seconds <= 0:
            await loop.create_future()
        due = loop.time()
        while True:
            connection.asking, now = turned(connection.asking, self.timing)
            if now:
                self._put(connection)
            due = max(due + self.gossip_seconds, loop.time())
            await asyncio.sleep(due - loop.time())

    def _ask(self, connection: Connection) -> None:
        """Ask as soon as no other question is open. Spec: NODE-16."""
        if connection.asking.open and connection.asking.ends:
            connection.asking = attrs.evolve(connection.asking, wanted=True)
        else:
            self._put(connection)

    def _put(self, connection: Connection) -> None:
        """Start an exchange, unless what was sent before still waits: then it would only grow."""
        if self._waiting(connection) < self.limits.outgoing_max:
            connection.asking = asked(connection.asking)
            self.node.gossip(connection.name)
            self._send_to(connection)

    async def _hear(self, connection: Connection) -> str:
        """Take line after line; the reason why it ended."""
        loop, limits = asyncio.get_running_loop(), self.limits
        opened = began = loop.time()
        lines = 0
        while True:
            try:
                async with asyncio.timeout(limits.idle_seconds):
                    line = await connection.reader.readuntil(b"\n")
            except TimeoutError:
                return f"silent for {limits.idle_seconds:g} s"
            except asyncio.IncompleteReadError as end:
                return "left in the middle of a line" if end.partial.strip() else "left"
            except asyncio.LimitOverrunError:
                return f"sent a line above {limits.line_max} bytes"
            if line.strip() and not self._take(connection, line):
                return f"sent {connection.malformed} lines that are no messages"
            connection.heard += 1
            lines += 1
            if lines >= limits.lines_per_turn or loop.time() - began >= limits.turn_seconds:
                early = opened + connection.heard / limits.lines_per_second - loop.time()
                await asyncio.sleep(max(0.0, early - 1))  # a second's worth may come at once
                began, lines = loop.time(), 0
            if not await self._has_read(connection):
                return f"did not read for {limits.stalled_seconds:g} s"

    def _take(self, connection: Connection, line: bytes) -> bool:
        """One line. False when the peer has sent too many that are no messages."""
        try:
            document = document_from_line(line.decode("utf-8", "replace"))
            end = end_from_json(document) if isinstance(document, Mapping) else None
            if end is not None:
                self._ended(connection, end)
                return True
            message = message_from_json(document, self.dialect)
        except InvalidMessage as fault:
            connection.malformed += 1
            self._tell("malformed", connection.name, str(fault.refusal))
            return connection.malformed < self.limits.malformed_max
        says = self._beyond(connection, message)
        if says:
            self._tell("refused", connection.name, says)
            return True
        connection.asking = heard(connection.asking, update=isinstance(message, Update))
        wants = isinstance(document, Mapping) and document.get("state") is True
        self.node.write(message, connection.name, instead=wants)
        self._answer(connection, message, document)
        return True

    def _ended(self, connection: Connection, end: Answered) -> None:
        """Our question is answered; where the answer was cut, the next one follows at once."""
        if end.gap:
            says = "of what it has forgotten came the values, not the updates between [NODE-18]"
            self._tell("gap", connection.name, says)
        connection.asking, again = answered(connection.asking, end)
        if again:
            self._put(connection)

    def _answer(self, connection: Connection, message: Message, document: object) -> None:
        """Say what there is to say to a message; to a numbered question, also where it ends.

        Spec: NODE-16.
        """
        sent = self._send_to(connection)
        connection.cut = connection.cut or sent >= (self.node.protocol.config.mtu or MTU_DEFAULT)
        if isinstance(message, DigestDone) and isinstance(document, Mapping):
            turn = number_of(document.get("turn"))
            end = Answered(turn or 1, connection.cut, connection.gap)
            connection.cut = connection.gap = False
            if turn is not None and not connection.writer.is_closing():
                self._write(connection, end_to_json(end))

    def _beyond(self, connection: Connection, message: Message) -> str:
        """The limit that a message goes beyond, if it does. Spec: NODE-14."""
        limits, known = self.limits, self.node.snapshot.clock
        match message:
            case Update(source_id=source) if known.get(source) == NEVER:
                connection.sources += 1
                if len(known.pairs) >= limits.sources_max:
                    return (
                        f"{limits.sources_max} sources are known, and no other is taken [NODE-14]"
                    )
                if connection.sources > limits.sources_per_peer:
                    return f"has made {limits.sources_per_peer} sources known [NODE-14]"
            case Digest():
                connection.names += 1
                if connection.names > limits.names_max:
                    return f"names more than {limits.names_max} sources in a digest [NODE-14]"
            case DigestDone():
                connection.names = 0
        return ""

    def _send_to(self, connection: Connection) -> int:
        """Hand over what the node has for this peer; how many updates that were.

        A line that broke takes no more. Our questions are numbered.
        """
        updates = 0
        while not connection.writer.is_closing():
            send = self.node.read_for(connection.name)
            if send is None:
                break
            document = message_to_json(send.message, self.dialect)
            updates += isinstance(send.message, Update)
            if send.message == DigestDone():
                document |= {"turn": connection.asking.turn, "state": True}
            elif isinstance(send.message, Digest):
                document["state"] = True
            self._write(connection, document)
        return updates

    @staticmethod
    def _write(connection: Connection, document: Mapping[str, object]) -> None:
        line = json.dumps(document, separators=(",", ":"), allow_nan=False)
        connection.writer.write(line.encode("ascii") + b"\n")

    def _waiting(self, connection: Connection) -> int:
        size: int = connection.writer.transport.get_write_buffer_size()
        return size

    async def _has_read(self, connection: Connection) -> bool:
        """Whether the peer reads; while it does not, it is not heard, and the others are."""
        if self._waiting(connection) < self.limits.outgoing_max:
            return True
        try:
            async with asyncio.timeout(self.limits.stalled_seconds):
                await connection.writer.drain()
        except TimeoutError:
            return False
        return True
