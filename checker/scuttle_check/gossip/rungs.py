"""The first experiments of a hunt: small models in order, each with what may go wrong in it.

What a plan asks for (faults, a network, limits, a resolver) are ingredients. Each can be replaced
by a safe one, to see whether a failure needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs
from attrs import frozen

from scuttle_check.engine.topology import Topology, from_links, topology
from scuttle_check.gossip.bounds import LEAST, settings_read
from scuttle_check.gossip.experiment import RESTARTS, Experiment, Misfortune
from scuttle_check.gossip.hunted import FAULT_KINDS, Plan
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.gossip.script import parse_script
from scuttle_ref.names import UNBOUNDED

PAIR: Final = 2
"""Of two nodes none overhears anything, and in one process they have no network."""

SCRIPTS: Final = (
    ("A set k=1",),
    ("A set k=1", "A set k=2"),
    ("A set k=1", "A set j=2"),
    ("A set k=1", "Z set k=2"),
    ("A set k=1", "Z set j=2"),
    ("A set k=1", "B set k=2"),
    ("A set k=1", "A set k=2", "Z set k=3"),
)
"""One key and two, one written twice, one writer and two; Z is the last node, B the second."""

TAIL: Final = (("A", "B"), ("A", "C"), ("B", "C"), ("B", "D"))
"""A triangle with a node behind it: who hears all may hear what was meant for another."""

TAILED: Final = "a triangle and a tail"

STEPS: Final = (
    *(("line:2", 1), ("line:2", 2), ("line:3", 1), (TAILED, 1), ("ring:3", 1)),
    *(("line:3", 2), ("ring:3", 2), ("star:4", 1), (TAILED, 2)),
)
"""Where, and how many exchanges each link may start: what shows most for its size comes first."""


def shape(name: str) -> Topology:
    """The topology of a rung."""
    if name == TAILED:
        links = [link for one, two in TAIL for link in ((one, two), (two, one))]
        return from_links(list("ABCD"), links, name)
    return topology(name)


@frozen
class Ingredient:
    """Something risky of an experiment, and the experiment with a safe one in its place."""

    risk: str
    safe: str
    without: Experiment


def rungs(plan: Plan) -> Iterator[Experiment]:
    """Small models under the plan, the smaller first. Spec: HUNT-5."""
    for name, exchanges in STEPS:
        graph = shape(name)
        scripts = [[line.replace("Z", graph.nodes[-1]) for line in lines] for lines in SCRIPTS]
        for at, lines in enumerate(scripts):
            if lines in scripts[:at]:
                continue
            base = Experiment(
                topology=graph,
                script=parse_script(lines, graph, "a rung"),
                profile=plan.profile,
                network=plan.network or "fifo",
                exchanges=exchanges,
                resolver=plan.resolver,
                max_history=plan.limits.get("max_history", UNBOUNDED),
                mtu=plan.limits.get("mtu", UNBOUNDED),
            )
            yield from _troubled(plan, base)


def _troubled(plan: Plan, base: Experiment) -> Iterator[Experiment]:
    """The model as the plan fixes it, unless it asks for a fault; then with each fault alone."""
    if not plan.asked_faults:
        yield base
    for kind in plan.kinds(base.network):
        for restart in (plan.restart,) if plan.restart else RESTARTS:
            if kind == "broadcast" and len(base.topology.nodes) > PAIR:
                yield attrs.evolve(base, wiring="broadcast")
            elif kind == "process" and len(base.topology.nodes) > PAIR:
                yield attrs.evolve(base, processes=(base.topology.nodes[:2],))
            elif kind not in {"broadcast", "process"}:
                budget: dict[str, Any] = {kind: 1}
                yield attrs.evolve(base, faults=Misfortune(**budget, restart=restart))
            if kind != "crashes":
                break


def ingredients(experiment: Experiment) -> Iterator[Ingredient]:
    """What is risky in an experiment, and what it is without. Spec: HUNT-6."""
    read = settings_read(profile_called(experiment.profile))
    if "resolve" in read and experiment.resolver != "lww_total":
        safe = attrs.evolve(experiment, resolver="lww_total")
        yield Ingredient(f"the resolver {experiment.resolver}", "lww_total", safe)
    for name in LEAST:
        limit = getattr(experiment, name)
        if name in read and limit != UNBOUNDED:
            without: dict[str, Any] = {name: UNBOUNDED}
            said = "not given" if limit is None else str(limit)
            yield Ingredient(f"{name} {said}", "unlimited", attrs.evolve(experiment, **without))
    yield from _surroundings(experiment)
    if "delta_order" in read and experiment.delta_order != "depth":
        depth = attrs.evolve(experiment, delta_order="depth")
        yield Ingredient(f"the order {experiment.delta_order}", "depth", depth)
    if experiment.profile != "documented":
        promised = attrs.evolve(experiment, profile="documented")
        yield Ingredient(f"the profile {experiment.profile}", "documented", promised)


def _surroundings(experiment: Experiment) -> Iterator[Ingredient]:
    """What is risky around the nodes: network, faults, wiring and processes."""
    if experiment.network != "fifo":
        calm = attrs.evolve(experiment, network="fifo")
        yield Ingredient(f"the network {experiment.network}", "fifo", calm)
    for kind in FAULT_KINDS[:6]:
        times = getattr(experiment.faults, kind)
        if times:
            none: dict[str, Any] = {kind: None if kind in {"losses", "duplicates"} else 0}
            faults = attrs.evolve(experiment.faults, **none)
            yield Ingredient(f"{kind} {times}", "none", attrs.evolve(experiment, faults=faults))
    if experiment.wiring != "addressed":
        addressed = attrs.evolve(experiment, wiring="addressed")
        yield Ingredient(f"the wiring {experiment.wiring}", "addressed", addressed)
    if experiment.processes:
        housed = attrs.evolve(experiment, processes=())
        yield Ingredient("nodes in one process", "a process for each", housed)


def asked(plan: Plan, ingredient: Ingredient) -> bool:
    """Whether the plan asks for this risk by name, so that a failure without it is no answer."""
    named = {
        f"the resolver {plan.resolver}": plan.resolver != "lww_total",
        f"the network {plan.network}": plan.network is not None,
        "the wiring broadcast": "broadcast" in plan.asked_faults,
        "nodes in one process": "process" in plan.asked_faults,
    }
    word = ingredient.risk.partition(" ")[0]
    return named.get(ingredient.risk, word in plan.asked_faults or word in plan.limits)


def asks(plan: Plan) -> bool:
    """Whether the plan asks by name for something risky that can make a difference."""
    read = settings_read(profile_called(plan.profile))
    limits = [name for name, limit in plan.limits.items() if name in read and limit != UNBOUNDED]
    resolver = "resolve" in read and plan.resolver != "lww_total"
    return bool(plan.asked_faults or limits or resolver or plan.network not in {None, "fifo"})
