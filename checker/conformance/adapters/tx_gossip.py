"""PyPI txgossip 0.1: ``python -m checker.conformance.adapters.tx_gossip FOLDER``.

FOLDER holds the unpacked source distribution; twisted must be installed. Timers never start, so no
heartbeat is written; datagrams go through the package's own JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any
from unittest.mock import Mock

from attrs import define, field

from checker.conformance.adapters import serving
from checker.conformance.adapters.python2 import readable
from checker.conformance.adapters.serving import Json, Say
from scuttle_ref.names import NEVER

COMPARED = {b"cmp=sort_metric": b"key=__import__('functools').cmp_to_key(sort_metric)"}


@define
class Node:
    """One node of the package, and the transport that its gossiper sends with."""

    gossiper: Any
    say: Say
    lines: serving.Lines = field(factory=serving.Lines)

    def sent(self, datagram: str, address: tuple[str, int]) -> None:
        """A datagram that the node sends, as messages."""
        said = json.loads(datagram)
        end = serving.DONE if said["type"] == "request" else serving.RETURNED
        serving.say_all(self.say, address[0], said.get("updates", ()), said.get("digest"), end)

    def set(self, request: Json) -> None:  # noqa: D102 - see ADP-4, as all of these
        self.gossiper.set(request["key"], request["value"])

    def gossip(self, request: Json) -> None:  # noqa: D102
        self.gossiper._handle_new_peers([request["peer"]])  # noqa: SLF001 - what seed() does
        self.gossiper._gossip_with_peer(self.gossiper._states[request["peer"]])  # noqa: SLF001

    def close(self, request: Json) -> None:  # noqa: D102
        self.lines.take(request["peer"])

    def write(self, request: Json) -> None:  # noqa: D102
        peer, message = request["from"], serving.an_object(request["message"])
        if message.get("digest") and not message.get("done"):
            return self.lines.add(peer, message)
        datagram: Json = {"type": "second-response", "updates": []}
        if message.get("done"):
            kind = "first-response" if message.get("returned") else "request"
            datagram |= {"type": kind, "digest": self.lines.take(peer)}
        else:
            names = ("source_id", "key", "value", "version")
            datagram["updates"].append([message[name] for name in names])
        return self.gossiper.datagramReceived(json.dumps(datagram), (peer, 0))  # type: ignore[no-any-return]

    def get(self, request: Json) -> Json:  # noqa: D102
        peer = self.gossiper._states.get(request.get("source_id"))  # noqa: SLF001
        value, version = (peer.attrs if peer else {}).get(request["key"], (None, NEVER))
        return {"value": value, "version": version}

    def inspect(self, _request: Json) -> Json:  # noqa: D102
        state: Json = {}
        for source, peer in self.gossiper._states.items():  # noqa: SLF001
            for key, held in peer.attrs.items():
                state.setdefault(source, {})[key] = serving.entry(source, *held)
        marks = {name: peer.max_version_seen for name, peer in self.gossiper._states.items()}  # noqa: SLF001
        return {"state": state, "clock": marks}


def main(folder: str) -> None:
    """Serve the package in `folder` on standard input and output."""
    readable(folder, "txgossip", COMPARED)
    try:
        package: Any = importlib.import_module("txgossip.gossip")
        clock = importlib.import_module("twisted.internet.task").Clock()
    except ImportError as missing:
        sys.exit(f"{folder}: cannot import {missing.name} (txgossip 0.1 unpacked there, twisted)")
    package._address_from_peer_name = lambda name: (name, 0)  # noqa: SLF001

    def start(name: str, say: Say) -> Node:
        """A node as ``startProtocol`` leaves it, but for its timers."""
        node = Node(package.Gossiper(clock, Mock()), say)
        node.gossiper.transport, node.gossiper.name = Mock(write=node.sent), name
        node.gossiper.state.set_name(name)
        node.gossiper._states[name] = node.gossiper.state  # noqa: SLF001
        return node

    sut = {"name": "txgossip", "version": "0.1", "language": "python"}
    serving.serve(serving.Hosts(sut, start).perform, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
