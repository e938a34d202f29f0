"""Messages whose arrival is not told: a run in which each arrives as early as later views allow.

What it finds is a run, so that a log may be accepted by it. That it finds none says nothing.

Laws of this file: every state is what the reducer made of what happened; links keep their order.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, TypeAlias

import attrs
from attrs import define, field

from scuttle_check.oracle.logs.judging import Limits
from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.logs.telling import shown_mismatch
from scuttle_check.oracle.logs.views import View, Views
from scuttle_check.oracle.vectors.matching import Mismatch
from scuttle_check.oracle.wire import encoded
from scuttle_ref import messages
from scuttle_ref.messages import DigestDone, Exchange, Message, Put, Received, Update
from scuttle_ref.names import frozen_value, thawed_value
from scuttle_ref.outputs import Rejected, Send
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

KEPT: Final = 400
"""How many moments are kept to go back to."""

REPAIRS_MAX: Final = 40
"""How many bounds are learnt at one event, before another way is tried."""

WANDERS_MAX: Final = 250
"""How often some steps back are taken at one event, with arrivals that wait for random times."""

Link: TypeAlias = tuple[str, str]
Flying: TypeAlias = tuple[Message, int]
"""A message, and the number of the exchange that caused it; 0 if it is a digest of nobody's."""

TRIES_MAX: Final = 12
"""How often a run is begun anew, with another seed."""

HANDLED: Final = frozenset({"set", "gossip", "state"})
"""The kinds of events that such a log may have."""


@define
class Moment:
    """Where a run is: places in the threads and at the nodes, states, links, exchanges answered."""

    places: list[int]
    at: dict[str, int]
    states: dict[str, NodeState]
    links: dict[Link, list[Flying]]
    answered: frozenset[int] = frozenset()
    supplied: int = 0

    def copy(self) -> Moment:
        """Another like it."""
        links = {link: list(queue) for link, queue in self.links.items()}
        return Moment(
            list(self.places), dict(self.at), dict(self.states), links, self.answered, self.supplied
        )


@define
class Answered:
    """A digest that was answered: the exchange, who asked, who answered, what he was, and when."""

    exchange: int
    asker: str
    answerer: str
    state: NodeState
    before: Moment


