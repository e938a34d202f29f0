"""The vocabulary of systems: actors, their effects, and worlds.

What an actor does, each distinct question answered once.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Any, Protocol, TypeAlias

from attrs import define, field, frozen

from scuttle_check.engine.network import Channel, Comeback, Frame, Wiring
from scuttle_check.engine.topology import Topology

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
class Gone:
    """What is left of a node that has stopped for good: its name. Spec: FAULT-9."""

    id: str

    def __str__(self) -> str:
        return "is gone for good"


def living(nodes: tuple[Local, ...]) -> tuple[Local, ...]:
    """The states of those nodes that have not stopped for good; all of them, as a rule."""
    if not any(type(node) is Gone for node in nodes):
        return nodes
    return tuple(node for node in nodes if type(node) is not Gone)


@frozen(cache_hash=True)
class World:
    """The state of a system. Tuples follow the nodes and links of the topology.

    `scripted` counts the commands performed by each node, `exchanged` the exchanges started on each
    link, `spent` what each limited budget was used for, in the order of
    :data:`~scuttle_check.engine.actions.BUDGETED`. `status` says of each node whether it is UP,
    DOWN, PAUSED or GONE, `cut` of each link whether it is broken. Nothing is in flight on a broken
    link or to a node that is down.
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


@define
class Reactions:
    """An actor with a memory. Of equal node states it gives out one object."""

    actor: Actor
    _memo: dict[tuple[Hashable, ...], Effects] = field(factory=dict, init=False, repr=False)
    _locals: dict[Local, Local] = field(factory=dict, init=False, repr=False)

    def commanded(self, local: Local, command: Hashable) -> Effects:
        """What a command does to a node state. Computed once for each pair."""
        known = self._memo.get((local, command))
        if known is None:
            known = self._memo[local, command] = self._one(self.actor.command(local, command))
        return known

    def arrived(self, local: Local, source: str, frame: Frame) -> Effects:
        """What a frame does to a node state. Computed once for each triple."""
        known = self._memo.get((local, source, frame))
        if known is None:
            effects = received(self.actor, local, source, frame)
            known = self._memo[local, source, frame] = self._one(effects)
        return known

    def restarted(self, local: Local, how: Comeback) -> Effects:
        """What a restart does to the node state in which it crashed. Spec: FAULT-4."""
        return Effects(self.one(self.actor.restarted(local, how)))

    @property
    def listens(self) -> bool:
        """Whether nodes are told of their connections. Spec: FAULT-8."""
        return hasattr(self.actor, "opened") or hasattr(self.actor, "lost")

    def told(self, local: Local, peer: str, *, opened: bool, hosted: bool = False) -> Local:
        """What becomes of a node state when a connection opens or is lost. Spec: FAULT-8.

        A node that is `hosted` by a process keeps what it shares.
        """
        known = self._memo.get((local, peer, opened, hosted))
        if known is None:
            known = Effects(self.one(self._told(local, peer, opened=opened, hosted=hosted)))
            self._memo[local, peer, opened, hosted] = known
        return known.local

    def _told(self, local: Local, peer: str, *, opened: bool, hosted: bool) -> Local:
        hears = getattr(self.actor, "opened" if opened else "lost", None)
        after: Local = local if hears is None else hears(local, peer)
        return self.actor.with_shared(after, self.actor.shared(local)) if hosted else after

    def one(self, local: Local) -> Local:
        """The one object that stands for all node states equal to `local`."""
        return self._locals.setdefault(local, local)

    def _one(self, effects: Effects) -> Effects:
        local = self.one(effects.local)
        return effects if local is effects.local else Effects(local, effects.sends, effects.notes)
