"""The certificate of a quotient: every claim of the facets that it used, executed again.

The claims speak of node states and of pairs of them; the search has met a finite number of either.
For each of these both sides of a claim are computed with the pure actor and compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from attrs import define, field, frozen

from checker.actors import Effects, Local, received
from checker.search.compiled.quotient import QuotientLayout


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

    `later` holds, for each node state, the states that may follow it in one step.
    """

    layout: QuotientLayout
    vectors: Iterable[tuple[Local, ...]]
    later: dict[Local, dict[Local, None]]
    checked: int = 0
    _following: dict[Local, list[Local]] = field(factory=dict, init=False)

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
            messages = list(self.layout.seen.get(at, ()))
            for message in messages:
                yield from self._message(link, asker, other, message)
            yield from self._queue(link[0], other, messages)

    def _message(
        self, link: tuple[str, str], asker: Local, other: Local, message: Hashable
    ) -> Iterator[FalseClaim]:
        facets, source = self.layout.facets, link[0]
        simplest = facets.canonical(other, source, message)
        if simplest is None:
            for state in self._from(other):
                if self._changes(state, source, message):
                    yield FalseClaim("canonical", f"{message} does something to {state}")
                    return
        elif simplest != message:
            now = facets.refreshed(asker, message)
            one, two = (self._answer(other, link, each, asker) for each in (simplest, now))
            if one != two:
                yield FalseClaim("canonical", f"{simplest} is not as good as {now} at {other}")
        knowledge = facets.knowledge(asker)
        if facets.pointless(knowledge, message):
            self.checked += 1
            if self._answer(other, link, message, asker)[1]:
                yield FalseClaim("pointless", f"{message} is answered to {asker}")
        yield from self._forgetting(link, asker, other, message)

    def _asking(self, link: tuple[str, str], asker: Local, other: Local) -> Iterator[FalseClaim]:
        """A saturated node that asks all the same learns nothing."""
        facets, actor = self.layout.facets, self.layout.system.actor
        if not facets.saturated(facets.knowledge(asker)):
            return
        for _, message in actor.command(asker, actor.exchange(link[1])).sends:
            other, answers = self._answer(other, link, message, asker)
            if answers:
                yield FalseClaim("saturated", f"{asker} asks {message} and is told {answers[0]}")

    def _forgetting(
        self, link: tuple[str, str], asker: Local, other: Local, message: Hashable
    ) -> Iterator[FalseClaim]:
        facets = self.layout.facets
        forgotten = facets.forgetting(other, link[0], facets.knowledge(asker))
        if forgotten == other:
            return
        one = self._answer(other, link, message, asker)[1]
        two = self._answer(forgotten, link, message, asker)[1]
        if one != two:
            yield FalseClaim("forgetting", f"{other} answers {message} otherwise when it forgets")

    def _queue(self, source: str, other: Local, messages: list[Hashable]) -> Iterator[FalseClaim]:
        facets = self.layout.facets
        for earlier in messages:
            for later in messages:
                if facets.outdated(earlier, later):
                    after = received(self.layout.system.actor, other, source, (earlier,)).local
                    for state in self._from(after):
                        if self._changes(state, source, later):
                            said = f"{later} does something after {earlier} at {state}"
                            yield FalseClaim("outdated", said)
                            return

    def _changes(self, state: Local, source: str, message: Hashable) -> bool:
        """Whether a message changes a node or makes it send."""
        self.checked += 1
        effects = received(self.layout.system.actor, state, source, (message,))
        return bool(effects.sends) or effects.local != state

    def _answer(
        self, other: Local, link: tuple[str, str], message: Hashable, asker: Local
    ) -> tuple[Local, tuple[Hashable, ...]]:
        """The state after a message, and those of its answers that do something to the asker."""
        self.checked += 1
        source, target = link
        effects: Effects = received(self.layout.system.actor, other, source, (message,))
        facets = self.layout.facets
        answers = tuple(
            answer
            for to, answer in effects.sends
            if to != source or facets.canonical(asker, target, answer) is not None
        )
        return effects.local, answers

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
