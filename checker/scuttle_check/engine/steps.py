"""What can happen in a system, and what then happens: the one meaning of a step.

Laws of this file: all of it is made of the cells of :mod:`scuttle_check.engine.cells`. The plain
search, every replay and the explorer take what can happen from here. The compiled searches still
say it in tables of their own, which tests hold against this, world by world.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
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
    FrameAction,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
)
from scuttle_check.engine.cells import (
    EXCHANGED,
    USED_UP,
    After,
    Cell,
    Does,
    Done,
    Link,
    Move,
    Refused,
    Slot,
    Values,
    taken,
)
from scuttle_check.engine.network import DOWN, PAUSED, UNLIMITED, UP, Channel
from scuttle_check.engine.worlds import Effects, Local, World

if TYPE_CHECKING:
    from scuttle_check.engine.system import System

CUT, SENDER_DOWN = 1, 2
"""Why nothing can be in flight on a link; SENDER_DOWN is only told apart where nodes listen."""


@define(eq=False, slots=False)
class Steps:
    """The slots, cells and moves of a system.

    Spec: FAULT-1, FAULT-2, FAULT-3, FAULT-4, FAULT-5, FAULT-6, FAULT-7, FAULT-8, NET-1.
    """

    system: System
    slots: list[Slot] = field(init=False)
    at: dict[tuple[str, Any], int] = field(init=False, repr=False)
    _moves: dict[Action, Move] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        nodes, links = self.system.topology.nodes, self.system.topology.links
        self.slots = [
            *(Slot(kind, node) for kind in ("local", "script", "status") for node in nodes),
            *(Slot(kind, link) for kind in ("started", "link") for link in links),
            *(Slot("spent", kind) for kind in self._counted),
        ]
        self.at = {(slot.kind, slot.of): at for at, slot in enumerate(self.slots)}

    @property
    def _counted(self) -> list[type[Action]]:
        """The kinds of action that have a counter: an unlimited budget needs none."""
        pairs = zip(BUDGETED, self.system.budgets, strict=True)
        return [kind for kind, budget in pairs if budget != UNLIMITED]

    # --- worlds as rows ---------------------------------------------------------------------------

    def values(self, world: World) -> Values:
        """The values of the slots in a world."""
        topology = self.system.topology
        listens, down = self.system.reactions.listens, world.status
        links = (
            Link(
                (CUT if cut else 0)
                | (SENDER_DOWN if listens and down[topology.node_index[peer]] == DOWN else 0),
                queue,
            )
            for (peer, _), queue, cut in zip(topology.links, world.channels, world.cut, strict=True)
        )
        counts = zip(world.spent, self.system.budgets, strict=True)
        spent = (count for count, budget in counts if budget != UNLIMITED)
        return (*world.nodes, *world.scripted, *world.status, *world.exchanged, *links, *spent)

    def world(self, values: Values) -> World:
        """The world of a row of values."""
        nodes, links = len(self.system.topology.nodes), len(self.system.topology.links)
        flights = values[3 * nodes + links : 3 * nodes + 2 * links]
        counts = iter(values[3 * nodes + 2 * links :])
        return World(
            values[:nodes],
            tuple([flight.queue for flight in flights]),
            values[nodes : 2 * nodes],
            values[3 * nodes : 3 * nodes + links],
            tuple([0 if limit == UNLIMITED else next(counts) for limit in self.system.budgets]),
            values[2 * nodes : 3 * nodes],
            tuple([bool(flight.broken & CUT) for flight in flights]),
        )

    # --- the interpreter: the plain search, every replay and every picture ------------------------

    def enabled(self, values: Values) -> Iterator[tuple[Action, After | None]]:
        """Every action that can happen, with what it comes to, in the order of :meth:`_asked`.

        None for one at which the actor raises: it can happen, and who takes it is told then.
        """
        for move in self._asked(values):
            if values[move.waits] in move.refused:
                continue
            try:
                found = taken(move, values, limits=True)
            except Exception:  # noqa: BLE001 - an actor is code of somebody else
                yield move.action, None
                continue
            if isinstance(found, After):
                yield move.action, found
            else:
                move.learn(values)

    def after(self, values: Values, action: Action, *, limits: bool = True) -> After | Refused:
        """What an action comes to, or why it cannot happen; budgets count where `limits` do.

        Spec: EXPL-3, FAULT-1.
        """
        move = self.move(action)
        return move if isinstance(move, Refused) else taken(move, values, limits=limits)

    def _asked(self, values: Values) -> Iterator[Move]:
        """The moves of which any may be enabled: those of nodes and links, and of all frames."""
        yield from self._orders
        flights = [
            (moves, len(values[at].queue)) for at, moves in self._of_frames if values[at].queue
        ]
        for kind in self._fates:
            for moves, count in flights:
                yield from moves(kind, count)
        yield from self._misfortunes

    @cached_property
    def _of_frames(self) -> list[tuple[int, Callable[[type[FrameAction], int], list[Move]]]]:
        """For each link its slot, and its moves of a kind for so many frames in flight."""

        def of_link(link: tuple[str, str]) -> Callable[[type[FrameAction], int], list[Move]]:
            known: dict[tuple[type[FrameAction], int], list[Move]] = {}

            def moves(kind: type[FrameAction], count: int) -> list[Move]:
                most = 1 if self.system.network.ordered and kind is not Overtake else count
                if (kind, most) not in known:
                    known[kind, most] = self._made(kind(*link, at) for at in range(most))
                return known[kind, most]

            return moves

        return [(self.at["link", link], of_link(link)) for link in self.system.topology.links]

    def _made(self, actions: Iterable[Action]) -> list[Move]:
        moves = map(self.move, actions)
        return [move for move in moves if isinstance(move, Move)]

    @cached_property
    def _fates(self) -> tuple[type[FrameAction], ...]:
        """What may become of a frame in this system."""
        network = self.system.network
        fates = ((Drop, network.losses), (Duplicate, network.duplicates))
        kinds = (kind for kind, budget in (*fates, (Overtake, network.overtakings)) if budget)
        return (Deliver, *kinds)

    @cached_property
    def _orders(self) -> list[Move]:
        """What owners do: commands and exchanges."""
        topology = self.system.topology
        performed = (Perform(node) for node in topology.nodes)
        return self._made((*performed, *(Start(*link) for link in topology.links)))

    @cached_property
    def _misfortunes(self) -> list[Move]:
        """What may happen to connections and nodes in this system, and how it ends."""
        topology, outages = self.system.topology, self.system.outages
        found: list[Action] = []
        if self.system.network.cuts:
            for pair in topology.connections:
                found += (Heal(*pair), Cut(*pair))
        if outages.crashes:
            found += (Crash(node) for node in topology.nodes)
        if outages.pauses:
            found += (Pause(node) for node in topology.nodes)
        for node in topology.nodes:
            if outages.crashes:
                found.append(Restart(node, outages.comeback))
            if outages.pauses:
                found.append(Resume(node))
        return self._made(found)

    # --- moves ------------------------------------------------------------------------------------

    def move(self, action: Action) -> Move | Refused:
        """The move of an action, made when it is asked for first."""
        known = self._moves.get(action)
        if known is None:
            unknown = self._unknown(action)
            if unknown is not None:
                return unknown
            known = self._moves[action] = Move(action, (self._root(action), *self._paid(action)))
        return known

    def _unknown(self, action: Action) -> Refused | None:
        topology = self.system.topology
        match action:
            case Perform(node=node) | Crash(node=node) | Pause(node=node) | Resume(node=node):
                ends: tuple[str, ...] = (node,)
            case Restart(node=node):
                ends = (node,)
            case _:
                ends = (action.source, action.target)
        for node in ends:
            if node not in topology.node_index:
                return Refused(f"there is no node {node}")
        if len(ends) == 1 or ends in topology.link_index:
            return None
        return Refused(f"there is no link from {ends[0]} to {ends[1]}")

    def _root(self, action: Action) -> tuple[Cell, Any]:
        """The cell with which an action begins, and its operand."""
        match action:
            case Perform(node=node):
                return self.perform[node], None
            case Start(source=source, target=target):
                return self.begin[source, target], None
            case Deliver() | Drop() | Duplicate() | Overtake():
                return self.take[action.source, action.target], (type(action), action.index)
            case Cut(source=source, target=target) | Heal(source=source, target=target):
                return self.turn_both[source, target], type(action)
            case Crash(node=node):
                return self.crash[node], None
            case Restart(node=node, how=how):
                return self.come_back[node], how
            case Pause(node=node) | Resume(node=node):
                return self.turn_status[node], type(action)

    def _paid(self, action: Action) -> tuple[tuple[Cell, Any], ...]:
        """The cell that counts an action whose budget is limited. Spec: FAULT-1."""
        if ("spent", type(action)) not in self.at:
            return ()
        return ((self.spend[type(action)], None),)

    def _cell(self, does: Does, *slots: tuple[str, Any]) -> Cell:
        return Cell(tuple(self.at[slot] for slot in slots), does)

    # --- cells of owners and budgets --------------------------------------------------------------

    @cached_property
    def spend(self) -> dict[type[Action], Cell]:
        """Counts an action of a kind that has a budget for the whole run."""

        def spends(budget: int) -> Does:
            def does(_: None, spent: int) -> Done:
                limit = None if spent < budget else USED_UP
                return Done((spent + 1,), limit=limit)

            return does

        budgets = dict(zip(BUDGETED, self.system.budgets, strict=True))
        return {
            kind: self._cell(spends(budgets[kind]), ("spent", kind))  # type: ignore[index]
            for kind in self._counted
        }

    @cached_property
    def perform(self) -> dict[str, Cell]:
        """The owner of a node performs the next command of its script."""

        def performs(node: str, script: tuple[Hashable, ...]) -> Does:
            def does(_: None, done: int) -> Done | Refused:
                if done >= len(script):
                    return Refused(f"the script of {node} has no further command")
                return Done((done + 1,), ((self.react[node], (None, script[done])),))

            return does

        pairs = zip(self.system.topology.nodes, self.system.script, strict=True)
        return {
            node: self._cell(performs(node, script), ("script", node)) for node, script in pairs
        }

    @cached_property
    def begin(self) -> dict[tuple[str, str], Cell]:
        """A node starts an exchange over a link."""

        def begins(link: tuple[str, str]) -> Does:
            source, target = link

            def does(_: None, started: int) -> Done:
                asks = (None, self.system.actor.exchange(target))
                limit = None if started < self.system.exchanges else EXCHANGED
                return Done((started + 1,), ((self.react[source], asks),), limit=limit)

            return does

        links = self.system.topology.links
        return {link: self._cell(begins(link), ("started", link)) for link in links}

    # --- cells of nodes ---------------------------------------------------------------------------

    @cached_property
    def react(self) -> dict[str, Cell]:
        """A node meets a command, (None, command), or a frame, (sender, frame)."""

        def reacts(node: str) -> Does:
            def does(what: tuple[str | None, Any], local: Local, status: int) -> Done | Refused:
                if status != UP:
                    return _asleep(node, status)
                sender, said = what
                reactions = self.system.reactions
                effects = (
                    reactions.commanded(local, said)
                    if sender is None
                    else reactions.arrived(local, sender, said)
                )
                posts = self._sent(node, local, effects)
                return Done((effects.local, status), posts, effects)

            return does

        nodes = self.system.topology.nodes
        return {n: self._cell(reacts(n), ("local", n), ("status", n)) for n in nodes}

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
            given = self.system.actor.with_shared(local, component)
            return Done((self.system.reactions.one(given),))

        nodes = self.system.topology.nodes
        return {node: self._cell(shares, ("local", node)) for node in nodes}

    @cached_property
    def crash(self) -> dict[str, Cell]:
        """A node stops, and what is in flight to it and from it is lost. Spec: FAULT-3."""

        def crashes(node: str) -> Does:
            out = tuple((self.turn[link], SENDER_DOWN) for link in self.turn if link[0] == node)

            def does(_: None, status: int, *links: Link) -> Done | Refused:
                if status != UP:
                    return _asleep(node, status)
                return Done((DOWN, *(Link(link.broken, ()) for link in links)), out)

            return does

        return {
            node: self._cell(crashes(node), ("status", node), *self._into_node(node))
            for node in self.system.topology.nodes
        }

    @cached_property
    def come_back(self) -> dict[str, Cell]:
        """A node that crashed is up again; every connection that stands is new. Spec: FAULT-4."""

        def comes_back(node: str) -> Does:
            reactions, listens = self.system.reactions, self.system.reactions.listens
            peers = [link[0] for link in self.system.topology.links if link[1] == node]
            out = tuple((self.turn[link], -SENDER_DOWN) for link in self.turn if link[0] == node)
            hosted = bool(self.system.wiring.mates(node))

            def does(how: Any, local: Local, status: int, *links: Link) -> Done | Refused:
                if status != DOWN:
                    return Refused(f"{node} is up")
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
                comes_back(node),
                *(("local", node), ("status", node)),
                *(self._into_node(node) if listening else ()),
            )
            for node in self.system.topology.nodes
        }

    @cached_property
    def turn_status(self) -> dict[str, Cell]:
        """A node pauses, or goes on. Spec: FAULT-5."""

        def turns(node: str) -> Does:
            def does(kind: type[Action], status: int) -> Done | Refused:
                if kind is Pause:
                    return Done((PAUSED,)) if status == UP else _asleep(node, status)
                return Done((UP,)) if status == PAUSED else Refused(f"{node} is not paused")

            return does

        return {n: self._cell(turns(n), ("status", n)) for n in self.system.topology.nodes}

    def _into_node(self, node: str) -> list[tuple[str, Hashable]]:
        return [("link", link) for link in self.system.topology.links if link[1] == node]

    # --- cells of links ---------------------------------------------------------------------------

    @cached_property
    def send(self) -> dict[tuple[str, str], Cell]:
        """Frames go in flight, unless the link is broken or leads to a node that is down."""

        def sends(frames: Channel, link: Link, status: int) -> Done:
            if link.broken & CUT or status == DOWN:
                return Done((link, status))
            joined = self.system.network.joined(link.queue, frames)
            return Done((Link(link.broken, joined), status))

        links = self.system.topology.links
        return {link: self._cell(sends, ("link", link), ("status", link[1])) for link in links}

    @cached_property
    def take(self) -> dict[tuple[str, str], Cell]:
        """The frame at a place arrives, is lost, is copied, or overtakes those ahead of it."""

        def takes(pair: tuple[str, str]) -> Does:
            source, target = pair
            network = self.system.network

            def does(how: tuple[type[Action], int], link: Link) -> Done | Refused:
                kind, at = how
                allowed = network.overtaking if kind is Overtake else network.deliverable
                if at not in allowed(link.queue):
                    return _no_frame(pair, at, link.queue)
                left = link.queue[:at] + link.queue[at + 1 :]
                arrives = ((self.react[target], (source, link.queue[at])),)
                return Done(
                    (link if kind is Duplicate else Link(link.broken, left),),
                    () if kind is Drop else arrives,
                )

            return does

        return {
            link: self._cell(takes(link), ("link", link)) for link in self.system.topology.links
        }

    @cached_property
    def turn_both(self) -> dict[tuple[str, str], Cell]:
        """The connection of two nodes breaks, or is whole again, both ways. Spec: FAULT-2."""

        def turns(pair: tuple[str, str]) -> Does:
            ways = [way for way in (pair, (pair[1], pair[0])) if way in self.turn]

            def does(kind: type[Action], link: Link) -> Done | Refused:
                if bool(link.broken & CUT) == (kind is Cut):
                    state = "broken already" if link.broken & CUT else "not broken"
                    return Refused(f"the connection of {pair[0]} and {pair[1]} is {state}")
                change = CUT if kind is Cut else -CUT
                return Done((link,), tuple((self.turn[way], change) for way in ways))

            return does

        return {
            link: self._cell(turns(link), ("link", link)) for link in self.system.topology.links
        }

    @cached_property
    def turn(self) -> dict[tuple[str, str], Cell]:
        """A link gets a reason to be broken, or (negative) loses one; who it leads to may hear.

        Spec: FAULT-8.
        """
        links, listens = self.system.topology.links, self.system.reactions.listens
        return {
            link: self._cell(
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
            if bool(after.broken) != bool(link.broken) and status != DOWN:
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
    return Done((Link(link.broken, ()) if change == SENDER_DOWN else _turned(change, link),))


def _asleep(node: str, status: int) -> Refused:
    return Refused(f"{node} is {'down' if status == DOWN else 'paused'}")


def _no_frame(link: tuple[str, str], at: int, queue: Channel) -> Refused:
    flight = f"in flight from {link[0]} to {link[1]}"
    if at >= len(queue):
        return Refused(f"only {len(queue)} {flight}" if queue else f"nothing is {flight}")
    return Refused(f"{at} are ahead of it; overtake lets it pass")
