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


@define
class Certifier:
    """Checks claims on the vectors of node states that a search has met.

    `later` holds, for each node state, the states that may follow it in one step.
    """

    layout: QuotientLayout
    vectors: Iterable[tuple[Local, ...]]
    later: dict[Local, set[Local]]
    checked: int = 0
    _following: dict[Local, list[Local]] = field(factory=dict, init=False)

    def false_claims(self) -> Iterator[FalseClaim]:
        """Every claim that was used and is not true."""
        topology = self.layout.system.topology
        pairs = {
            (link, vector[topology.node_index[source]], vector[topology.node_index[target]])
            for vector in self.vectors
            for link, (source, target) in enumerate(topology.links)
        }
        ordered = sorted(pairs, key=repr)
        for link, asker, other in ordered:
            source = topology.links[link][0]
            messages = sorted(self.layout.seen.get(link, ()), key=repr)
            for message in messages:
                yield from self._message(source, asker, other, message)
            yield from self._queue(source, other, messages)

    def _message(
        self, source: str, asker: Local, other: Local, message: Hashable
    ) -> Iterator[FalseClaim]:
        facets = self.layout.facets
        simplest = facets.canonical(other, source, message)
        if simplest is None:
            for state in self._from(other):
                if self._changes(state, source, message):
                    yield FalseClaim("canonical", f"{message} does something to {state}")
                    return
        elif simplest != message:
            now = facets.refreshed(asker, message)
            if self._answer(other, source, simplest, asker) != self._answer(
                other, source, now, asker
            ):
                yield FalseClaim("canonical", f"{simplest} is not as good as {now} at {other}")
        knowledge = facets.knowledge(asker)
        if facets.pointless(knowledge, message):
            self.checked += 1
            if self._answer(other, source, message, asker)[1]:
                yield FalseClaim("pointless", f"{message} is answered to {asker}")
        yield from self._forgetting(source, asker, other, message)

    def _forgetting(
        self, source: str, asker: Local, other: Local, message: Hashable
    ) -> Iterator[FalseClaim]:
        facets = self.layout.facets
        forgotten = facets.forgetting(other, source, facets.knowledge(asker))
        if forgotten == other:
            return
        one = self._answer(other, source, message, asker)[1]
        two = self._answer(forgotten, source, message, asker)[1]
        if one != two:
            yield FalseClaim("forgetting", f"{other} answers {message} otherwise when it forgets")

    def _queue(
        self, source: str, other: Local, messages: list[Hashable]
    ) -> Iterator[FalseClaim]:
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
        self, other: Local, source: str, message: Hashable, asker: Local
    ) -> tuple[Local, tuple[Hashable, ...]]:
        """The state after a message, and those of its answers that do something to the asker."""
        self.checked += 1
        effects: Effects = received(self.layout.system.actor, other, source, (message,))
        facets = self.layout.facets
        answers = tuple(
            answer
            for to, answer in effects.sends
            if to != source or facets.canonical(asker, "", answer) is not None
        )
        return effects.local, answers

    def _from(self, state: Local) -> list[Local]:
        """`state` and every state that was met after it."""
        if state not in self._following:
            found, queue = {state}, [state]
            while queue:
                for after in self.later.get(queue.pop(), ()):
                    if after not in found:
                        found.add(after)
                        queue.append(after)
            self._following[state] = sorted(found, key=repr)
        return self._following[state]
