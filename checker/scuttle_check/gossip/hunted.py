"""What a hunt draws: small experiments under a plan, the simplest first.

Every choice puts first what is simpler, for that is what Hypothesis shrinks to: fewer nodes,
commands and links, no limit, no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from attrs import field, frozen
from hypothesis import strategies as st

from scuttle_check.engine.network import NETWORKS
from scuttle_check.engine.topology import Topology, from_links
from scuttle_check.gossip.bounds import LEAST, Limit, settings_read
from scuttle_check.gossip.experiment import (
    DELTA_ORDERS,
    RESTARTS,
    Experiment,
    Misfortune,
)
from scuttle_check.gossip.own_profiles import Named, profile_called
from scuttle_check.gossip.strategies import topologies
from scuttle_ref import rules
from scuttle_ref.messages import Put
from scuttle_ref.names import UNBOUNDED

DRAWN_NETWORKS = ("fifo", "unordered", "duplicating", "lossy")

FAULT_KINDS = (
    *("losses", "duplicates", "overtakings", "cuts", "pauses", "crashes"),
    *("broadcast", "process"),
)
"""What may go wrong besides the network; at most two kinds are drawn together."""


@frozen
class Plan:
    """What is fixed in every experiment; what is None is drawn.

    `limits` fixes ``max_history`` and ``mtu`` by name, as a Config has them.
    `faults` are the kinds of faults that may be drawn, `restart` with what crashed nodes come back.
    `asked_faults` are those that were asked for by name: a failure that does not need one is no
    answer. `states_max` bounds the worlds explored of one experiment.
    """

    profile: Named = "documented"
    resolver: str = "lww_total"
    network: str | None = None
    limits: dict[str, Limit] = field(factory=dict)
    faults: tuple[str, ...] = ()
    restart: str | None = None
    property: str = "agreement"
    examples: int = 200
    seconds: float | None = None
    seed: int = 0
    states_max: int = 20_000
    asked_faults: tuple[str, ...] = ()

    def kinds(self, network: str) -> list[str]:
        """The kinds of faults that can make a difference on a network. Spec: HUNT-3."""
        links, profile = NETWORKS[network], profile_called(self.profile)
        idle = {
            "losses": bool(links.losses),
            "duplicates": bool(links.duplicates),
            "overtakings": not links.ordered,
            "process": profile.session is rules.session_per_peer,
        }
        return [kind for kind in FAULT_KINDS if kind in self.faults and not idle.get(kind, False)]


@st.composite
def experiments(draw: st.DrawFn, plan: Plan) -> Experiment:
    """Small experiments under a plan. The simplest: two nodes, one write, fifo, no limits."""
    graph = draw(topologies())
    writes = draw(
        st.lists(
            st.tuples(st.sampled_from(graph.nodes), st.sampled_from("kj"), st.sampled_from("xyz")),
            min_size=1,
            max_size=4,
        )
    )
    max_history, mtu = (
        plan.limits[name] if name in plan.limits else draw(st.sampled_from(_limits(plan, name)))
        for name in LEAST
    )
    network = plan.network or draw(st.sampled_from(DRAWN_NETWORKS))
    kinds = plan.kinds(network)
    drawn = draw(st.lists(st.sampled_from(kinds), max_size=2, unique=True)) if kinds else []
    return Experiment(
        topology=graph,
        script=tuple(
            tuple(Put(key, value) for writer, key, value in writes if writer == node)
            for node in graph.nodes
        ),
        profile=plan.profile,
        network=network,
        resolver=plan.resolver,
        max_history=max_history,
        mtu=mtu,
        delta_order=draw(st.sampled_from(_delta_orders(plan))),
        faults=draw(_misfortunes(plan, drawn)),
        wiring="broadcast" if "broadcast" in drawn else "addressed",
        processes=(draw(_processes(graph)),) if "process" in drawn else (),
    )


def _delta_orders(plan: Plan) -> list[str]:
    """The orders of an answer, where the profile has a choice."""
    asked = "delta_order" in settings_read(profile_called(plan.profile))
    return list(DELTA_ORDERS) if asked else ["depth"]


def _limits(plan: Plan, name: str) -> list[Limit]:
    """The limits that can make a difference."""
    read = name in settings_read(profile_called(plan.profile))
    return [UNBOUNDED, 1, 2] if read else [UNBOUNDED]


@st.composite
def _misfortunes(draw: st.DrawFn, plan: Plan, kinds: list[str]) -> Misfortune:
    """One or two faults of each of these kinds."""
    most = st.integers(1, 2)
    losses, duplicates, overtakings, cuts, pauses, crashes = (
        draw(most) if kind in kinds else 0 for kind in FAULT_KINDS[:6]
    )
    restart = plan.restart or (draw(st.sampled_from(RESTARTS)) if crashes else RESTARTS[0])
    return Misfortune(
        losses=losses or None,
        duplicates=duplicates or None,
        overtakings=overtakings,
        cuts=cuts,
        crashes=crashes,
        restart=restart,
        pauses=pauses,
    )


@st.composite
def _processes(draw: st.DrawFn, graph: Topology) -> tuple[str, ...]:
    """Two nodes in one process."""
    first = draw(st.integers(0, len(graph.nodes) - 2))
    return (graph.nodes[first], graph.nodes[draw(st.integers(first + 1, len(graph.nodes) - 1))])


def size_of(experiment: Experiment) -> tuple[int, ...]:
    """How much there is to an experiment, most important first: what a hunt makes small."""
    faults = experiment.faults
    budgets = [
        *(faults.losses or 0, faults.duplicates or 0, faults.overtakings),
        *(faults.cuts, faults.crashes, faults.pauses),
    ]
    return (
        len(experiment.topology.nodes),
        sum(map(len, experiment.script)),
        len(experiment.topology.links),
        list(NETWORKS).index(experiment.network),
        sum(budgets) + (experiment.wiring != "addressed") + len(experiment.processes),
        sum(limit != UNBOUNDED for limit in (experiment.max_history, experiment.mtu)),
        len({put.key for puts in experiment.script for put in puts if isinstance(put, Put)}),
    )


def simpler(experiment: Experiment, plan: Plan) -> Iterator[Experiment]:
    """The experiments with one thing less, what matters most first. Spec: HUNT-4."""
    graph, nodes = experiment.topology, experiment.topology.nodes
    for node in nodes if len(nodes) > 2 else ():  # noqa: PLR2004 - one node agrees with itself
        yield from _on(experiment, [n for n in nodes if n != node], graph.links)
    for at, commands in enumerate(experiment.script):
        for one in range(len(commands)):
            less = (*commands[:one], *commands[one + 1 :])
            script = (*experiment.script[:at], less, *experiment.script[at + 1 :])
            yield attrs.evolve(experiment, script=script)
    for link in graph.links:
        yield from _on(experiment, nodes, [each for each in graph.links if {*each} != {*link}])
    yield from _kinder(experiment, plan)
    if "max_history" not in plan.limits and experiment.max_history != UNBOUNDED:
        yield attrs.evolve(experiment, max_history=UNBOUNDED)
    if "mtu" not in plan.limits and experiment.mtu != UNBOUNDED:
        yield attrs.evolve(experiment, mtu=UNBOUNDED)


def _kinder(experiment: Experiment, plan: Plan) -> Iterator[Experiment]:
    """The experiments with a better network, or one fault less."""
    if plan.network is None and experiment.network != DRAWN_NETWORKS[0]:
        yield attrs.evolve(experiment, network=DRAWN_NETWORKS[0])
    for name in FAULT_KINDS[:6]:
        budget = getattr(experiment.faults, name) or 0
        if budget:
            none = None if name in {"losses", "duplicates"} else 0
            less: dict[str, Any] = {name: budget - 1 or none}
            faults = attrs.evolve(experiment.faults, **less)
            yield attrs.evolve(experiment, faults=faults)
    if experiment.wiring != "addressed":
        yield attrs.evolve(experiment, wiring="addressed")
    if experiment.processes:
        yield attrs.evolve(experiment, processes=())


def _on(
    experiment: Experiment, nodes: Sequence[str], links: Sequence[tuple[str, str]]
) -> Iterator[Experiment]:
    """The experiment on a part of its topology, if that is connected."""
    inside = tuple(link for link in links if set(link) <= set(nodes))
    graph = from_links(list(nodes), inside, f"{len(nodes)} nodes, {len(inside) // 2} links")
    if graph.connected:
        scripts = dict(zip(experiment.topology.nodes, experiment.script, strict=True))
        yield attrs.evolve(
            experiment,
            topology=graph,
            script=tuple(scripts[node] for node in nodes),
            processes=tuple(each for each in experiment.processes if set(each) <= set(nodes)),
        )
