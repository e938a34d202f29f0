"""What adapters in Python share: the loop, the nodes, and digests that are heard line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, Final, TypeAlias

from attrs import define, field

from scuttle_check.oracle.protocol import LINE_MAX, VERSION
from scuttle_check.oracle.wire import line_of, parse
from scuttle_ref.names import NEVER

DONE: Final = {"digest": True, "done": True}
RETURNED: Final = {**DONE, "returned": True}
ABSENT: Final = (None, NEVER)
"""Value and version of what nobody has written."""

Json: TypeAlias = dict[str, Any]
Say: TypeAlias = Callable[[str, Any], None]
"""Says a message to a peer."""


CAPABILITIES: Final = ("set", "get", "write", "gossip", "close", "inspect")
"""What most packages can be asked."""


class Refused(Exception):
    """A request that is answered with an error of some kind. Spec: ADP-5."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@define
class Hosts:
    """The nodes of a case: each has a method for each operation, and `start` makes one.

    `start` is given the id of the node and what it says things with.

    Spec: ADP-3, ADP-4, ADP-6.
    """

    sut: Json
    start: Callable[[str, Say], Any]
    capabilities: Sequence[str] = CAPABILITIES
    nodes: dict[str, Any] = field(factory=dict)
    out: list[Json] = field(factory=list)

    def perform(self, request: Mapping[str, Any]) -> Json:
        """The members of the answer to one request."""
        operation = request["op"]
        if operation == "hello":
            return {"version": VERSION, "sut": self.sut, "capabilities": list(self.capabilities)}
        if operation == "init":
            self.nodes = {n["node"]: self.start(n["id"], self.say) for n in request["nodes"]}
        if operation in {"init", "bye"}:
            return {}
        if operation not in self.capabilities:
            raise Refused("unsupported", f"no operation {operation!r}")
        self.out = []
        result = getattr(self.nodes[request["node"]], operation)(request)
        if operation == "inspect":
            return dict(result)
        return {"result": result} if operation == "get" else {"out": self.out, "events": []}

    def say(self, peer: str, message: Any) -> None:
        """Keep a message for the answer."""
        self.out.append({"to": peer, "message": message})


@define
class Lines:
    """Digest lines that peers have said and not yet ended with done."""

    heard: dict[str, dict[str, Any]] = field(factory=dict)

    def add(self, peer: str, message: Mapping[str, Any]) -> None:
        """One line; of two for a source the higher mark counts."""
        lines, source = self.heard.setdefault(peer, {}), message["source_id"]
        lines[source] = max(message["version"], lines.get(source, NEVER))

    def take(self, peer: str) -> dict[str, Any]:
        """All lines of a peer, which are forgotten."""
        return self.heard.pop(peer, {})


def an_object(message: Any) -> Json:
    """A message that can be one. Raises Refused."""
    if isinstance(message, dict):
        return message
    raise Refused("rejected", "no object")


def entry(source: str, value: Any, version: int) -> Json:
    """What is held under a key."""
    return {"value": value, "version": version, "source_id": source}


def listed(update: Json) -> list[Any]:
    """An update as source, key, value and version; :func:`say_all` goes the other way."""
    return [update[name] for name in ("source_id", "key", "value", "version")]


def say_all(
    say: Say, peer: str, updates: Sequence[Sequence[Any]], digest: Json | None, end: Json
) -> None:
    """Updates as source, key, value and version; then a digest, if there is one, and its end."""
    for source, key, value, version in updates:
        say(peer, {"key": key, **entry(source, value, version)})
    for source, version in (digest or {}).items():
        say(peer, {"digest": True, "source_id": source, "version": version})
    if digest is not None:
        say(peer, end)


def serve(
    perform: Callable[[Mapping[str, Any]], Json], asked: BinaryIO, answered: BinaryIO
) -> None:
    """Answer line by line until the end or a bye; what raises broke inside.

    Spec: ADP-1, ADP-5, ADP-11.
    """
    while line := asked.readline(LINE_MAX + 1):
        request = parse(line)
        reply: Json = {"re": request["id"], "ok": True}
        try:
            reply |= perform(request)
        except Refused as no:
            reply |= {"ok": False, "error": {"kind": no.kind, "message": str(no)}}
        except Exception as fault:  # noqa: BLE001 - a foreign package may raise anything
            name, text = type(fault).__name__, str(fault)
            reply |= {"ok": False, "error": {"kind": "internal", "name": name, "message": text}}
        answered.write(line_of(reply))
        answered.flush()
        if request["op"] == "bye":
            return
