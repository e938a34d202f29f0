"""Nodes over TCP: they converge, and no peer can harm the others."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from over_tcp import HOST, WIDE, hostile, run, serving, until

from scuttle_ref.node import Node
from scuttle_ref.node.limits import Limits
from scuttle_ref.node.transport import Transport
from scuttle_ref.profiles import AS_SHIPPED
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT, Dialect


@pytest.mark.parametrize("dialect", [DOCUMENTED_DIALECT, SHIPPED_DIALECT])
def test_three_nodes_in_a_line_converge(dialect: Dialect) -> None:
    """Thousands of updates, over real sockets. Spec: NODE-9."""

    async def work() -> None:
        async with (
            serving("A", dialect=dialect) as (a, port_a, _),
            serving("B", dialect=dialect) as (b, port_b, _),
            serving("C", dialect=dialect) as (c, _, _),
        ):
            b.call(HOST, port_a)
            c.call(HOST, port_b)
            for count in range(150):
                a.node.set(f"a{count}", count)
                b.node.set(f"b{count}", count)
                c.node.set("shared", count)
            nodes = [a.node, b.node, c.node]
            await until(lambda: all(len(node.state) == 301 for node in nodes))
            await until(lambda: a.node.state == b.node.state == c.node.state)

    run(work())


def test_a_peer_that_comes_back_is_found_again() -> None:
    """Whoever is called is called again. Spec: NODE-9."""

    async def work() -> None:
        async with serving("B") as (b, _, told):
            async with serving("A") as (a, port, _):
                b.call(HOST, port)
                a.node.set("k", 1)
                await until(lambda: b.node.get("k")["value"] == 1)
            await until(lambda: ("disconnected", "left") in told)
            again = Transport(Node("C", WIDE), gossip_seconds=0.05)
            await again.listen(HOST, port)
            again.node.set("k2", 2)
            await until(lambda: b.node.get("k2")["value"] == 2)
            await again.close()

    run(work())


FLOOD = b'{"key":"flood","value":"' + b"x" * 100 + b'","source_id":"X","version":1}\n'


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (b"garbage\n" * 50, "lines that are no messages"),
        (b'{"digest":true}\n' * 50, "lines that are no messages"),
        (b'{"key":1e999}\n' * 50, "lines that are no messages"),
        (b"[" * 5000 + b"\n" + b"x\n" * 50, "lines that are no messages"),
        (b"\xff\xfe\n" * 50, "lines that are no messages"),
        (b"x" * 300_000, "above 100000 bytes"),
        (b'{"key":', "silent for 0.4 s"),
        (b"", "silent for 0.4 s"),
    ],
    ids=["garbage", "digest", "number", "nested", "bytes", "long", "half", "silent"],
)
def test_a_hostile_peer_is_let_go_and_the_others_are_served(what: bytes, why: str) -> None:
    """Each in its own way. Spec: NODE-8, NODE-9."""
    limits = Limits(line_max=100_000, idle_seconds=0.4)

    async def work() -> None:
        async with (
            serving("A", limits=limits) as (a, port, told),
            serving("B") as (b, _, _),
        ):
            b.call(HOST, port)
            writer = await hostile(port, what)
            a.node.set("k", 1)
            await until(lambda: b.node.get("k")["value"] == 1)
            await until(lambda: any(why in says for event, says in told if event == "disconnected"))
            writer.close()
            a.node.set("k", 2)
            await until(lambda: b.node.get("k")["value"] == 2)

    run(work())


def test_a_flooding_peer_does_not_starve_the_others() -> None:
    """Its lines are taken in turns. Spec: NODE-8."""

    async def work() -> None:
        async with serving("A") as (a, port, _), serving("B") as (b, _, _):
            b.call(HOST, port)
            writer = await hostile(port, FLOOD * 20_000)
            for count in range(5):
                a.node.set("k", count)
                await until(lambda count=count: b.node.get("k")["value"] == count)  # type: ignore[misc]
            writer.close()

    run(work())


def test_a_peer_that_does_not_read_is_not_heard_for_ever() -> None:
    """It asks for everything again and again, and reads nothing. Spec: NODE-8."""
    limits = Limits(outgoing_max=50_000, stalled_seconds=0.5)

    async def work() -> None:
        async with serving("A", limits=limits) as (a, port, told), serving("B") as (b, _, _):
            b.call(HOST, port)
            for count in range(200):
                a.node.set(f"k{count}", "x" * 500)
            greedy = b'{"digest":true,"source_id":"A","version":0}\n' * 500
            writer = await hostile(port, greedy, reads=False)
            await until(lambda: any("did not read" in says for _, says in told))
            await until(lambda: len(b.node.state) == 200)
            writer.close()

    run(work())


def test_a_peer_that_is_let_go_holds_no_socket_and_no_memory() -> None:
    """What it has not read is given up: a stream that closes would wait for it. Spec: NODE-8."""
    limits = Limits(outgoing_max=50_000, stalled_seconds=0.3)

    async def work() -> None:
        async with serving("A", limits=limits) as (a, port, told):
            for count in range(200):
                a.node.set(f"k{count}", "x" * 500)
            loop = asyncio.get_running_loop()
            with socket.socket() as peer:
                peer.setblocking(False)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await loop.sock_connect(peer, (HOST, port))
                question = b'{"digest":true,"source_id":"A","version":0}\n'
                await loop.sock_sendall(peer, question * 500)
                await until(lambda: any("did not read" in says for _, says in told))

                async def goes_on() -> None:
                    while True:
                        await loop.sock_sendall(peer, b"\n")
                        await asyncio.sleep(0.05)

                with pytest.raises(ConnectionError):
                    await asyncio.wait_for(goes_on(), 5)

    run(work())


def test_there_is_room_for_so_many_peers_and_no_more() -> None:
    """The next is refused, those that are there stay. Spec: NODE-8."""

    async def work() -> None:
        async with serving("A", limits=Limits(peers_max=2)) as (a, port, told):
            writers = [await hostile(port, b"") for _ in range(3)]
            await until(lambda: any(event == "refused" for event, _ in told))
            assert len(a.connections) == 2
            for writer in writers:
                writer.close()

    run(work())


def test_the_lines_are_the_librarys_objects() -> None:
    """What a Node program reads. Spec: NODE-9."""

    async def work() -> None:
        async with serving("A", dialect=SHIPPED_DIALECT) as (a, port, _):
            a.node.set("k", [1])
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b'{"digest":true,"done":true}\n')
            lines = [json.loads(await reader.readline()) for _ in range(3)]
            assert {"key": "k", "value": [1], "source_id": "A", "version": 1} in lines
            assert {"digest": True, "id": "A", "version": 1, "state": True} in lines
            asked = {"digest": True, "done": True, "turn": 1, "state": True}
            assert asked in lines, "the library ignores the rest"
            writer.close()

    run(work())


def test_tls_lets_in_who_shows_a_certificate(tmp_path: Path) -> None:
    """And nobody else. Spec: NODE-9."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(
            [*made, "-keyout", str(key), "-out", str(cert), *names], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not here to make a certificate")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(cert))
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(cert))
    for context in (server, client):
        context.load_cert_chain(cert, key)

    async def work() -> None:
        async with (
            serving("A", server_tls=server) as (a, port, _),
            serving("B", client_tls=client) as (b, _, _),
            serving("C", client_tls=ssl.create_default_context(cafile=str(cert))) as (c, _, _),
        ):
            a.node.set("k", 1)
            b.call(HOST, port)
            c.call(HOST, port)
            await until(lambda: b.node.get("k")["value"] == 1)
            assert c.node.get("k")["value"] is None
            plain = await hostile(port, FLOOD)
            plain.close()

    run(work())


