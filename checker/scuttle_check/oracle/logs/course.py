"""One run as far as a log has been followed: nodes, what is in flight, and what each node was.

Laws of this file: how a node reacts is the reducer's affair; a run is mutable, and goes back to a
mark that was set in it; nothing here looks at the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import attrs
from attrs import define, field, frozen

from scuttle_check.engine.network import Comeback
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.logs.telling import notice_document, shown_mismatch
from scuttle_check.oracle.vectors.matching import mismatch
from scuttle_check.oracle.vectors.steps import document
from scuttle_ref import messages
from scuttle_ref.messages import Digest, Exchange, Lost, Message, Update
from scuttle_ref.outputs import Compacted, Output, Recorded, Rejected, Send
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

PAST_MAX: Final = 2_048
"""How many past states of a node are kept, in which it may have started an untold exchange."""

OUTSIDE_MAX: Final = 64
"""How many messages to a peer outside of the log are kept until their sending is told."""

Link: TypeAlias = tuple[str, str]


@define
class Item:
    """A message in flight. `at` is the time of its sender, `said` whether the log has told it.

    A `shaky` one was in flight when one of its ends crashed, in a log that does not tell what of
    two nodes was first: it may have been lost by that.
    """

    message: Message
    at: int
    said: bool = False
    mid: object = None
    shaky: bool = False
    doc: Any = field(default=None, eq=False)

    def document(self) -> Any:
        """The message as a log tells it."""
        if self.doc is None:
            self.doc = document(self.message)
        return self.doc


@define
class Rec:
    """What a node was from a time on: the event that made it so, and what it sent by that.

    Times are even at events of the log, and odd at exchanges that were put in between. `shown`
    are the lines of the log that it was compared with.
    """

    at: int
    event: messages.Event | None
    state: NodeState
    sends: tuple[tuple[str, Message], ...] = ()
    notices: tuple[Output, ...] = ()
    index: int = 0
    shown: list[tuple[int, Event]] = field(factory=list, eq=False)
    said: dict[str, tuple[NodeState, tuple[Message, ...]]] = field(factory=dict, eq=False)
    told: dict[str, list[Any]] = field(factory=dict, eq=False)


@frozen
class Supplied:
    """A step that the log does not tell: what, who, with whom, and behind which event."""

    index: int
    kind: str
    node: str
    peer: str
    message: Message | None = None

    def __str__(self) -> str:
        match self.kind:
            case "gossip":
                return f"({self.node} gossips with {self.peer})"
            case "copy":
                return f"(a copy of {self.message} from {self.node} to {self.peer} arrives)"
            case _:
                return f"({self.message} from {self.node} to {self.peer} is lost)"


@frozen
class Mark:
    """A moment to go back to."""

    states: dict[str, NodeState]
    down: frozenset[str]
    links: dict[Link, list[Item]]
    ghosts: dict[Link, tuple[Item, ...]]
    gone: dict[Link, int]
    skips: frozenset[Link]
    clock: dict[str, int]
    notices: dict[str, tuple[Output, ...]]
    past: dict[str, tuple[list[Rec], int]]
    supplied: int
    index: int

    def all_that_matters(self) -> tuple[Any, ...]:
        """What decides what may follow; to be asked for while the run is at this mark."""
        past = {node: self._reachable(node) for node in self.states}
        links, ghosts = dict(self.links), dict(self.ghosts)
        return (self.states, self.down, links, ghosts, self.gone, self.skips, self.notices, past)

    def _reachable(self, node: str) -> list[tuple[int, NodeState]]:
        """The past states from which an exchange could still leave. Spec: NET-1."""
        recs, length = self.past[node]
        links = [link for link in self.links if link[0] == node]
        floor = min((self.gone.get(link, 0) for link in links), default=0)
        found: list[tuple[int, NodeState]] = []
        for at in range(length - 1, -1, -1):
            found.append((recs[at].at, recs[at].state))
            if recs[at].at <= floor:
                break
        return found


@define
class Course:
    """A run. `index` counts the events of the log that have happened in it."""

    log: Log
    gossips: dict[str, Gossip] = field(init=False)
    ids: dict[str, str] = field(init=False)
    names: dict[str, str] = field(init=False)
    states: dict[str, NodeState] = field(init=False)
    links: dict[Link, list[Item]] = field(init=False)
    down: set[str] = field(factory=set)
    ghosts: dict[Link, tuple[Item, ...]] = field(factory=dict)
    gone: dict[Link, int] = field(factory=dict)
    skips: set[Link] = field(factory=set)
    clock: dict[str, int] = field(init=False)
    notices: dict[str, tuple[Output, ...]] = field(factory=dict)
    past: dict[str, list[Rec]] = field(init=False)
    supplied: list[Supplied] = field(factory=list)
    index: int = 0
    remembers: bool = field(init=False)
    pure: bool = False
    forgot: bool = False
    cut: bool = False

    def __attrs_post_init__(self) -> None:
        nodes = self.log.nodes
        self.gossips = {each.name: Gossip(self.log.profile, each.config) for each in nodes}
        self.ids = {each.name: each.id for each in nodes}
        self.names = {each.id: each.name for each in nodes}
        self.states = {each.name: self.gossips[each.name].start(each.id) for each in nodes}
        pairs = [(one.name, two.name) for one in nodes for two in nodes if one is not two]
        self.links = {link: [] for link in pairs}
        self.gone = dict.fromkeys(pairs, 0)
        self.clock = dict.fromkeys(self.states, 0)
        self.notices = dict.fromkeys(self.states, ())
        self.past = {name: [Rec(0, None, state)] for name, state in self.states.items()}
        self.remembers = "gossip" in self.log.silent
        self.pure = not any(
            self.exchanged(recs[0], name, peer)[0] != recs[0].state
            for name, recs in self.past.items()
            for peer in self.states
            if peer != name
        )

    # --- what happens ---------------------------------------------------------------------------

    def react(self, node: str, event: messages.Event) -> str | None:
        """Let an event happen at a node. Why the node refused it, if it did."""
        step = self.gossips[node].step(self.states[node], event)
        sends: list[tuple[str, Message]] = []
        notices: list[Output] = []
        for output in step.outputs:
            if isinstance(output, Send):
                sends.append((output.to, output.message))
            elif isinstance(output, Recorded | Compacted):
                notices.append(output)
            elif isinstance(output, Rejected):
                return str(output.refusal)
        if isinstance(event, Exchange):
            self._watch_cut(sends)
        self.become(node, step.state, event, tuple(sends), tuple(notices))
        return None

    def _watch_cut(self, sends: list[tuple[str, Message]]) -> None:
        """A digest without its done was cut; which lines it has is a choice that is not tried."""
        if sends and isinstance(sends[-1][1], Digest):
            self.cut = True

    def become(
        self,
        node: str,
        state: NodeState,
        event: messages.Event | None = None,
        sends: tuple[tuple[str, Message], ...] = (),
        notices: tuple[Output, ...] = (),
    ) -> None:
        """Let a node become another, and say something."""
        changed = state is not self.states[node]
        self.states[node] = state
        self.notices[node] = notices
        self.clock[node] += 2
        at = self.clock[node]
        if self.remembers and (changed or not self.pure):
            recs = self.past[node]
            if len(recs) > 2 * PAST_MAX:
                self.past[node] = recs = recs[-PAST_MAX:]
                self.forgot = True
            recs.append(Rec(at, event, state, sends, notices, self.index))
        for to, message in sends:
            self._emit(node, to, Item(message, at))

    def _emit(self, node: str, to: str, item: Item) -> None:
        peer = self.names.get(to)
        if peer is None:
            outside = self.links.setdefault((node, to), [])
            outside.append(item)
            del outside[:-OUTSIDE_MAX]
        elif peer not in self.down or not self.log.total:
            self.links[node, peer].append(item)

    def fail(self, node: str) -> None:
        """A crash. What is in flight to the node and from it is lost. Spec: FAULT-3."""
        self.down.add(node)
        for link, items in self.links.items():
            if node in link:
                if self.log.total:
                    self.links[link] = []
                else:
                    self.links[link] = [attrs.evolve(each, shaky=True) for each in items]
                    if link[1] == node:
                        self.skips.add(link)
                self.ghosts.pop(link, None)

    def come_back(self, node: str, how: str) -> None:
        """A restart, and what was in flight is lost if no crash has been told. Spec: FAULT-4."""
        self.fail(node)
        self.down.discard(node)
        actor = GossipActor(self.gossips[node])
        self.become(node, actor.restarted(self.states[node], Comeback(how)))

    def apart(self, node: str, peer: str) -> NodeState | None:
        """What a node becomes that hears that a connection is gone; None if it stays as it is."""
        after = self.gossips[node].step(self.states[node], Lost(peer)).state
        return None if after == self.states[node] else after

    def forget_peer(self, node: str, peer: str) -> None:
        """A node hears that its connection to a peer is gone. Spec: FAULT-8."""
        after = self.apart(node, peer)
        if after is not None:
            self.become(node, after, Lost(peer))

    # --- untold exchanges -----------------------------------------------------------------------

    def exchanged(self, rec: Rec, node: str, peer: str) -> tuple[NodeState, tuple[Message, ...]]:
        """What an exchange with a peer would make of a past state, and say."""
        if peer not in rec.said:
            step = self.gossips[node].step(rec.state, Exchange(self.ids.get(peer, peer)))
            sends = tuple(each.message for each in step.outputs if isinstance(each, Send))
            if sends and isinstance(sends[-1], Digest):
                self.cut = True
            rec.said[peer] = (step.state, sends)
            rec.told[peer] = [document(each) for each in sends if not isinstance(each, Update)]
            self.forgot = self.forgot or (self.remembers and step.state != rec.state and self.pure)
        return rec.said[peer]

    def moments(self, node: str, low: int, high: int) -> Iterator[tuple[int, Rec, int]]:
        """The past states of a node between two times, latest first: place, state, earliest time.

        An exchange leaves at an odd time: behind what was sent at `low`, before what was at `high`.
        """
        recs = self.past[node]
        until = high
        for place in range(len(recs) - 1, -1, -1):
            rec = recs[place]
            at = max(rec.at + 1 - rec.at % 2, low + 1 - low % 2)
            if at <= until:
                yield place, rec, at
            if rec.at <= low:
                return
            until = min(until, rec.at - 1 + rec.at % 2)
        if recs[0].at > 0:
            self.forgot = True

    def bounds(self, link: Link, place: int) -> tuple[int, int]:
        """Between which times of its sender something in the queue of a link has been sent."""
        items = self.links[link]
        low = items[place - 1].at if place > 0 else self.gone.get(link, 0)
        return low, items[place].at if place < len(items) else self.clock[link[0]] + 1

    def put_in(self, link: Link, queue_place: int, at: int, said: tuple[Message, ...]) -> None:
        """An exchange that changed nothing was in the past; what it said is in flight."""
        self.links[link][queue_place:queue_place] = [Item(each, at) for each in said]
        self._supply("gossip", *link, index=self._index_at(link[0], at))

    def _index_at(self, node: str, at: int) -> int:
        for rec in reversed(self.past[node]):
            if rec.at <= at:
                return rec.index
        return 0

    def _supply(
        self, kind: str, node: str, peer: str, message: Message | None = None, index: int = -1
    ) -> None:
        where = self.index if index < 0 else index
        self.supplied.append(Supplied(where, kind, node, peer, message))

    @property
    def guesses(self) -> bool:
        """Whether an exchange that the log does not tell may change its node."""
        return self.remembers and not self.pure

    def said_now(self, link: Link) -> list[Any]:
        """What an exchange would say now, as a log tells it."""
        rec = Rec(0, None, self.states[link[0]])
        self.exchanged(rec, *link)
        return rec.told[link[1]]

    def start_now(self, node: str, peer: str) -> None:
        """An exchange that the log does not tell, now."""
        self._supply("gossip", node, peer)
        self.react(node, Exchange(self.ids.get(peer, peer)))

    def put_in_changing(self, link: Link, queue_place: int, place: int, at: int) -> bool:
        """An exchange that changed its node was in the past. Whether all that followed still fits.

        What the node has done since is done again: it must have shown the same, and sent the same
        of what has arrived.
        """
        node, peer = link
        recs = self.past[node]
        state, said = self.exchanged(recs[place], node, peer)
        again = [Rec(at, Exchange(self.ids[peer]), state, index=recs[place].index)]
        for rec in recs[place + 1 :]:
            after = self._again(node, again[-1].state, rec)
            if after is None:
                return False
            again.append(after)
        links = self._sent_again(node, recs[place + 1 :], again[1:])
        if links is None:
            return False
        self.links.update(links)
        self.links[link][queue_place:queue_place] = [Item(each, at) for each in said]
        self.past[node] = recs[: place + 1] + again
        self.states[node] = again[-1].state
        self.notices[node] = again[-1].notices if len(again) > 1 else ()
        self._supply("gossip", *link, index=recs[place].index)
        return True

    def _again(self, node: str, state: NodeState, rec: Rec) -> Rec | None:
        """An event once more, at a node that is another by now. None if the log shows otherwise."""
        if rec.event is None:  # a restart
            self.cut = True
            return None
        step = self.gossips[node].step(state, rec.event)
        sends = tuple((o.to, o.message) for o in step.outputs if isinstance(o, Send))
        notices = tuple(o for o in step.outputs if isinstance(o, Recorded | Compacted))
        if any(isinstance(each, Rejected) for each in step.outputs):
            return None
        if not all(_shows(step.state, notices, event) for _, event in rec.shown):
            return None
        return Rec(rec.at, rec.event, step.state, sends, notices, rec.index, rec.shown)

    def _sent_again(
        self, node: str, before: list[Rec], after: list[Rec]
    ) -> dict[Link, list[Item]] | None:
        """The links of a node with what it has sent anew, or None if what has arrived differs."""
        links: dict[Link, list[Item]] = {}
        for peer in (name for name in self.states if name != node):
            link, to = (node, peer), self.ids[peer]
            old = [(rec.at, m) for rec in before for who, m in rec.sends if who == to]
            new = [(rec.at, m) for rec in after for who, m in rec.sends if who == to]
            if old == new:
                continue
            if not self.log.ordered or "drop" in self.log.silent or "duplicate" in self.log.silent:
                self.cut = True
                return None
            first = after[0].at
            flying = [each for each in self.links[link] if each.at >= first]
            arrived = len(old) - len(flying)
            if arrived < 0 or len(new) < len(old) or new[:arrived] != old[:arrived]:
                return None
            kept = [each for each in self.links[link] if each.at < first]
            for place, (at, message) in enumerate(new[arrived:]):
                was = flying[place] if place < len(flying) else None
                if was is not None and was.said and was.message != message:
                    return None
                kept.append(
                    Item(message, at)
                    if was is None
                    else Item(message, at, was.said, was.mid, was.shaky)
                )
            links[link] = kept
        return links

    # --- what is in flight ------------------------------------------------------------------------

    def take(self, link: Link, place: int) -> Item:
        """Take a message from its link, with those before it lost that cannot come after it."""
        items = self.links[link]
        item = items[place]
        lost = items[: self.lost(items, place)]
        for each in lost:
            self._supply("lost", *link, message=each.message)
        self.skips.discard(link)
        if lost:
            del items[: place + 1]
        else:
            del items[place]
        self.gone[link] = max(self.gone.get(link, 0), item.at)
        if "duplicate" in self.log.silent:
            before = () if self.log.ordered else self.ghosts.get(link, ())
            self.forgot = self.forgot or len(before) >= OUTSIDE_MAX
            self.ghosts[link] = (*before[-OUTSIDE_MAX:], item)
        return item

    def copied(self, link: Link, item: Item) -> None:
        """A message arrives that stays in flight, or has arrived already."""
        self._supply("copy", *link, message=item.message)

    def lost(self, items: Sequence[Item], place: int) -> int:
        """How many messages must have been lost for the one at a place to be next."""
        if not self.log.ordered or place < lines(items):
            return 0
        return place

    # --- going back -------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """This moment."""
        return Mark(
            dict(self.states),
            frozenset(self.down),
            {link: list(items) for link, items in self.links.items() if items},
            dict(self.ghosts),
            dict(self.gone),
            frozenset(self.skips),
            dict(self.clock),
            dict(self.notices),
            {node: (recs, len(recs)) for node, recs in self.past.items()},
            len(self.supplied),
            self.index,
        )

    def go_back(self, mark: Mark) -> None:
        """Be as at a mark again."""
        self.states = dict(mark.states)
        self.down = set(mark.down)
        for link in self.links:
            self.links[link] = list(mark.links.get(link, ()))
        self.ghosts, self.gone = dict(mark.ghosts), dict(mark.gone)
        self.skips = set(mark.skips)
        self.clock, self.notices = dict(mark.clock), dict(mark.notices)
        for node, (recs, length) in mark.past.items():
            del recs[length:]
            last = recs[-1]
            last.shown = [pair for pair in last.shown if pair[0] < mark.index]
            self.past[node] = recs
        del self.supplied[mark.supplied :]
        self.index = mark.index


def _shows(state: NodeState, notices: tuple[Output, ...], event: Event) -> bool:
    """Whether a node is as a line of the log says, or has caused what it says."""
    if event.kind == "state":
        return shown_mismatch(state, event) is None
    wanted = {"event": event.kind, **event.members}
    return any(mismatch(wanted, notice_document(each)) is None for each in notices)


def lines(items: Sequence[Item]) -> int:
    """How many digest lines stand at the front of a queue. They have no order. Spec: EXCH-7."""
    for place, item in enumerate(items):
        if not isinstance(item.message, Digest):
            return place
    return len(items)
