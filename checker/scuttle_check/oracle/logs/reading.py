"""Logs of real runs: one JSON object a line, read with the line and path of every fault.

Laws of this file: what is returned has been checked, so that nothing after it can stumble over a
log; a log is read line by line and no line is read beyond its limit.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import define, field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.gossip.own_profiles import SUFFIX, profile_called, profile_typed
from scuttle_check.oracle.logs.log import (
    COMPLETE,
    FORMAT,
    MEMBERS,
    RESTARTS,
    SILENT,
    WORDS,
    Event,
    Log,
    Observed,
    threads_of,
)
from scuttle_check.oracle.logs.renaming import Renaming
from scuttle_check.oracle.protocol import UnknownName, config_from
from scuttle_check.oracle.wire import decoded
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES
from scuttle_ref.validity import name_refusal
from scuttle_ref.wire import json_of

LINE_MAX: Final = 2**20
"""The longest line. Unit: characters."""

ORDERS: Final = ("total", "per-node")
NETWORKS: Final = ("fifo", "unordered")


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
    """The log in a file, whole. Raises UsageFault with the line and path of what is wrong.

    Spec: OBS-1.
    """
    log, events = streamed(path, renaming)
    threads = threads_of(list(events), log.nodes, total=log.total)
    return Log(
        profile=log.profile,
        nodes=log.nodes,
        threads=threads,
        silent=log.silent,
        silent_max=log.silent_max,
        ordered=log.ordered,
        total=log.total,
        complete=log.complete,
    )


def streamed(path: Path, renaming: Renaming | None = None) -> tuple[Log, Generator[Event]]:
    """A log without its events, and the events as the file is read. Raises UsageFault.

    Spec: OBS-1, OBS-9.
    """
    names = renaming or Renaming()
    documents = _documents(path)
    first = next(documents, None)
    head: Mapping[str, Any] = names.header
    if first is not None and "format" in first[1]:
        head = {**first[1], **names.header}
    elif first is not None:
        documents = chain([first], documents)
    here = At(f"{path}, line 1")
    if not head:
        here.refuse("is no header", f'an object with "format": "{FORMAT}"')
    if head.get("format", FORMAT) != FORMAT:
        here.refuse(f"is {_shown(head['format'])}", FORMAT, "format")
    nodes = _nodes(head, here)
    complete = _several(head, "complete", tuple(COMPLETE), (), here)
    untold = {COMPLETE[each] for each in complete}
    for kind in untold & set(head["silent"] if isinstance(head.get("silent"), list) else ()):
        here.refuse(f"promises what silent ({kind}) takes back", "one of both", "complete")
    silent = _several(head, "silent", SILENT, SILENT[:3], here)
    log = Log(
        profile=_profile(head, here, path.parent),
        nodes=nodes,
        threads=(),
        silent=tuple(each for each in silent if each not in untold),
        silent_max=_count(head, "max_silent", 4, here),
        ordered=_choice(head, "network", NETWORKS, here) == NETWORKS[0],
        total=_choice(head, "order", ORDERS, here) == ORDERS[0],
        complete=frozenset(complete),
    )
    return log, _Reader(path, names, {each.name for each in nodes}).events(documents)


@define
class _Reader:
    """Makes events of documents. Mutable in the number of the last event of each node."""

    path: Path
    names: Renaming
    nodes: set[str]
    seqs: dict[str, int] = field(factory=dict)

    def events(self, documents: Iterator[tuple[int, dict[str, Any]]]) -> Generator[Event]:
        number = 0
        renames = bool(self.names.fields or self.names.events or self.names.ignored)
        for line, document in documents:
            read = self.names.renamed(document) if renames else document
            if read is not None:
                number += 1
                yield self._event(number, line, read)

    def _here(self, line: int) -> At:
        return At(f"{self.path}, line {line}")

    def _event(self, number: int, line: int, document: Mapping[str, Any]) -> Event:
        kind, node = document.get("ev"), document.get("node")
        if not isinstance(kind, str) or kind not in MEMBERS:
            self._here(line).refuse(f"is {_shown(kind)}", f"one of {', '.join(MEMBERS)}", "ev")
        if not isinstance(node, str) or node not in self.nodes:
            self._here(line).refuse(f"is {_shown(node)}", "a node of the header", "node")
        known = MEMBERS[kind]
        members = {name: document[name] for name in known if document.get(name) is not None}
        for name, value in members.items():
            kinds = known[name]
            if type(value) not in kinds and object not in kinds:
                expected = " or ".join(WORDS[each] for each in kinds)
                self._here(line).refuse(f"is {_shown(value)}", expected, name)
        if kind == "set":
            self._set(line, document, members)
        elif kind == "restart" and members.setdefault("how", RESTARTS[0]) not in RESTARTS:
            self._here(line).refuse(f"is {_shown(members['how'])}", " or ".join(RESTARTS), "how")
        if "seq" in document:
            self._in_order(line, node, document["seq"])
        return Event(number, line, node, kind, members)

    def _set(self, line: int, document: Mapping[str, Any], members: dict[str, Any]) -> None:
        if not ("key" in document and "value" in document):
            problem = "lacks its key or its value"
            self._here(line).refuse(problem, "both: no value can be guessed", "set")
        members["value"] = document["value"]

    def _in_order(self, line: int, node: str, seq: object) -> None:
        """The numbers that a node gives its events go up. Spec: OBS-11."""
        if type(seq) is not int:
            self._here(line).refuse(f"is {_shown(seq)}", "an integer", "seq")
        before = self.seqs.get(node)
        if before is not None and seq <= before:
            problem = f"is {seq}, and {before} of {node} stands before it"
            self._here(line).refuse(problem, "the events of a node in their order", "seq")
        self.seqs[node] = seq


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines that are not blank. No line is read beyond the limit. Spec: OBS-9."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            while line := file.readline(LINE_MAX + 2):
                number += 1
                if len(line.rstrip("\n")) > LINE_MAX:
                    limit = f"at most {LINE_MAX:,} characters"
                    At(f"{path}, line {number}").refuse("is too long", limit)
                if line.strip():
                    yield number, _document(path, number, line)
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        where = f"{path}, after line {number}" if number else str(path)
        raise UsageFault(f"cannot be read ({reason})", where=where) from None


def _document(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = _header_of(line) if number == 1 else json_of(line)
    except ValueError as fault:
        At(f"{path}, line {number}").refuse(
            f"is no JSON ({str(fault)[:80]})", "one JSON object a line"
        )
    if not isinstance(document, dict):
        At(f"{path}, line {number}").refuse(f"is {_shown(document)}", "a JSON object")
    return document


def _header_of(line: str) -> object:
    """The first line. Two members of one name, as for two nodes, are no JSON that says one thing.

    Spec: OBS-10.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"it says {twice[:40]!r} twice")
        return found

    json_of(line)
    return json.loads(line, object_pairs_hook=once)


