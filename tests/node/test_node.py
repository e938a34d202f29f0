"""A running node: the README's API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidConfig, Refusal
from scuttle_ref.messages import Digest, DigestDone, Received, Update
from scuttle_ref.names import NEVER, VERSION_MAX
from scuttle_ref.node import MappingStore, Node
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK
from scuttle_ref.reducer import Gossip


def talk(one: Node, other: Node) -> int:
    """Carry messages both ways until nobody has anything to say. How many."""
    carried = 0
    while True:
        said = [(send, other) for send in one] + [(send, one) for send in other]
        if not said:
            return carried
        for send, hearer in said:
            hearer.write(send.message)
        carried += len(said)


def test_set_and_get_and_the_properties_of_the_readme() -> None:
    """The first thing that anybody tries. Spec: NODE-1."""
    node = Node("A")

    assert node.set("fruit", ["apple", {"n": 1}])

    assert node.get("fruit") == {"value": ["apple", {"n": 1}], "version": 1}
    assert node.get("nothing") == {"value": None, "version": NEVER}
    assert node.state == {"fruit": {"value": ["apple", {"n": 1}], "version": 1}}
    assert (node.version, node.clock) == (1, {"A": 1})
    assert [update.version for update in node.history.news("A", 0)] == [1]


@pytest.mark.parametrize("profile", [DOCUMENTED, AS_SHIPPED, TEXTBOOK, PAPER])
def test_two_nodes_tell_each_other(profile: Any) -> None:
    """One writes, the other asks. Spec: NODE-1."""
    a, b = Node("A", profile=profile), Node("B", profile=profile)
    a.set("fruit", "apple")

    b.gossip()
    talk(a, b)

    assert b.get("fruit")["value"] == "apple" or b.state["A/fruit"]["value"] == "apple"


def test_a_node_does_what_the_reducer_does() -> None:
    """The shell decides nothing. Spec: NODE-1."""
    node, protocol = Node("A"), Gossip(DOCUMENTED)
    state = protocol.start("A")
    updates = [Update("B", "k", value, version) for version, value in ((3, "x"), (1, "y"))]

    for update in updates:
        node.write(update, "B")
        state = protocol.step(state, Received("B", update)).state

    assert node.snapshot == state


def test_the_owner_is_told_to_wait_and_told_again_when_there_is_room() -> None:
    """False at the mark, then one drain. Spec: NODE-2."""
    node = Node("A", Config(mtu=2))
    drained: list[bool] = []
    node.on("drain", lambda: drained.append(True))
    node.set("a", 1)
    node.set("b", 2)
    node.write(DigestDone())

    assert not node.set("c", 3), "two messages wait, and two is the mark"
    assert node.get("c")["value"] == 3, "it is taken all the same"
    node.read()
    assert not drained
    node.read()
    assert drained == [True]
    assert node.set("d", 4)
    assert drained == [True]


def test_an_exchange_stops_at_the_mark_and_goes_on_when_read() -> None:
    """No line of a digest is lost, and done comes last. Spec: NODE-2."""
    node = Node("A", Config(mtu=2))
    for source in "BCDE":
        node.write(Update(source, "k", source, 1))

    assert not node.gossip("peer")
    assert len(node.buffer.ready) == 2

    said = [send.message for send in node]
    assert [m.source_id for m in said if isinstance(m, Digest)] == list("ABCDE")
    assert said[-1] == DigestDone()


def test_compaction_is_shown_before_it_happens_and_the_client_may_let_go_of_more() -> None:
    """As the README's event, with a way to compact by key. Spec: NODE-7."""
    node = Node("A", Config(max_history=3))
    seen: list[tuple[Any, int]] = []

    def same_key(forgotten: Any, kept: Any) -> list[Update]:
        seen.append((forgotten, len(node.history)))
        return [update for update in kept if update.key == "k" and update.version < 4]

    node.history.on("compaction", same_key)
    for value in range(4):
        node.set("k", value)

    assert seen == [((Update("A", "k", 0, 1),), 3)], "told before anything is gone"
    assert [update.version for update in node.history.memory] == [4]


def test_a_mapping_of_the_user_mirrors_the_values_and_is_not_gossiped() -> None:
    """The third argument of the library. Spec: NODE-4."""
    mapping: dict[str, object] = {"old": {"value": 1, "version": 1}}
    node = Node("A", store=MappingStore(mapping))
    node.set("new", [1, 2])
    node.write(DigestDone())

    assert mapping["new"] == {"value": [1, 2], "version": 1}
    assert [str(send.message) for send in node] == ["new=[1, 2]@A1"]


def test_updates_and_refusals_are_events() -> None:
    """Nothing that a peer sends raises. Spec: NODE-1."""
    node = Node("A")
    told: list[str] = []
    node.on("update", lambda update: told.append(str(update)))
    node.on("rejected", lambda refusal: told.append(refusal.clause))

    node.history.write(Update("B", "k", 1, 1))
    node.write("nonsense")  # type: ignore[arg-type]
    node.set("__proto__", 1)

    assert told[0] == "k=1@B1"
    assert len(told) == 3


def test_a_peer_that_is_gone_is_forgotten() -> None:
    """What was for it is dropped; its names, too. Spec: NODE-2."""
    node = Node("A")
    node.set("k", 1)
    node.write(Digest("X", 0), "gone")
    node.write(DigestDone(), "gone")
    node.write(Digest("X", 0), "gone")
    node.gossip("there")

    node.forget("gone")

    assert {send.to for send in node} == {"there"}
    assert node.snapshot.named == ()


def test_messages_can_be_awaited() -> None:
    """As they come, without end. Spec: NODE-1."""

    async def listen() -> list[str]:
        node = Node("A")
        asyncio.get_running_loop().call_later(0.01, node.gossip, "B")
        heard = []
        async for send in node:
            heard.append(str(send.message))
            if isinstance(send.message, DigestDone):
                return heard
        return heard

    assert asyncio.run(asyncio.wait_for(listen(), 5)) == ["digest A:0", "done"]


def test_an_id_that_can_name_nobody_is_refused() -> None:
    """As the reducer refuses it. Spec: NODE-1."""
    with pytest.raises(InvalidConfig):
        Node("__proto__")


def test_who_lies_about_versions_ends_those_of_a_new_id_too() -> None:
    """So a node listens to friends: what the page on versions says of it. Spec: VERS-6."""
    poisoned = Node("A")
    poisoned.write(Update("Z", "k", "lie", VERSION_MAX), "Z")
    fresh = Node("A~new")
    refused: list[Refusal] = []
    fresh.on("rejected", refused.append)
    fresh.set("k", "mine")
    assert refused == []
    for update in poisoned.snapshot.history.updates:
        fresh.write(update, "A")
    fresh.set("k", "mine again")
    assert [each.clause for each in refused] == ["VERS-6"]
