"""The law that the others serve: every schedule of the real model ends with equal replicas.

Decided by exhaustive search, within bounds that the verdict states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.properties import Always, Broken, Finding, Good
from scuttle_check.engine.rounds import Settled
from scuttle_check.engine.system import Scope, System, World
from scuttle_check.engine.topology import from_links, topology
from scuttle_check.engine.trace import fitting
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.agreement import settled
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.laws.asking import Asking
from scuttle_check.laws.calling import Answer, Failure, Question
from scuttle_check.laws.cases import left
from scuttle_check.laws.domain import BESIDE, KEY, OBSERVERS, Domain
from scuttle_check.laws.evidence import Evidence
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import exhaustive
from scuttle_ref.config import Config
from scuttle_ref.entries import entries_of
from scuttle_ref.messages import Put, Update
from scuttle_ref.names import UNBOUNDED, Key, NodeId, Value, exact, frozen_value
from scuttle_ref.profiles import DOCUMENTED
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import GossipView, Resolver
from scuttle_ref.state import NodeState

SHAPES: tuple[tuple[str, tuple[NodeId, ...]], ...] = (
    ("line:3", ("A", "B")),
    ("line:3", ("A", "C+")),
    ("line:3", ("A", "C")),
    ("line:3", ("A", "A", "C")),
    ("ring:3", ("A", "B")),
    ("star:4", ("B", "C")),
)
"""Topologies, and who writes there, once for each time named.

