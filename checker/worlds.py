"""The vocabulary of systems: actors, their effects, and worlds."""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from checker.network import Channel, Frame
from checker.outages import Comeback
from checker.topology import Topology
from checker.wiring import Wiring

Local: TypeAlias = Hashable
"""The state of one node."""


class Scope(Enum):
    """What a property of systems reads, so that a search can judge each distinct part once."""

    EACH_NODE = "each node state"
    ALL_NODES = "the node states together"
    QUIESCENT_NODES = "the node states together, in quiescent worlds"
    TERMINAL_NODES = "the node states together, in worlds in which nothing can happen any more"
    NODE_STEP = "a node state before and after any action of that node"
    OWNER_STEP = "a node state before and after a command of its owner, and the command"


@frozen
class Effects:
    """What one input does to a node: its next state, what it sends, and notes for people."""

    local: Local
    sends: tuple[tuple[str, Hashable], ...] = ()
    notes: tuple[object, ...] = ()


class Actor(Protocol):
    """The behaviour of every node, as pure functions.

    The last three are asked only in systems with crashes or with several nodes in a process. An
    actor may be a :class:`Listener` besides.
    """

    def start(self, node: str) -> Local:
        """The state in which `node` starts."""
        ...

    def command(self, local: Any, command: Any) -> Effects:
        """The owner of the node asks for something."""
        ...

    def receive(self, local: Any, sender: str, message: Any) -> Effects:
        """A message arrives."""
        ...

    def exchange(self, target: str) -> Hashable:
        """The command that starts an exchange with `target`."""
        ...

    def restarted(self, local: Any, how: Comeback) -> Local:
        """The state in which a node comes back that crashed in `local`."""
        ...

    def shared(self, local: Any) -> Hashable:
        """The component of a node state that all nodes of one process have in common."""
        ...

    def with_shared(self, local: Any, component: Any) -> Local:
        """The node state with another common component."""
        ...


class Listener(Protocol):
    """What an actor has besides that is told when a connection opens, and when it is lost.

    A node only takes note: what it wants to say, it says in its next exchange. What it shares with
    its process is not changed by what becomes of a connection.

    Spec: FAULT-8.
    """

    def opened(self, local: Any, peer: str) -> Local:
        """The node state once the connection to `peer` is open (again)."""
        ...

    def lost(self, local: Any, peer: str) -> Local:
        """The node state once the connection to `peer` is gone."""
        ...


@frozen(cache_hash=True)
class World:
    """The state of a system. Tuples follow the nodes and links of the topology.

    `scripted` counts the commands performed by each node, `exchanged` the exchanges started on
    each link, `spent` what each limited budget was used for, in the order of
    :data:`~checker.actions.BUDGETED`. `status` says of each node whether it is UP, DOWN or
    PAUSED, `cut` of each link whether it is broken. Nothing is in flight on a broken link or
    to a node that is down.
    """

    nodes: tuple[Local, ...]
    channels: tuple[Channel, ...]
    scripted: tuple[int, ...]
    exchanged: tuple[int, ...]
    spent: tuple[int, ...] = ()
    status: tuple[int, ...] = ()
    cut: tuple[bool, ...] = ()


def received(actor: Actor, local: Local, source: str, frame: Frame) -> Effects:
    """The effects of a whole frame: its messages, one after the other."""
    sends: list[tuple[str, Hashable]] = []
    notes: list[object] = []
    for message in frame:
        effects = actor.receive(local, source, message)
        local = effects.local
        sends.extend(effects.sends)
        notes.extend(effects.notes)
    return Effects(local, tuple(sends), tuple(notes))


def hosted(
    actor: Actor, wiring: Wiring, topology: Topology, nodes: tuple[Local, ...], node: str
) -> tuple[Local, ...]:
    """The node states once all nodes in the process of `node` share what it has. Spec: FAULT-6."""
    mates = wiring.mates(node)
    if not mates:
        return nodes
    component = actor.shared(nodes[topology.node_index[node]])
    for mate in mates:
        at = topology.node_index[mate]
        nodes = replaced(nodes, at, actor.with_shared(nodes[at], component))
    return nodes


def replaced(items: tuple[Any, ...], at: int, item: Any) -> tuple[Any, ...]:
    """`items` with the one at `at` replaced."""
    return (*items[:at], item, *items[at + 1 :])
