"""The steps that a log may leave out.

Laws of this file: each step is taken as late as it can be, just before what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from checker.conformance.passive.run import Flying, Link, Loose, Reactions, Run
from scuttle_ref.messages import Exchange


@frozen
class Silent:
    """A step that the log leaves out: where it leads, what is loose then, and its price."""

    run: Run
    loose: Loose
    text: str
    cost: int = 1


def at_node(node: int) -> Loose:
    """What an event at a node ties up: it depends on what the node has become."""
    return frozenset({("changed", node, node)})


def at_sender(flying: Flying, source: int) -> Loose:
    """What the arrival of a message ties up at its sender."""
    ends = {("said", source, source), ("changed", source, source)}
    return frozenset(ends if flying.fresh else ())


class Leaving(Reactions):
    """Reactions, and the steps that the log leaves out."""

    def silent(self, run: Run, loose: Loose) -> Iterator[Silent]:
        """The steps that the log may leave out, each as late as it can be. Spec: OBS-3."""
        awake = [at for at in range(len(run.nodes)) if at not in run.down]
        if "gossip" in self.log.silent:
            for source in awake:
                if ("said", source, source) not in loose:
                    yield from self._gossips(run, loose, source)
        if "deliver" not in self.log.silent:
            return
        for link, queue in run.queues:
            if link[1] in awake:
                for at in self.first(queue):
                    yield from self._arrivals(run, loose, link, at)

    def _gossips(self, run: Run, loose: Loose, source: int) -> Iterator[Silent]:
        for target in range(len(run.nodes)):
            if target != source:
                peer = self.log.nodes[target].id
                after = self.reduced(run, source, Exchange(peer), fresh=True)[0]
                kind = "said" if after.nodes[source] == run.nodes[source] else "changed"
                left = (loose - {("changed", source, source)}) | {(kind, source, source)}
                text = f"({self.name(source)} gossips with {self.name(target)})"
                yield Silent(after, left, text)

    def _arrivals(self, run: Run, loose: Loose, link: Link, at: int) -> Iterator[Silent]:
        """A message arrives, with those before it lost; or a copy of it does."""
        source, target = link
        queue = run.queue(link)
        flying = queue[at]
        lost = self.lost(queue, at)
        told = f"{flying.message} from {self.name(source)} to {self.name(target)} arrives"
        told += f", {lost} before it lost" if lost else ""
        rests = [(run.with_queue(link, self.rest(queue, at)), f"({told})")]
        if "duplicate" in self.log.silent and not lost:
            rests.append((run, f"({told}, and a copy stays)"))
        for rest, text in rests:
            after = self.received(rest, source, target, flying.message, fresh=True)
            if after.nodes[target] != run.nodes[target]:
                end = ("changed", target, target)
            elif after.queues != rest.queues:
                end = ("said", target, target)
            else:
                end = ("link", source, target)
            ties = {
                ("link", source, target),
                ("changed", target, target),
                *at_sender(flying, source),
            }
            yield Silent(after, (loose - ties) | {end}, text, 1 + lost)
