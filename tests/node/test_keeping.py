"""Nothing is lost silently: history is kept for peers, forgetting is told, a gap is crossed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from over_tcp import HOST, run, serving, until

from scuttle_ref.config import Config
from scuttle_ref.messages import Digest, DigestDone, Received, Update
from scuttle_ref.node import Node, SqliteStore
from scuttle_ref.node.keeping import Forgotten, size_of
from scuttle_ref.node.transport import Transport
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, TEXTBOOK
from scuttle_ref.reducer import Gossip

DEFAULTS = Config(max_history=1000, mtu=100)
SMALL = Config(max_history=10, mtu=5)


def ask(node: Node, peer: str, **marks: int) -> list[Update]:
    """What a node answers to a digest, to a peer that takes the state for what is forgotten."""
    for source, mark in marks.items():
        node.write(Digest(source, mark), peer, instead=True)
    node.write(DigestDone(), peer, instead=True)
    said = []
    while (send := node.read_for(peer)) is not None:
        said.append(send.message)
    return [message for message in said if isinstance(message, Update)]


def test_a_burst_arrives_whole_with_the_defaults() -> None:
    """2,000 of 3,000 were gone for ever. Spec: NODE-17."""

    async def work() -> None:
        async with (
            serving("A", every=1, config=DEFAULTS) as (a, port, told),
            serving("B", every=1, config=DEFAULTS) as (b, *_),
        ):
            b.call(HOST, port)
            await until(lambda: bool(a.connections and b.connections))
            for number in range(3000):
                a.node.set(f"k{number}", number)
            await until(lambda: len(b.node.state) == 3000, 20)
            assert b.node.state == a.node.state
            assert a.node.keeping.untaken == 0
            assert [event for event, _ in told if event in {"forgot", "gap"}] == []
            a.node.set("last", 1)
            await until(lambda: b.node.get("last")["value"] == 1)
            await asyncio.sleep(1.2)
            a.node.set("more", 1)
            assert len(a.node.history) == 1000, "what all have taken is forgotten"

    run(work())


@pytest.mark.parametrize("profile", [DOCUMENTED, AS_SHIPPED, TEXTBOOK])
def test_a_node_alone_forgets_as_the_reducer_does(profile: Profile) -> None:
    """Also one whose peers have taken everything. Spec: NODE-1, NODE-17."""
    protocol = Gossip(profile, SMALL)
    state = protocol.start("A")
    alone = Node("A", SMALL, profile=profile)
    for number in range(40):
        update = Update("BC"[number % 2], "k", number, 1 + number * 7 % 41)
        state = protocol.step(state, Received("B", update)).state
        alone.write(update, "B")
        assert alone.snapshot == state


def test_what_a_connected_peer_has_not_taken_is_kept_and_then_forgotten() -> None:
    """As long as it is connected, in whatever order things come. Spec: NODE-17."""
    node = Node("A", SMALL)
    node.greet("P")
    node.greet("Q")
    for number in range(50):
        node.set("k", number)
    node.write(Update("B", "late", 1, 1), "P")
    assert len(node.history) == 51

    ask(node, "P", A=30, B=1)
    node.set("k", "x")
    assert len(node.history) == 52, "Q has nothing yet"
    ask(node, "Q", A=40, B=1)
    node.set("k", "y")
    assert [update.version for update in node.history.memory][:2] == [31, 32]
    node.forget("P")
    node.set("k", "z")
    assert node.history.memory[0].version == 41
    node.forget("Q")
    node.set("k", "!")
    assert len(node.history) == 10


def test_what_goes_beyond_the_bytes_is_forgotten_and_told() -> None:
    """By an event, a counter and the push-back of set; no more of it than needed. Spec: NODE-17."""
    node = Node("A", SMALL, history_bytes=40 * size_of(Update("A", "k", "x" * 100, 1)))
    told: list[Forgotten] = []
    drained: list[bool] = []
    node.on("forgot", told.append)
    node.on("drain", lambda: drained.append(True))
    node.greet("P")
    room = [node.set("k", "x" * 100) for _ in range(60)]

    assert room.index(False) == 20
    assert 38 <= len(node.history) <= 41
    assert sum(len(each.updates) for each in told) == node.keeping.untaken == 60 - len(node.history)
    assert {each.peers for each in told} == {("P",)}
    assert not drained
    ask(node, "P", A=60)
    assert drained == [True]
    assert node.set("k", 1)
    assert len(told) == node.keeping.untaken


def test_a_peer_that_is_called_again_is_told_of_and_others_are_not() -> None:
    """It will come back, and will have missed something. Spec: NODE-17."""
    node = Node("A", SMALL)
    told: list[Forgotten] = []
    node.on("forgot", told.append)
    for peer in ("called", "caller"):
        node.greet(peer)
        ask(node, peer, A=0)
    node.forget("called", returns=True)
    node.forget("caller")
    for number in range(12):
        node.set("k", number)
    assert [each.peers for each in told] == [("called",)] * 2
    node.greet("called")
    ask(node, "called", A=12)
    node.set("k", 12)
    assert len(told) == 2


@pytest.mark.parametrize("profile", [DOCUMENTED, AS_SHIPPED, TEXTBOOK])
def test_over_a_gap_comes_the_state(profile: Profile) -> None:
    """By version and within the mtu, so a newcomer ends with every value. Spec: NODE-18."""
    node = Node("A", SMALL, profile=profile)
    gaps: list[Any] = []
    node.on("gap", lambda peer, marks: gaps.append((peer, marks)))
    for number in range(60):
        node.set(f"k{number % 40}", number)
    for number in range(30):
        node.write(Update("B", f"b{number % 20}", number, 100 + number), "B")
    other = Node("C", SMALL, profile=profile)
    for _ in range(40):
        other.gossip("A")
        for send in list(other):
            node.write(send.message, "C", instead=True)
        while (send := node.read_for("C")) is not None:
            other.write(send.message, "A")
    assert {key: held["value"] for key, held in other.state.items()} == {
        key: held["value"] for key, held in node.state.items()
    }
    assert gaps[0] == ("C", {"A": float("-inf"), "B": float("-inf")})
    told = len(gaps)
    other.gossip("A")
    for send in list(other):
        node.write(send.message, "C", instead=True)
    assert len(gaps) == told, "once it is over the gap there is none"


def test_an_answer_over_a_gap_has_no_more_than_the_mtu_and_ascends() -> None:
    """Whatever part arrives, nothing below it is missing. Spec: NODE-18, FLOW-2."""
    node = Node("A", SMALL)
    for number in range(60):
        node.set(f"k{number % 40}", number)

    assert [update.version for update in ask(node, "P", A=0)] == [21, 22, 23, 24, 25]
    assert [update.version for update in ask(node, "P", A=48)] == [49, 50, 51, 52, 53]
    assert [update.version for update in ask(node, "P", A=55)] == [56, 57, 58, 59, 60]


def test_values_that_were_overwritten_are_no_gap() -> None:
    """Nobody misses them. Spec: NODE-18."""
    node = Node("A", SMALL)
    gaps: list[Any] = []
    node.on("gap", lambda peer, marks: gaps.append((peer, marks)))
    for number in range(60):
        node.set("k", number)
    ask(node, "P", A=3)
    assert gaps == []


def test_two_nodes_cross_a_gap_and_say_so() -> None:
    """The one that has forgotten, and the one that has not seen it. Spec: NODE-18."""

    async def work() -> None:
        async with (
            serving("A", config=SMALL) as (a, port, told_a),
            serving("B", config=SMALL) as (b, _, told_b),
        ):
            for number in range(300):
                a.node.set(f"k{number}", number)
            b.call(HOST, port)
            await until(lambda: len(b.node.state) == 300)
            assert b.node.state == a.node.state
            for told in (told_a, told_b):
                (said, *_) = [says for event, says in told if event == "gap"]
                assert said.endswith("[NODE-18]")

    run(work())


def test_the_real_library_is_not_sent_what_it_does_not_ask_for() -> None:
    """It jumps, and that is told. Spec: NODE-18."""

    async def work() -> None:
        async with serving("A", config=SMALL, every=0) as (a, port, told):
            for number in range(30):
                a.node.set(f"k{number}", number)
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(
                b'{"digest":true,"source_id":"A","version":2}\n{"digest":true,"done":true}\n'
            )
            versions = [json.loads(await reader.readline())["version"] for _ in range(5)]
            assert versions == [21, 22, 23, 24, 25]
            assert any("jumps over it [NODE-18]" in says for event, says in told if event == "gap")
            writer.close()

    run(work())


def test_a_store_remembers_what_was_forgotten(tmp_path: Path) -> None:
    """And its log replays to what was kept for a peer. Spec: NODE-6, NODE-15, NODE-18."""
    path = tmp_path / "a.db"
    node = Node("A", SMALL, store=SqliteStore(path))
    node.greet("P")
    for number in range(30):
        node.set(f"k{number % 25}", number)
    ask(node, "P", A=12)
    node.set("j", 1)
    before, floors = node.snapshot, node.keeping.floors
    node.close()

    store = SqliteStore(path)
    again = Node("A", SMALL, store=store)
    assert again.snapshot == before == store.replayed(again.protocol)
    assert (len(before.history), floors, again.keeping.floors) == (19, {"A": 12}, {"A": 12})
    assert [update.version for update in ask(again, "Q", A=5)] == [6, 7, 8, 9, 10]
    assert again.keeping.bytes == sum(map(size_of, before.history.updates))
    again.close()


def test_a_transport_tells_of_what_is_forgotten() -> None:
    """One line with its clause, of each peer. Spec: NODE-17."""
    told: list[tuple[str, str, str]] = []
    node = Node("A", SMALL, history_bytes=1)
    Transport(node, tell=lambda *said: told.append(said))
    node.greet("P")
    for number in range(11):
        node.set("k", number)
    assert told == [("forgot", "P", "1 updates are forgotten that it has not taken [NODE-17]")]


def test_a_peer_that_names_what_nobody_knows_is_not_remembered_for_it() -> None:
    """Or a thousand digests of a thousand names would fill the memory. Spec: NODE-14, NODE-17."""
    node = Node("A", SMALL)
    node.greet("P")
    for number in range(1000):
        node.write(Digest(f"s{number}", 1), "P")
        node.write(DigestDone(), "P")
    node.write(Digest("A", 0), "P")
    assert node.keeping.taken == {"P": {"A": 0}}
