"""Sessions: the model of a system whose nodes never stop exchanging.

Unlimited exchanges would fill links without end, so an edge carries one session at a time: an
exchange over it starts only while nothing is in flight on it, either way. With scripts that end
the worlds are then finite in number, and have cycles: what liveness is about.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

import attrs
from attrs import define, field

from scuttle_check.engine.system import Action, Local, Start, System, World


def as_it_is(local: Local) -> Local:
    """The normal form of node states that need none."""
    return local


@define
class Sessions:
    """A model of worlds like those of a system, with exchanges always possible.

    `early` bounds the exchanges of each link until all owners are done; None is no bound. From
    then on each node state is replaced by its `normal` form, which must differ from it in nothing
    that can matter any more. Of `system` the number of exchanges is not looked at.

    Spec: LIVE-2.
    """

    system: System
    early: int | None = None
    normal: Callable[[Local], Local] = as_it_is
    unlimited: System = field(init=False)
    _opposite: dict[int, int] = field(init=False)
    _normal_forms: dict[Local, Local] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.unlimited = attrs.evolve(self.system, exchanges=sys.maxsize)
        index = self.system.topology.link_index
        self._opposite = {
            at: index[target, source]
            for (source, target), at in index.items()
            if (target, source) in index
        }

    def initial(self) -> Iterable[World]:
        """The one world in which nobody has done anything."""
        yield from map(self._canonical, self.unlimited.initial())

    def actions(self, world: World) -> Sequence[Action]:
        """As in the system; an exchange starts over an idle edge, and early ones are bounded."""
        return [
            action
            for action in self.unlimited.actions(world)
            if not isinstance(action, Start) or self._may_start(world, action)
        ]

    def _may_start(self, world: World, action: Start) -> bool:
        link = self.system.topology.link_index[action.source, action.target]
        if world.channels[link] or world.channels[self.opposite(link)]:
            return False
        if self.early is None or self.owners_done(world):
            return True
        return world.exchanged[link] < self.early

    def next(self, world: World, action: Action) -> World:
        """The world after `action`."""
        return self._canonical(self.unlimited.next(world, action))

    def opposite(self, link: int) -> int:
        """The index of the link the other way; of the link itself if there is none."""
        return self._opposite.get(link, link)

    def owners_done(self, world: World) -> bool:
        """Whether all scripts have been performed."""
        pairs = zip(world.scripted, self.system.script, strict=True)
        return all(done == len(script) for done, script in pairs)

    def _canonical(self, world: World) -> World:
        """The world without what can no longer matter: counts of exchanges, and see `normal`."""
        done = self.owners_done(world)
        none = (0,) * len(world.exchanged)
        if (done or self.early is None) and world.exchanged != none:
            world = attrs.evolve(world, exchanged=none)
        if done and self.normal is not as_it_is:
            nodes = tuple(map(self._normal_form, world.nodes))
            if nodes != world.nodes:
                world = attrs.evolve(world, nodes=nodes)
        return world

    def _normal_form(self, local: Local) -> Local:
        known = self._normal_forms.get(local)
        if known is None:
            known = self._normal_forms[local] = self.normal(local)
        return known
