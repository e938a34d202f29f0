"""Systems: a pure actor on every node of a topology, joined by a network, make a model.

The engine knows nothing of what actors say. A world is what all nodes know, what is in flight,
and how much of the script and of the budgets is used.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from inspect import getattr_static
from types import FunctionType

from attrs import define, field

from scuttle_check.engine.actions import (
    BUDGETED,
    Action,
    Deliver,
    Drop,
    Duplicate,
    FrameAction,
    Perform,
    Start,
)
from scuttle_check.engine.cells import After, Move, Refused, Values, taken
from scuttle_check.engine.network import (
    ADDRESSED,
    GONE,
    NO_OUTAGES,
    UP,
    Channel,
    Frame,
    Network,
    Outages,
    Wiring,
)
from scuttle_check.engine.steps import Steps
from scuttle_check.engine.telling import PLAIN_WORDS, Words
from scuttle_check.engine.topology import Topology
from scuttle_check.engine.worlds import (
    Actor,
    Effects,
    Local,
    Reactions,
    Scope,
    World,
    received,
)

__all__ = [
    "Action",
    "Actor",
    "Deliver",
    "Drop",
    "Duplicate",
    "Effects",
    "Local",
    "Perform",
    "Scope",
    "Start",
    "System",
    "World",
    "overridden",
    "received",
]


@define
class System:
    """A model of worlds. `script` holds the commands of each node, in topology order.

    `exchanges` is the number of exchanges each directed link may start. Its steps are told in
    `words`.

    Spec: FAULT-1.
    """

    actor: Actor
    topology: Topology
    network: Network
    script: tuple[tuple[Hashable, ...], ...]
    exchanges: int = 1
    outages: Outages = NO_OUTAGES
    wiring: Wiring = ADDRESSED
    words: Words = field(default=PLAIN_WORDS, repr=False, eq=False)
    budgets: tuple[int, ...] = field(init=False)
    reactions: Reactions = field(init=False, repr=False)
    _steps: Steps | None = field(init=False, default=None, repr=False, eq=False)
    _made_of: tuple[object, ...] = field(init=False, default=(), repr=False, eq=False)
    _latest: tuple[World | None, Values, dict[Action, Move]] = field(
        init=False, default=(None, (), {}), repr=False, eq=False
    )

    def __attrs_post_init__(self) -> None:
        self.reactions = Reactions(self.actor)
        links, nodes = self.network, self.outages
        self.budgets = (
            *(links.losses, links.duplicates, links.overtakings, links.cuts),
            *(nodes.crashes, nodes.pauses, nodes.stops),
        )

    def initial(self) -> Iterable[World]:
        """The one world in which nobody has done anything."""
        nodes = tuple(self.actor.start(node) for node in self.topology.nodes)
        links = len(self.topology.links)
        zeros = (0,) * len(nodes)
        spent = (0,) * len(BUDGETED)
        yield World(nodes, ((),) * links, zeros, (0,) * links, spent, zeros, (False,) * links)

    @property
    def steps(self) -> Steps:
        """What can happen here, as slots, cells and moves: the one meaning of a step."""
        made_of = (self.script, self.exchanges, self.network, self.outages, self.wiring, self.actor)
        if self._steps is None or self._made_of != made_of:  # who plays on may lengthen a script
            self._steps, self._made_of, self._latest = Steps(self), made_of, (None, (), {})
        return self._steps

    def actions(self, world: World) -> Sequence[Action]:
        """Commands, exchanges and arrivals, in this order; then what may go wrong."""
        steps = self.steps
        values = steps.values(world)
        moves = {move.action: move for move in steps.enabled(values)}
        self._latest = world, values, moves
        return list(moves)

    def next(self, world: World, action: Action) -> World:
        """The world after `action`, whatever budgets and limits say. Raises what forbids it."""
        return self.steps.world(self._after(world, action).values)

    def effects(self, world: World, action: Action) -> Effects:
        """What `action` does to the node it concerns; most faults concern none."""
        return self._after(world, action).effects or Effects(None)

    def obstacle(self, world: World, action: Action) -> str | None:
        """Why `action` cannot happen in `world`, in a sentence without a full stop; None if it can.

        Budgets and limits are no obstacle: who plays by hand may go beyond them.

        Spec: EXPL-3.
        """
        found = self.steps.after(self.steps.values(world), action, limits=False)
        return str(found) if isinstance(found, Refused) else None

    def _after(self, world: World, action: Action) -> After:
        steps = self.steps
        before, values, possible = self._latest
        if before is world and action in possible:
            return taken(possible[action], values)
        found = steps.after(steps.values(world), action, limits=False)
        if isinstance(found, Refused):
            raise ValueError(f"{action}: {found}")  # noqa: TRY004 - it is no wrong type
        return found

    def frame(self, world: World, action: FrameAction) -> Frame:
        """The frame that arrives or is lost."""
        link = self.topology.link_index[action.source, action.target]
        return world.channels[link][action.index]

    def quiescent(self, world: World) -> bool:
        """Whether owners are done, nothing is in flight, and all is up that is not gone.

        Spec: CONV-12.
        """
        if any(world.channels) or any(world.cut) or not {UP, GONE}.issuperset(world.status):
            return False
        return all(
            done == len(script) for done, script in zip(world.scripted, self.script, strict=True)
        )

    def framed(self, node: str, effects: Effects) -> list[tuple[str, Channel]]:
        """What `node` sends, as frames per target that a link leads to."""
        return self.wiring.frames(self.topology, self.network, node, effects.sends)


def overridden(system: System) -> str | None:
    """What of a system, or of what it is made of, says otherwise than here what may happen.

    A search that knows by itself what a step does, instead of asking, is only right where nobody
    has changed that: of such a subclass, or object, the first method that it has replaced.

    Spec: CHK-4.
    """
    parts = (system, system.topology, system.network, system.outages, system.wiring)
    known = (System, Topology, Network, Outages, Wiring)
    for part, kind in zip(parts, known, strict=True):
        methods = {
            name
            for name in dir(kind)
            if isinstance(getattr_static(kind, name), FunctionType | property)
        }
        above = [each for each in type(part).__mro__ if each not in kind.__mro__]
        for own in (*map(vars, above), getattr(part, "__dict__", {})):
            for name in own:
                if name in methods and not name.startswith("__"):
                    return f"{type(part).__name__}.{name}"
    return None