@define
class Eager:
    """Looks for a run of a log in which every message arrives as early as views allow."""

    log: Log
    limits: Limits
    views: Views = field(init=False)
    ids: dict[str, str] = field(init=False)
    names: dict[str, str] = field(init=False)
    gossips: dict[str, Gossip] = field(init=False)
    now: Moment = field(init=False)
    held: dict[int, set[Update]] = field(factory=lambda: defaultdict(set))
    first: dict[tuple[str, Update], frozenset[int]] = field(factory=lambda: defaultdict(frozenset))
    marks: list[Answered] = field(factory=list)
    learnt: list[tuple[str, Update, Moment]] = field(factory=list)
    ring: list[Moment] = field(factory=list)
    written: dict[tuple[str, int], list[Update]] = field(factory=lambda: defaultdict(list))
    delays: dict[object, int] = field(factory=dict)
    until: int = 0
    span: int = 0
    seed: int = 1
    rng: random.Random = field(init=False)
    best: int = 0
    stuck: tuple[Event, Mismatch] | None = None

    def __attrs_post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - decided by the seed
        self.views = Views(self.log)
        self.ids = {node.name: node.id for node in self.log.nodes}
        self.names = {node.id: node.name for node in self.log.nodes}
        self.gossips = {n.name: Gossip(self.log.profile, n.config) for n in self.log.nodes}
        names = list(self.ids)
        self.now = Moment(
            [0] * len(self.log.threads),
            dict.fromkeys(names, 0),
            {name: self.gossips[name].start(self.ids[name]) for name in names},
            {(a, b): [] for a in names for b in names if a != b},
        )

    def found(self) -> bool:
        """Whether a run takes every event. Spec: OBS-12."""
        repairs = wanders = 0
        while not self.limits.over:
            lacking = self._forward()
            if lacking is None:
                return True
            done = sum(self.now.places)
            if done > self.best:
                self.best, repairs, wanders = done, 0, 0
            if repairs < REPAIRS_MAX and any(
                self._hold(each[1]) or self._answer_first(each[0]) for each in lacking
            ):
                repairs += 1
                continue
            wanders, repairs = wanders + 1, 0
            if wanders > WANDERS_MAX or not self._wander(wanders):
                return False
        return False

    # --- forward ----------------------------------------------------------------------------------

    def _forward(self) -> list[tuple[str, list[Update]]] | None:
        """Take events until none can be taken: who lacks which updates. None if none is left."""
        while True:
            lacking: list[tuple[str, list[Update]]] = []
            moved = False
            threads = self.log.threads
            order = sorted(
                range(len(threads)), key=lambda t: self.now.places[t] / max(1, len(threads[t]))
            )
            for thread in order:
                if self.now.places[thread] == len(threads[thread]):
                    continue
                event = threads[thread][self.now.places[thread]]
                missing = self._event(event)
                if missing is None:
                    self._took(thread, event)
                    moved = True
                    break
                lacking.append((event.node, missing))
            if not moved:
                return lacking or None

    def _took(self, thread: int, event: Event) -> None:
        self.now.places[thread] += 1
        self.now.at[event.node] += 1
        self._deliver()
        if "gossip" in self.log.silent:
            self._everybody_asks()
        self.ring.append(self.now.copy())
        if len(self.ring) > 2 * KEPT:
            del self.ring[:KEPT]

    def _event(self, event: Event) -> list[Update] | None:
        """Take an event, or tell which updates its node lacks for it."""
        name, state = event.node, self.now.states[event.node]
        match event.kind:
            case "set":
                return self._write(event, state)
            case "gossip":
                to = event.members.get("to")
                peer = self.ids.get(to, to) if to is not None else None
                if peer is None:
                    return []
                self._do(name, Exchange(peer), event.number)
                return None
            case _:
                wrong = shown_mismatch(state, event)
                if wrong is None:
                    return None
                self._note(event, wrong)
                return self._lacking(state, View.of(event))

    def _note(self, event: Event, wrong: Mismatch) -> None:
        if sum(self.now.places) >= self.best:
            self.stuck = (event, wrong)

    def _write(self, event: Event, state: NodeState) -> list[Update] | None:
        me = state.id
        key, value = event.members["key"], frozen_value(event.members["value"])
        step = self.gossips[event.node].step(state, Put(key, value, event.members.get("now")))
        if any(isinstance(each, Rejected) for each in step.outputs):
            return []
        version = int(step.state.clock.get(me))
        target = self.views.targets.get(event.number, version)
        if version != target:
            path = f"$.state.{key}.version"
            self._note(event, Mismatch(path, f"this write at {version}", str(target)))
            return self._below(me, target - 1) if version < target else []
        self._do(event.node, Put(key, value, event.members.get("now")), event.number)
        update = Update(me, key, value, version)
        for name in ((key, version), ("", version)):
            if update not in self.written[name]:
                self.written[name].append(update)
        return None

    def _below(self, me: str, version: int) -> list[Update]:
        """What would raise a clock to just above a version, under Lamport's rule."""
        return [u for u in self.written.get(("", version - 1), []) if u.source_id != me]

    def _lacking(self, state: NodeState, view: View) -> list[Update]:
        """The updates of others that a node lacks to look like a view."""
        missing: list[Update] = []
        for place, entry in view.seen.items():
            held = state.at(place)
            alike = encoded(thawed_value(held.value)) == entry["value"]
            if held.version < entry["version"] or not (held.source_id and alike):
                known = self.written.get((place[-1], entry["version"]), [])
                missing += [u for u in known if u.source_id != state.id]
        for source, mark in (view.clock or {}).items():
            have = state.clock.get(source)
            if source == state.id and isinstance(mark, int) and have < mark and not missing:
                missing += self._below(state.id, mark)
            elif source != state.id and isinstance(mark, int) and have < mark:
                known = self.written.get(("", mark), [])
                missing += [u for u in known if u.source_id == source]
        return sorted(dict.fromkeys(missing), key=lambda u: u.version)

    def _do(self, name: str, event: messages.Event, exchange: int = 0) -> None:
        step = self.gossips[name].step(self.now.states[name], event)
        self.now.states[name] = step.state
        for output in step.outputs:
            if isinstance(output, Send) and output.to in self.names:
                self.now.links[name, self.names[output.to]].append((output.message, exchange))

    # --- arrivals ---------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Let everything arrive that may."""
        moved = True
        while moved:
            moved = False
            for link, queue in self.now.links.items():
                while queue and self._may_arrive(link, *queue[0]):
                    message, exchange = queue.pop(0)
                    self.now.supplied += 1
                    self._do(link[1], Received(self.ids[link[0]], message), exchange)
                    if isinstance(message, DigestDone):
                        self.now.answered |= {exchange}
                    moved = True

    def _may_arrive(self, link: Link, message: Message, exchange: int) -> bool:
        source, target = link
        state = self.now.states[target]
        if isinstance(message, Update):
            if not self._allows(target, message):
                return False
            if not state.history.knows(message):
                waits = self._waits((target, message))
                if waits or not self.first[target, message] <= self.now.answered:
                    return False
                self.learnt.append((target, message, self.now.copy()))
                if len(self.learnt) > 2 * KEPT:
                    del self.learnt[:KEPT]
            return True
        if not all(state.history.knows(each) for each in self.held.get(exchange, ())):
            return False
        if self._waits((exchange, target) if self.seed % 2 else (message, exchange, target)):
            return False
        if exchange and not state.marks(self.ids[source]):
            self.marks.append(Answered(exchange, source, target, state, self.now.copy()))
            if len(self.marks) > 2 * KEPT:
                del self.marks[:KEPT]
        return True

    def _allows(self, name: str, update: Update) -> bool:
        """Whether a node may take an update before its next view."""
        now = self.now
        return self.views.allows(name, now.at[name], now.states[name], update, self.written)

    def _waits(self, what: object) -> bool:
        """Whether an arrival waits, after some steps back: at random, up to where they were."""
        done = sum(self.now.places)
        if self.until <= done:
            return False
        if what not in self.delays:
            late = 0 if self.rng.random() < 0.5 else self.rng.randint(1, self.span)  # noqa: PLR2004
            self.delays[what] = done + late
        return self.delays[what] > done

    def _everybody_asks(self) -> None:
        """Exchanges that nobody told: each asks each whose news he may have, once and again."""
        for _ in range(len(self.ids)):
            before = self.now.supplied
            for asker in self.ids:
                for answerer in self.ids:
                    if asker != answerer and self._has_news(asker, answerer):
                        self.now.supplied += 1
                        self._do(asker, Exchange(self.ids[answerer]))
                        self._deliver()
            if self.now.supplied == before:
                return

    def _has_news(self, asker: str, answerer: str) -> bool:
        """Whether an answer would bring something at once, with nothing in the way."""
        if self.now.links[asker, answerer] or self.now.links[answerer, asker]:
            return False
        mine, theirs = self.now.states[asker], self.now.states[answerer]
        return any(
            update.version > mine.clock.get(update.source_id) and self._allows(asker, update)
            for update in theirs.history.updates
        )

    # --- back -------------------------------------------------------------------------------------

    def _hold(self, updates: Sequence[Update]) -> bool:
        """Go back to the last digest that was answered before its answerer knew what is lacking.

        It is held until he does: a bound that is learnt, and kept.
        """
        for update in updates:
            for at in range(len(self.marks) - 1, -1, -1):
                mark = self.marks[at]
                knows = self.now.states[mark.answerer].history.knows(update)
                news = knows and not mark.state.history.knows(update)
                asker = self.now.states[mark.asker]
                over = asker.clock.get(update.source_id) >= update.version
                helps = not asker.history.knows(update) and (self.views.lamport or not over)
                if helps and news and update not in self.held[mark.exchange]:
                    self.held[mark.exchange].add(update)
                    self._go(mark.before)
                    del self.marks[at:]
                    return True
        return False

    def _answer_first(self, name: str) -> bool:
        """Go back to where somebody learnt what blocks a link: he answers before he learns it."""
        for (source, target), queue in self.now.links.items():
            if target != name or not queue:
                continue
            blocks, exchange = queue[0]
            own = isinstance(blocks, Update) and blocks.source_id == self.ids[source]
            if not isinstance(blocks, Update) or own or exchange in self.first[source, blocks]:
                continue
            for at in range(len(self.learnt) - 1, -1, -1):
                who, what, before = self.learnt[at]
                if who == source and what == blocks:
                    self.first[source, blocks] |= {exchange}
                    self._go(before)
                    del self.learnt[at:]
                    return True
        return False

    def _go(self, moment: Moment) -> None:
        self.now = moment.copy()
        done = sum(self.now.places)
        while self.ring and sum(self.ring[-1].places) > done:
            self.ring.pop()
        while self.marks and sum(self.marks[-1].before.places) > done:
            self.marks.pop()
        while self.learnt and sum(self.learnt[-1][2].places) > done:
            self.learnt.pop()
        self._deliver()

    def _wander(self, tries: int) -> bool:
        """Some steps back, where arrivals then wait for random times."""
        if not self.ring:
            return False
        back = min(len(self.ring), self.rng.randint(1, 8 + tries // 4))
        moment = self.ring[-back]
        del self.ring[len(self.ring) - back + 1 :]
        done = sum(moment.places)
        self.marks = [m for m in self.marks if sum(m.before.places) <= done]
        self.learnt = [each for each in self.learnt if sum(each[2].places) <= done]
        self.held.clear()
        self.first.clear()
        self.delays, self.span, self.until = {}, back + 2, done + back + 2
        self.now = attrs.evolve(moment.copy())
        self._deliver()
        return True


def eager(log: Log, limits: Limits) -> Eager | None:
    """A run that takes every event of a log with untold arrivals, if one is found. Spec: OBS-12."""
    events = [event for thread in log.threads for event in thread]
    if any(event.kind not in HANDLED for event in events) or not log.ordered:
        return None
    for seed in range(1, TRIES_MAX + 1):
        tried = Eager(log, limits, seed=seed)
        if tried.found():
            return tried
        if limits.over:
            return None
    return None
