"""The adapter protocol, version 1: what the oracle asks and what an adapter may answer.

Laws of this file: data and pure functions; a request is a plain object, a reply is checked field
by field before anything believes it.

How a node is configured in the adapter protocol, and what the reference makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from scuttle_check.oracle.wire import UNDEFINED, parse
from scuttle_ref.config import Config
from scuttle_ref.messages import Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import by_arrival, by_version_and_source, scuttle_breadth, scuttle_depth
from scuttle_ref.resolvers import RESOLVERS, GossipView

PROTOCOL: Final = "scuttle-conformance"
VERSION: Final = 1

LINE_MAX: Final = 16 * 2**20
"""The longest line. Unit: bytes. Spec: ADP-1."""

OPERATIONS: Final = {
    "hello": "who are you, and what can you do?",
    "init": "forget everything and start these nodes",
    "set": "the owner of a node writes a value",
    "write": "a message arrives at a node",
    "gossip": "a node starts an exchange",
    "get": "what does a node hold under a key?",
    "inspect": "what does a node know?",
    "news": "what does history remember of a source above a version?",
    "read": "hand over up to so many messages (back-pressure)",
    "resolve": "does this update replace what this node holds?",
    "close": "the connection to a peer is gone",
    "open": "a connection to a peer is open, and nothing has been said on it",
    "bye": "end",
}
"""Every operation, and the question it asks."""

ALWAYS: Final = frozenset({"hello", "init", "bye"})
"""Operations that need no capability."""

INSPECTED: Final = ("state", "clock", "history", "version")
"""What a node can be asked for."""

OPTIONS: Final = frozenset({"events", "drain:manual", "lines", "one-node", "dialect:shipped"})
"""Capabilities that are no operation and no name of a function."""


class ErrorKind(Enum):
    """Why an adapter did not do what was asked. Spec: ADP-5."""

    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"
    INTERNAL = "internal"


@frozen
class AdapterError:
    """An answer that says no. Spec: ADP-5."""

    kind: ErrorKind
    name: str = ""
    message: str = ""
    issue_url: str = ""

    def __str__(self) -> str:
        said = ": ".join(text for text in (self.name, self.message) if text)
        return f"{self.kind.value} ({said})" if said else self.kind.value


@frozen
class Sent:
    """One message that a node sent. `to` is the peer, or None for whoever was being answered.

    `message` is an object, or a text: the line that the implementation would put on its wire.
    """

    message: Any
    to: str | None = None


@frozen
class Reply:
    """A checked answer. `body` holds what belongs to the operation asked."""

    ok: bool
    error: AdapterError | None = None
    out: tuple[Sent, ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    body: Mapping[str, Any] = field(factory=dict)

    @property
    def result(self) -> Any:
        """The member `result`, or UNDEFINED."""
        return self.body.get("result", UNDEFINED)


@frozen
class Hello:
    """What an adapter says of itself. Spec: ADP-3."""

    name: str
    version: str
    capabilities: frozenset[str]
    sut: Mapping[str, Any]
    request_seconds: float | None = None

    def can(self, *operations: str) -> bool:
        """Whether every one of `operations` is offered."""
        return all(each in ALWAYS or each in self.capabilities for each in operations)

    def named(self, kind: str) -> tuple[str, ...]:
        """The functions it knows by name: ``resolver:NAME`` or ``sort:NAME``, sorted."""
        head = f"{kind}:"
        return tuple(
            sorted(each[len(head) :] for each in self.capabilities if each[: len(head)] == head)
        )


class ProtocolBreach(Exception):
    """An adapter said something that is no answer. Carries the path and what was expected."""

    def __init__(self, path: str, problem: str, expected: str, clause: str) -> None:
        super().__init__(f"{path}: {problem}; expected {expected} [{clause}]")
        self.path = path
        self.problem = problem
        self.expected = expected
        self.clause = clause


_COMMON = frozenset({"re", "ok"})
BODY: Final[dict[str, frozenset[str]]] = {
    "hello": frozenset({"version", "sut", "capabilities", "timeouts", "protocol"}),
    "set": frozenset({"result", "out", "events"}),
    "write": frozenset({"result", "out", "events"}),
    "gossip": frozenset({"result", "out", "events"}),
    "close": frozenset({"result", "out", "events"}),
    "open": frozenset({"result", "out", "events"}),
    "read": frozenset({"result", "out", "events"}),
    "get": frozenset({"result"}),
    "news": frozenset({"result"}),
    "inspect": frozenset(INSPECTED),
    "resolve": frozenset({"result"}),
    "init": frozenset({"result", "out", "events"}),
    "bye": frozenset({"result"}),
}
"""The members an answer may have, by operation."""


def reply_from(line: bytes, request: Mapping[str, Any]) -> Reply:
    """The answer to `request` in a line. Raises ProtocolBreach.

    Spec: ADP-1, ADP-2, ADP-5, ADP-6.
    """
    try:
        document = parse(line)
    except ValueError as fault:
        problem = f"{_shown(line)} {str(fault)[:120]}"
        raise ProtocolBreach("$", problem, "one JSON object", "ADP-1") from None
    if not isinstance(document, dict):
        raise ProtocolBreach("$", f"is {_kind(document)}", "a JSON object", "ADP-1")
    if not _is_int(document.get("re")) or document["re"] != request["id"]:
        problem = f"is {_shown(document.get('re', UNDEFINED))}"
        raise ProtocolBreach("$.re", problem, f"{request['id']}, the id of the request", "ADP-2")
    ok = document.get("ok")
    if not isinstance(ok, bool):
        raise ProtocolBreach("$.ok", f"is {_shown(ok)}", "true or false", "ADP-2")
    if not ok:
        _only(document, _COMMON | {"error"})
        return Reply(ok=False, error=_error(document.get("error")))
    operation = str(request["op"])
    _only(document, _COMMON | BODY.get(operation, frozenset()))
    body = {name: document[name] for name in document if name not in _COMMON | {"out", "events"}}
    return Reply(
        ok=True,
        out=_out(document.get("out", [])),
        events=_events(document.get("events", [])),
        body=body,
    )


def _only(document: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for name in document:
        if name not in allowed:
            expected = f"only {', '.join(sorted(allowed))}"
            raise ProtocolBreach(f"$.{name}"[:80], "is no member of this answer", expected, "ADP-6")


def _error(document: object) -> AdapterError:
    if not isinstance(document, dict):
        raise ProtocolBreach("$.error", f"is {_kind(document)}", "an object", "ADP-5")
    kinds = [kind.value for kind in ErrorKind]
    if document.get("kind") not in kinds:
        problem = f"is {_shown(document.get('kind', UNDEFINED))}"
        raise ProtocolBreach("$.error.kind", problem, f"one of {', '.join(kinds)}", "ADP-5")
    texts = {name: str(document.get(name, ""))[:400] for name in ("name", "message", "issue_url")}
    return AdapterError(kind=ErrorKind(document["kind"]), **texts)


def _out(document: object) -> tuple[Sent, ...]:
    if not isinstance(document, list):
        raise ProtocolBreach("$.out", f"is {_kind(document)}", "a list of messages", "ADP-4")
    return tuple(_sent(f"$.out[{at}]", each) for at, each in enumerate(document))


def _sent(path: str, document: object) -> Sent:
    """A bare message, or an envelope of exactly `to` and `message`. Spec: ADP-4."""
    if isinstance(document, dict) and set(document) == {"to", "message"}:
        to = document["to"]
        if to is not None and not isinstance(to, str):
            raise ProtocolBreach(f"{path}.to", f"is {_kind(to)}", "the id of a peer", "ADP-4")
        return Sent(document["message"], to)
    return Sent(document)


def _events(document: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(document, list):
        raise ProtocolBreach("$.events", f"is {_kind(document)}", "a list of events", "ADP-4")
    for at, each in enumerate(document):
        if not isinstance(each, dict) or not isinstance(each.get("event"), str):
            expected = "an object with a text 'event'"
            raise ProtocolBreach(f"$.events[{at}]", f"is {_shown(each)}", expected, "ADP-4")
    return tuple(document)


def hello_from(reply: Reply) -> Hello:
    """What an adapter said of itself. Raises ProtocolBreach. Spec: ADP-3."""
    body = reply.body
    if body.get("version") != VERSION:
        problem = f"is {_shown(body.get('version', UNDEFINED))}"
        raise ProtocolBreach("$.version", problem, str(VERSION), "ADP-3")
    sut = body.get("sut")
    if not isinstance(sut, dict) or not isinstance(sut.get("name"), str):
        expected = "an object with a text 'name'"
        raise ProtocolBreach("$.sut", f"is {_shown(sut)}", expected, "ADP-3")
    offered = body.get("capabilities")
    if not isinstance(offered, list) or not all(isinstance(each, str) for each in offered):
        problem = f"is {_shown(offered)}"
        raise ProtocolBreach("$.capabilities", problem, "a list of texts", "ADP-3")
    return Hello(
        name=sut["name"],
        version=str(sut.get("version", "")),
        capabilities=frozenset(offered),
        sut=sut,
        request_seconds=_seconds(body.get("timeouts", {})),
    )


def _seconds(timeouts: object) -> float | None:
    given = timeouts.get("request") if isinstance(timeouts, dict) else None
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 10**6:
        problem = f"is {_shown(given)}"
        raise ProtocolBreach("$.timeouts.request", problem, "a number of seconds", "ADP-3")
    return float(given)


def unknown_capabilities(hello: Hello) -> Sequence[str]:
    """Capabilities that this version has no meaning for, sorted. They are ignored."""
    known = set(OPERATIONS) | OPTIONS
    return sorted(
        each
        for each in hello.capabilities
        if each not in known and each.partition(":")[0] not in {"resolver", "sort"}
    )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "missing" if value is UNDEFINED else "a number")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."  # noqa: PLR2004 - a line of a terminal


def accept(_gossip: GossipView, _update: Update) -> bool:
    """Every update replaces the value: the last arrival wins."""
    return True


def reject(_gossip: GossipView, _update: Update) -> bool:
    """No update replaces the value."""
    return False


NAMED_RESOLVERS: Final = {**RESOLVERS, "accept": accept, "reject": reject}
"""The resolvers that the protocol calls by name. Spec: ADP-8."""


def version_desc(one: Update, other: Update) -> float:
    """The higher version first: legal, and unkind to whoever cuts answers."""
    return other.version - one.version


SORTS: Final = {
    "default": by_version_and_source,
    "none": by_arrival,
    "version_desc": version_desc,
}
"""The orders of history that the protocol calls by name. Spec: ADP-8."""

DELTA_ORDERS: Final = {"depth": scuttle_depth, "breadth": scuttle_breadth}

FIELDS: Final = frozenset({"mtu", "max_history", "resolve", "sort", "delta_order"})


class UnknownName(Exception):
    """A setting names a function that is not known here."""


def config_from(settings: Mapping[str, Any]) -> Config:
    """The configuration that `settings` describe.

    Raises UnknownName for a name nobody knows and InvalidConfig for a limit nobody can keep.

    Spec: ADP-8.
    """
    given: dict[str, Any] = {}
    tables = (
        ("resolve", NAMED_RESOLVERS),
        ("sort", SORTS),
        ("delta_order", DELTA_ORDERS),
    )
    for name, table in tables:
        if settings.get(name) is None:
            continue
        if settings[name] not in table:
            raise UnknownName(f"config.{name} is {settings[name]!r}; known: {', '.join(table)}")
        given[name] = table[settings[name]]
    for name in ("mtu", "max_history"):
        limit = settings.get(name)
        given[name] = UNBOUNDED if limit == UNBOUNDED else limit
    return Config(**given)
