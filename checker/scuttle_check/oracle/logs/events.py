"""What an event of the log may have been in a run: each way to take it, the likeliest first.

Laws of this file: looking for ways changes nothing but the reason why there is none; two ways that
lead to the same are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import attrs
from attrs import define, field, frozen

from scuttle_check.oracle.logs.course import Course, Item, Link, lines
from scuttle_check.oracle.logs.feeds import Feed, digest_group
from scuttle_check.oracle.logs.log import Event
from scuttle_check.oracle.logs.patterns import (
    Pattern,
    depth,
    differs,
    fits,
    may_be_digest,
    of_digest,
    pattern_of,
    updates_in,
)
from scuttle_check.oracle.logs.telling import normal, notice_document, plain, shown_mismatch, turned
from scuttle_check.oracle.vectors.matching import Mismatch, mismatch
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Digest, Exchange, Message, Put, Received
from scuttle_ref.names import frozen_value
from scuttle_ref.outputs import Rejected
from scuttle_ref.wire import message_from_json

Way: TypeAlias = Callable[[], bool]
"""Takes the event. False if it turns out that it cannot."""


@frozen
class Why:
    """Why an event fits nowhere. `waits` if something that has not happened yet could help."""

    mismatch: Mismatch
    waits: bool = False


@define
class Telling:
    """Tells the ways to take an event. `why` is set when there was none.

    `strict` holds if every sending is told: then nothing arrives whose sending was not, and
    messages are told in the order in which they are sent. `final` holds if no other thread can
    help: then of a digest that was never said as the log has it, the beginning is taken.
    """

    course: Course
    strict: bool
    why: Why | None = None
    mids: set[object] = field(factory=set)
    unread: bool = False
    final: bool = True

    def ways(self, event: Event, feed: Feed, place: int) -> Iterator[Way]:
        """Every way to take an event of the log, here and now. Spec: OBS-1, OBS-2."""
        self.why = None
        course = self.course
        if event.node in course.down and event.kind not in {"restart", "drop"}:
            self._miss("$.node", "a node that is up", f"{event.node}, which has crashed")
            return iter(())
        match event.kind:
            case "set":
                return self._set(event, feed, place)
            case "gossip":
                return self._gossip(event)
            case "send":
                return self._send(event, feed, place)
            case "recv" if event.members.get("from", event.node) not in course.ids:
                return self._from_outside(event)
            case "recv" | "drop":
                return self._arrival(event, feed, place)
            case "update" | "compaction":
                return self._notice(event)
            case "state":
                return self._shown(event)
            case _:
                return self._failure(event)

    def _miss(self, path: str, expected: str, got: str, *, waits: bool = False) -> None:
        self.why = Why(Mismatch(path, expected, got), waits)

    def _missed(self, found: Mismatch | None, *, waits: bool = False) -> None:
        if found is not None and (self.why is None or depth(found) > depth(self.why.mismatch)):
            self.why = Why(found, waits)

    # --- at one node ------------------------------------------------------------------------------

    def _set(self, event: Event, feed: Feed, place: int) -> Iterator[Way]:
        """A write. Where it is stamped by a clock that was not told, the log may show the stamp."""
        members, node = event.members, event.node
        value = frozen_value(members["value"])
        readings: list[int | None] = [members.get("now")]
        if readings == [None] and self._reads_clock(node):
            readings = [*self._stamps(event, feed, place), None]
            self.unread = True
        for reading in readings:
            refused = self._refused(node, Put(members["key"], value, reading))
            if refused is not None:
                self._miss("$", f"what the profile accepts, not: {refused}", str(event))
            else:
                put = Put(members["key"], value, reading)
                yield lambda put=put: self.course.react(node, put) is None  # type: ignore[misc]

    def _refused(self, node: str, put: Put) -> str | None:
        course = self.course
        step = course.gossips[node].step(course.states[node], put)
        return next((str(o.refusal) for o in step.outputs if isinstance(o, Rejected)), None)

    def _reads_clock(self, node: str) -> bool:
        """Whether the version of a write depends on the time."""
        state, stamp = self.course.states[node], self.course.log.profile.stamp
        unread = stamp(state, None)
        return isinstance(unread, int) and stamp(state, unread + 1) != unread

    def _stamps(self, event: Event, feed: Feed, place: int) -> Iterator[int]:
        """The versions that the log shows of a write soon after it."""
        wanted = {"key": event.members["key"], "value": event.members["value"]}
        me = self.course.ids[event.node]
        seen = set[int]()
        for at in range(place + 1, place + 200):
            later = feed.at(at)
            if later is None:
                return
            for said in updates_in(later, event.members["key"]):
                whose = said.get("source_id", me)
                version = said.get("version")
                same = all(said.get(name) == each for name, each in wanted.items())
                if same and whose == me and type(version) is int and version not in seen:
                    seen.add(version)
                    yield version

    def _gossip(self, event: Event) -> Iterator[Way]:
        course, node = self.course, event.node
        others = [name for name in course.states if name != node]
        for peer in [event.members["to"]] if "to" in event.members else others:
            exchange = Exchange(course.ids.get(peer, peer))
            yield lambda e=exchange: course.react(node, e) is None  # type: ignore[misc]

    def _notice(self, event: Event) -> Iterator[Way]:
        """An update or a compaction that the last step of the node has caused."""
        course, node = self.course, event.node
        notices = course.notices[node]
        for at, notice in enumerate(notices):
            found = mismatch({"event": event.kind, **event.members}, notice_document(notice))
            if found is None:
                yield lambda at=at: self._noticed(event, at)  # type: ignore[misc]
                return
            self._missed(turned(found))
        if not notices:
            self._miss("$", "a step of this node that causes it", "none since the last event")

    def _noticed(self, event: Event, at: int) -> bool:
        notices = self.course.notices[event.node]
        self.course.notices[event.node] = notices[at + 1 :]
        return self._looked(event)

    def _shown(self, event: Event) -> Iterator[Way]:
        """What a node was seen to be; an untold exchange that changed it may stand before."""
        course, node = self.course, event.node
        found = shown_mismatch(course.states[node], event)
        if found is None:
            yield lambda: self._looked(event)
            return
        self.why = Why(found)
        if course.guesses and not self.strict:
            for peer in course.states:
                if peer != node:
                    yield lambda peer=peer: self._looked_after(event, peer)  # type: ignore[misc]

    def _looked_after(self, event: Event, peer: str) -> bool:
        """The same, right after exchanges with a peer."""
        course, node = self.course, event.node
        for _ in range(min(3, course.log.silent_max)):
            course.start_now(node, peer)
            if shown_mismatch(course.states[node], event) is None:
                return self._looked(event)
        return False

    def due(self, event: Event, thread: int, feeds: Sequence[Feed], places: Sequence[int]) -> None:
        """Start the untold exchanges that must have been before an event, if they change nodes.

        A digest that arrives later fits what the node would say now, and not what it would say
        after the event.
        """
        course, node = self.course, event.node
        if node in course.down or event.kind not in {"set", "recv", "gossip"}:
            return
        for peer in course.states:
            link = (node, peer)
            if peer == node or any(of_digest(each.message) for each in course.links[link]):
                continue
            group = self._awaited(link, feeds, places)
            if group is None or not self._covers(course.said_now(link), group):
                continue
            mark = course.mark()
            way = next(self.ways(event, feeds[thread], places[thread]), None)
            later = way is not None and way() and self._covers(course.said_now(link), group)
            course.go_back(mark)
            if not later:
                course.start_now(*link)

    def _awaited(
        self, link: Link, feeds: Sequence[Feed], places: Sequence[int]
    ) -> Sequence[Pattern] | None:
        """The next digest that arrives on a link, as far as the log is known."""
        for feed, place in zip(feeds, places, strict=True):
            arrival = feed.next_arrival(link, place)
            if arrival is not None:
                event, at = arrival
                pattern = pattern_of(event)
                if "digest" not in pattern or pattern.get("returned"):
                    return None
                return self._group(event, feed, at, pattern)
        return None

    def _looked(self, event: Event) -> bool:
        if self.course.remembers:
            self.course.past[event.node][-1].shown.append((self.course.index, event))
        return True

    def _failure(self, event: Event) -> Iterator[Way]:
        """A crash or a restart. Peers may hear of it, or not: no log tells."""
        course, node = self.course, event.node
        if not course.log.total:
            course.cut = True

        def does(*, hear: bool) -> bool:
            if event.kind == "crash":
                course.fail(node)
            else:
                course.come_back(node, event.members["how"])
            for peer in course.states if hear else ():
                if peer != node:
                    course.forget_peer(peer, course.ids[node])
            return True

        yield lambda: does(hear=True)
        me = course.ids[node]
        if any(course.apart(peer, me) for peer in course.states if peer != node):
            yield lambda: does(hear=False)

    def _from_outside(self, event: Event) -> Iterator[Way]:
        """A message of a peer that the log does not watch: it must be told whole."""
        course, node = self.course, event.node
        if "msg" not in event.members:
            self._miss("$.msg", "the whole message, as its sender is not watched", "nothing")
            return
        try:
            heard: object = message_from_json(plain(event.members["msg"]))
        except InvalidMessage:
            yield lambda: True
            return
        received = Received(event.members["from"], heard)
        yield lambda: course.react(node, received) is None

    # --- messages ---------------------------------------------------------------------------------

    def _links(self, event: Event) -> list[Link]:
        course, node = self.course, event.node
        sends = event.kind == "send"
        peer = event.members.get("to" if sends else "from")
        if peer is not None:
            link = (node, peer) if sends else (peer, node)
            return [link] if link in course.links else []
        return [link for link in course.links if link[0 if sends else 1] == node]

    def _send(self, event: Event, feed: Feed, place: int) -> Iterator[Way]:
        """A message that the node has said already is told, or one of an untold exchange."""
        pattern = pattern_of(event)
        links = self._links(event)
        found = False
        for link in links:
            for way in self._said(link, event, pattern):
                found = True
                yield way
        group = self._group(event, feed, place, pattern)
        for link in links:
            if may_be_digest(pattern) and not (found and self._whole(group)):
                yield from self._exchanges(link, event, group, found=found)
        if self.why is None:
            self._miss("$", "a message that the profile lets it send now", "none")

    def _said(self, link: Link, event: Event, pattern: Pattern) -> Iterator[Way]:
        """The messages on a link whose sending was not told yet, and that fit."""
        items = tuple(self.course.links[link])
        first = next((at for at, item in enumerate(items) if not item.said), len(items))
        seen: list[Message] = []
        for at in range(first, len(items)):
            item = items[at]
            if item.said:
                continue
            wrong = differs(pattern, item.document())
            if wrong is None and not (self.strict and item.message in seen):
                seen.append(item.message)
                yield lambda at=at: self._say(link, at, first, event)  # type: ignore[misc]
            self._missed(wrong)
            if self.strict and not isinstance(item.message, Digest):
                return

    def _say(self, link: Link, at: int, first: int, event: Event) -> bool:
        """Note that the sending was told; digest lines stand in the order in which it was."""
        items = self.course.links[link]
        mid = event.members.get("mid")
        told = attrs.evolve(items[at], said=True, mid=mid)
        if link[1] not in self.course.ids:
            del items[: at + 1]
            return True
        del items[at]
        items.insert(first if self.strict else at, told)
        if mid is not None and not self.strict:
            self.mids.add(mid)
        return True

    def _arrival(self, event: Event, feed: Feed, place: int) -> Iterator[Way]:
        """A message comes out of its link, and arrives or is lost."""
        pattern = pattern_of(event)
        course = self.course
        found = False
        for link in self._links(event):
            for way in self._arrived(link, event, pattern):
                found = True
                yield way
        if not self.strict:
            yield from self._untold_digests(event, feed, place, pattern, found=found)
        if self.why is None:
            sender = event.members.get("from", "anybody")
            waits = not course.log.total
            self._miss("$", f"a message in flight from {sender}", "nothing in flight", waits=waits)

    def _arrived(self, link: Link, event: Event, pattern: Pattern) -> Iterator[Way]:
        """The messages in flight on a link that may come out of it next, and that fit."""
        course = self.course
        items = tuple(course.links[link])
        waiting = not course.log.total
        seen: list[tuple[Message, object]] = []
        too_many = None
        for at in self._next(link, items):
            item = items[at]
            wrong = self._wrong(item, event, pattern)
            if wrong is not None:
                self._missed(wrong, waits=waiting and self.strict and not item.said)
            elif course.lost(items, at) > course.log.silent_max:
                most = f"at most {course.log.silent_max} unlogged steps before it (max_silent)"
                too_many = too_many or Mismatch(
                    "$", most, f"a run that needs {course.lost(items, at)}"
                )
            elif (item.message, item.mid) not in seen:
                seen.append((item.message, item.mid))
                yield lambda at=at: self._take(link, at, event)  # type: ignore[misc]
        if too_many is not None:
            self.why = Why(too_many)
        for ghost in course.ghosts.get(link, ()) if event.kind == "recv" else ():
            wrong = self._wrong(ghost, event, pattern)
            self._missed(wrong)
            if wrong is None and (ghost.message, ghost.mid) not in seen[1:]:
                yield lambda ghost=ghost: self._copy(link, ghost, event)  # type: ignore[misc]

    def _next(self, link: Link, items: Sequence[Item]) -> Iterator[int]:
        """The places from which something may come out of a queue next."""
        course = self.course
        if not course.log.ordered or "drop" in course.log.silent:
            yield from range(len(items))
            return
        if link in course.skips:
            yield from range(len(items))
            return
        shaky = next((at for at, each in enumerate(items) if not each.shaky), len(items))
        for start in (0, shaky) if shaky else (0,):
            rest = list(items[start:])
            yield from range(start, min(len(items), start + max(1, lines(rest))))

    def _wrong(self, item: Item, event: Event, pattern: Pattern) -> Mismatch | None:
        mid = event.members.get("mid")
        if self.strict and not item.said:
            return Mismatch("$", "a message whose sending was told", f"{item.message}, untold")
        if mid is not None and item.mid != mid and (item.said or mid in self.mids):
            return Mismatch("$.mid", str(item.mid), str(mid))
        return differs(pattern, item.document())

    def _take(self, link: Link, at: int, event: Event) -> bool:
        course = self.course
        item = course.take(link, at)
        if event.kind == "recv":
            course.react(link[1], Received(course.ids[link[0]], item.message))
        return True

    def _copy(self, link: Link, item: Item, event: Event) -> bool:
        course = self.course
        course.copied(link, item)
        course.react(event.node, Received(course.ids[link[0]], item.message))
        return True

    # --- exchanges that the log does not tell -----------------------------------------------------

    def _untold_digests(
        self, event: Event, feed: Feed, place: int, pattern: Pattern, *, found: bool
    ) -> Iterator[Way]:
        """A digest arrives whose exchange was not told, and neither was its sending."""
        course = self.course
        if "gossip" not in course.log.silent or not may_be_digest(pattern):
            return
        group = self._group(event, feed, place, pattern)
        if found and self._whole(group):
            return
        for link in self._links(event):
            yield from self._exchanges(link, event, group, found=found, arrives=True)

    def _exchanges(
        self,
        link: Link,
        event: Event,
        group: Sequence[Pattern],
        *,
        found: bool,
        arrives: bool = False,
    ) -> Iterator[Way]:
        """The untold exchanges of a node that say what the log tells of a digest.

        If none says all of it, those that say the beginning, the longest first: so that the line
        is named that is wrong, and not the first of its digest. Spec: OBS-3, OBS-7.
        """
        course = self.course
        if "gossip" not in course.log.silent or not course.log.silent_max:
            return
        if link[0] in course.down or link[1] not in course.ids:
            return
        for size in range(len(group), 0, -1) if self.final else (len(group),):
            some = False
            for way in self._with(link, event, group[:size], arrives=arrives):
                some = True
                yield way
            if some or found:
                return

    def _with(  # noqa: C901 - one state after the other
        self, link: Link, event: Event, group: Sequence[Pattern], *, arrives: bool
    ) -> Iterator[Way]:
        """The exchanges that say a group, at each place of the queue where they may stand."""
        course = self.course
        items = tuple(course.links[link])
        for queue_place in self._gaps(items, arrives=arrives):
            low, high = course.bounds(link, queue_place)
            if low == high and queue_place < len(items):  # inside of a digest
                continue
            if not course.log.ordered:
                low, high = 0, course.clock[link[0]] + 1
            seen: list[tuple[Message, ...]] = []
            waiting: tuple[int, int, tuple[Message, ...]] | None = None
            for place, rec, at in course.moments(link[0], low, high):
                after, said = course.exchanged(rec, *link)
                changes = after != rec.state
                if waiting is not None and (changes or said != waiting[2]):
                    yield self._put(link, queue_place, waiting, event, arrives=arrives)
                    waiting = None
                    if self._whole(group):
                        return
                if said in seen and not changes:
                    if waiting is not None:
                        waiting = (place, at, said)
                    continue
                if not self._covers(rec.told[link[1]], group, first=not seen):
                    continue
                if changes:
                    yield self._put(link, queue_place, (place, at, said), event, arrives=arrives)
                else:
                    seen.append(said)
                    waiting = (place, at, said)
            if waiting is not None:
                yield self._put(link, queue_place, waiting, event, arrives=arrives)

    def _gaps(self, items: Sequence[Item], *, arrives: bool) -> Iterator[int]:
        """Where in a queue an untold exchange may stand: before what is untold, or what comes."""
        if not self.course.log.ordered:
            yield len(items)
            return
        if not arrives:
            last = max((at + 1 for at, item in enumerate(items) if item.said), default=0)
            yield from range(last, len(items) + 1) if not self.strict else (last,)
            return
        yield 0
        if "drop" in self.course.log.silent:
            most = min(len(items), self.course.log.silent_max - 1)
            yield from range(1, most + 1)

    def _put(
        self,
        link: Link,
        queue_place: int,
        moment: tuple[int, int, tuple[Message, ...]],
        event: Event,
        *,
        arrives: bool,
    ) -> Way:
        place, at, said = moment

        def does() -> bool:
            course = self.course
            rec = course.past[link[0]][place]
            changes = course.exchanged(rec, *link)[0] != rec.state
            last = place == len(course.past[link[0]]) - 1
            if changes and last and queue_place == len(course.links[link]):
                course.start_now(*link)
            elif changes:
                if not course.put_in_changing(link, queue_place, place, at):
                    return False
            else:
                course.put_in(link, queue_place, at, said)
            return self._first_of(link, queue_place, len(said), event, arrives=arrives)

        return does

    def _first_of(
        self, link: Link, queue_place: int, count: int, event: Event, *, arrives: bool
    ) -> bool:
        """Take, of a digest that has just been put in, the line that the event tells of."""
        course, pattern = self.course, pattern_of(event)
        items = course.links[link]
        fits = [
            at
            for at in range(queue_place, min(queue_place + count, len(items)))
            if differs(pattern, items[at].document()) is None
        ]
        if not fits:
            return False
        course.cut = course.cut or len({items[at].message for at in fits}) > 1
        if arrives:
            return self._take(link, fits[0], event)
        return self._say(link, fits[0], queue_place, event)

    def _group(self, event: Event, feed: Feed, place: int, pattern: Pattern) -> Sequence[Pattern]:
        """What the log tells of the digest that begins here; one line where lines overtake."""
        if "msg" not in event.members or not self.course.log.ordered:
            return [pattern]
        return [normal(each) for each in digest_group(feed, event, place)]

    def _whole(self, group: Sequence[Pattern]) -> bool:
        """Whether the log tells all of a digest, so that two exchanges that fit say the same."""
        log = self.course.log
        some = not self.strict and ("drop" in log.silent or "duplicate" in log.silent)
        if some or not log.ordered or not group[-1].get("done"):
            return False
        return all(
            "version" in each and ("source_id" in each or "id" in each) for each in group[:-1]
        )

    def _covers(
        self, docs: Sequence[Any], group: Sequence[Pattern], *, first: bool = False
    ) -> bool:
        """Whether a digest is what the log tells of it: each line once, in any order."""
        silent = self.course.log.silent
        loose = not self.course.log.ordered or ("drop" in silent and not self.strict)
        copies = "duplicate" in silent and not self.strict
        if group[-1].get("done") and len(group) != len(docs) and not loose and not copies:
            return False
        left = list(docs)
        for pattern in group:
            at = next((at for at, doc in enumerate(left) if fits(pattern, doc)), None)
            if at is None:
                for doc in left if first else ():
                    self._missed(differs(pattern, doc), waits=not self.course.log.total)
                return False
            if not copies:
                del left[at]
        return True
