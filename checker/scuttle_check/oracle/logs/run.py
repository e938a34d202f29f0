"""A run as far as a log tells it: what the nodes may know, and what may be in flight.

Laws of this file: a run is a value, and how a node reacts is the reducer's affair.

The steps that a log may leave out.

Laws of this file: each step is taken as late as it can be, just before what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import attrs
from attrs import define, field, frozen

from scuttle_check.engine.worlds import replaced
from scuttle_check.oracle.logs.log import Log
from scuttle_ref import messages
from scuttle_ref.messages import Digest, Exchange, Message, Received
from scuttle_ref.outputs import Compacted, Output, Recorded, Rejected, Send
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


@frozen(cache_hash=True)
class Flying:
    """A message in flight. `sent` tells whether the log has told its sending, `mid` its number.

    `fresh` is one that was sent in a step which the log left out since its last event.
    """

    message: Message
    sent: bool = False
    mid: object = None
    fresh: bool = False


Queue: TypeAlias = tuple[Flying, ...]
Link: TypeAlias = tuple[int, int]

Loose: TypeAlias = frozenset[tuple[str, int, int]]
"""What silent steps have done that nothing depends on yet: ``(kind, node, target)``.

A run with loose ends at an event is not followed: the steps can happen later as well.
"""


@frozen(cache_hash=True)
class Run:
    """What a log leaves possible: node states, queues of links, notices not yet told, who is down.

    Tuples follow the nodes; a queue has the key (source, target) of node numbers.
    """

    nodes: tuple[NodeState, ...]
    queues: tuple[tuple[Link, Queue], ...] = ()
    notices: tuple[tuple[Output, ...], ...] = ()
    down: frozenset[int] = frozenset()

    def queue(self, link: Link) -> Queue:
        """What is in flight on a link, the oldest first."""
        return next((queue for key, queue in self.queues if key == link), ())

    def with_queue(self, link: Link, queue: Queue) -> Run:
        """This run with another queue on a link."""
        others = [pair for pair in self.queues if pair[0] != link]
        kept = [*others, (link, queue)] if queue else others
        return attrs.evolve(self, queues=tuple(sorted(kept, key=lambda pair: pair[0])))


def settled(run: Run) -> Run:
    """A run after an event: nothing in it is fresh."""
    queues = tuple(
        (link, tuple(attrs.evolve(f, fresh=False) if f.fresh else f for f in queue))
        for link, queue in run.queues
    )
    return attrs.evolve(run, queues=queues)


@define
class Reactions:
    """How the nodes of a log react. Mutable only in what it remembers."""

    log: Log
    gossips: tuple[Gossip, ...] = field(init=False)
    number: dict[str, int] = field(init=False)
    by_id: dict[str, int] = field(init=False)
    mids: frozenset[object] = field(init=False)
    _reactions: dict[Any, tuple[NodeState, tuple[Output, ...]]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.gossips = tuple(Gossip(self.log.profile, each.config) for each in self.log.nodes)
        self.number = {each.name: at for at, each in enumerate(self.log.nodes)}
        told = (event for thread in self.log.threads for event in thread if event.kind == "send")
        self.mids = frozenset(event.members.get("mid") for event in told)
        self.by_id = {each.id: at for at, each in enumerate(self.log.nodes)}

    def start(self) -> Run:
        """The run in which nothing has happened."""
        pairs = zip(self.gossips, self.log.nodes, strict=True)
        nodes = tuple(gossip.start(each.id) for gossip, each in pairs)
        return Run(nodes, notices=((),) * len(nodes))

    def received(
        self, run: Run, source: int, target: int, message: Message, *, fresh: bool = False
    ) -> Run:
        """The run after a message of one watched node has arrived at another."""
        event = Received(self.log.nodes[source].id, message)
        return self.reduced(run, target, event, fresh=fresh)[0]

    def reduced(
        self, run: Run, node: int, event: messages.Event, *, fresh: bool = False
    ) -> tuple[Run, str | None]:
        """The run after an event of a node, and why the node refused it if it did."""
        key = (node, run.nodes[node], event)
        if key not in self._reactions:
            step = self.gossips[node].step(run.nodes[node], event)
            self._reactions[key] = (step.state, step.outputs)
        state, outputs = self._reactions[key]
        for output in outputs:
            if isinstance(output, Rejected):
                return run, f"what the profile accepts, not: {output.refusal}"
        said = tuple(each for each in outputs if isinstance(each, Recorded | Compacted))
        nodes = replaced(run.nodes, node, state)
        after = attrs.evolve(run, nodes=nodes, notices=replaced(run.notices, node, said))
        for output in outputs:
            if isinstance(output, Send) and output.to in self.by_id:
                link = (node, self.by_id[output.to])
                if link[1] not in run.down:
                    flying = Flying(output.message, fresh=fresh)
                    after = after.with_queue(link, (*after.queue(link), flying))
        return after, None

    def first(self, queue: Queue) -> range:
        """What may come out of a link next. Digest lines have no order. Spec: EXCH-7."""
        if not self.log.ordered or "drop" in self.log.silent:
            return range(len(queue))
        return range(max(1, self.lines(queue)))

    @staticmethod
    def lines(queue: Queue) -> int:
        """How many digest lines stand at the front of a queue."""
        is_line = [isinstance(flying.message, Digest) for flying in queue]
        return is_line.index(False) if False in is_line else len(queue)

    def lost(self, queue: Queue, at: int) -> int:
        """How many messages must have been lost for the one at a place to be next."""
        return 0 if not self.log.ordered or at < self.lines(queue) else at

    def rest(self, queue: Queue, at: int) -> Queue:
        """A queue without the message at a place, and without those lost before it."""
        return queue[at + 1 :] if self.lost(queue, at) else queue[:at] + queue[at + 1 :]

    def name(self, node: int) -> str:
        """What the log calls a node."""
        return self.log.nodes[node].name


@frozen
class Silent:
    """A step that the log leaves out: where it leads, what is loose then, and its price."""

    run: Run
    loose: Loose
    text: str
    cost: int = 1


def at_node(node: int) -> Loose:
    """What an event at a node ties up: it depends on what the node has become and has said.

    What a node has said belongs to it even where it changed nothing: after the event the node may
    say something else, or say it behind what the event makes it say.
    """
    return frozenset({("changed", node, node), ("said", node, node)})


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
                left = (loose - at_node(source)) | {(kind, source, source)}
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
            ties = {("link", source, target), *at_node(target), *at_sender(flying, source)}
            yield Silent(after, (loose - ties) | {end}, text, 1 + lost)
