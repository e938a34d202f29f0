"""The real simple-scuttle over TCP, beside nodes of ours.

It is not on npm, so the path of a checkout has to be given: SCUTTLE_SIMPLE_SCUTTLE, in which
``npm install --omit=dev`` has been run.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import define, field

from scuttle_ref import AS_SHIPPED, DOCUMENTED, Config, Gossip, NodeState, Profile, Send
from scuttle_ref.messages import Event, Exchange, Put, Received
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.node import Node
from scuttle_ref.node.transport import Transport
from scuttle_ref.wire import SHIPPED_DIALECT, message_from_json, message_to_json

CHECKOUT = os.environ.get("SCUTTLE_SIMPLE_SCUTTLE")
NODE_JS = shutil.which("node")
PEER = Path(__file__).with_name("shipped_peer.js")
CONFIG = Config(mtu=UNBOUNDED, max_history=100_000)

pytestmark = [
    pytest.mark.skipif(CHECKOUT is None, reason="SCUTTLE_SIMPLE_SCUTTLE names no checkout"),
    pytest.mark.skipif(NODE_JS is None, reason="Node.js is not installed"),
]


class CountingNode(Node):
    """A node that counts what each peer was sent."""

    sent: Counter[str]

    def read_for(self, peer: str) -> Send | None:
        send = super().read_for(peer)
        self.sent[peer] += send is not None
        return send


@define
class Library:
    """One process with the real library, and what the shipped profile predicts of it."""

    process: asyncio.subprocess.Process
    gossip: Gossip
    predicted: NodeState
    name: str = ""
    said: list[Any] = field(factory=list)
    compared: int = 0

    @classmethod
    async def called(cls, name: str, port: int) -> Library:
        """Start one that connects to `port`."""
        process = await asyncio.create_subprocess_exec(
            str(NODE_JS),
            str(PEER),
            str(CHECKOUT),
            name,
            str(port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        gossip = Gossip(AS_SHIPPED, CONFIG)
        library = cls(process, gossip, gossip.start(name))
        library.name = (await library.heard_back())["name"]
        return library

    async def heard_back(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        document: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return document

    async def do(self, **command: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self.heard_back()

    async def settled(self, transport: Transport) -> dict[str, Any]:
        """What it holds once nothing is under way between it and our node."""
        assert isinstance(transport.node, CountingNode)
        log: list[Any] = []
        while True:
            look = await self.do(look=True)
            log += look["log"]
            sent, heard = transport.node.sent[self.name], transport.connections[self.name].heard
            if look["heard"] == sent and look["said"] == heard:
                again = await self.do(look=True)
                log += again["log"]
                if not again["log"] and transport.node.sent[self.name] == sent:
                    return {**again, "log": log}
            await asyncio.sleep(0.002)

    def compare(self, look: dict[str, Any]) -> None:
        """Predict everything that was said and is held, from what the library was told alone."""
        said = [entry[1] for entry in look["log"] if entry[0] == "said"]
        predicted: list[object] = []
        for at, entry in enumerate(look["log"]):
            for event in self._event(entry, look["log"][at + 1 :]):
                step = self.gossip.step(self.predicted, event)
                self.predicted = step.state
                sends = [output for output in step.outputs if isinstance(output, Send)]
                predicted += [message_to_json(send.message, SHIPPED_DIALECT) for send in sends]
        held = {place[0]: entry for place, entry in self.predicted.store}
        assert said == predicted
        assert look["state"] == {
            key: {"value": entry.value, "version": entry.version} for key, entry in held.items()
        }
        clock = [[source, self.predicted.clock.get(source)] for source in self.predicted.sources]
        assert look["clock"] == clock
        assert look["history"] == [
            message_to_json(update, SHIPPED_DIALECT) for update in self.predicted.history.updates
        ]
        self.compared += 1

    @staticmethod
    def _event(entry: list[Any], later: list[Any]) -> list[Event]:
        match entry:
            case ["heard", document]:
                return [Received("peer", message_from_json(document, SHIPPED_DIALECT))]
            case ["set", key, value]:
                return [Put(key, value)]
            case ["gossip"]:  # the library shuffles; the order is part of our event
                lines = [said for kind, said in later if kind == "said"]
                order = [line["id"] for line in lines[: [*map(_ends, lines)].index(True)]]
                return [Exchange("peer", tuple(order))]
            case _:
                return []


def _ends(line: dict[str, Any]) -> bool:
    return bool(line.get("digest") and line.get("done"))


@asynccontextmanager
async def ours(name: str, profile: Profile) -> AsyncIterator[tuple[Transport, int]]:
    """A node of ours that listens, and asks only when it is told to."""
    node = CountingNode(name, CONFIG, profile=profile)
    node.sent = Counter()
    transport = Transport(node, SHIPPED_DIALECT, gossip_seconds=0)
    _, port = await transport.listen("127.0.0.1", 0)
    try:
        yield transport, port
    finally:
        await transport.close()


async def both_connected(*transports: Transport) -> None:
    """Wait until each of ours has its two peers."""
    while any(len(transport.connections) < 2 for transport in transports):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def gone(libraries: list[Library]) -> None:
    """End the libraries' processes."""
    for library in libraries:
        assert library.process.stdin is not None
        library.process.stdin.close()
        await library.process.wait()