def _nodes(head: Mapping[str, Any], here: At) -> tuple[Observed, ...]:
    found = head.get("nodes")
    if not isinstance(found, dict) or not found:
        here.refuse("is missing or no object", "the nodes by name", "nodes")
    nodes = tuple(_node(name, each, here) for name, each in found.items())
    taken: dict[str, str] = {}
    for node in nodes:
        if node.id in taken:
            problem = f"is {node.id!r}, which is the id of {taken[node.id]}"
            here.refuse(problem, "an id of its own", f"nodes.{node.name}.id")
        taken[node.id] = node.name
    return nodes


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


def _profile(head: Mapping[str, Any], here: At, folder: Path) -> Profile:
    """The profile of a header: one of ours, or a rule file beside the log. Spec: PROF-8."""
    name = _text(head, "profile", here)
    if name not in PROFILES and not name.endswith(SUFFIX):
        known = f"one of {', '.join(PROFILES)}, or a rule file ({SUFFIX})"
        here.refuse(f"is {name[:40]!r}", known, "profile")
    return profile_called(profile_typed(name, f"{here.where}: $.profile", folder))


def _several(
    head: Mapping[str, Any], name: str, known: tuple[str, ...], default: tuple[str, ...], here: At
) -> tuple[str, ...]:
    found = head.get(name, list(default))
    if not isinstance(found, list) or not all(each in known for each in found):
        here.refuse(f"is {_shown(found)}", f"an array of {', '.join(known)}", name)
    return tuple(each for each in known if each in found)


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


def _choice(head: Mapping[str, Any], name: str, known: tuple[str, ...], here: At) -> str:
    found = head.get(name, known[0])
    if found not in known:
        here.refuse(f"is {_shown(found)}", " or ".join(known), name)
    return str(found)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return "missing" if value is None else text[:60]
