"""Liveness of systems of sessions: verdicts, counts, lassos, and the criterion on vectors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs
import pytest

import scuttle_check.gossip.liveness as module
from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.sessions import Sessions, as_it_is
from scuttle_check.engine.system import Action, Deliver, Start, World
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.agreement import disagreement, observed
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.liveness import (
    Endless,
    LiveSetup,
    by_vectors,
    eventually_agreed,
    productive,
    undecided_by_vectors,
)
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import FAIRNESS, Fairness
from scuttle_check.search.liveness.lasso import run_lasso
from scuttle_check.search.liveness.numbered import Numbered, Plain, steps_of
from scuttle_check.search.liveness.quiescent import quiescent_search
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.random_walk import random_walk
from scuttle_ref.messages import Digest, Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.state import NodeState

Build = Callable[..., Experiment]

vectors = partial(breadth_first, until_decided=True)


def decided(live: LiveSetup, budget: Budget | None = None) -> Report:
    """The verdict by fair cycles; a lasso is run by code that shares nothing with the search."""
    report = eventually(live.model, eventually_agreed(), live.fairness, budget)
    check_lasso(live, report)
    return report


def check_lasso(live: LiveSetup, report: Report) -> None:
    """A refutation must come with a lasso that refutes."""
    (verdict,) = report.verdicts
    if verdict.kind is not Kind.REFUTED:
        return
    assert verdict.schedule is not None
    assert verdict.cycle is not None
    wanted = eventually_agreed()
    run = run_lasso(live.model, wanted, live.fairness, verdict.schedule, verdict.cycle)
    assert (run.mended, run.misfit) == ("", None)
    assert run.because is not None


# --- sessions -------------------------------------------------------------------------------------


def test_an_edge_carries_one_session_at_a_time(experiment: Build) -> None:
    """While anything is in flight between two nodes neither starts another one. Spec: LIVE-2."""
    model = Endless(experiment("line:3", profile="textbook")).build().model
    start = next(iter(model.initial()))
    busy = model.next(start, Start("A", "B"))
    starts = [action for action in model.actions(busy) if isinstance(action, Start)]
    assert starts == [Start("B", "C"), Start("C", "B")]
    idle = model.next(busy, Deliver("A", "B"))
    assert idle == start
    assert Start("B", "A") in model.actions(idle)


def test_early_exchanges_are_bounded_until_all_owners_are_done(experiment: Build) -> None:
    """The bound is per link, and gone with the last command. Spec: LIVE-2."""
    model = Endless(experiment("line:2", ["A set k=1"], profile="textbook"), early=0).build().model
    start = next(iter(model.initial()))
    (write,) = model.actions(start)
    assert set(model.actions(model.next(start, write))) == {Start("A", "B"), Start("B", "A")}


@pytest.mark.parametrize(
    ("family", "lines", "states", "transitions"),
    [
        ("line:2", None, 59, 96),
        ("line:3", None, 6_569, 17_169),
        ("ring:3", ["A set k=1", "B set k=2"], 20_131, 68_907),
    ],
)
def test_the_textbook_agrees_under_strong_fairness_of_exchanges(
    experiment: Build, family: str, lines: list[str] | None, states: int, transitions: int
) -> None:
    """With exact counts, for other checkers to compare. Spec: LIVE-1, LIVE-4."""
    report = decided(Endless(experiment(family, lines, profile="textbook")).build())
    assert report.verdicts[0].kind is Kind.HOLDS
    assert (report.stats.states, report.stats.transitions) == (states, transitions)


@pytest.mark.parametrize("family", ["line:2", "line:3"])
def test_weak_fairness_is_not_enough(experiment: Build, family: str) -> None:
    """One side keeps the edge busy, so the other can never start. Spec: LIVE-3, LIVE-4."""
    live = Endless(experiment(family, profile="textbook"), "weak").build()
    (verdict,) = decided(live).verdicts
    assert verdict.kind is Kind.REFUTED
    starts = {action for action in verdict.cycle or () if isinstance(action, Start)}
    assert starts
    assert not any(Start(one.target, one.source) in starts for one in starts)


def test_without_fairness_a_run_may_stop(experiment: Build) -> None:
    """The first disagreement is enough: nobody is made to go on. Spec: LIVE-3."""
    (verdict,) = decided(Endless(experiment("line:2"), "none").build()).verdicts
    assert (verdict.kind, len(verdict.schedule or ()), verdict.cycle) == (Kind.REFUTED, 1, ())


HOLD = {("documented", "strong"), ("textbook", "strong"), ("paper", "strong"), ("paper", "weak")}


@pytest.mark.parametrize("fairness", FAIRNESS)
@pytest.mark.parametrize("profile", ["documented", "textbook", "paper", "as-shipped"])
def test_two_nodes_under_every_assumption(experiment: Build, profile: str, fairness: str) -> None:
    """A push-pull session serves both sides, so weak fairness is enough for it. Spec: LIVE-3."""
    early = 1 if profile == "as-shipped" else None
    live = Endless(experiment("line:2", profile=profile), fairness, early).build()
    holds = decided(live).verdicts[0].kind is Kind.HOLDS
    assert holds == ((profile, fairness) in HOLD)


def test_nothing_can_be_left_out_of_a_cycle(experiment: Build) -> None:
    """The lasso is shrunk: each step that is left out spoils it. Spec: LIVE-4."""
    live = Endless(experiment("line:3", ["A set k=1"], profile="as-shipped"), early=1).build()
    (verdict,) = decided(live).verdicts
    cycle, wanted = verdict.cycle or (), eventually_agreed()
    assert cycle
    for at in range(len(cycle)):
        less = cycle[:at] + cycle[at + 1 :]
        run = run_lasso(live.model, wanted, live.fairness, verdict.schedule or (), less)
        assert run.because is None


def test_a_damaged_lasso_does_not_refute(experiment: Build) -> None:
    """A cycle that does not close, one that is unfair, one that is good. Spec: LIVE-8."""
    wanted = eventually_agreed()
    live = Endless(experiment("line:2", profile="textbook"), "weak").build()
    (verdict,) = decided(live).verdicts
    prefix, cycle = verdict.schedule or (), verdict.cycle or ()
    judge = partial(run_lasso, live.model, wanted)
    assert "lead back" in judge(live.fairness, prefix, cycle[:-1]).mended
    strong = attrs.evolve(live.fairness, strong=live.fairness.weak, weak=frozenset())
    assert "passes over" in judge(strong, prefix, cycle).mended
    assert "passes over" in judge(live.fairness, prefix, ()).mended
    assert "good" in judge(Fairness("none", frozenset(), frozenset()), (), ()).mended
    misfit = judge(live.fairness, cycle, ()).misfit
    assert misfit is None or misfit.step


def test_a_stopped_search_is_unknown(experiment: Build) -> None:
    """Even where a lasso may already have been in sight. Spec: CONV-14."""
    live = Endless(experiment("line:2", profile="as-shipped"), early=1).build()
    report = decided(live, Budget(states_max=200))
    assert (report.verdicts[0].kind, report.stats.complete) == (Kind.UNKNOWN, False)


@pytest.mark.parametrize("part", range(4))
def test_worlds_as_numbers_are_the_worlds(part: int) -> None:
    """Every count and verdict is that of the plain model, on generated models. Spec: CHK-4."""
    for number in range(part, 80, 4):
        live = generated(number, bounded=True)
        wanted = eventually_agreed()
        unread = attrs.evolve(wanted, scope=None)
        assert isinstance(steps_of(live.model, wanted), Numbered)
        assert isinstance(steps_of(live.model, unread), Plain)
        fast = eventually(live.model, wanted, live.fairness)
        slow = eventually(live.model, unread, live.fairness)
        assert counts(fast) == counts(slow)
        check_lasso(live, fast)


def counts(report: Report) -> tuple[object, ...]:
    """What two explorations of one model must agree in."""
    stats, (verdict,) = report.stats, report.verdicts
    seen = (stats.states, stats.transitions, stats.terminal, stats.depth)
    return (*seen, verdict.kind, verdict.exercised, verdict.cycle is None)


# --- as shipped: what can no longer matter --------------------------------------------------------


def test_a_ticking_clock_needs_a_bound_and_no_restart(experiment: Build) -> None:
    """Otherwise the worlds are without number, and the search without end. Spec: LIVE-5."""
    with pytest.raises(UsageFault, match="ticks a clock"):
        Endless(experiment("line:2", profile="as-shipped")).build()
    lines = ["A set k=1", "A restart"]
    with pytest.raises(UsageFault, match="restart"):
        Endless(experiment("line:2", lines, profile="as-shipped"), early=1).build()


Forget = Callable[[Any], Any]


def pairs(live: LiveSetup, depth: int) -> Iterator[tuple[World, World, Any, Any]]:
    """Worlds of the real and of the forgetful system that the same actions lead to."""
    real = Sessions(live.setup.system, live.model.early, as_it_is)
    level = {(next(iter(real.initial())), next(iter(live.model.initial())))}
    seen = set(level)
    for _ in range(depth):
        following: set[tuple[World, World]] = set()
        for one, two in level:
            actions = real.actions(one)
            yield one, two, actions, live.model.actions(two)
            shared = [action for action in actions if action in live.model.actions(two)]
            following |= {(real.next(one, a), live.model.next(two, a)) for a in shared}
        level = following - seen
        seen |= level


def told(world: World) -> object:
    """All of a world that must not change: stores, histories, foreign marks, updates in flight."""
    nodes: Any = world.nodes
    return (
        [observed(node) for node in nodes],
        [node.history for node in nodes],
        [[pair for pair in node.clock.pairs if pair[0] != node.id] for node in nodes],
        [[m for frame in channel for m in frame if isinstance(m, Update)] for channel in channels]
        if (channels := world.channels)
        else [],
    )


MODELS: dict[str, tuple[str, list[str], dict[str, Any], int]] = {
    "two writers": ("line:2", ["A set k=1", "B set k=2"], {}, 22),
    "a short history": ("line:3", ["A set k=1"], {"max_history": 1}, 15),
    "a small mtu": ("line:2", ["A set k=1", "A set j=2"], {"mtu": 1}, 22),
    "two writers on a line": ("line:3", ["A set k=1", "C set j=2"], {"max_history": 2}, 13),
}


def same(live: LiveSetup, depth: int) -> bool:
    """Whether the two systems can do the same and show the same, as far as they are walked."""
    return all(
        list(can) == list(could) and told(one) == told(two)
        for one, two, can, could in pairs(live, depth)
    )


@pytest.mark.parametrize("name", MODELS)
def test_what_is_forgotten_never_matters(experiment: Build, name: str) -> None:
    """The real system and the forgetful one walk side by side. Spec: LIVE-5."""
    family, lines, limits, depth = MODELS[name]
    live = Endless(experiment(family, lines, profile="as-shipped", **limits), early=1).build()
    assert same(live, depth)


def test_the_walk_side_by_side_goes_beyond_what_is_forgotten(experiment: Build) -> None:
    """It would show nothing if clocks had not ticked or sources not been named twice."""
    family, lines, limits, depth = MODELS["a short history"]
    live = Endless(experiment(family, lines, profile="as-shipped", **limits), early=1).build()
    apart = [(one, two) for one, two, *_ in pairs(live, depth) if one.nodes != two.nodes]
    assert apart
    nodes: list[NodeState] = [node for one, _ in apart for node in one.nodes]  # type: ignore[misc]
    assert max(int(node.clock.get(node.id)) - node.version for node in nodes) > 1


def forgets_all_marks(local: Any) -> Any:
    """A normal form that forgets too much: the own entry falls below what was written."""
    return attrs.evolve(local, clock=local.clock.__class__(((local.id, 0),)))


def forgets_names(local: Any) -> Any:
    """A normal form that forgets too much: a digest that is not yet done."""
    return attrs.evolve(local, named=())


def forgets_own_writes(local: Any) -> Any:
    """A normal form that forgets too much: the own entry is 0, so echoes come back."""
    pairs_ = tuple((s, 0 if s == local.id else mark) for s, mark in local.clock.pairs)
    return attrs.evolve(local, clock=local.clock.__class__(pairs_))


@pytest.mark.parametrize("normal", [forgets_all_marks, forgets_names, forgets_own_writes])
def test_a_normal_form_that_forgets_too_much_is_caught(experiment: Build, normal: Forget) -> None:
    """The walk side by side is a test that can fail. Spec: LIVE-5."""
    caught = False
    for family, lines, limits, depth in MODELS.values():
        built = experiment(family, lines, profile="as-shipped", **limits)
        live = Endless(built, early=1).build()
        live.model.normal = normal
        live = attrs.evolve(live, model=Sessions(live.setup.system, 1, normal))
        caught = caught or not same(live, depth)
    assert caught


def test_a_lasso_of_the_forgetful_system_is_one_of_the_real_one(experiment: Build) -> None:
    """Ten turns on the ticking system, copies delivered together: they never agree. Spec: LIVE-5.

    The hub takes echoes again, so histories grow, and an answer carries each copy.
    """
    live = Endless(experiment("line:3", ["A set k=1"], profile="as-shipped"), early=1).build()
    (verdict,) = decided(live).verdicts
    model = live.model
    real = Sessions(live.setup.system, 1, as_it_is)
    one, two = next(iter(real.initial())), next(iter(model.initial()))
    turns = (*(verdict.schedule or ()), *(verdict.cycle or ()) * 10)
    for action in turns:
        assert action in model.actions(two)
        copies = _copies(real, one, action)
        for _ in range(copies):
            one = real.next(one, action)  # type: ignore[arg-type]
        two = model.next(two, action)  # type: ignore[arg-type]
        assert [observed(node) for node in one.nodes] == [observed(node) for node in two.nodes]  # type: ignore[arg-type]
    assert disagreement(one.nodes) is not None  # type: ignore[arg-type]
    longest = max(len(node.history) for node in one.nodes)  # type: ignore[attr-defined]
    assert longest > max(len(node.history) for node in two.nodes)  # type: ignore[attr-defined]


def _copies(real: Sessions, world: World, action: Any) -> int:
    """How many equal updates stand at the head of the link that `action` delivers from."""
    if not isinstance(action, Deliver):
        return 1
    channel = world.channels[real.system.topology.link_index[action.source, action.target]]
    head = [frame for frame in channel if frame == channel[0]]
    return len(head) if not isinstance(channel[0][0], Digest) else 1


# --- the criterion on node vectors ----------------------------------------------------------------

RESOLVERS = ("lww_total", "lww_vs_clock", "max_value", "lww_vs_current_vers")
GENERATED = 240


def generated(number: int, *, bounded: bool = False) -> LiveSetup:
    """The `number`-th model: good and bad resolvers, short histories, small limits.

    With `bounded`, of two nodes, also shipped ones, with few exchanges before owners are done.
    """
    choose = random.Random(number)  # noqa: S311 - reproducibility is the point
    graph = topology("line:2" if bounded else choose.choice(["line:2", "line:2", "line:3"]))
    most = 3 if len(graph.nodes) == 2 else 2
    lines = [
        f"{choose.choice(graph.nodes)} set {choose.choice('kj')}={choose.randrange(9)}"
        for _ in range(choose.randint(1, most))
    ]
    experiment = Experiment(
        graph,
        parse_script(lines, graph, "generated"),
        profile="as-shipped"
        if bounded and number % 2
        else choose.choice(["documented", "documented", "documented", "textbook", "paper"]),
        max_history=choose.choice([UNBOUNDED, 1, 2]),
        mtu=choose.choice([UNBOUNDED, 1]),
        resolver=choose.choice(RESOLVERS),
    )
    return Endless(experiment, early=number % 3 if bounded else None).build()


def verdicts(number: int) -> tuple[Kind, Kind]:
    """By fair cycles, and by the criterion."""
    live = generated(number)
    assert undecided_by_vectors(live) is None
    by_cycles = decided(live, Budget(states_max=6_000))
    if by_cycles.verdicts[0].kind is Kind.UNKNOWN:
        return Kind.UNKNOWN, Kind.UNKNOWN
    quick = by_vectors(live, vectors)
    check_lasso(live, quick)
    return by_cycles.verdicts[0].kind, quick.verdicts[0].kind


@pytest.mark.parametrize("part", range(4))
def test_quiescent_worlds_by_number_are_those_of_the_plain_search(part: int) -> None:
    """Counts, verdicts and lengths on generated models, broken ones among them. Spec: CHK-4."""
    kinds = set()
    for number in range(part, GENERATED // 2, 4):
        live = generated(number)
        wanted = (productive(live),)
        plain = vectors(live.model, wanted, Budget(states_max=3_000))
        quick = quiescent_search(live.model, wanted, Budget(states_max=3_000))
        found, known = quick.verdicts[0], plain.verdicts[0]
        assert found.kind is known.kind
        kinds.add(found.kind)
        if plain.stats.complete:
            assert found.exercised == known.exercised
            one, two = quick.stats, plain.stats
            assert (one.states, one.transitions, one.depth) == (
                two.states,
                two.transitions,
                two.depth,
            )
        if known.schedule is not None:
            assert len(found.schedule or ()) == len(known.schedule)
            assert by_vectors(live, quiescent_search).verdicts[0].kind is Kind.REFUTED
    assert {Kind.HOLDS, Kind.REFUTED} <= kinds


@pytest.mark.parametrize("part", range(8))
def test_cycles_and_vectors_give_one_verdict(part: int) -> None:
    """On generated models, each way with its lasso. Spec: LIVE-4, LIVE-6, LIVE-7."""
    found = [verdicts(number) for number in range(part, GENERATED, 8)]
    assert [one for one, two in found] == [two for one, two in found]
    kinds = [one for one, _ in found]
    assert len(kinds) - kinds.count(Kind.UNKNOWN) >= 26
    assert kinds.count(Kind.REFUTED) >= 2
    assert kinds.count(Kind.HOLDS) >= 10


def first_link_only(live: LiveSetup) -> Any:
    """A criterion that tries one link and gives up."""
    whole = module.FairRounds.exchange

    def exchange(rounds: Any, nodes: Any, source: str, target: str) -> Any:
        if (source, target) != live.setup.system.topology.links[0]:
            return nodes, 0
        return whole(rounds, nodes, source, target)

    return module.FairRounds, "exchange", exchange


def never_stuck(_live: LiveSetup) -> Any:
    """A criterion that takes every vector for productive."""
    return module, "disagreement", lambda _nodes: None


def any_two_agree(_live: LiveSetup) -> Any:
    """A criterion that compares the first two replicas only."""
    return module, "disagreement", lambda nodes: disagreement(nodes[:2])


def stuck_at_once(_live: LiveSetup) -> Any:
    """A criterion that takes what an exchange leaves for what it found."""
    return module.FairRounds, "exchange", lambda _rounds, nodes, _source, _target: (nodes, 0)


@pytest.mark.parametrize("mutant", [first_link_only, never_stuck, any_two_agree, stuck_at_once])
def test_a_broken_criterion_is_caught(
    mutant: Callable[[LiveSetup], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison is a test that can fail: each mutant differs somewhere. Spec: LIVE-6."""
    for number in range(GENERATED):
        live = generated(number)
        truth = eventually(live.model, eventually_agreed(), live.fairness, Budget(states_max=2_000))
        if truth.verdicts[0].kind is Kind.UNKNOWN:
            continue
        with monkeypatch.context() as patch:
            patch.setattr(*mutant(live))
            report = vectors(live.model, (module.productive(live),))
        if report.verdicts[0].kind is not truth.verdicts[0].kind:
            return
    pytest.fail("no generated model tells the mutant from the criterion")


