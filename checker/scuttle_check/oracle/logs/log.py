"""Logs of real runs: one JSON object a line, read with the line and path of every fault.

Laws of this file: what is returned has been checked, so that nothing after it can stumble over a
log; every field that an event may leave out is None there.

A map from the words of a foreign log to those of ours: names of fields, kinds of events.

Laws of this file: a map is a TOML file; whatever it does not mention keeps its name.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from attrs import field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.engine.network import Comeback
from scuttle_check.gossip.script import lines_of
from scuttle_check.oracle.protocol import UnknownName, config_from
from scuttle_check.oracle.wire import decoded
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES
from scuttle_ref.validity import name_refusal
from scuttle_ref.wire import json_of

TABLES = ("trace", "fields", "events", "ignore")


@frozen
class Renaming:
    """How a foreign log is read.

    `header` stands in for, or over, the header of the log; `fields` leads from the path of a field
    of ours to that of theirs, `events` from their word for an event to ours.
    """

    header: Mapping[str, Any] = field(factory=dict)
    fields: Mapping[str, str] = field(factory=dict)
    events: Mapping[str, str] = field(factory=dict)
    ignored: frozenset[str] = frozenset()

    def renamed(self, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """The event in our words, or None for one that is to be ignored. Spec: OBS-4."""
        found = dict(document)
        for ours, theirs in self.fields.items():
            value = _at(document, theirs.split("."))
            if value is not None:
                _put(found, ours.split("."), value)
        word = found.get("ev")
        if isinstance(word, str):
            if word in self.ignored:
                return None
            found["ev"] = self.events.get(word, word)
        return found


def _at(document: object, path: list[str]) -> Any:
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _put(document: dict[str, Any], path: list[str], value: object) -> None:
    for name in path[:-1]:
        inner = document.get(name)
        document[name] = dict(inner) if isinstance(inner, Mapping) else {}
        document = document[name]
    document[path[-1]] = value


def read_renaming(path: Path) -> Renaming:
    """The map in a file. Raises UsageFault with the path of what is wrong."""
    try:
        document = tomllib.loads(text_given(path))
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=str(path)) from None
    except ValueError as fault:
        raise UsageFault(f"is no TOML ({fault})", where=str(path)) from None
    for name in document:
        if name not in TABLES or not isinstance(document[name], dict):
            expected = f"the tables {', '.join(TABLES)}"
            raise UsageFault("is no table of a map", where=f"{path}: {name}", expected=expected)
    events: dict[str, str] = {}
    for ours, words in document.get("events", {}).items():
        for word in words if isinstance(words, list) else [words]:
            events[str(word)] = ours
    fields = document.get("fields", {})
    for ours, theirs in fields.items():
        if not isinstance(theirs, str):
            where = f"{path}: fields.{ours}"
            raise UsageFault("is no text", where=where, expected="the path of their field")
    ignored = document.get("ignore", {}).get("events", [])
    if not isinstance(ignored, list):
        raise UsageFault("is no array", where=f"{path}: ignore.events", expected="their words")
    return Renaming(document.get("trace", {}), fields, events, frozenset(map(str, ignored)))


FORMAT = "scuttle-trace/1"
LINE_MAX = 2**20
"""The longest line. Unit: characters."""

MEMBERS: dict[str, dict[str, tuple[type, ...]]] = {
    "set": {"key": (str,), "value": (object,)},
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

WORDS: dict[type, str] = {
    str: "a text",
    int: "an integer",
    dict: "an object",
    list: "an array",
    bool: "true or false",
}
"""What the types of members are called."""

SILENT = ("gossip", "deliver", "drop", "duplicate")
"""The kinds of steps that a log may leave out."""

RESTARTS = tuple(how.value for how in (Comeback.PERSISTED, Comeback.AMNESIA))


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
    """A log: what was run, what it may leave out, and its events in one or several threads."""

    profile: Profile
    nodes: tuple[Observed, ...]
    threads: tuple[tuple[Event, ...], ...]
    silent: tuple[str, ...] = ("gossip", "deliver", "drop")
    silent_max: int = 4
    ordered: bool = True

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum(map(len, self.threads))


@frozen
class At:
    """A place in a file, for a fault."""

    where: str
    path: str = field(default="$")

    def refuse(self, problem: str, expected: str, name: str = "") -> NoReturn:
        """Raise the UsageFault of this place."""
        path = f"{self.path}.{name}" if name else self.path
        raise UsageFault(
            problem,
            where=f"{self.where}: {path}",
            expected=expected,
            hint="see spec/guide/traces.md for the format",
        )


def read_log(path: Path, renaming: Renaming | None = None) -> Log:
    """The log in a file. Raises UsageFault with the line and path of what is wrong. Spec: OBS-1."""
    names = renaming or Renaming()
    documents = list(_documents(path))
    head: Mapping[str, Any] = names.header
    if documents and "format" in documents[0][1]:
        head = {**documents.pop(0)[1], **names.header}
    if not head:
        At(f"{path}, line 1").refuse("is no header", f'an object with "format": "{FORMAT}"')
    here = At(f"{path}, line 1")
    if head.get("format", FORMAT) != FORMAT:
        here.refuse(f"is {_shown(head['format'])}", FORMAT, "format")
    nodes = _nodes(head, here)
    kept = [(line, names.renamed(document)) for line, document in documents]
    events = [
        _event(number, At(f"{path}, line {line}"), line, document, nodes)
        for number, (line, document) in enumerate(
            ((line, each) for line, each in kept if each is not None), start=1
        )
    ]
    return Log(
        profile=_profile(head, here),
        nodes=nodes,
        threads=_threads(events, _choice(head, "order", ("total", "per-node"), here), nodes),
        silent=_silent(head, here),
        silent_max=_count(head, "max_silent", 4, here),
        ordered=_choice(head, "network", ("fifo", "unordered"), here) == "fifo",
    )


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = text_given(path)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageFault(f"cannot be read ({reason})", where=str(path)) from None
    for number, line in enumerate(lines_of(text), start=1):
        if not line.strip():
            continue
        here = At(f"{path}, line {number}")
        if len(line) > LINE_MAX:
            here.refuse(f"is {len(line):,} characters long", f"at most {LINE_MAX:,}")
        try:
            document = json_of(line)
        except ValueError as fault:
            here.refuse(f"is no JSON ({str(fault)[:80]})", "one JSON object a line")
        if not isinstance(document, dict):
            here.refuse(f"is {_shown(document)}", "a JSON object")
        yield number, document


def _nodes(head: Mapping[str, Any], here: At) -> tuple[Observed, ...]:
    found = head.get("nodes")
    if not isinstance(found, dict) or not found:
        here.refuse("is missing or no object", "the nodes by name", "nodes")
    return tuple(_node(name, each, here) for name, each in found.items())


def _node(name: str, document: object, here: At) -> Observed:
    path = f"nodes.{name}"
    if not isinstance(document, dict):
        here.refuse(f"is {_shown(document)}", "an object with an id", path)
    node = document.get("id", name)
    refusal = name_refusal("id", node)
    if refusal is not None:
        here.refuse(refusal.problem, refusal.expected, f"{path}.id")
    settings = document.get("config", {})
    if not isinstance(settings, dict):
        here.refuse(f"is {_shown(settings)}", "an object", f"{path}.config")
    try:
        return Observed(name, node, config_from(decoded(settings)))
    except (UnknownName, InvalidConfig, ValueError, TypeError) as fault:
        here.refuse(str(fault), "a configuration of the adapter protocol", f"{path}.config")


def _event(
    number: int, here: At, line: int, document: Mapping[str, Any], nodes: Sequence[Observed]
) -> Event:
    kind = document.get("ev")
    if not isinstance(kind, str) or kind not in MEMBERS:
        here.refuse(f"is {_shown(kind)}", f"one of {', '.join(MEMBERS)}", "ev")
    node = document.get("node")
    if node not in [each.name for each in nodes]:
        here.refuse(f"is {_shown(node)}", "a node of the header", "node")
    known = MEMBERS[kind]
    members = {name: document[name] for name in known if document.get(name) is not None}
    for name, value in members.items():
        if not isinstance(value, known[name]) or (
            isinstance(value, bool) and bool not in known[name] and object not in known[name]
        ):
            expected = " or ".join(WORDS[each] for each in known[name])
            here.refuse(f"is {_shown(value)}", expected, name)
    if kind == "set" and not ("key" in document and "value" in document):
        here.refuse("lacks its key or its value", "both: no value can be guessed", "set")
    if kind == "set":
        members["value"] = document["value"]
    if kind == "restart" and members.setdefault("how", RESTARTS[0]) not in RESTARTS:
        here.refuse(f"is {_shown(members['how'])}", " or ".join(RESTARTS), "how")
    return Event(number, line, str(node), kind, members)


def _profile(head: Mapping[str, Any], here: At) -> Profile:
    name = _text(head, "profile", here)
    if name not in PROFILES:
        here.refuse(f"is {name[:40]!r}", f"one of {', '.join(PROFILES)}", "profile")
    return PROFILES[name]


def _threads(
    events: Sequence[Event], order: str, nodes: Sequence[Observed]
) -> tuple[tuple[Event, ...], ...]:
    """One thread of all events, or one for each node. Spec: OBS-2."""
    if order == "total":
        return (tuple(events),)
    return tuple(tuple(e for e in events if e.node == node.name) for node in nodes)


def _silent(head: Mapping[str, Any], here: At) -> tuple[str, ...]:
    found = head.get("silent", ["gossip", "deliver", "drop"])
    if not isinstance(found, list) or not all(each in SILENT for each in found):
        here.refuse(f"is {_shown(found)}", f"an array of {', '.join(SILENT)}", "silent")
    return tuple(each for each in SILENT if each in found)


def _count(head: Mapping[str, Any], name: str, default: int, here: At) -> int:
    found = head.get(name, default)
    if type(found) is not int or not 0 <= found <= 1_000:  # noqa: PLR2004 - nobody means more
        here.refuse(f"is {_shown(found)}", "an integer from 0 to 1000", name)
    return found


def _text(head: Mapping[str, Any], name: str, here: At) -> str:
    found = head.get(name)
    if not isinstance(found, str):
        here.refuse(f"is {_shown(found)}", "a text", name)
    return found


def _choice(head: Mapping[str, Any], name: str, known: Sequence[str], here: At) -> str:
    found = head.get(name, known[0])
    if found not in known:
        here.refuse(f"is {_shown(found)}", " or ".join(known), name)
    return str(found)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return "missing" if value is None else text[:60]
