"""What an actor does, each distinct question answered once."""

from __future__ import annotations

from collections.abc import Hashable

from attrs import define, field

from checker.network import Frame
from checker.outages import Comeback
from checker.worlds import Actor, Effects, Local, received


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