A plus says that the node has written another key before, so that its version is 2.
"""

BOUNDS = "two writers of one key, up to 3 writes, one exchange per link and direction, nothing lost"
Noted = dict[Question, Answer]
"""What was asked in a model, and the answers."""

STATES_MAX = 2_000_000
"""Where a search is given up. The largest of the shapes has some 175,000 worlds."""


@frozen
class Explored:
    """What the searches saw: `worlds` in all, the refutation, or why one was not finished.

    `troubled` is the number of models that were made of evidence of other laws.
    """

    worlds: int
    evidence: Evidence | None = None
    stop: str | None = None
    troubled: int = 0


def experiments(domain: Domain) -> Iterator[list[Experiment]]:
    """The models to explore, smallest first, each with different values either way round.

    On lines equal ones too, with which a triangle and a star tell nothing new.
    """
    one, *others = domain.values
    other = others[0] if others else one
    assignments = dict.fromkeys([(one, other), (other, one), (one, one)])
    for shape, writers in SHAPES:
        graph = topology(shape)
        alike = []
        for values in assignments if shape == "line:3" else list(assignments)[:2]:
            chosen = (*values, values[0])
            puts = [(node, Put(KEY, value)) for node, value in zip(writers, chosen, strict=False)]
            script = tuple(
                tuple(
                    put
                    for writer, last in puts
                    for put in ((Put(BESIDE[0], one), last) if "+" in writer else (last,))
                    if writer.rstrip("+") == node
                )
                for node in graph.nodes
            )
            alike.append(Experiment(graph, script, resolver=""))
        yield alike


WRITES_MAX = 3
"""An update of a higher version takes so many writes before it that models get large."""

TROUBLED_MAX = 4
"""So many pieces of evidence are tried on networks."""


def troubled(evidence: Sequence[Evidence]) -> Iterator[Experiment]:
    """Models in which the updates of evidence are written, each by its source. Spec: LAW-24.

    A version above 1 is reached by writes of another key. On lines with the observer between the
    writers, and at an end.
    """
    known: dict[tuple[Update, ...], None] = {}
    for each in evidence:
        updates = tuple(sorted(each.updates, key=lambda one: (one.source_id, one.version)))
        if updates and len({update.key for update in updates}) == 1:
            known.setdefault(updates)
    for updates in list(known)[:TROUBLED_MAX]:
        sources = list(dict.fromkeys(update.source_id for update in updates))
        if len(sources) > 3 or max(update.version for update in updates) > WRITES_MAX:  # noqa: PLR2004
            continue
        observer = next(name for name in OBSERVERS if name not in sources)
        orders = [sources]
        if len(sources) < 3:  # noqa: PLR2004 - there is room for an observer
            orders = [[*sources[:1], observer, *sources[1:]], [observer, *sources]]
        for nodes in orders:
            yield _written(nodes, updates)


def _written(nodes: list[NodeId], updates: tuple[Update, ...]) -> Experiment:
    links = tuple(pair for one, two in pairwise(nodes) for pair in ((one, two), (two, one)))
    name = "edges:" + ",".join(f"{one}-{two}" for one, two in pairwise(nodes))
    script: list[tuple[Put, ...]] = []
    for node in nodes:
        puts: list[Put] = []
        for update in updates:
            if update.source_id == node:
                beside = BESIDE[0] if update.key != BESIDE[0] else KEY
                puts += [Put(beside, None)] * (update.version - 1 - len(puts))
                puts.append(Put(update.key, update.value))
        script.append(tuple(puts))
    return Experiment(from_links(nodes, links, name), tuple(script), resolver="")


def explore(asking: Asking, domain: Domain, evidence: Sequence[Evidence] = ()) -> Explored:
    """Search every model for a schedule after which replicas stay different.

    Besides those of the domain, models of the updates that other laws were broken by. Raises
    GaveUp.

    Spec: LAW-13, LAW-24.
    """
    worlds = 0
    beyond = list(troubled(evidence))
    for alike in (*experiments(domain), *([each] for each in beyond)):
        noted: Noted = {}
        first = found = _explored(asking, alike[0], noted)
        for experiment in (None, *alike[1:]):
            if experiment is not None:
                same = _same_but_for_values(asking, noted, alike[0], experiment)
                found = first if same else _explored(asking, experiment, {})
            worlds += found.worlds
            if found.evidence is not None or found.stop is not None:
                return evolve(found, worlds=worlds)
    return Explored(worlds, troubled=len(beyond))


def _same_but_for_values(asking: Asking, noted: Noted, one: Experiment, other: Experiment) -> bool:
    """Whether two models with the same writes but for their values have the same worlds.

    They have, if with the values exchanged every question that was asked in one has the same
    answer: the first worlds are alike, and a step is decided by answers. Where replicas end equal
    with values that are all different, they do with values of which some are equal. Raises GaveUp.

    Spec: LAW-27.
    """
    instead: dict[tuple[Key, object], Value] = {}
    for this, that in zip(_puts(one), _puts(other), strict=True):
        place = this.key, exact(this.value)
        if exact(instead.setdefault(place, that.value)) != exact(that.value):
            return False
    questions = [
        (_renamed(state, instead), _with_value(update, instead)) for state, update in noted
    ]
    answers = asking.ask_all(questions)
    return all(this is that for this, that in zip(noted.values(), answers, strict=True))


def _puts(experiment: Experiment) -> list[Put]:
    return [each for script in experiment.script for each in script if isinstance(each, Put)]


def _renamed(state: NodeState, instead: dict[tuple[Key, object], Value]) -> NodeState:
    """The state with other values."""
    entries = [
        (place, evolve(entry, value=instead[place[-1], exact(entry.value)]))
        for place, entry in state.store
    ]
    return evolve(state, store=entries_of(entries))


def _with_value(update: Update, instead: dict[tuple[Key, object], Value]) -> Update:
    return evolve(update, value=instead[update.key, exact(update.value)])


def _explored(asking: Asking, experiment: Experiment, noted: Noted) -> Explored:
    """What the search of one model sees; what it asks is `noted`."""
    system = system_of(asking, experiment, noted)
    judged = ends_equal(asking, system)
    try:
        report = exhaustive(system, [judged], Budget(STATES_MAX), until_decided=True)
    except UnrunnableFault as fault:
        told = fault.problem.replace("the resolver raised a GaveUp: ", "")
        told = re.sub(r"the resolver raised an? \w+: ", "it ", told)
        return Explored(0, stop=f"{experiment.topology.name}: {told}")
    verdict, worlds = report.verdicts[0], report.stats.states
    if verdict.kind is Kind.REFUTED:
        named = evolve(experiment, resolver=asking.caller.name).to_json()
        schedule = tuple(map(str, verdict.schedule or ()))
        return Explored(worlds, Evidence(verdict.because, experiment=named, schedule=schedule))
    if verdict.kind is not Kind.HOLDS:
        said = report.stats.stop or "no replica ever held a value"
        return Explored(worlds, stop=f"{experiment.topology.name}: {said}")
    return Explored(worlds)


def system_of(asking: Asking, experiment: Experiment, noted: Noted | None = None) -> System:
    """The model of an experiment, in which nodes ask the caller; answers are `noted`."""
    setup = experiment_with(experiment).build()
    resolve = resolver_of(asking, {} if noted is None else noted)
    gossip = Gossip(DOCUMENTED, Config(resolve=resolve, max_history=UNBOUNDED, mtu=UNBOUNDED))
    return evolve(setup.system, actor=GossipActor(gossip))


def experiment_with(experiment: Experiment) -> Experiment:
    """The experiment with a resolver that is always there; it is replaced by the caller."""
    return evolve(experiment, resolver="lww_total")


def resolver_of(asking: Asking, noted: Noted) -> Resolver:
    """The caller as a function that a node can use. A failure is raised, for the node to report."""

    def resolve(gossip: GossipView, update: Update) -> bool:
        state: NodeState = gossip.state  # type: ignore[attr-defined]
        value = frozen_value(update.value)  # a resolver is given copies, which have no hash
        update = Update(update.source_id, update.key, value, update.version)
        state = _stripped(state)
        answer = noted[state, update] = asking.ask(state, update)
        if isinstance(answer, Failure):
            raise RuntimeError(answer.says)  # noqa: TRY004 - no matter of types
        return answer

    return resolve


def _stripped(state: NodeState) -> NodeState:
    """What a resolver can see of a node."""
    return NodeState(state.id, state.clock, state.sources, state.version, store=state.store)


def ends_equal(asking: Asking, system: System) -> Always:
    """Agreement in what the user observes. Spec: LAW-13, CONV-1."""

    def parts(world: World) -> Any:
        return (world.nodes,) if system.quiescent(world) else ()

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        outcome: Settled = settled(system, nodes)
        ended: tuple[NodeState, ...] = outcome.nodes  # type: ignore[assignment]
        for node in ended[1:]:
            if asking.seen(node, KEY) != asking.seen(ended[0], KEY):
                one, other = left(ended[0], KEY), left(node, KEY)
                return Broken(f"{ended[0].id} has {one} and {node.id} has {other}, for ever")
        return Good.KEPT if any(node.store for node in ended) else Good.VACUOUS

    says = "replicas end equal"
    return Always("convergent", "LAW-13", says, parts, check, Scope.QUIESCENT_NODES)


def judge_schedule(asking: Asking, experiment: Experiment, schedule: tuple[str, ...]) -> str | None:
    """Whether this schedule still ends with different replicas. Spec: LAW-13."""
    system = system_of(asking, experiment)
    actions = [parse_action(line, "$.schedule") for line in schedule]
    world = next(iter(system.initial()))
    for action in fitting(system, actions):
        world = system.next(world, action)  # type: ignore[arg-type]
    judged = ends_equal(asking, system)
    for nodes in judged.parts(world):
        finding = judged.check(nodes)
        if isinstance(finding, Broken):
            return finding.because
    return None
