"""PyPI txgossip 0.1: ``python -m scuttle_check.oracle.adapters.tx_gossip FOLDER``.

FOLDER holds the unpacked source distribution; twisted must be installed. Timers never start, so no
heartbeat is written; datagrams go through the package's own JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from unittest.mock import Mock

from attrs import define, field

from scuttle_check.base.ending import ended
from scuttle_check.oracle.adapters import python2, serving

COMPARED = {b"cmp=sort_metric": b"key=__import__('functools').cmp_to_key(sort_metric)"}


@define
class Node:
    """One node of the package, and the transport that its gossiper sends with."""

    gossiper: Any
    say: serving.Say
    lines: serving.Lines = field(factory=serving.Lines)

    def sent(self, datagram: str, address: tuple[str, int]) -> None:
        """A datagram that the node sends, as messages."""
        said = json.loads(datagram)
        end = serving.DONE if said["type"] == "request" else serving.RETURNED
        serving.say_all(self.say, address[0], said.get("updates", ()), said.get("digest"), end)

    def set(self, request: serving.Json) -> None:  # noqa: D102 - see ADP-4, as all of these
        self.gossiper.set(request["key"], request["value"])

    def gossip(self, request: serving.Json) -> None:  # noqa: D102
        self.gossiper._handle_new_peers([request["peer"]])  # noqa: SLF001 - what seed() does
        self.gossiper._gossip_with_peer(self.gossiper._states[request["peer"]])  # noqa: SLF001

    def close(self, request: serving.Json) -> None:  # noqa: D102
        self.lines.take(request["peer"])

    def write(self, request: serving.Json) -> None:  # noqa: D102
        peer, message = request["from"], serving.an_object(request["message"])
        if message.get("digest") and not message.get("done"):
            return self.lines.add(peer, message)
        if message.get("done"):
            kind = "first-response" if message.get("returned") else "request"
            said: serving.Json = {"type": kind, "updates": [], "digest": self.lines.take(peer)}
        else:
            said = {"type": "second-response", "updates": [serving.listed(message)]}
        return self.gossiper.datagramReceived(json.dumps(said), (peer, 0))  # type: ignore[no-any-return]

    def get(self, request: serving.Json) -> serving.Json:  # noqa: D102
        peer = self.gossiper._states.get(request.get("source_id"))  # noqa: SLF001
        value, version = (peer.attrs if peer else {}).get(request["key"], serving.ABSENT)
        return {"value": value, "version": version}

    def inspect(self, _request: serving.Json) -> serving.Json:  # noqa: D102
        shown: serving.Json = {"state": {}, "clock": {}}
        for source, peer in self.gossiper._states.items():  # noqa: SLF001
            shown["clock"][source] = peer.max_version_seen
            for key, held in peer.attrs.items():
                shown["state"].setdefault(source, {})[key] = serving.entry(source, *held)
        return shown


def main(folder: str) -> None:
    """Serve the package in `folder` on standard input and output."""
    package = python2.imported(folder, "txgossip.gossip", COMPARED, "twisted, and txgossip 0.1")
    package._address_from_peer_name = lambda name: (name, 0)  # noqa: SLF001

    def start(name: str, say: serving.Say) -> Node:
        """A node as ``startProtocol`` leaves it, but for its timers."""
        node = Node(package.Gossiper(package.task.Clock(), Mock()), say)
        node.gossiper.transport, node.gossiper.name = Mock(write=node.sent), name
        node.gossiper.state.set_name(name)
        node.gossiper._states[name] = node.gossiper.state  # noqa: SLF001
        return node

    sut = {"name": "txgossip", "version": "0.1", "language": "python"}
    serving.serve(serving.Hosts(sut, start).perform, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(ended(lambda: main(sys.argv[1] if len(sys.argv) > 1 else ".")))
