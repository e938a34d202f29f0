"""A finding of the oracle told again, step by step: what was done, what each side makes of it.

The reference runs here once more, so that the clauses behind what it does can be told; what it
knows is taken from the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from scuttle_check.explorer.fixed import links_of, view_of
from scuttle_check.explorer.views import VACUOUS, Json
from scuttle_check.gossip.explain import tell_output
from scuttle_check.oracle.contract import shares_process
from scuttle_check.oracle.live.beside import share
from scuttle_check.oracle.live.observation import configs, followed
from scuttle_check.oracle.protocol import config_from
from scuttle_check.oracle.wire import decoded, message_of
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Event, Exchange, Put, Received
from scuttle_ref.names import frozen_value, stamped
from scuttle_ref.outputs import Send
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

TEXT_MAX = 60
"""The longest text of a thing that is no message. Unit: characters."""


def row_of(node: str, expected: Json | None = None, differs: Sequence[list[str]] = ()) -> Json:
    """A node as the page shows it."""
    known = expected or {"state": {}, "clock": {}, "history": []}
    return {
        "id": node,
        "holds": [[key, f"{key}={_entry(entry)}"] for key, entry in _pairs(known["state"])],
        "clock": [[name, f"{name}:{mark}"] for name, mark in _pairs(known["clock"])],
        "history": [[f"{at}", _text(update)] for at, update in enumerate(known["history"])],
        "named": [],
        "differs": list(differs),
    }


def _pairs(known: Any) -> list[tuple[str, Any]]:
    return sorted(decoded(known).items()) if isinstance(known, dict) else []


def _entry(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return _short(entry)
    source = entry.get("source_id", "")
    return stamped(_short(entry.get("value")), source, entry.get("version", ""))


def _text(message: Any) -> str:
    """A message as people read it; what is none, as JSON."""
    try:
        return str(message_of(decoded(message)))
    except InvalidMessage:
        return _short(message)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


@define
class Retelling:
    """What happened in one finding, told with what is in flight and what the reference does."""

    profile: Profile
    finding: Json
    nodes: list[str]
    number: int
    count: int
    _known: dict[str, Json] = field(factory=dict, init=False)
    _states: dict[str, NodeState] = field(factory=dict, init=False)
    _flying: list[tuple[str, str, str]] = field(factory=list, init=False)

    def steps(self, name: str) -> Iterator[Json]:
        """The steps of the page: how the nodes are configured, and each event."""
        settings = (self.finding["scene"] or {}).get("config", {})
        gossip = Gossip(self.profile, config_from(configs(settings)[0]))
        first = self.nodes[0]
        told = ", ".join(f"{key} {value}" for key, value in settings.items()) or "the defaults"
        before: Json = {
            "label": f"{first} begins {name}",
            "headline": f"{first} begins, as all do, with {told}",
            "details": [f"of the level {name.partition('/')[0]}"],
            "view": self._view(broken=False),
        }
        happened = self.finding["happened"]
        for at, step in enumerate(happened, start=1):
            self._arrives(step, before["view"])
            yield before
            before = self._told(step, gossip, last=at == len(happened))
        if not happened:
            before["details"] = self._verdict()
            before["view"] = self._view(broken=True)
        yield before

    def _arrives(self, step: Json, view: Json) -> None:
        """Put a message that nobody sent under way just before it arrives: a peer was played."""
        if step["do"] == "write" and step["from"] in self.nodes:
            one = (step["from"], step["node"], _text(step["message"]))
            if one not in self._flying:
                self._flying.append(one)
                view["flight"] = self._flight()

    def _told(self, step: Json, gossip: Gossip, *, last: bool) -> Json:
        if step["do"] in {"close", "open"}:
            return self._heard_of(step, last=last)
        label, headline, event = self._read(step)
        node, got = step["node"], step["got"]
        self._known[node] = step["expected"]
        details = [*self._reference(gossip, node, event, got), *self._answer(step)]
        for out in got["out"]:
            if out["to"] in self.nodes:
                self._flying.append((node, out["to"], _text(out["message"])))
        if last:
            details.extend(self._verdict())
        view = self._view(broken=last, step=step)
        return {"label": label, "headline": headline, "details": details, "view": view}

    def _heard_of(self, step: Json, *, last: bool) -> Json:
        """A connection is gone, and with it what was in flight; or a new one is open."""
        node, peer, gone = step["node"], step["peer"], step["do"] == "close"
        self._known[node] = step["expected"]
        self._flying = [one for one in self._flying if {one[0], one[1]} != {node, peer}]
        return {
            "label": f"{node} {'loses' if gone else 'meets'} {peer}",
            "headline": f"the connection of {node} to {peer} is {'gone' if gone else 'open'}",
            "details": self._verdict() if last else [],
            "view": self._view(broken=last, step=step),
        }

    def _read(self, step: Json) -> tuple[str, str, Event]:
        """The label of an event, its headline, and the event."""
        node = step["node"]
        match step["do"]:
            case "set":
                command = f"{node} set {step['key']}={_short(step['value'])}"
                reading = step.get("now")
                value = frozen_value(decoded(step["value"]))
                return command, command.replace(" ", ": ", 1), Put(step["key"], value, reading)
            case "gossip":
                peer = step["peer"]
                headline = f"{node} starts an exchange with {peer}"
                known = peer in self.nodes
                return (
                    f"exchange {node}>{peer}" if known else f"{node} exchange",
                    headline,
                    Exchange(peer),
                )
            case _:
                return self._received(step)

    def _received(self, step: Json) -> tuple[str, str, Event]:
        node, sender, text = step["node"], step["from"], _text(step["message"])
        try:
            event = Received(sender, message_of(decoded(step["message"])))
        except InvalidMessage:
            event = Received(sender, decoded(step["message"]))
        headline = f"{node} receives {text} from {sender}"
        queue = [one for one in self._flying if one[:2] == (sender, node)]
        if sender == node and queue:  # no link leads from a node to itself
            self._flying.remove(queue[0])
        if sender == node or (sender, node, text) not in queue:
            return f"{node} receives {text}", headline, event
        at = queue.index((sender, node, text))
        self._flying.remove((sender, node, text))
        verb, place = ("overtake", f" #{at}") if at else ("deliver", "")
        return f"{verb} {sender}>{node}{place}", headline, event

    def _reference(self, gossip: Gossip, node: str, event: Event, got: Json) -> list[str]:
        """What the reference does, with the clauses; its states go on."""
        sent = []
        for out in got["out"]:
            try:
                sent.append((str(out["to"]), message_of(decoded(out["message"]))))
            except InvalidMessage:
                continue
        state = self._states.get(node) or gossip.start(node)
        step = gossip.step(state, followed(event, sent))
        self._states[node] = step.state
        if shares_process(self.profile):
            share(self._states, step.state)
        heard = event.message if isinstance(event, Received) else None
        return [
            tell_output(self.profile, output, heard)
            for output in step.outputs
            if not isinstance(output, Send) or output.to in self.nodes
        ]

    def _answer(self, step: Json) -> list[str]:
        """Where the answer of the implementation is another one."""
        got, expected = step["got"], step["expected"]
        told = []
        if "error" in got:
            told.append(f"the implementation refuses: {got['error']}")
        if got["out"] != expected["out"]:
            sent = ", ".join(_text(out["message"]) for out in got["out"]) or "nothing"
            told.append(f"the implementation sends {sent}")
        return told

    def _verdict(self) -> list[str]:
        clauses = ", ".join(self.finding["clauses"])
        told = [f"BROKEN [{clauses}]: {self.finding['told']}"]
        if self.finding["id"].startswith("convergence"):
            told.append("fair rounds followed, in which everybody exchanges with everybody")
        if self.finding["mistakes"]:
            told.append(f"as if it followed: {', '.join(self.finding['mistakes'])}")
        return told

    def _view(self, *, broken: bool, step: Json | None = None) -> Json:
        differs = _differences(step) if step else {}
        rows = [row_of(node, self._known.get(node), differs.get(node, ())) for node in self.nodes]
        findings: list[int | str | None] = [None] * self.count
        findings[self.number] = self.finding["told"] if broken else VACUOUS
        return view_of(rows, self._flight(), findings=findings)

    def _flight(self) -> list[list[str]]:
        return [
            [text for source, target, text in self._flying if [source, target] == link]
            for link in links_of(self.nodes)
        ]


def _differences(step: Json) -> dict[str, list[list[str]]]:
    """By node, what an implementation said it knows where the reference knows otherwise."""
    found: dict[str, list[list[str]]] = {}
    for look in step.get("looked", ()):
        if look["node"] != step["node"] or not isinstance(look.get("inspect"), dict):
            continue
        seen, known = row_of("", {**_EMPTY, **look["inspect"]}), row_of("", step["expected"])
        for column in ("holds", "clock", "history"):
            if _FIELDS[column] not in look["inspect"]:
                continue
            mine, yours = ({text for _, text in row[column]} for row in (known, seen))
            told = [f"{column}: {each}" for each in sorted(yours - mine)]
            told += [f"{column}: no {each}" for each in sorted(mine - yours)]
            found.setdefault(look["node"], []).extend([each, each] for each in told)
    return found


_EMPTY: Json = {"state": {}, "clock": {}, "history": []}
_FIELDS = {"holds": "state", "clock": "clock", "history": "history"}