def test_a_shipped_node_converges_with_another_of_its_kind_on_owned_keys() -> None:
    """The profile is the reducer's, the transport does not care. Spec: NODE-1."""

    async def work() -> None:
        async with serving("A") as (a, port, _), serving("B") as (b, _, _):
            for transport in (a, b):
                transport.node = Node(transport.node.id, WIDE, profile=AS_SHIPPED)
            a.node.set("a", 1)
            b.node.set("b", 2)
            b.call(HOST, port)
            await until(lambda: a.node.get("b")["value"] == 2 and b.node.get("a")["value"] == 1)

    run(work())


@pytest.mark.parametrize("turns", [3, 4])
def test_a_node_ends_while_its_peer_leaves(turns: int) -> None:
    """The end of the connection and of the node meet in one turn of the loop. Spec: NODE-8.

    A wait that was just over swallowed the cancellation, and the node called its peer for ever.
    """

    async def work() -> None:
        async with serving("A") as (one, port, _), serving("B") as (two, _, _):
            two.call("127.0.0.1", port)
            await until(lambda: bool(one.connections and two.connections))
            await asyncio.sleep(0.05)
            for connection in one.connections.values():
                connection.writer.close()
            for _ in range(turns):
                await asyncio.sleep(0)
            async with asyncio.timeout(3):
                await two.close()

    run(work())


