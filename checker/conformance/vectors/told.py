"""Vectors from the scenarios: what each node of a dialogue goes through, node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from checker.conformance.distinguish import Ask, Get
from checker.scuttlebutt.scenario import play, read_scenario
from checker.scuttlebutt.stage import Stage
from scuttle_ref.config import Config
from scuttle_ref.messages import Event, Put, Received, Update
from scuttle_ref.names import NodeId
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS

EVENTS_MAX = 40
"""How much of a long life is told; what follows are rounds like those before. Unit: events."""


@frozen
class Life:
    """What one node of a scenario goes through, and the reading of all its keys at the end."""

    name: str
    title: str
    profile: Profile
    config: Config
    node: NodeId
    asks: tuple[Ask, ...]


def lives(path: Path) -> Iterator[Life]:
    """The nodes of the scenario in a file that something happens to.

    Left out are nodes that share more than their messages with another: two in one process,
    where the profile lets a process remember for all of its nodes.

    Spec: VEC-1.
    """
    stage = Stage()
    text = read_scenario(path)
    play(text, str(path), stage)
    housed = Counter(stage.process_of.values())
    apart = stage.profile.session("anybody") != PROCESS
    born: Counter[NodeId] = Counter()
    for node, events in stage.lived:
        born[node] += 1
        if events and (apart or housed[stage.process_of[node]] == 1):
            again = "" if born[node] == 1 else f"-{born[node]}"
            name = f"{stage.profile.name}/scenario/{path.stem}-{node}{again}"
            begun = events[:EVENTS_MAX]
            asks = (*begun, *_readings(stage.gossip, node, begun))
            yield Life(name, text.partition("\n")[0], stage.profile, stage.config, node, asks)


def _readings(gossip: Gossip, node: NodeId, events: list[Event]) -> list[Get]:
    """The reading of every key that the events touch, sorted; of its source where it has one."""
    updates = [event.message for event in events if isinstance(event, Received)]
    touched = {gossip.profile.place(each) for each in updates if isinstance(each, Update)}
    puts = [event for event in events if isinstance(event, Put)]
    touched |= {gossip.profile.place(Update(node, put.key, None, 1)) for put in puts}
    return [Get(place[-1], *place[:-1]) for place in sorted(touched)]
