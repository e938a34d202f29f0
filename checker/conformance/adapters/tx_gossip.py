"""PyPI txgossip 0.1 behind the adapter protocol.

``python -m checker.conformance.adapters.tx_gossip FOLDER``, where FOLDER holds the unpacked source
distribution; twisted must be installed. The package is Python 2: one sort is translated as it is
read. Timers never start, so no heartbeat is written; datagrams go through the package's own JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

import click
from attrs import define, field

from checker.conformance.adapters.serving import Refused, serve
from checker.faults import UnrunnableFault
from scuttle_ref.names import NEVER

CAPABILITIES = ("set", "get", "write", "gossip", "close", "inspect")
DONE = {"digest": True, "done": True}


class Python3(SourceFileLoader):
    """Reads the sources of the package, with the one call that Python 3 no longer has."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:  # type: ignore[override]
        """The code of `data`, translated."""
        called = b"__import__('functools').cmp_to_key(sort_metric)"
        return super().source_to_code(data.replace(b"cmp=sort_metric", b"key=" + called), path)


class Finder:
    """Finds the package in one folder, and nothing else."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:
        """Where a module of the package is read from."""
        if name.partition(".")[0] != "txgossip":
            return None
        path = self.folder.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not file.is_file():
            return None
        return spec_from_file_location(name, file, loader=Python3(name, str(file)))


class Quiet:
    """A participant that does nothing with what it is told."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments: None


@define
class Wire:
    """The transport of one node: it keeps what was sent, decoded, with its addressee."""

    sent: list[tuple[str, Any]] = field(factory=list)

    def write(self, datagram: str, address: tuple[str, int]) -> None:
        """Send a datagram."""
        self.sent.append((address[0], json.loads(datagram)))


@define
class Hosted:
    """One node of the package, and the digest lines that its peers have said so far."""

    gossiper: Any
    wire: Wire
    lines: dict[str, dict[str, Any]] = field(factory=dict)

    def hear(self, peer: str, message: Any) -> None:
        """One message of ours as the datagram of theirs that it is, or a part of one."""
        if not isinstance(message, dict):
            raise Refused("rejected", "no object")
        if message.get("digest") and not message.get("done"):
            lines, source = self.lines.setdefault(peer, {}), message["source_id"]
            lines[source] = max(message["version"], lines.get(source, NEVER))
            return
        if message.get("done"):
            named = self.lines.pop(peer, {})
            kind = "first-response" if message.get("returned") else "request"
            datagram = {"type": kind, "digest": named, "updates": []}
        else:
            update: Any = [message[name] for name in ("source_id", "key", "value", "version")]
            datagram = {"type": "second-response", "updates": [update]}
        self.gossiper.datagramReceived(json.dumps(datagram), (peer, 0))

    def said(self) -> list[dict[str, Any]]:
        """What was sent since this was asked, as messages of ours."""
        out: list[dict[str, Any]] = []
        for peer, datagram in self.wire.sent:
            messages: list[dict[str, Any]] = [
                {"source_id": source, "key": key, "value": value, "version": version}
                for source, key, value, version in datagram.get("updates", ())
            ]
            if "digest" in datagram:
                named = datagram["digest"].items()
                messages += [{"digest": True, "source_id": s, "version": v} for s, v in named]
                asked = datagram["type"] == "request"
                messages.append(DONE if asked else {**DONE, "returned": True})
            out += [{"to": peer, "message": message} for message in messages]
        self.wire.sent.clear()
        return out


@define
class TxGossipAdapter:
    """Answers requests about nodes of txgossip."""

    package: Any
    clock: Any
    nodes: dict[str, Hosted] = field(factory=dict)

    def perform(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The members of the answer to one request."""
        match request["op"]:
            case "hello":
                sut = {"name": "txgossip", "version": "0.1", "language": "python"}
                return {"version": 1, "sut": sut, "capabilities": list(CAPABILITIES)}
            case "init":
                self.nodes = {each["node"]: self._started(each["id"]) for each in request["nodes"]}
                return {}
            case "bye":
                return {}
            case operation if operation not in CAPABILITIES:
                raise Refused("unsupported", f"no operation {operation!r}")
        node = self.nodes[request["node"]]
        match request["op"]:
            case "get":
                states = node.gossiper._states  # noqa: SLF001 - the package has no other way
                peer = states.get(request.get("source_id") or node.gossiper.name)
                value, version = (peer.attrs if peer else {}).get(request["key"], (None, NEVER))
                return {"result": {"value": value, "version": version}}
            case "inspect":
                return _shown(node.gossiper._states)  # noqa: SLF001
            case "set":
                node.gossiper.set(request["key"], request["value"])
            case "write":
                node.hear(request["from"], request["message"])
            case "close":
                node.lines.pop(request["peer"], None)
            case _:
                self._gossip(node.gossiper, request["peer"])
        return {"out": node.said(), "events": []}

    def _started(self, name: str) -> Hosted:
        """A node as ``startProtocol`` leaves it, but for its timers."""
        gossiper = self.package.Gossiper(self.clock, Quiet())
        wire = Wire()
        gossiper.transport = wire
        gossiper.name = name
        gossiper.state.set_name(name)
        gossiper._states[name] = gossiper.state  # noqa: SLF001
        return Hosted(gossiper, wire)

    def _gossip(self, gossiper: Any, peer: str) -> None:
        gossiper._handle_new_peers([peer])  # noqa: SLF001 - what seed() does
        gossiper._gossip_with_peer(gossiper._states[peer])  # noqa: SLF001


def _shown(states: Mapping[str, Any]) -> dict[str, Any]:
    """Stores and clock of a node."""
    stores = {
        source: {
            key: {"value": value, "version": version, "source_id": source}
            for key, (value, version) in peer.attrs.items()
        }
        for source, peer in states.items()
        if peer.attrs
    }
    return {"state": stores, "clock": {s: peer.max_version_seen for s, peer in states.items()}}


def loaded(folder: str) -> TxGossipAdapter:
    """The adapter of the package in `folder`. Raises UnrunnableFault when it is not there."""
    sys.meta_path.insert(0, Finder(folder))
    try:
        package = importlib.import_module("txgossip.gossip")
        clock = importlib.import_module("twisted.internet.task").Clock()
    except ImportError as missing:
        raise UnrunnableFault(
            f"cannot import {missing.name}",
            where=folder,
            expected="the unpacked source of txgossip 0.1, and twisted",
            hint="pip download --no-deps --no-binary :all: txgossip==0.1, and pip install twisted",
        ) from None
    package._address_from_peer_name = lambda name: (name, 0)  # type: ignore[attr-defined]  # noqa: SLF001
    return TxGossipAdapter(package, clock)


@click.command()
@click.argument("folder")
def main(folder: str) -> None:
    """Serve txgossip, unpacked in FOLDER, on standard input and output."""
    try:
        adapter = loaded(folder)
    except UnrunnableFault as fault:
        click.echo(f"error: {fault}", err=True)
        sys.exit(fault.exit_code)
    serve(adapter.perform, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
