"""Gates and cells: all that may happen to nodes, links and budgets, and what it does.

Laws of this file: whatever happens is said here, once, of the slots that it concerns. Who asks what
may happen in a world asks :mod:`scuttle_check.engine.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scuttle_check.engine.actions import (
    BUDGETED,
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
    Stop,
)
from scuttle_check.engine.cells import (
    EXCHANGED,
    USED_UP,
    Cell,
    Does,
    Done,
    Gate,
    Link,
    Move,
    Refused,
    Slot,
)
from scuttle_check.engine.network import DOWN, GONE, OFF, PAUSED, UNLIMITED, UP, Channel
from scuttle_check.engine.worlds import Effects, Gone, Local

if TYPE_CHECKING:
    from scuttle_check.engine.system import System

CUT, SENDER_DOWN, SENDER_GONE = 1, 2, 4
"""Why nothing can be in flight on a link; senders are only told apart where nodes listen."""


@define(eq=False, slots=False)
class Environment:
    """The slots, gates, cells and moves of a system.

    Spec: FAULT-1, FAULT-2, FAULT-3, FAULT-4, FAULT-5, FAULT-6, FAULT-7, FAULT-8, FAULT-9, NET-1.
    """

    system: System
    slots: list[Slot] = field(init=False)
    at: dict[tuple[str, Any], int] = field(init=False, repr=False)
    _moves: dict[Action, Move] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        nodes, links = self.system.topology.nodes, self.system.topology.links
        self.slots = [
            *(Slot(kind, node, node) for kind in ("local", "script", "status") for node in nodes),
            *(Slot("started", link, link[0]) for link in links),
            *(Slot("link", link, link[1]) for link in links),
            *(Slot("spent", kind) for kind in self._counted),
        ]
        self.at = {(slot.kind, slot.of): at for at, slot in enumerate(self.slots)}

    @property
    def _counted(self) -> list[type[Action]]:
        """The kinds of action that have a counter: an unlimited budget needs none."""
        pairs = zip(BUDGETED, self.system.budgets, strict=True)
        return [kind for kind, budget in pairs if budget != UNLIMITED]

    # --- moves ------------------------------------------------------------------------------------

    def move(self, action: Action) -> Move | Refused:
        """The move of an action, made when it is asked for first."""
        known = self._moves.get(action)
        if known is None:
            unknown = self._unknown(action)
            if unknown is not None:
                return unknown
            gates, root = self._begun(action)
            paid = self.spend.get(type(action))
            known = self._moves[action] = (
                Move(action, gates, (root,))
                if paid is None
                else Move(action, (paid[0], *gates), ((paid[1], None), root))
            )
        return known

    def _unknown(self, action: Action) -> Refused | None:
        topology = self.system.topology
        match action:
            case Perform(node=node) | Crash(node=node) | Pause(node=node) | Resume(node=node):
                ends: tuple[str, ...] = (node,)
            case Restart(node=node) | Stop(node=node):
                ends = (node,)
            case _:
                ends = (action.source, action.target)
        for node in ends:
            if node not in topology.node_index:
                return Refused(f"there is no node {node}")
        if len(ends) == 1 or ends in topology.link_index:
            return None
        return Refused(f"there is no link from {ends[0]} to {ends[1]}")

    def _begun(self, action: Action) -> tuple[tuple[Gate, ...], tuple[Cell, Any]]:
        """The gates of an action, and the cell with which it begins and its operand."""
        match action:
            case Perform(node=node):
                gates = (self.ordered[node], self.awake[node])
                return gates, (self.perform[node], None)
            case Start(source=source, target=target):
                gates = (self.startable[source, target], self.awake[source])
                return gates, (self.begin[source, target], None)
            case Deliver() | Drop() | Duplicate() | Overtake():
                link = (action.source, action.target)
                how = (type(action), action.index)
                there = self._there(link, *how)
                hears = () if isinstance(action, Drop) else (self.awake[link[1]],)
                return (there, *hears), (self.take[link], how)
            case Cut(source=source, target=target) | Heal(source=source, target=target):
                pair = (source, target)
                return (self._whole(pair, type(action)),), (self.turn_both[pair], type(action))
            case Crash(node=node):
                return (self.awake[node],), (self.crash[node], None)
            case Stop(node=node):
                return (self.awake[node],), (self.stop[node], None)
            case Restart(node=node, how=how):
                return (self._status(node, DOWN, "up"),), (self.come_back[node], how)
            case Pause(node=node):
                return (self.awake[node],), (self.turn_status[node], PAUSED)
            case Resume(node=node):
                paused = self._status(node, PAUSED, "not paused")
                return (paused,), (self.turn_status[node], UP)

    def _cell(self, kind: str, of: Any, does: Does, *slots: tuple[str, Any]) -> Cell:
        return Cell(kind, of, tuple(self.at[slot] for slot in slots), does)

    # --- gates ------------------------------------------------------------------------------------

    @cached_property
    def awake(self) -> dict[str, Gate]:
        """A node is up."""

        def asks(node: str) -> Callable[[int], Refused | None]:
            said = {
                DOWN: Refused(f"{node} is down"),
                GONE: Refused(f"{node} is gone for good"),
                PAUSED: Refused(f"{node} is paused"),
            }
            return said.get

        return {n: Gate(self.at["status", n], asks(n)) for n in self.system.topology.nodes}

    def _status(self, node: str, wanted: int, otherwise: str) -> Gate:
        """A node has crashed, or is paused."""
        refused = Refused(f"{node} is {otherwise}")
        return Gate(self.at["status", node], lambda status: None if status == wanted else refused)

    @cached_property
    def ordered(self) -> dict[str, Gate]:
        """The owner of a node has another command for it."""

        def asks(node: str, script: tuple[Hashable, ...]) -> Callable[[int], Refused | None]:
            refused = Refused(f"the script of {node} has no further command")
            return lambda done: None if done < len(script) else refused

        pairs = zip(self.system.topology.nodes, self.system.script, strict=True)
        return {node: Gate(self.at["script", node], asks(node, script)) for node, script in pairs}

    @cached_property
    def startable(self) -> dict[tuple[str, str], Gate]:
        """An exchange may be started over a link once more."""

        def asks(started: int) -> Refused | None:
            return None if started < self.system.exchanges else EXCHANGED

        links = self.system.topology.links
        return {link: Gate(self.at["started", link], asks, limit=True) for link in links}

    def _there(self, pair: tuple[str, str], kind: type[Action], at: int) -> Gate:
        """The frame at a place can arrive next, or pass those ahead of it."""
        network = self.system.network
        allowed = network.overtaking if kind is Overtake else network.deliverable

        def asks(link: Link) -> Refused | None:
            return None if at in allowed(link.queue) else _no_frame(pair, at, link.queue)

        return Gate(self.at["link", pair], asks)

    def _whole(self, pair: tuple[str, str], kind: type[Action]) -> Gate:
        """A connection is whole, so that it can break, or is broken, so that it can heal."""
        state = "broken already" if kind is Cut else "not broken"
        refused = Refused(f"the connection of {pair[0]} and {pair[1]} is {state}")

        def asks(link: Link) -> Refused | None:
            return refused if bool(link.broken & CUT) == (kind is Cut) else None

        return Gate(self.at["link", pair], asks)

    # --- cells of owners and budgets --------------------------------------------------------------

    @cached_property
    def spend(self) -> dict[type[Action], tuple[Gate, Cell]]:
        """Counts an action of a kind that has a budget for the whole run. Spec: FAULT-1."""

        def asks(budget: int) -> Callable[[int], Refused | None]:
            return lambda spent: None if spent < budget else USED_UP

        def does(_: None, spent: int) -> Done:
            return Done((spent + 1,))

        budgets = dict(zip(BUDGETED, self.system.budgets, strict=True))
        found = {}
        for kind in self._counted:
            cell = self._cell("spend", kind, does, ("spent", kind))
            found[kind] = (Gate(cell.slots[0], asks(budgets[kind]), limit=True), cell)  # type: ignore[index]
        return found

    @cached_property
    def perform(self) -> dict[str, Cell]:
        """The owner of a node performs the next command of its script."""

        def performs(node: str, script: tuple[Hashable, ...]) -> Does:
            def does(_: None, done: int) -> Done:
                return Done((done + 1,), ((self.react[node], (None, script[done])),))

            return does

        pairs = zip(self.system.topology.nodes, self.system.script, strict=True)
        return {
            node: self._cell("perform", node, performs(node, script), ("script", node))
            for node, script in pairs
        }

    @cached_property
    def begin(self) -> dict[tuple[str, str], Cell]:
        """A node starts an exchange over a link."""

        def begins(link: tuple[str, str]) -> Does:
            source, target = link

            def does(_: None, started: int) -> Done:
                asks = (None, self.system.actor.exchange(target))
                return Done((started + 1,), ((self.react[source], asks),))

            return does

        links = self.system.topology.links
        return {link: self._cell("begin", link, begins(link), ("started", link)) for link in links}

    # --- cells of nodes ---------------------------------------------------------------------------

    @cached_property
    def react(self) -> dict[str, Cell]:
        """A node meets a command, (None, command), or a frame, (sender, frame)."""

        def reacts(node: str) -> Does:
            def does(what: tuple[str | None, Any], local: Local) -> Done:
                sender, said = what
                reactions = self.system.reactions
                effects = (
                    reactions.commanded(local, said)
                    if sender is None
                    else reactions.arrived(local, sender, said)
                )
                posts = self._sent(node, local, effects)
                return Done((effects.local,), posts, effects)

            return does

        nodes = self.system.topology.nodes
        return {n: self._cell("react", n, reacts(n), ("local", n)) for n in nodes}

    def _sent(self, node: str, before: Local, effects: Effects) -> tuple[tuple[Cell, Any], ...]:
        """What a node sends, and what its process then has in common. Spec: NET-1, FAULT-6."""
        framed = self.system.framed(node, effects) if effects.sends else ()
        posts = [(self.send[node, target], frames) for target, frames in framed]
        mates = self.system.wiring.mates(node)
        if mates and before is not effects.local:
            component = self.system.actor.shared(effects.local)
            posts += [(self.share[mate], component) for mate in mates]  # type: ignore[misc]
        return tuple(posts)

    @cached_property
    def share(self) -> dict[str, Cell]:
        """A node is given what its process has in common. Spec: FAULT-6."""

        def shares(component: Hashable, local: Local) -> Done:
            if type(local) is Gone:
                return Done((local,))
            given = self.system.actor.with_shared(local, component)
            return Done((self.system.reactions.one(given),))

        nodes = self.system.topology.nodes
        return {node: self._cell("share", node, shares, ("local", node)) for node in nodes}

    @cached_property
    def crash(self) -> dict[str, Cell]:
        """A node stops, and what is in flight to it and from it is lost. Spec: FAULT-3."""

        def crashes(node: str) -> Does:
            out = tuple((self.turn[link], SENDER_DOWN) for link in self.turn if link[0] == node)

            def does(_: None, _status: int, *links: Link) -> Done:
                return Done((DOWN, *(Link(link.broken, ()) for link in links)), out)

            return does

        return {
            node: self._cell("crash", node, crashes(node), ("status", node), *self._into_node(node))
            for node in self.system.topology.nodes
        }

    @cached_property
    def stop(self) -> dict[str, Cell]:
        """A node stops for good: its owner asks for nothing more, and nothing is left of it.

        Spec: FAULT-9.
        """

        def stops(node: str, script: tuple[Hashable, ...]) -> Does:
            out = tuple((self.turn[link], SENDER_GONE) for link in self.turn if link[0] == node)
            gone = Gone(node)

            def does(_: None, _local: Local, _done: int, _status: int, *links: Link) -> Done:
                empty = (Link(link.broken, ()) for link in links)
                return Done((gone, len(script), GONE, *empty), out)

            return does

        return {
            node: self._cell(
                "stop",
                node,
                stops(node, script),
                *(("local", node), ("script", node), ("status", node)),
                *self._into_node(node),
            )
            for node, script in zip(self.system.topology.nodes, self.system.script, strict=True)
        }

    @cached_property
    def come_back(self) -> dict[str, Cell]:
        """A node that crashed is up again; every connection that stands is new. Spec: FAULT-4."""

        def comes_back(node: str) -> Does:
            reactions, listens = self.system.reactions, self.system.reactions.listens
            peers = [link[0] for link in self.system.topology.links if link[1] == node]
            out = tuple((self.turn[link], -SENDER_DOWN) for link in self.turn if link[0] == node)
            hosted = bool(self.system.wiring.mates(node))

            def does(how: Any, local: Local, _status: int, *links: Link) -> Done:
                effects = reactions.restarted(local, how)
                posts = self._sent(node, local, effects)
                after = effects.local
                for peer, link in zip(peers, links, strict=False):
                    if not link.broken:
                        after = reactions.told(after, peer, opened=True, hosted=hosted)
                return Done((after, UP, *links), posts + out if listens else posts, effects)

            return does

        listening = self.system.reactions.listens
        return {
            node: self._cell(
                "come_back",
                node,
                comes_back(node),
                *(("local", node), ("status", node)),
                *(self._into_node(node) if listening else ()),
            )
            for node in self.system.topology.nodes
        }

    @cached_property
    def turn_status(self) -> dict[str, Cell]:
        """A node pauses, or goes on. Spec: FAULT-5."""

        def does(status: int, _: int) -> Done:
            return Done((status,))

        nodes = self.system.topology.nodes
        return {node: self._cell("turn_status", node, does, ("status", node)) for node in nodes}

    def _into_node(self, node: str) -> list[tuple[str, Hashable]]:
        return [("link", link) for link in self.system.topology.links if link[1] == node]

    # --- cells of links ---------------------------------------------------------------------------

    @cached_property
    def send(self) -> dict[tuple[str, str], Cell]:
        """Frames go in flight, unless the link is broken or leads to a node that is down."""

        def sends(frames: Channel, link: Link, status: int) -> Done:
            if link.broken & CUT or status in OFF:
                return Done((link, status))
            joined = self.system.network.joined(link.queue, frames)
            return Done((Link(link.broken, joined), status))

        links = self.system.topology.links
        return {
            link: self._cell("send", link, sends, ("link", link), ("status", link[1]))
            for link in links
        }

    @cached_property
    def take(self) -> dict[tuple[str, str], Cell]:
        """The frame at a place arrives, is lost, is copied, or overtakes those ahead of it."""

        def takes(pair: tuple[str, str]) -> Does:
            source, target = pair

            def does(how: tuple[type[Action], int], link: Link) -> Done:
                kind, at = how
                left = link.queue[:at] + link.queue[at + 1 :]
                arrives = ((self.react[target], (source, link.queue[at])),)
                return Done(
                    (link if kind is Duplicate else Link(link.broken, left),),
                    () if kind is Drop else arrives,
                )

            return does

        links = self.system.topology.links
        return {link: self._cell("take", link, takes(link), ("link", link)) for link in links}

    @cached_property
    def turn_both(self) -> dict[tuple[str, str], Cell]:
        """The connection of two nodes breaks, or is whole again, both ways. Spec: FAULT-2."""

        def turns(pair: tuple[str, str]) -> Does:
            ways = [way for way in (pair, (pair[1], pair[0])) if way in self.turn]

            def does(kind: type[Action], link: Link) -> Done:
                change = CUT if kind is Cut else -CUT
                return Done((link,), tuple((self.turn[way], change) for way in ways))

            return does

        links = self.system.topology.links
        return {link: self._cell("turn_both", link, turns(link), ("link", link)) for link in links}

    @cached_property
    def turn(self) -> dict[tuple[str, str], Cell]:
        """A link gets a reason to be broken, or (negative) loses one; who it leads to may hear.

        Spec: FAULT-8.
        """
        links, listens = self.system.topology.links, self.system.reactions.listens
        return {
            link: self._cell(
                "turn",
                link,
                self._turns(link) if listens else _turned_unheard,
                ("link", link),
                *((("local", link[1]), ("status", link[1])) if listens else ()),
            )
            for link in links
        }

    def _turns(self, pair: tuple[str, str]) -> Does:
        peer, node = pair
        hosted = bool(self.system.wiring.mates(node))

        def does(change: int, link: Link, local: Local, status: int) -> Done:
            after = _turned(change, link)
            if bool(after.broken) != bool(link.broken) and status not in OFF:
                stands = not after.broken
                local = self.system.reactions.told(local, peer, opened=stands, hosted=hosted)
            return Done((after, local, status))

        return does


def _turned(change: int, link: Link) -> Link:
    """A link once it has one reason less, or more, to be broken; what is in flight is then lost."""
    if change < 0:
        return Link(link.broken & ~-change, link.queue)
    return Link(link.broken | change, ())


def _turned_unheard(change: int, link: Link) -> Done:
    """The same where nobody listens: that the sender is down need not be remembered."""
    of_sender = change in {SENDER_DOWN, SENDER_GONE}
    return Done((Link(link.broken, ()) if of_sender else _turned(change, link),))


def _no_frame(link: tuple[str, str], at: int, queue: Channel) -> Refused:
    flight = f"in flight from {link[0]} to {link[1]}"
    if at >= len(queue):
        return Refused(f"only {len(queue)} {flight}" if queue else f"nothing is {flight}")
    return Refused(f"{at} are ahead of it; overtake lets it pass")
