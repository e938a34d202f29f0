"""Logs of runs that the reference really had: drawn, thinned, and made wrong in one member.

``python -m tests.conformance.drawn_logs EVENTS THIN TROUBLES PROFILE SEED [BY]`` writes one. THIN
and TROUBLES are words joined with commas, `-` for none; with BY, one version is made wrong by that
much, and standard error has the number of its event.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from typing import Any

from attrs import define, field

from scuttle_check.engine.network import Comeback
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.oracle.logs.telling import state_document
from scuttle_check.oracle.protocol import config_from
from scuttle_check.oracle.vectors.steps import document
from scuttle_ref.messages import DigestDone, Event, Exchange, Lost, Message, Put, Received
from scuttle_ref.outputs import Compacted, Recorded, Send
from scuttle_ref.profiles import PROFILES
from scuttle_ref.reducer import Gossip
from scuttle_ref.wire import message_to_json

Line = dict[str, Any]

THIN = (
    *("gossip", "marks", "receipts", "sends", "lag", "per-node", "states"),
    *("deliver", "clocks", "prompt"),
)
"""What may be left out of a log, or written in another order: see :func:`thinned`."""

TROUBLES = ("loss", "duplicate", "unordered", "restart", "outside", "clock", "small")
"""What may happen to a run."""


@define
class Network:
    """Nodes that run, what is in flight, and everything that happened, in the words of a log."""

    profile: str
    seed: int
    names: Sequence[str] = "ABC"
    troubles: frozenset[str] = frozenset()
    prompt: bool = False
    rng: random.Random = field(init=False)
    gossip: Gossip = field(init=False)
    states: Any = field(init=False)
    flight: dict[tuple[str, str], list[tuple[int, Message]]] = field(factory=dict)
    lines: list[Line] = field(factory=list)
    sent: int = 0
    values: int = 0
    time: int = 0

    def __attrs_post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - a schedule
        self.gossip = Gossip(PROFILES[self.profile], config_from(self.config))
        self.states = {name: self.gossip.start(name) for name in self.names}
        self.flight = {(a, b): [] for a in self.names for b in self.names if a != b}

    @property
    def config(self) -> dict[str, Any]:
        """What the header says of every node."""
        return {"max_history": 3, "mtu": 2} if "small" in self.troubles else {}

    def tell(self, node: str, kind: str, **members: object) -> None:
        self.lines.append({"node": node, "ev": kind, **members})

    def happens(self, node: str, event: Event) -> None:
        step = self.gossip.step(self.states[node], event)
        self.states[node] = step.state
        for output in step.outputs:
            if isinstance(output, Recorded):
                self.tell(node, "update", update={"key": output.update.key})
            if isinstance(output, Compacted):
                self.tell(node, "compaction", length=len(output.forgotten))
        for output in step.outputs:
            if isinstance(output, Send):
                self.sent += 1
                told = document(output.message)
                self.tell(node, "send", to=output.to, mid=self.sent, msg=told)
                if output.to in self.states:
                    self.flight[node, output.to].append((self.sent, output.message))

    def arrives(self, link: tuple[str, str]) -> None:
        queue, rng = self.flight[link], self.rng
        at = rng.randrange(len(queue)) if "unordered" in self.troubles else 0
        mid, message = queue[at]
        if "loss" in self.troubles and rng.random() < 0.1:
            del queue[at]
            self.tell(link[1], "drop", **{"from": link[0], "mid": mid, "msg": document(message)})
            return
        if "duplicate" not in self.troubles or rng.random() > 0.1:
            del queue[at]
        self.tell(link[1], "recv", **{"from": link[0], "mid": mid, "msg": document(message)})
        self.happens(link[1], Received(link[0], message))

    def something(self) -> None:
        rng = self.rng
        chance, node = rng.random(), rng.choice(self.names)
        if chance < 0.15:
            self.values += 1
            self.time += rng.randint(1, 5)
            key = f"k{rng.randrange(5)}"
            reading = self.time if "clock" in self.troubles else None
            told: Line = {"key": key, "value": self.values}
            self.tell(node, "set", **told, **({"now": reading} if reading else {}))
            self.happens(node, Put(key, self.values, reading))
        elif chance < 0.27:
            peer = rng.choice([name for name in self.names if name != node])
            self.tell(node, "gossip", to=peer)
            self.happens(node, Exchange(peer))
        elif chance < 0.31:
            shown = state_document(self.states[node])
            self.tell(node, "state", state=shown["state"], clock=shown["clock"])
        elif chance < 0.32 and "restart" in self.troubles:
            self.restarts(node)
        elif chance < 0.34 and "outside" in self.troubles:
            said = DigestDone()
            self.tell(node, "recv", **{"from": "X", "msg": message_to_json(said)})
            self.happens(node, Received("X", said))
        else:
            full = [link for link, queue in self.flight.items() if queue]
            if full:
                self.arrives(rng.choice(full))
        while self.prompt and any(self.flight.values()):
            self.arrives(next(link for link, queue in self.flight.items() if queue))

    def restarts(self, node: str) -> None:
        how = self.rng.choice(("persisted", "amnesia"))
        self.tell(node, "crash")
        self.tell(node, "restart", how=how)
        actor = GossipActor(self.gossip)
        self.states[node] = actor.restarted(self.states[node], Comeback(how))
        for link in self.flight:
            if node in link:
                self.flight[link] = []
        for peer in self.names:
            if peer != node:
                self.states[peer] = self.gossip.step(self.states[peer], Lost(node)).state


def thinned(network: Network, thin: frozenset[str]) -> list[Line]:  # noqa: C901, PLR0912 - one word each
    """The log of a run with its header, without what `thin` says."""
    lines = [dict(line) for line in network.lines]
    silent: list[str] = []
    complete = ["send", "recv"]
    if "gossip" in thin:
        lines = [line for line in lines if line["ev"] != "gossip"]
        silent.append("gossip")
    if "marks" in thin:
        for line in lines:
            if line["ev"] == "recv" and line.get("from") != "X":
                line.pop("msg")
            if line["ev"] == "send":
                kept = ("digest", "done", "source_id", "key")
                line["msg"] = {name: line["msg"][name] for name in kept if name in line["msg"]}
    if "sends" in thin:
        lines = [line for line in lines if line["ev"] != "send"]
        for line in lines:
            line.pop("mid", None)
        complete.remove("send")
    if "deliver" in thin:
        lines = [line for line in lines if line["ev"] not in {"send", "recv"}]
        silent.append("deliver")
        complete = []
    if "loss" in network.troubles:
        lines = [line for line in lines if line["ev"] != "drop"]
        silent.append("drop")
    if "duplicate" in network.troubles:
        silent.append("duplicate")
    if "states" in thin:
        lines = [line for line in lines if line["ev"] not in {"update", "compaction"}]
    if "clocks" in thin:
        for line in lines:
            line.pop("clock", None)
    if "lag" in thin:
        for at in range(len(lines) - 1):
            told = lines[at]["ev"] == "send" and lines[at + 1]["ev"] in {"set", "gossip"}
            if told and network.rng.random() < 0.3:
                lines[at], lines[at + 1] = lines[at + 1], lines[at]
    order = "total"
    if "per-node" in thin:
        order = "per-node"
        lines = [line for name in network.names for line in lines if line["node"] == name]
    header: Line = {
        "format": "scuttle-trace/1",
        "profile": network.profile,
        "order": order,
        "network": "unordered" if "unordered" in network.troubles else "fifo",
        "nodes": {name: {"id": name, "config": network.config} for name in network.names},
        "silent": silent,
        "max_silent": 12,
        "complete": complete,
    }
    return [header, *lines]


def made_wrong(lines: list[Line], rng: random.Random, by: int) -> int:
    """Make one version wrong. The number of the event, from 1; 0 if there is none."""
    places = []
    for at, line in enumerate(lines):
        told = line.get("msg", {}).get("version")
        if (line["ev"] == "state" and line.get("state")) or (
            line["ev"] in {"send", "recv"} and type(told) is int and line.get("from") != "X"
        ):
            places.append(at)
    if not places:
        return 0
    at = rng.choice(places)
    line = lines[at] = json.loads(json.dumps(lines[at]))
    entry = line["msg"] if "msg" in line else line["state"][rng.choice(sorted(line["state"]))]
    while "version" not in entry:  # owned keys stand below their source
        entry = entry[rng.choice(sorted(entry))]
    entry["version"] += by
    return at + 1


def drawn(  # noqa: PLR0913, PLR0917 - what a log is like
    events: int,
    thin: frozenset[str],
    troubles: frozenset[str],
    profile: str,
    seed: int,
    by: int = 0,
) -> tuple[list[Line], int]:
    """A log of about so many events, and which of them was made wrong."""
    network = Network(profile, seed, troubles=troubles, prompt="prompt" in thin)
    while len(network.lines) < events:
        network.something()
    lines = thinned(network, thin)
    wrong = 0
    if by:
        body = lines[1:]
        wrong = made_wrong(body, network.rng, by)
        lines = [lines[0], *body]
    return lines, wrong


def words(text: str) -> frozenset[str]:
    """The words of an argument."""
    return frozenset(text.split(",")) - {"-"}


if __name__ == "__main__":
    count, thin_, troubles_, profile_, seed_, *by_ = sys.argv[1:]
    written, which = drawn(
        int(count), words(thin_), words(troubles_), profile_, int(seed_), int(by_[0]) if by_ else 0
    )
    for each in written:
        sys.stdout.write(json.dumps(each) + "\n")
    if by_:
        sys.stderr.write(f"{which}\n")