def test_the_criterion_refutes_what_it_does_not_decide(experiment: Build) -> None:
    """The shipped swap is stuck, whatever is presumed; a hub is not, and holds nothing.

    Fair cycles refute both: at the hub sessions cross, so that an exchange which would move the
    update by itself does not. Spec: LIVE-6, LIVE-7.
    """
    swap = Endless(experiment("line:2", profile="as-shipped"), early=1).build()
    assert by_vectors(swap, vectors).verdicts[0].kind is Kind.REFUTED
    hub = Endless(experiment("line:3", ["A set k=1"], profile="as-shipped"), early=1).build()
    (verdict,) = by_vectors(hub, vectors).verdicts
    assert (verdict.kind, "apart" in verdict.because) == (Kind.UNKNOWN, True)
    assert decided(hub).verdicts[0].kind is Kind.REFUTED


@pytest.mark.parametrize(
    ("fairness", "settings", "says"),
    [
        ("weak", {}, "strongly fair"),
        ("strong", {"network": "lossy"}, "lossy"),
        ("strong", {"network": "unordered"}, "unordered"),
        ("strong", {"network": "duplicating"}, "duplicating"),
    ],
)
def test_where_vectors_prove_nothing_the_verdict_is_open(
    experiment: Build, fairness: str, settings: dict[str, Any], says: str
) -> None:
    """Never holds where the presumptions fail. Spec: LIVE-7."""
    built = experiment("line:2", ["A set k=1"], profile="paper", **settings)
    (verdict,) = by_vectors(Endless(built, fairness).build(), vectors).verdicts
    assert verdict.kind is Kind.UNKNOWN
    assert says in verdict.because


@pytest.mark.parametrize("search", [breadth_first, depth_first, random_walk])
def test_any_search_finds_a_stuck_vector(experiment: Build, search: Any) -> None:
    """The criterion is a safety property; the way there is shrunk. Spec: LIVE-6."""
    live = Endless(experiment("line:2", profile="as-shipped"), early=1).build()
    report = by_vectors(live, search)
    check_lasso(live, report)
    (verdict,) = report.verdicts
    assert verdict.kind is Kind.REFUTED
    assert len(verdict.schedule or ()) <= 12


def test_the_cycle_of_a_stuck_vector_takes_every_exchange(experiment: Build) -> None:
    """So it is fair under every assumption there is. Spec: LIVE-6."""
    built = experiment("line:2", ["A set k=1", "A set j=2"], max_history=1)
    for fairness in FAIRNESS:
        live = Endless(built, fairness).build()
        report = by_vectors(live, vectors)
        check_lasso(live, report)
        cycle: tuple[Action, ...] = report.verdicts[0].cycle or ()  # type: ignore[assignment]
        assert {Start("A", "B"), Start("B", "A")} <= set(cycle)
