"""The reference as something that answers requests: what vectors are run on by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from checker.conformance.vectors.steps import Json, decoded, document, mark
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Event, Exchange, Put, Received, Update
from scuttle_ref.outputs import Rejected, Send
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import RESOLVERS
from scuttle_ref.state import NodeState
from scuttle_ref.wire import frozen_value, message_from_json, thawed_value


@define
class Reference:
    """Nodes under one profile, right or mutated; mutable, because requests follow each other."""

    profile: Profile
    nodes: dict[str, tuple[Gossip, NodeState]] = field(factory=dict)

    def __call__(self, request: Mapping[str, Any]) -> Json:
        """The reply to a request."""
        if request["op"] == "init":
            self.nodes = {each["node"]: self._started(each) for each in request["nodes"]}
            return {"ok": True}
        gossip, state = self.nodes[request["node"]]
        match request:
            case {"op": "get", "key": key}:
                owner = request.get("source_id", state.id)
                entry = state.at(self.profile.place(Update(owner, key, None, 1)))
                held = {"value": thawed_value(entry.value), "version": mark(entry.version)}
                return {"ok": True, "result": held}
            case {"op": "set", "key": key, "value": value}:
                return self._step(request["node"], Put(key, frozen_value(value)))
            case {"op": "gossip", "peer": peer}:
                return self._step(request["node"], Exchange(peer))
            case {"op": "write", "from": sender, "message": message}:
                try:
                    heard = message_from_json(decoded(message))
                except InvalidMessage as fault:
                    return _refused(str(fault))
                return self._step(request["node"], Received(sender, heard))
            case _:
                return {"ok": False, "error": {"kind": "unsupported"}}

    def _started(self, node: Mapping[str, Any]) -> tuple[Gossip, NodeState]:
        settings = decoded(node["config"])
        config = Config(
            resolve=RESOLVERS[settings["resolve"]],
            mtu=settings["mtu"],
            max_history=settings["max_history"],
        )
        gossip = Gossip(self.profile, config)
        return gossip, gossip.start(node["id"])

    def _step(self, node: str, event: Event) -> Json:
        gossip, state = self.nodes[node]
        step = gossip.step(state, event)
        self.nodes[node] = (gossip, step.state)
        for output in step.outputs:
            if isinstance(output, Rejected):
                return _refused(str(output.refusal))
        sent = [document(each.message) for each in step.outputs if isinstance(each, Send)]
        return {"ok": True, "out": sent}


def _refused(message: str) -> Json:
    return {"ok": False, "error": {"kind": "rejected", "message": message}}