def within_minutes(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work`; a library that says nothing must not hang the suite."""

    async def bounded() -> None:
        async with asyncio.timeout(300):
            await work()

    asyncio.run(bounded())


def test_the_shipped_profile_predicts_the_library_after_each_exchange() -> None:
    """Two libraries and one node of ours write 2,400 updates, all over the same 40 keys.

    After each of 120 exchanges the profile, told what the library was told, must hold and have
    said what the library does. Spec: PROF-4, NODE-9.
    """

    async def work() -> None:
        random = Random(2008)  # noqa: S311 - a schedule, no secret
        async with ours("R", AS_SHIPPED) as (transport, port):
            libraries = [await Library.called(name, port) for name in ("L1", "L2")]
            await both_connected(transport)
            for turn in range(60):
                for count in range(20):
                    transport.node.set(f"k{random.randrange(40)}", f"R{turn}.{count}")
                for library in libraries:
                    for count in range(10):
                        await library.do(set=[f"k{random.randrange(40)}", f"L{turn}.{count}"])
                    if random.random() < 0.5:
                        transport.exchange()
                    else:
                        await library.do(gossip=True)
                    for each in libraries:
                        each.compare(await each.settled(transport))
            states = [library.predicted.store for library in libraries]
            await gone(libraries)
        assert [library.compared for library in libraries] == [120, 120]
        updates = [len(library.predicted.history) for library in libraries]
        assert min(updates) >= 2300  # what one wrote at the very end, the other has not seen
        assert states[0] != states[1]  # nobody asks the resolver: they swap values (DEV-1)

    within_minutes(work)


def test_documented_nodes_converge_among_themselves_beside_the_library() -> None:
    """A line L1, D1, D2, L2 writes 2,000 updates; everybody asks. Spec: CONV-1, NODE-9."""

    async def work() -> None:
        random = Random(3)  # noqa: S311 - a schedule, no secret
        async with ours("D1", DOCUMENTED) as (one, first), ours("D2", DOCUMENTED) as (two, second):
            two.call("127.0.0.1", first)
            libraries = [await Library.called("L1", first), await Library.called("L2", second)]
            await both_connected(one, two)
            pairs = list(zip([one, two], libraries, strict=True))
            for turn in range(103):
                for node, library in pairs:
                    for count in range(5 if turn < 100 else 0):
                        node.node.set(f"k{random.randrange(40)}", f"D{turn}.{count}")
                        await library.do(set=[f"k{random.randrange(40)}", f"L{turn}.{count}"])
                    node.exchange()
                    library.compare(await library.settled(node))
                    await library.do(gossip=True)
                    library.compare(await library.settled(node))
            await asyncio.sleep(0.2)
            assert one.node.state == two.node.state
            assert len(one.node.history) == len(two.node.history) == 2000
            await gone(libraries)

    within_minutes(work)
