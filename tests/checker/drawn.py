"""Models drawn by number: every small topology, network, fault, limit, resolver and profile.

A number is a model for ever, whatever runs before it. Hypothesis is not used here: to draw would
take longer than to explore.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from scuttle_check.engine.topology import Topology, from_links, topology
from scuttle_check.gossip.experiment import NO_MISFORTUNE, Experiment, Misfortune
from scuttle_check.gossip.script import parse_script
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.resolvers import RESOLVERS


def linked(pairs: str) -> Topology:
    """A graph of links like AB, each of which leads both ways."""
    nodes = sorted(set(pairs) - {" "})
    links = [link for one, two in pairs.split() for link in ((one, two), (two, one))]
    return from_links(nodes, links, pairs)


SHAPES = (
    *map(topology, ("line:2", "line:3", "ring:3", "line:4", "star:4", "ring:4", "complete:4")),
    *map(linked, ("AB BC CA CD", "AB BC CD DA AC")),
)
"""Every connected graph of two to four nodes."""

NETWORKS = ("fifo", "fifo", "fifo", "lossy", "unordered", "duplicating")


def models(profile: str, part: int = 0, parts: int = 1) -> Iterator[tuple[int, Experiment]]:
    """Models of a profile without end, with their numbers."""
    for number in count(part, parts):
        yield number, model(profile, number)


def model(profile: str, number: int) -> Experiment:
    """One model. Half of them are without faults, on links that lose and change nothing."""
    draw = random.Random(f"{profile} {number}")  # noqa: S311 - nothing is secret here
    graph = SHAPES[number % len(SHAPES)]
    few = len(graph.nodes) == 2
    writers = draw.sample(graph.nodes, min(draw.choice([1, 1, 2, 2, 3]), len(graph.nodes)))
    lines = [
        f"{draw.choice(writers)} set {draw.choice('kkj')}={draw.randint(0, 4)}"
        for _ in range(draw.choice([1, 1, 2, 2, 3]))
    ]
    lines += [
        "{} gossip {}".format(*draw.choice(graph.links))
        for _ in range(draw.randint(0, 2) if few else draw.randint(1, 3))
    ]
    draw.shuffle(lines)
    plain = draw.random() < 0.5
    network = "fifo" if plain else draw.choice(NETWORKS)
    return Experiment(
        topology=graph,
        script=parse_script(lines, graph, "script"),
        profile=profile,
        network=network,
        exchanges=draw.choice([0, 1, 1, 2]) if few else int(draw.random() < 0.1),
        max_history=draw.choice([UNBOUNDED, UNBOUNDED, UNBOUNDED, 1, 2]),
        mtu=draw.choice([UNBOUNDED, UNBOUNDED, UNBOUNDED, 1]),
        resolver=draw.choice(sorted(RESOLVERS)),
        delta_order=draw.choice(["depth", "breadth"]),
        faults=NO_MISFORTUNE if plain or draw.random() < 0.5 else misfortune(draw, network),
        wiring="addressed" if plain else draw.choice(["addressed", "addressed", "broadcast"]),
        processes=() if plain else draw.choice([(), (), (("A", "B"),)]),
    )


def misfortune(draw: random.Random, network: str) -> Misfortune:
    """One of each of some kinds of faults."""
    return Misfortune(
        losses=draw.choice([None, None, 1]),
        overtakings=draw.choice([0, 0, 1]) if network != "unordered" else 0,
        cuts=draw.choice([0, 0, 1]),
        crashes=draw.choice([0, 0, 1]),
        restart=draw.choice(["persisted", "amnesia", "new-id"]),
        pauses=draw.choice([0, 0, 1]),
    )
