"""A log of a real run, as values: what was run, what it may leave out, and its events.

Laws of this file: every member that an event may leave out is absent there; nothing is read here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from scuttle_check.engine.network import Comeback
from scuttle_ref.config import Config
from scuttle_ref.profile import Profile

FORMAT: Final = "scuttle-trace/1"

MEMBERS: Final[dict[str, dict[str, tuple[type, ...]]]] = {
    "set": {"key": (str,), "value": (object,), "now": (int,)},
    "gossip": {"to": (str,)},
    "send": {"to": (str,), "mid": (str, int), "msg": (dict,)},
    "recv": {"from": (str,), "mid": (str, int), "msg": (dict,)},
    "drop": {"from": (str,), "mid": (str, int), "msg": (dict,)},
    "crash": {},
    "restart": {"how": (str,)},
    "update": {"update": (dict,)},
    "compaction": {"length": (int,)},
    "state": {
        "state": (dict,),
        "clock": (dict,),
        "history": (list,),
        "version": (int,),
        "partial": (bool,),
    },
}
"""Every kind of event, and the members it may have beside `ev`, `node` and `seq`."""

WORDS: Final[dict[type, str]] = {
    str: "a text",
    int: "an integer",
    dict: "an object",
    list: "an array",
    bool: "true or false",
}
"""What the types of members are called."""

SILENT: Final = ("gossip", "deliver", "drop", "duplicate")
"""The kinds of steps that a log may leave out."""

COMPLETE: Final = {"gossip": "gossip", "send": "", "recv": "deliver", "drop": "drop"}
"""What a log may promise always to tell, and the kind of silent step that is none then."""

RESTARTS: Final = tuple(how.value for how in (Comeback.PERSISTED, Comeback.AMNESIA))


@frozen
class Event:
    """One line of a log. `number` counts events from 1, `line` the lines of the file."""

    number: int
    line: int
    node: str
    kind: str
    members: Mapping[str, Any]

    def __str__(self) -> str:
        told = " ".join(f"{name}={json.dumps(self.members[name])}" for name in self.members)
        return f"{self.node} {self.kind} {told}".rstrip()


@frozen
class Observed:
    """A node of the log: its name there, its id in the protocol, and its configuration."""

    name: str
    id: str
    config: Config


@frozen
class Log:
    """A log: what was run, what it may leave out, and its events in one or several threads.

    `complete` are the kinds of events that are told whenever they happen.
    """

    profile: Profile
    nodes: tuple[Observed, ...]
    threads: tuple[tuple[Event, ...], ...]
    silent: tuple[str, ...] = ("gossip", "deliver", "drop")
    silent_max: int = 4
    ordered: bool = True
    total: bool = True
    complete: frozenset[str] = frozenset()

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum(map(len, self.threads))

    def by_node(self) -> tuple[tuple[Event, ...], ...]:
        """The events as threads, one for each node, in the order of their lines."""
        events = sorted((each for thread in self.threads for each in thread), key=_number)
        return threads_of(events, self.nodes, total=False)


def _number(event: Event) -> int:
    return event.number


def threads_of(
    events: list[Event], nodes: tuple[Observed, ...], *, total: bool
) -> tuple[tuple[Event, ...], ...]:
    """One thread of all events, or one for each node. Spec: OBS-2."""
    if total:
        return (tuple(events),)
    found: dict[str, list[Event]] = {node.name: [] for node in nodes}
    for event in events:
        found[event.node].append(event)
    return tuple(map(tuple, found.values()))
