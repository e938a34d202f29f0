"""Nodes that can be talked to, for tests: a state, the protocol, and a record of what happened."""

from __future__ import annotations

from collections import deque
from typing import cast

from scuttle_ref import (
    DEFAULT_CONFIG,
    DOCUMENTED,
    Config,
    Event,
    Exchange,
    Gossip,
    Message,
    NodeState,
    Output,
    Profile,
    Put,
    Received,
    Refusal,
    Rejected,
    Send,
    Update,
)

PEER = "P"
"""Who sends a message when a test does not care."""


def upd(source: str, version: int, key: str = "k", value: object = None) -> Update:
    """An update; its value tells where it comes from unless one is given."""
    return Update(source, key, f"{source}{version}" if value is None else value, version)


class Node:
    """One node under test. `outputs` are those of the latest event."""

    def __init__(
        self, name: str, profile: Profile = DOCUMENTED, config: Config = DEFAULT_CONFIG
    ) -> None:
        self.gossip = Gossip(profile, config)
        self.state: NodeState = self.gossip.start(name)
        self.outputs: tuple[Output, ...] = ()

    def do(self, event: object) -> Node:
        """Reduce one event, or what is none."""
        step = self.gossip.step(self.state, cast("Event", event))
        self.state, self.outputs = step.state, step.outputs
        return self

    def put(self, key: str, value: object) -> Node:
        return self.do(Put(key, value))

    def hear(self, *messages: Message, sender: str = PEER) -> Node:
        """Take messages one by one; `outputs` are those of all of them."""
        heard: list[Output] = []
        for message in messages:
            heard += self.do(Received(sender, message)).outputs
        self.outputs = tuple(heard)
        return self

    def gossips(self, peer: str = PEER, order: tuple[str, ...] = ()) -> list[Message]:
        return self.do(Exchange(peer, order)).said()

    def said(self, to: str | None = None) -> list[Message]:
        """The messages that the latest event sent."""
        sends = [output for output in self.outputs if isinstance(output, Send)]
        return [send.message for send in sends if to is None or send.to == to]

    def refusals(self) -> list[Refusal]:
        return [output.refusal for output in self.outputs if isinstance(output, Rejected)]

    def value(self, *place: str) -> object:
        return self.state.at(place).value

    def clock(self) -> dict[str, float]:
        return dict(self.state.clock.pairs)

    def remembers(self) -> list[tuple[str, int]]:
        """What history holds, as (source, version)."""
        return [(update.source_id, update.version) for update in self.state.history.updates]


def converse(asker: Node, answerer: Node) -> list[tuple[str, Message]]:
    """One exchange over a perfect link, to its end: who said what, in the order of delivery."""
    nodes = {node.state.id: node for node in (asker, answerer)}
    asker.do(Exchange(answerer.state.id))
    flight = deque((asker.state.id, answerer.state.id, message) for message in asker.said())
    said: list[tuple[str, Message]] = []
    while flight:
        sender, receiver, message = flight.popleft()
        said.append((sender, message))
        heard = nodes[receiver].hear(message, sender=sender)
        flight += [(receiver, sender, answer) for answer in heard.said(to=sender)]
    return said


def updates_in(said: list[tuple[str, Message]]) -> list[tuple[str, int]]:
    """The updates of a conversation, as (source, version)."""
    messages = [message for _, message in said]
    return [(m.source_id, m.version) for m in messages if isinstance(m, Update)]
