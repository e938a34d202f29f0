"""The reference node behind the adapter protocol: the negative control, and a model adapter.

``python -m scuttle_check.oracle.adapters.reference --profile documented [--mutant POINT=RULE]``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO, Final

import attrs
import click
from attrs import define, field

from scuttle_check.base.ending import carried_out, ended
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.oracle.mutants.mutants import candidates
from scuttle_check.oracle.protocol import (
    LINE_MAX,
    NAMED_RESOLVERS,
    SORTS,
    VERSION,
    UnknownName,
    config_from,
)
from scuttle_check.oracle.wire import (
    line_of,
    mark_value,
    message_of,
    parse,
    update_object,
    wire_form,
)
from scuttle_ref.entries import Entry
from scuttle_ref.errors import InvalidConfig, InvalidMessage
from scuttle_ref.messages import Event, Exchange, Lost, Opened, Put, Received, Update
from scuttle_ref.names import NEVER, frozen_value, thawed_value
from scuttle_ref.outputs import Compacted, Output, Recorded, Rejected, Send
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import View
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT, Dialect

CAPABILITIES: Final = (
    "set", "get", "write", "gossip", "inspect", "news", "read", "resolve", "close", "open",
    "events", "drain:manual",
    *(f"resolver:{name}" for name in sorted(NAMED_RESOLVERS)),
    *(f"sort:{name}" for name in sorted(SORTS)),
)  # fmt: skip

Answer = dict[str, Any]


class Refused(Exception):
    """A request that is answered with an error of some kind."""

    def __init__(self, kind: str, message: str, name: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name


@define
class Node:
    """One node: its protocol, its state, and what it has sent that nobody has read."""

    gossip: Gossip
    state: NodeState
    manual: bool = False
    unread: list[Any] = field(factory=list)


@define
class ReferenceAdapter:
    """Answers requests; all its nodes live in one process."""

    profile: Profile
    dialect: Dialect = DOCUMENTED_DIALECT
    lines: bool = False
    nodes: dict[str, Node] = field(factory=dict)

    def answer(self, request: Mapping[str, Any]) -> Answer:
        """The reply to one request. Spec: ADP-2, ADP-5, ADP-6."""
        reply: Answer = {"re": request.get("id")}
        handlers: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "hello": self._hello, "init": self._init, "set": self._set, "write": self._write,
            "gossip": self._gossip, "read": self._read, "get": self._get, "news": self._news,
            "inspect": self._inspect, "resolve": self._resolve, "close": self._close,
            "open": self._open,
            "bye": lambda _request: {},
        }  # fmt: skip
        operation = request.get("op")
        try:
            handler = handlers.get(operation, _unknown) if isinstance(operation, str) else _unknown
            return {**reply, "ok": True, **handler(request)}
        except Refused as no:
            error = {"kind": no.kind, "name": no.name, "message": str(no)}
        except (KeyError, TypeError, ValueError) as fault:
            error = {"kind": "malformed", "name": type(fault).__name__, "message": str(fault)}
        return {**reply, "ok": False, "error": error}

    def _hello(self, _request: Mapping[str, Any]) -> Answer:
        try:
            ours = version("scuttle-ref")
        except PackageNotFoundError:
            ours = "source"
        sut = {"name": f"scuttle_ref {self.profile.name}", "version": ours, "language": "python"}
        return {"version": VERSION, "sut": sut, "capabilities": self._offered()}

    def _offered(self) -> list[str]:
        spelt = [] if self.dialect is DOCUMENTED_DIALECT else [f"dialect:{self.dialect.name}"]
        return [*CAPABILITIES, *spelt, *(["lines"] if self.lines else [])]

    def _init(self, request: Mapping[str, Any]) -> Answer:
        self.nodes = {each["node"]: self._started(each) for each in request["nodes"]}
        return {}

    def _started(self, document: Mapping[str, Any]) -> Node:
        if document.get("state"):
            raise Refused("unsupported", "a store without history [SHIP-2]")
        try:
            gossip = Gossip(self.profile, config_from(document.get("config") or {}))
            state = gossip.start(document["id"])
        except UnknownName as unknown:
            raise Refused("unsupported", str(unknown)) from None
        except InvalidConfig as no:
            raise Refused("rejected", str(no), no.refusal.clause) from None
        return Node(gossip, state, manual=document.get("drain") == "manual")

    def _node(self, request: Mapping[str, Any]) -> Node:
        if request["node"] not in self.nodes:
            raise Refused("malformed", f"no node {request['node']!r}")
        return self.nodes[request["node"]]

    def _set(self, request: Mapping[str, Any]) -> Answer:
        return self._step(
            request, Put(request["key"], frozen_value(request["value"]), request.get("now"))
        )

    def _write(self, request: Mapping[str, Any]) -> Answer:
        try:
            message = message_of(request["message"], self.dialect)
        except InvalidMessage as no:
            raise Refused("rejected", str(no), no.refusal.clause) from None
        return self._step(request, Received(request.get("from") or "peer", message))

    def _gossip(self, request: Mapping[str, Any]) -> Answer:
        return self._step(request, Exchange(request.get("peer") or "peer"))

    def _close(self, request: Mapping[str, Any]) -> Answer:
        return self._step(request, Lost(request["peer"]))

    def _open(self, request: Mapping[str, Any]) -> Answer:
        return self._step(request, Opened(request["peer"]))

    def _step(self, request: Mapping[str, Any], event: Event) -> Answer:
        """One event, and everything it causes. Spec: ADP-4."""
        node = self._node(request)
        step = node.gossip.step(node.state, event)
        for output in step.outputs:
            if isinstance(output, Rejected):
                raise Refused("rejected", str(output.refusal), output.refusal.clause)
        node.state = step.state
        self._share(node)
        out = [
            {"to": output.to, "message": wire_form(output.message, self.dialect, lines=self.lines)}
            for output in step.outputs
            if isinstance(output, Send)
        ]
        node.unread += out
        shown = [] if node.manual else node.unread
        if not node.manual:
            node.unread = []
        return {"result": True, "out": shown, "events": _events(step.outputs)}

    def _share(self, changed: Node) -> None:
        """What a process remembers of digests, all its nodes remember. Spec: DEV-9."""
        if self.profile.session("anybody") != PROCESS:
            return
        marks = changed.state.marks(PROCESS)
        for node in self.nodes.values():
            named = node.state.with_marks(PROCESS, marks)
            node.state = attrs.evolve(node.state, named=named)

    def _read(self, request: Mapping[str, Any]) -> Answer:
        node = self._node(request)
        count = int(request.get("max", len(node.unread)))
        out, node.unread = node.unread[:count], node.unread[count:]
        return {"out": out, "events": []}

    def _get(self, request: Mapping[str, Any]) -> Answer:
        node = self._node(request)
        source = request.get("source_id") or node.state.id
        place = self.profile.place(Update(source, request["key"], None, 1))
        return {"result": _entry(node.state.at(place))}

    def _news(self, request: Mapping[str, Any]) -> Answer:
        above = NEVER if request["version"] is None else request["version"]
        news = self._node(request).state.history.news(request["source_id"], above)
        return {"result": [update_object(update) for update in news]}

    def _inspect(self, request: Mapping[str, Any]) -> Answer:
        state = self._node(request).state
        known = {
            "state": store_document(state),
            "clock": {source: mark_value(mark) for source, mark in state.clock.pairs},
            "history": [update_object(update) for update in state.history.updates],
            "version": state.version,
        }
        return {name: known[name] for name in request.get("fields", known) if name in known}

    def _resolve(self, request: Mapping[str, Any]) -> Answer:
        """Ask a resolver by itself, as a law kit does. Spec: ADP-10."""
        if request["resolver"] not in NAMED_RESOLVERS:
            raise Refused("unsupported", f"no resolver {request['resolver']!r}")
        view = request["view"]
        entries = (
            ((key,), Entry(frozen_value(e["value"]), e["version"], e.get("source_id", "")))
            for key, e in view.get("state", {}).items()
        )
        clock = VersionVector()
        for source, mark in view.get("clock", {}).items():
            clock = clock.raised(source, mark)
        state = NodeState(id=view["id"], clock=clock, sources=(), store=tuple(sorted(entries)))
        given = request["update"]
        update = Update(
            given["source_id"], given["key"], frozen_value(given["value"]), given["version"]
        )
        return {"result": NAMED_RESOLVERS[request["resolver"]](View(state), update)}


def _unknown(request: Mapping[str, Any]) -> Answer:
    """What is asked of an adapter that is older than the oracle. Spec: ADP-6."""
    raise Refused("unsupported", f"no operation {str(request.get('op'))[:80]!r}")


def store_document(state: NodeState) -> dict[str, Any]:
    """A store as JSON: entries by key, or by source and key where sources own their keys."""
    shown: dict[str, Any] = {}
    for place, entry in state.store:
        inner = shown
        for name in place[:-1]:
            inner = inner.setdefault(name, {})
        inner[place[-1]] = _entry(entry)
    return shown


def _entry(entry: Entry) -> dict[str, Any]:
    shown = {"value": thawed_value(entry.value), "version": mark_value(entry.version)}
    return {**shown, "source_id": entry.source_id} if entry.source_id else shown


def _events(outputs: tuple[Output, ...]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for output in outputs:
        if isinstance(output, Recorded):
            told.append({"event": "update", "update": update_object(output.update)})
        elif isinstance(output, Compacted):
            told.append({"event": "compaction", "length": len(output.forgotten)})
    return told


def serve(adapter: ReferenceAdapter, asked: BinaryIO, answered: BinaryIO) -> None:
    """Answer line by line until the end or a bye. Spec: ADP-1, ADP-11."""
    while line := asked.readline(LINE_MAX + 1):
        try:
            document = parse(line)
        except ValueError as fault:
            document = str(fault)
        request: dict[str, Any] = document if isinstance(document, dict) else {"op": document}
        answered.write(line_of(adapter.answer(request)))
        answered.flush()
        if request.get("op") == "bye":
            return


@click.command()
@click.option("--profile", default="documented", metavar="NAME|FILE")
@click.option("--mutant", metavar="RULE", help="Get one rule wrong: RULE, or POINT=RULE.")
@click.option("--dialect", type=click.Choice(["documented", "shipped"]), default="documented")
@click.option("--lines", is_flag=True, help="Messages are lines of the wire.")
def main(profile: str, mutant: str | None, dialect: str, lines: bool) -> None:
    """The reference node of a profile on standard input and output."""
    chosen = profile_called(profile_typed(profile))
    if mutant is not None:
        chosen = _mutated(chosen, mutant)
    spelt = SHIPPED_DIALECT if dialect == "shipped" else DOCUMENTED_DIALECT
    serve(ReferenceAdapter(chosen, spelt, lines), sys.stdin.buffer, sys.stdout.buffer)


def _mutated(profile: Profile, wanted: str) -> Profile:
    """`profile` with the wrong rule of that name, or of that name at that decision point."""
    known = {f"{each.point}={each.rule.__name__}": each.profile for each in candidates(profile)}
    found = [name for name in known if wanted in {name, name.partition("=")[2]}]
    if not found:
        raise click.UsageError(f"no mutant {wanted!r}; there are {', '.join(known)}")
    return known[found[0]]


if __name__ == "__main__":
    sys.exit(ended(lambda: carried_out(main, sys.argv[1:])))
