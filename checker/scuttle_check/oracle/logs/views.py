"""What the views of a log say of the time before them: bounds on what a node may know, and when.

Laws of this file: a bound is what the next view of the same node implies; nothing is guessed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

from attrs import define, field

from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.wire import encoded
from scuttle_ref import rules
from scuttle_ref.messages import Update
from scuttle_ref.names import thawed_value
from scuttle_ref.state import NodeState

Place: TypeAlias = tuple[str, ...]
Seen: TypeAlias = Mapping[Place, Mapping[str, Any]]


def seen_in(event: Event) -> Seen:
    """The entries of a view by their place: the key, or its owner and the key."""

    def below(held: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Any]]:
        for name, entry in held.items():
            if isinstance(entry, Mapping) and "version" in entry and "value" in entry:
                yield (*place, name), entry
            elif isinstance(entry, Mapping):
                yield from below(entry, (*place, name))

    return dict(below(event.members.get("state", {}), ()))


@define
class View:
    """A line that shows a node: its entries by place, and its clock where that is shown."""

    event: Event
    seen: Seen
    clock: Mapping[str, Any] | None

    @classmethod
    def of(cls, event: Event) -> View:
        """What a line shows."""
        return cls(event, seen_in(event), event.members.get("clock"))


@define
class Views:
    """For each node and place of its thread: the next view, and the highest own clock before it.

    `targets` are the versions of writes that some view shows.
    """

    log: Log
    own: dict[str, list[Event]] = field(init=False)
    following: dict[str, list[View | None]] = field(factory=dict)
    caps: dict[str, list[float]] = field(factory=dict)
    targets: dict[int, int] = field(factory=dict)
    lamport: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lamport = self.log.profile.witness is rules.witness_lamport
        self.own = {node.name: [] for node in self.log.nodes}
        events = sorted((e for t in self.log.threads for e in t), key=lambda e: e.number)
        for event in events:
            self.own[event.node].append(event)
        shown, written = self._shown(events)
        for node in self.log.nodes:
            self._bound(node.name, node.id, shown, written)

    @staticmethod
    def _shown(
        events: Sequence[Event],
    ) -> tuple[dict[tuple[str, str], set[int]], dict[tuple[str, str], int]]:
        """The versions that views show of each key and value, and how often each was written."""
        shown: dict[tuple[str, str], set[int]] = defaultdict(set)
        written: dict[tuple[str, str], int] = defaultdict(int)
        for event in events:
            if event.kind == "state":
                for place, entry in seen_in(event).items():
                    shown[place[-1], json.dumps(entry["value"])].add(entry["version"])
            elif event.kind == "set":
                written[event.members["key"], json.dumps(event.members["value"])] += 1
        return shown, written

    def _bound(
        self,
        name: str,
        me: str,
        shown: Mapping[tuple[str, str], set[int]],
        written: Mapping[tuple[str, str], int],
    ) -> None:
        events = self.own[name]
        views: list[View | None] = [None] * (len(events) + 1)
        caps = [inf] * (len(events) + 1)
        for at in range(len(events) - 1, -1, -1):
            event = events[at]
            views[at], caps[at] = views[at + 1], caps[at + 1]
            if event.kind == "state":
                shown_now = View.of(event)
                views[at] = shown_now
                if shown_now.clock is not None and isinstance(shown_now.clock.get(me), int):
                    caps[at] = min(caps[at], shown_now.clock[me])
            elif event.kind == "set":
                key = event.members["key"], json.dumps(event.members["value"])
                versions = shown.get(key, set())
                caps[at] -= 1
                view = views[at]
                if view is not None:
                    later = [e for place, e in view.seen.items() if place[-1] == key[0]]
                    caps[at] = min([caps[at], *(e["version"] - 1 for e in later)])
                if len(versions) == 1 and written[key] == 1:
                    self.targets[event.number] = version = next(iter(versions))
                    caps[at] = min(caps[at], version - 1)
        self.following[name], self.caps[name] = views, caps

    def allows(
        self,
        name: str,
        at: int,
        state: NodeState,
        update: Update,
        written: Mapping[tuple[str, int], Sequence[Update]],
    ) -> bool:
        """Whether a node may take an update before its next view."""
        me = state.id
        known = state.history.knows(update)
        if update.version <= state.clock.get(update.source_id) and known:
            return True
        if self.lamport and update.source_id != me and update.version + 1 > self.caps[name][at]:
            return False
        view = self.following[name][at]
        if view is None:
            return True
        if view.clock is not None and update.version > view.clock.get(update.source_id, -1):
            return False
        if "state" not in view.event.members:
            return True
        entry = view.seen.get(self.log.profile.place(update))
        if entry is None:
            return False
        if update.version != entry["version"]:
            return bool(update.version < entry["version"])
        if encoded(thawed_value(update.value)) == entry["value"]:
            return True
        alike = [
            each
            for each in written.get((update.key, update.version), ())
            if encoded(thawed_value(each.value)) == entry["value"]
        ]
        return not any(each.source_id < update.source_id for each in alike)
