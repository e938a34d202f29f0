"""The events of a log as threads that are read ahead, and from which one may go back a little."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import define, field

from scuttle_check.oracle.logs.log import Event

AHEAD: Final = 512
"""How far ahead is looked for the rest of a digest. Unit: events."""

Key: TypeAlias = tuple[str, str, object]
"""The kind of an event, its node, and its peer."""


@define
class Feed:
    """One thread of a log. Places count its events from 0; those long gone are forgotten."""

    source: Iterator[Event]
    base: int = 0
    events: list[Event] = field(factory=list)
    places: dict[Key, list[int]] = field(factory=dict)
    breaks: list[tuple[int, str]] = field(factory=list)
    ended: bool = False

    @classmethod
    def of(cls, events: Iterable[Event]) -> Feed:
        """A thread of these events, which are taken from where they come as they are needed."""
        return cls(iter(events))

    def at(self, place: int) -> Event | None:
        """The event at a place, or None behind the last one."""
        if place + AHEAD >= self.base + len(self.events):
            self._read(place + AHEAD + 1)
        index = place - self.base
        return self.events[index] if index < len(self.events) else None

    def _read(self, end: int) -> None:
        while not self.ended and self.base + len(self.events) < end:
            event = next(self.source, None)
            if event is None:
                self.ended = True
                return
            if event.kind in {"send", "recv"}:
                peer = event.members.get("to" if event.kind == "send" else "from")
                place = self.base + len(self.events)
                self.places.setdefault((event.kind, event.node, peer), []).append(place)
            elif event.kind in {"crash", "restart"}:
                self.breaks.append((self.base + len(self.events), event.node))
            self.events.append(event)

    def following(self, event: Event, place: int) -> Iterator[Event]:
        """The event at a place, and those of the same kind, node and peer that follow it.

        Up to a crash of one of the two.
        """
        peer = event.members.get("to" if event.kind == "send" else "from")
        places = self.places.get((event.kind, event.node, peer), [])
        ends = (at for at, node in self.breaks if at > place and node in {event.node, peer})
        end = next(ends, None)
        for at in range(bisect_left(places, place), len(places)):
            if end is not None and places[at] > end:
                return
            yield self.events[places[at] - self.base]

    def next_arrival(self, link: tuple[str, str], place: int) -> tuple[Event, int] | None:
        """The next digest line that arrives on a link, from a place on, and its place."""
        self.at(place)
        places = self.places.get(("recv", link[1], link[0]), [])
        for at in range(bisect_left(places, place), len(places)):
            event = self.events[places[at] - self.base]
            if "digest" in event.members.get("msg", ()):
                return event, places[at]
        return None

    def forget(self, place: int) -> None:
        """Forget what stands before a place, if that is much."""
        if place - self.base <= 4 * AHEAD:
            return
        del self.events[: place - self.base]
        self.base = place
        self.breaks = [pair for pair in self.breaks if pair[0] >= place]
        for key, places in list(self.places.items()):
            kept = places[bisect_left(places, place) :]
            if kept:
                self.places[key] = kept
            else:
                del self.places[key]


def digest_group(feed: Feed, event: Event, place: int) -> list[Mapping[str, Any]]:
    """What the log says of the rest of a digest, from the line at a place to its `done`.

    Empty patterns where it says nothing of a message; then the rest cannot be told apart.
    """
    found: list[Mapping[str, Any]] = []
    for each in feed.following(event, place):
        said = each.members.get("msg")
        if said is None or "digest" not in said:
            break
        found.append(said)
        if said.get("done"):
            break
    return found or [event.members.get("msg", {})]
