"""The certificate of a quotient: every claim of the facets that it used, executed again.

The claims speak of node states and of pairs of them; the search has met a finite number of either.
For each of these both sides of a claim are computed with the pure actor and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeAlias

from attrs import define, field, frozen

from scuttle_check.engine.network import Frame
from scuttle_check.engine.system import Effects, Local, received
from scuttle_check.search.reductions.quotient import QuotientLayout, Use, worth_asking

Answer: TypeAlias = tuple[Local, tuple[Hashable, ...]]
"""A node state after a frame, and what was answered."""


@frozen
class FalseClaim:
    """A claim that is not true. `says` is a sentence."""

    claim: str
    says: str


class FalseClaims(Exception):
    """The facets of a protocol claim what is not so; a verdict that rests on them is worthless."""

    def __init__(self, claims: list[FalseClaim]) -> None:
        super().__init__("; ".join(f"{claim.claim}: {claim.says}" for claim in claims))
        self.claims = claims


@define
class Certifier:
    """Checks claims on the vectors of node states that a search has met.

    `later` holds, for each node state, the states that may follow it in one step of any kind but
    a restart after a crash, before which everything in flight is lost; `returned` holds those.
    """

    layout: QuotientLayout
    vectors: Iterable[tuple[Local, ...]]
    later: dict[Local, dict[Local, None]]
    returned: dict[Local, dict[Local, None]] = field(factory=dict)
    checked: int = 0
    _following: dict[Local, list[Local]] = field(factory=dict, init=False)
    _idle: dict[tuple[Local, str, Hashable], bool] = field(factory=dict, init=False)

    def false_claims(self) -> Iterator[FalseClaim]:
        """Every claim that was used and is not true."""
        topology = self.layout.system.topology
        pairs = dict.fromkeys(
            (link, vector[topology.node_index[source]], vector[topology.node_index[target]])
            for vector in self.vectors
            for link, (source, target) in enumerate(topology.links)
        )
        for at, asker, other in pairs:
            link = topology.links[at]
            yield from self._asking(link, asker, other)
            for frame in self.layout.seen.get(at, ()):
                for message in frame:
                    yield from self._ignored(link[0], other, message)
                yield from self._frame(link, asker, other, frame)
        for use in self.layout.uses:
            yield from self._use(use)
        yield from self._knowledge()

    def _ignored(self, source: str, other: Local, message: Hashable) -> Iterator[FalseClaim]:
        """A message that is dropped does nothing, now and in every later state."""
        if self.layout.facets.canonical(other, source, message) is not None:
            return
        for state in self._from(other):
            if self._changes(state, source, message):
                yield FalseClaim("canonical", f"{message} does something to {state}")
                return

    def _frame(
        self, link: tuple[str, str], asker: Local, other: Local, frame: Frame
    ) -> Iterator[FalseClaim]:
        """A frame in its simplest form does what the frame does, as the asker would put it now."""
        facets, (source, _) = self.layout.facets, link
        now = tuple(facets.refreshed(asker, message) for message in frame)
        asked = worth_asking(facets, facets.knowledge(asker), (frame,))
        simplest = tuple(
            canonical
            for kept in asked
            for message in kept
            if (canonical := facets.canonical(other, source, message)) is not None
        )
        one, two = (self._answer(other, link, each, asker) for each in (simplest, now))
        if one != two and not self._same_frame(link, asker, one, two):
            yield FalseClaim("canonical", f"{simplest} is not as good as {now} at {other}")
        forgotten = facets.forgetting(other, source, facets.knowledge(asker))
        if forgotten != other and self._answer(forgotten, link, now, asker) != two:
            yield FalseClaim("forgetting", f"{other} answers {now} otherwise when it forgets")

    def _same_frame(self, link: tuple[str, str], asker: Local, one: Answer, two: Answer) -> bool:
        """Whether two answers, in one frame each, differ in an order that does not matter.

        How much is asked may decide the order of an answer. A frame arrives whole, so it is
        enough that it does the same to the asker, now and in every later state.
        """
        if not self.layout.system.network.whole_answers or one[0] != two[0]:
            return False
        if Counter(one[1]) != Counter(two[1]):
            return False
        actor = self.layout.system.actor
        for state in self._from(asker):
            self.checked += 1
            forth, back = (received(actor, state, link[1], each[1]) for each in (one, two))
            if (forth.local, forth.sends) != (back.local, back.sends):
                return False
        return True

    def _asking(self, link: tuple[str, str], asker: Local, other: Local) -> Iterator[FalseClaim]:
        """A saturated node that asks all the same learns nothing, and tells nothing."""
        facets, actor = self.layout.facets, self.layout.system.actor
        if not facets.saturated(facets.knowledge(asker)):
            return
        for _, message in actor.command(asker, actor.exchange(link[1])).sends:
            _, answers = self._answer(other, link, (message,), asker)
            if answers:
                yield FalseClaim("saturated", f"{asker} asks {message} and is told {answers[0]}")

    def _use(self, use: Use) -> Iterator[FalseClaim]:
        """What was dropped because of messages ahead of it does nothing once these arrived."""
        actor = self.layout.system.actor
        for state in self._from(use.local):
            after = received(actor, state, use.sender, use.ahead).local
            for late in self._from(after):
                if self._changes(late, use.sender, use.message):
                    said = f"{use.message} does something after {use.ahead} at {state}"
                    yield FalseClaim("outdated", said)
                    return

    def _knowledge(self) -> Iterator[FalseClaim]:
        """Knowledge grows only: what is pointless stays so."""
        facets = self.layout.facets
        asked = {m: None for frames in self.layout.seen.values() for frame in frames for m in frame}
        steps = (
            (one, two)
            for following in (self.later, self.returned)
            for one, after in following.items()
            for two in after
        )
        moves = {(facets.knowledge(one), facets.knowledge(two)): (one, two) for one, two in steps}
        for (before, after), (one, two) in moves.items():
            self.checked += 1
            lost = [m for m in asked if facets.pointless(before, m) > facets.pointless(after, m)]
            if lost or facets.saturated(before) > facets.saturated(after):
                yield FalseClaim("knowledge", f"{two} knows less than {one} before it")

    def _changes(self, state: Local, source: str, message: Hashable) -> bool:
        """Whether a message changes a node or makes it send."""
        key = (state, source, message)
        if key not in self._idle:
            self.checked += 1
            effects = received(self.layout.system.actor, state, source, (message,))
            self._idle[key] = not effects.sends and effects.local == state
        return not self._idle[key]

    def _answer(self, other: Local, link: tuple[str, str], frame: Frame, asker: Local) -> Answer:
        """The state after a frame, and those of the answers that do something to the asker.

        The state is without what pointless questions left.
        """
        self.checked += 1
        (source, target), facets = link, self.layout.facets
        effects: Effects = received(self.layout.system.actor, other, source, frame)
        known = facets.knowledge(asker)
        answers = tuple(
            answer
            for to, answer in effects.sends
            if to != source or facets.canonical(asker, target, answer) is not None
        )
        return facets.forgetting(effects.local, source, known), answers

    def _from(self, state: Local) -> list[Local]:
        """`state` and every state that was met after it."""
        if state not in self._following:
            found, queue = {state: None}, [state]
            while queue:
                for after in self.later.get(queue.pop(), ()):
                    if after not in found:
                        found[after] = None
                        queue.append(after)
            self._following[state] = list(found)
        return self._following[state]
