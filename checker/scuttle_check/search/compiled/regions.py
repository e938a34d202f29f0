"""What an action does to regions.

An action changes the region of the node that acts, and posts something to the regions of others:
frames, that a connection broke or healed, or what nodes of one process share.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Any, TypeAlias

import attrs
from attrs import define, frozen

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
    actor_of,
)
from scuttle_check.engine.network import DOWN, PAUSED, UNLIMITED, UP, Channel
from scuttle_check.engine.worlds import Effects, replaced
from scuttle_check.search.compiled.parts import CUT, SENDER_DOWN, Parts, Region


class Link(Enum):
    """What may happen to a link besides frames sent on it."""

    CRASHED = "its sender is down, and what was in flight is lost"
    RESTARTED = "its sender is up again"
    CUT = "broken, and what was in flight is lost"
    HEALED = "whole again"

    def on(self, broken: int) -> int:
        """Why nothing can come over the link once this has happened."""
        bit = CUT if self in {Link.CUT, Link.HEALED} else SENDER_DOWN
        return broken | bit if self in {Link.CUT, Link.CRASHED} else broken & ~bit


@frozen(cache_hash=True)
class Posted:
    """What an action does to another node's region, where it is more than frames.

    `shared` holds the component that the nodes of a process have in common, if it changed.
    """

    frames: Channel = ()
    link: Link | None = None
    shared: tuple[Hashable] | None = None


Post: TypeAlias = Channel | Posted


@frozen
class Outcome:
    """What an action does from a region: the region after it, and what it posts, per port."""

    region: Region
    sent: tuple[tuple[int, Any], ...] = ()


@define
class Layout(Parts):
    """What actions do to regions."""

    def actions(self, most_deliverable: int) -> list[tuple[int, Action]]:
        """Every action there can be, with the index of the node that acts, in a fixed order."""
        system, topology, network = self.system, self.system.topology, self.system.network
        most = 1 if network.ordered else most_deliverable
        arrivals = [(*link, k) for link in topology.links for k in range(most)]
        late = [(*link, k) for link in topology.links for k in range(1, most_deliverable)]
        found: list[Action] = [Perform(node) for node in topology.nodes]
        found.extend(Start(*link) for link in topology.links)
        found.extend(Deliver(*arrival) for arrival in arrivals)
        if network.losses:
            found.extend(Drop(*arrival) for arrival in arrivals)
        if network.duplicates:
            found.extend(Duplicate(*arrival) for arrival in arrivals)
        if network.overtakings:
            found.extend(Overtake(*arrival) for arrival in late)
        if network.cuts:
            found.extend(Cut(*pair) for pair in topology.connections)
            found.extend(Heal(*pair) for pair in topology.connections)
        if system.outages.crashes:
            found.extend(Crash(node) for node in topology.nodes)
            found.extend(Restart(node, system.outages.comeback) for node in topology.nodes)
        if system.outages.pauses:
            found.extend(Pause(node) for node in topology.nodes)
            found.extend(Resume(node) for node in topology.nodes)
        return [(topology.node_index[actor_of(action)], action) for action in found]

    # --- what an action does to the node that acts ----------------------------------------------

    def outcome(self, node: int, region: Region, action: Action) -> Outcome | None:
        """What `action` does to the region of `node`, or None where it is not enabled.

        The budgets of a whole run are not looked at here.
        """
        match action:
            case Cut() | Heal():
                return self._breaking(node, region, action)
            case Crash() | Pause() | Resume():
                return self._failing(node, region, action)
            case Restart(how=how):
                if region.status != DOWN:
                    return None
                effects = self.system.reactions.restarted(region.local, how)
                outcome = self._reacting(node, region, effects, region._replace(status=UP))
                return self._back(node, outcome)
            case _:
                column = self.taking(node, action)
                return None if column is None else self._taking(node, region, action, column)

    def _taking(self, node: int, region: Region, action: Action, column: int) -> Outcome | None:
        """A command of the owner, the start of an exchange, or what happens to a frame."""
        taken = self.taken(node, action, self.component(region, column))
        if taken is None:
            return None
        what, left = taken
        after = self.with_component(region, column, left)
        if isinstance(action, Drop):
            return Outcome(after)
        if region.status != UP:
            return None
        reactions = self.system.reactions
        if isinstance(action, Deliver | Duplicate | Overtake):
            effects = reactions.arrived(region.local, action.source, what)  # type: ignore[arg-type]
        else:
            effects = reactions.commanded(region.local, what)
        return self._reacting(node, region, effects, after)

    def _breaking(self, node: int, region: Region, action: Cut | Heal) -> Outcome | None:
        """A connection breaks or heals; the link the other way belongs to the other node."""
        cut = isinstance(action, Cut)
        link = self.system.topology.link_index[action.source, action.target]
        at = self.in_links[node].index(link)
        if bool(region.broken[at] & CUT) == cut:
            return None
        happens = Link.CUT if cut else Link.HEALED
        back = self.system.topology.link_index.get((action.target, action.source))
        posts = () if back is None else ((back, Posted(link=happens)),)
        return Outcome(self._linked(region, node, at, happens), posts)

    def _linked(self, region: Region, node: int, at: int, happens: Link) -> Region:
        """The region once something happened to its in-link `at`; its node has been told.

        Spec: FAULT-8.
        """
        was = region.broken[at]
        becomes = happens.on(was)
        stood, stands = not was, not becomes
        if not self.knows_down and happens in {Link.CRASHED, Link.RESTARTED}:
            stood, stands, becomes = happens is Link.CRASHED, happens is Link.RESTARTED, was
        channels = region.channels if stands else replaced(region.channels, at, ())
        after = region._replace(channels=channels, broken=replaced(region.broken, at, becomes))
        if stood == stands or region.status == DOWN:
            return after
        return self._told(after, node, at, opened=stands)

    def _told(self, region: Region, node: int, at: int, *, opened: bool) -> Region:
        """The region whose node was told of the connection that its in-link `at` belongs to."""
        if not self.tells:
            return region
        peer, name = self.system.topology.links[self.in_links[node][at]]
        hosted = bool(self.system.wiring.mates(name))
        local = self.system.reactions.told(region.local, peer, opened=opened, hosted=hosted)
        return region._replace(local=local)

    def _back(self, node: int, outcome: Outcome) -> Outcome:
        """What a restart comes to where nodes are told: all that stands is a new connection."""
        if not self.tells:
            return outcome
        region = outcome.region
        for at, broken in enumerate(region.broken):
            if not broken:
                region = self._told(region, node, at, opened=True)
        posts: dict[int, Post] = dict(outcome.sent)
        for link in self.out_links[node]:
            post = posts.get(link, ())
            posts[link] = (
                attrs.evolve(post, link=Link.RESTARTED)
                if isinstance(post, Posted)
                else Posted(post, Link.RESTARTED)
            )
        return Outcome(region, tuple(posts.items()))

    def _failing(self, node: int, region: Region, action: Crash | Pause | Resume) -> Outcome | None:
        """A node stops or goes on; what a crash loses on its out-links belongs to its peers."""
        if region.status != (PAUSED if isinstance(action, Resume) else UP):
            return None
        if not isinstance(action, Crash):
            return Outcome(region._replace(status=PAUSED if isinstance(action, Pause) else UP))
        after = region._replace(status=DOWN, channels=((),) * len(region.channels))
        return Outcome(
            after, tuple((link, Posted(link=Link.CRASHED)) for link in self.out_links[node])
        )

    def _reacting(self, node: int, before: Region, effects: Effects, after: Region) -> Outcome:
        """The outcome of an action with effects; `after` is the region without them."""
        name = self.system.topology.nodes[node]
        sent: dict[int, Post] = {
            self.ports[name, to]: frames for to, frames in self.system.framed(name, effects)
        }
        mates = self.system.wiring.mates(name)
        if mates and effects.local is not before.local:
            actor = self.system.actor
            component = actor.shared(effects.local)
            if component != actor.shared(before.local):
                for mate in mates:
                    port = self.ports[name, mate]
                    frames: Any = sent.get(port, ())
                    sent[port] = Posted(frames, shared=(component,))
        return Outcome(after._replace(local=effects.local), tuple(sent.items()))

    # --- and to others --------------------------------------------------------------------------

    def appended(self, region: Region, node: int, port: int, post: Any) -> Region:
        """The region of `node` after what was posted to it."""
        if not isinstance(post, Posted):
            return self._with_frames(region, node, port, post)
        if post.shared is not None:
            local = self.system.actor.with_shared(region.local, *post.shared)
            region = region._replace(local=self.system.reactions.one(local))
        if post.link is not None:
            region = self._linked(region, node, self.in_links[node].index(port), post.link)
        return self._with_frames(region, node, port, post.frames)

    def _with_frames(self, region: Region, node: int, link: int, frames: Channel) -> Region:
        """The region with frames sent into an in-link; some go nowhere. Spec: FAULT-2, FAULT-3."""
        if not frames or region.status == DOWN:
            return region
        at = self.in_links[node].index(link)
        if region.broken[at]:
            return region
        joined = self.system.network.joined(region.channels[at], frames)
        return region._replace(channels=replaced(region.channels, at, joined))

    @property
    def counted(self) -> tuple[int, ...]:
        """The budgets that need a counter in the world, in the order of BUDGETED; 0 is none."""
        return tuple(0 if budget == UNLIMITED else budget for budget in self.system.budgets)

    def counter_of(self, action: Action) -> int | None:
        """The counter that `action` adds to, or None."""
        if type(action) not in BUDGETED:
            return None
        which = BUDGETED.index(type(action))
        return which if self.counted[which] else None