def test_who_hangs_up_is_called_less_and_less() -> None:
    """A server that speaks TLS hangs up on a plain caller; five calls a second would be a flood.

    Spec: NODE-8.
    """
    calls = 0

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.close()

    async def work() -> None:
        server = await asyncio.start_server(hang_up, HOST, 0)
        async with server, serving("A") as (transport, _, _):
            transport.call(HOST, server.sockets[0].getsockname()[1])
            await asyncio.sleep(1.9)

    run(work())
    assert 1 <= calls <= 3


def many(count: int, line: bytes) -> bytes:
    """A line of as many sources."""
    return b"".join(line % number for number in range(count))


UPDATE_OF = b'{"key":"k","value":1,"source_id":"s%d","version":1}\n'
LINE_OF = b'{"digest":true,"source_id":"s%d","version":1}\n'


@pytest.mark.parametrize(
    ("limits", "what", "says"),
    [
        (Limits(sources_max=50), many(90, UPDATE_OF), "50 sources are known"),
        (Limits(sources_per_peer=49), many(90, UPDATE_OF), "has made 49 sources known"),
        (Limits(names_max=50), many(90, LINE_OF), "names more than 50 sources"),
    ],
    ids=["sources", "sources of a peer", "names"],
)
def test_a_peer_makes_a_node_remember_no_more_than_its_owner_allows(
    limits: Limits, what: bytes, says: str
) -> None:
    """The rest is told and not taken, and the peer is still heard. Spec: NODE-14."""

    async def work() -> None:
        async with serving("A", limits=limits, every=0) as (a, port, told):
            writer = await hostile(
                port, what + b'{"key":"j","value":9,"source_id":"s0","version":2}\n'
            )
            await until(lambda: a.node.get("j")["value"] == 9)
            assert len(a.node.clock) <= 50
            assert all(len(marks) <= 50 for _, marks in a.node.snapshot.named)
            refused = [words for event, words in told if event == "refused"]
            assert refused
            assert all(words.startswith(says) and words.endswith("[NODE-14]") for words in refused)
            writer.close()

    run(work())


def test_the_names_of_a_digest_are_counted_anew_in_the_next() -> None:
    """Done ends one. Spec: NODE-14."""

    async def work() -> None:
        async with serving("A", limits=Limits(names_max=60), every=0) as (a, port, told):
            digest = many(50, LINE_OF) + b'{"digest":true,"done":true}\n'
            writer = await hostile(port, digest * 4 + UPDATE_OF % 7)
            await until(lambda: a.node.get("k")["value"] == 1)
            assert [event for event, _ in told] == ["connected"]
            writer.close()

    run(work())


def test_one_address_cannot_take_all_the_slots_and_whom_we_call_needs_none() -> None:
    """The others are served. Spec: NODE-14."""

    async def work() -> None:
        limits = Limits(peers_max=3, peers_per_address=2)
        async with serving("A", limits=limits) as (a, port, told), serving("B") as (b, port_b, _):
            writers = [await hostile(port, b"") for _ in range(3)]
            await until(lambda: any(event == "refused" for event, _ in told))
            (says,) = [words for event, words in told if event == "refused"]
            assert says == "2 connections of that address are open [NODE-14]"
            a.call(HOST, port_b)
            b.node.set("k", 1)
            await until(lambda: a.node.get("k")["value"] == 1)
            for writer in writers:
                writer.close()

    run(work())


def test_what_one_peer_says_is_heard_at_a_bounded_rate() -> None:
    """A second's worth at once, the rest in its time. Spec: NODE-14."""

    async def work() -> None:
        async with serving("A", limits=Limits(lines_per_second=500), every=0) as (a, port, _):
            writer = await hostile(port, many(1000, UPDATE_OF))
            await asyncio.sleep(0.5)
            assert 500 <= len(a.node.clock) <= 900
            await until(lambda: len(a.node.clock) == 1001)
            writer.close()

    run(work())
