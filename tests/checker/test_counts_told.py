"""What searches count, and tell while they run: each number against one that is known."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle_check.engine.actions import Deliver, Drop
from scuttle_check.engine.properties import Always, Broken, Eventually, Finding, Good
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.engine.worlds import Scope
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.liveness import Endless, eventually_agreed, productive
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import Fairness, session_fairness
from scuttle_check.search.liveness.numbered import Numbered, unnumbered
from scuttle_check.search.liveness.quiescent import quiescent_search
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.random_walk import random_walk

NOTHING_OWED = Fairness("none", frozenset(), frozenset())
DIAMOND = ((1, 2), (3,), (3,), ())


def goal(*good: int) -> Eventually:
    """A run comes to good states, and stays there."""

    def check(state: int) -> Finding:
        return Good.KEPT if state in good else Broken(f"{state} is not good")

    return Eventually("good", "LIVE-1", "it ends well", check)


def counts(report: Report) -> tuple[int, int, int, int]:
    """What is counted."""
    stats = report.stats
    return stats.states, stats.transitions, stats.terminal, stats.depth


def shown(told: list[Progress]) -> list[tuple[int, int, int, int]]:
    """The counts that were told."""
    return [(each.states, each.transitions, each.frontier, each.depth) for each in told]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Graphs with ends and loops, and one start or several."""
    count = draw(st.integers(1, 7))
    states = st.integers(0, count - 1)
    edges = tuple(tuple(draw(st.lists(states, max_size=3))) for _ in range(count))
    return edges, tuple(draw(st.lists(states, min_size=1, max_size=2, unique=True)))


@given(graphs())
def test_an_exploration_for_liveness_counts_what_other_searches_count(
    toys: ModuleType, graph: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]
) -> None:
    """States, steps, ends and depth; of depth-first search all but the depth. Spec: CHK-4."""
    model = toys.Graph(*graph)
    plain = counts(breadth_first(model, [toys.never(-1)]))
    assert counts(eventually(model, goal(), NOTHING_OWED)) == plain
    assert counts(depth_first(model, [toys.never(-1)]))[:3] == plain[:3]
    walked = counts(random_walk(model, [toys.never(-1)], walks=1))
    assert all(mine <= whole for mine, whole in zip(walked[:3], plain[:3], strict=True))


def test_an_exploration_tells_how_far_it_is(toys: ModuleType) -> None:
    """States met, steps taken, states met and not left yet, and the depth."""
    told: list[Progress] = []
    eventually(toys.Graph(DIAMOND), goal(3), NOTHING_OWED, Budget(tell=told.append, every=1))
    assert shown(told) == [(3, 2, 2, 1), (4, 3, 2, 2), (4, 4, 1, 2), (4, 4, 0, 2)]
    told.clear()
    eventually(toys.Graph(DIAMOND), goal(3), NOTHING_OWED, Budget(tell=told.append, every=3))
    assert shown(told) == [(4, 4, 1, 2)]


def test_a_search_of_quiescent_worlds_tells_how_far_it_is(
    experiment: Callable[..., Experiment],
) -> None:
    """The same numbers, and in the end those of the report."""
    live = Endless(experiment("line:2", ["A set k=1"], profile="textbook")).build()
    told: list[Progress] = []
    report = quiescent_search(live.model, (productive(live),), Budget(tell=told.append, every=1))
    assert [each.states - each.frontier for each in told] == [*range(1, report.stats.states + 1)]
    assert shown(told)[-1] == (report.stats.states, report.stats.transitions, 0, report.stats.depth)


@pytest.mark.parametrize("search", [breadth_first, depth_first])
def test_the_counts_of_a_search_and_what_it_tells_last(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A diamond has four states and four steps; its end is two steps away. Spec: CHK-4."""
    told: list[Progress] = []
    report = search(toys.Graph(DIAMOND), [toys.never(-1)], Budget(tell=told.append, every=1))
    assert counts(report) == (4, 4, 1, 2)
    assert told[-1].states == 4
    assert told[-1].transitions <= 4


def test_the_longest_path_of_a_depth_first_search_is_its_depth(toys: ModuleType) -> None:
    """Also where the last path that is walked is a short one."""
    assert counts(depth_first(toys.Graph(((1, 3), (2,), (), ())), [toys.never(-1)]))[3] == 2
    assert counts(depth_first(toys.Graph(((3, 1), (2,), (), ())), [toys.never(-1)]))[3] == 2


@pytest.mark.parametrize("search", [breadth_first, depth_first])
def test_each_start_and_each_step_back_is_judged(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A second start, a step to a state that is known, a loop. Spec: CHK-4."""
    model = toys.Graph(((0,), (0,)), (0, 1))
    loop = attrs.evolve(toys.never_step(0, 0), name="loop")
    report = search(model, [toys.never(1), toys.never_step(1, 0), loop])
    assert [verdict.kind for verdict in report.verdicts] == [Kind.REFUTED] * 3
    assert [verdict.schedule for verdict in report.verdicts] == [(), (0,), (0,)]


def test_lassos_lead_from_the_start_to_the_cycle_and_round_it(
    experiment: Callable[..., Experiment],
) -> None:
    """Step by step on the model itself, by nothing else of the search. Spec: LIVE-4."""
    for family, profile, fairness in (
        ("line:2", "textbook", "weak"),
        ("line:3", "textbook", "weak"),
        ("line:2", "as-shipped", "strong"),
    ):
        early = 1 if profile == "as-shipped" else None
        live = Endless(experiment(family, profile=profile), fairness, early).build()
        (verdict,) = eventually(live.model, eventually_agreed(), live.fairness).verdicts
        assert verdict.kind is Kind.REFUTED
        assert verdict.cycle
        world: Any = next(iter(live.model.initial()))
        for action in verdict.schedule or ():
            assert action in live.model.actions(world)
            world = live.model.next(world, action)  # type: ignore[arg-type]
        turning = world
        for action in verdict.cycle:
            assert action in live.model.actions(turning)
            turning = live.model.next(turning, action)  # type: ignore[arg-type]
        assert turning == world


LIMITED = "a limited number of faults"
KINDS = ("losses", "duplicates", "overtakings", "cuts", "crashes", "pauses")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        *(({"faults": Misfortune(**{kind: 1})}, LIMITED) for kind in KINDS),
        ({"network": "duplicating"}, LIMITED),
        ({"network": "unordered"}, "a network that does not keep the order"),
        ({"processes": (("A", "B"),), "profile": "as-shipped"}, "nodes that share a process"),
        ({"network": "lossy"}, None),
        ({}, None),
    ],
)
def test_worlds_are_numbers_only_where_no_fault_is_counted(
    experiment: Callable[..., Experiment], settings: dict[str, Any], reason: str | None
) -> None:
    """Elsewhere the model is searched as it is, and the report says why. Spec: CHK-4, LIVE-4.

    What is counted is what the plain search counts in the same model.
    """
    small = experiment("line:2", ["A set k=1"], **{"profile": "textbook", **settings})
    live = Endless(small, early=1).build()
    assert unnumbered(live.model) == reason
    report = eventually(live.model, eventually_agreed(), live.fairness)
    assert counts(report) == counts(breadth_first(live.model, []))
    told = () if reason is None else (f"searched plainly, because of {reason}",)
    assert report.stats.notes == told


def test_what_a_run_owes_under_each_assumption(experiment: Callable[..., Experiment]) -> None:
    """Commands, deliveries and the ends of faults are owed; faults never are. Spec: LIVE-3."""
    faults = Misfortune(losses=1, duplicates=1, overtakings=1, cuts=1, crashes=1, pauses=1)
    system = experiment("line:2", ["A set k=1"], faults=faults).build().system
    links = {("A", "B"), ("B", "A")}
    nodes = {(verb, node) for verb in ("Perform", "Restart", "Resume") for node in "AB"}
    owed = nodes | {("Deliver", *link) for link in links} | {("Heal", "A", "B")}
    starts = {("Start", *link) for link in links}
    strong, weak, none = (session_fairness(system, name) for name in ("strong", "weak", "none"))
    assert (strong.weak, strong.strong) == (owed, starts)
    assert (weak.weak, weak.strong) == (owed | starts, set())
    assert (none.weak, none.strong) == (set(), set())
    assert [strong.class_of(each) for each in (Deliver("A", "B"), Deliver("A", "B", 1))] == [
        ("Deliver", "A", "B")
    ] * 2
    assert strong.class_of(Drop("A", "B")) not in owed | starts
    whole = experiment("line:2", ["A set k=1"]).build().system
    kinds = {str(each[0]) for each in session_fairness(whole, "strong").weak}  # type: ignore[index]
    assert kinds == {"Perform", "Deliver"}


def test_an_exchange_waits_until_nothing_is_in_flight_either_way(
    experiment: Callable[..., Experiment],
) -> None:
    """By numbers as in the model: over each link, in each direction. Spec: LIVE-2."""
    live = Endless(experiment("line:3", ["A set k=1"], profile="textbook"), early=2).build()
    numbered = Numbered(live.model)
    (number,), (world,) = numbered.initial(), live.model.initial()
    pairs, known = [(number, world)], {number}
    for number, world in pairs:
        if len(pairs) > 400:
            break
        found = list(numbered.steps(number))
        assert {action for action, _ in found} == set(live.model.actions(world))
        for action, after in found:
            if after not in known:
                known.add(after)
                pairs.append((after, live.model.next(world, action)))
    assert len(pairs) > 100  # else every world was compared without a choice


def test_once_good_states_are_not_left_and_lasting_ones_are(toys: ModuleType) -> None:
    """What a run does after it has what it wants is not looked at. Spec: LIVE-1."""
    model = toys.Graph(((1,), (2,), (0,)))
    once = attrs.evolve(goal(1), lasting=False)
    assert counts(eventually(model, once, NOTHING_OWED))[:2] == (2, 1)
    assert counts(eventually(model, goal(1), NOTHING_OWED))[:2] == (3, 3)


def every_store_is(count: int, name: str, asked: list[Any]) -> Always:
    """The property of quiescent worlds that all replicas have as many keys; notes who asks."""

    def check(nodes: Any) -> Finding:
        asked.append(nodes)
        held = [len(node.store) for node in nodes]
        return Good.KEPT if set(held) == {count} else Broken(f"{held} keys")

    scope = Scope.QUIESCENT_NODES
    return Always(name, "CONV-1", "", lambda world: (world.nodes,), check, scope)


def test_only_quiescent_worlds_are_judged_and_every_property_of_them(
    experiment: Callable[..., Experiment],
) -> None:
    """One that is decided leaves the others to be decided. Spec: CONV-12, CHK-4."""
    live = Endless(experiment("line:2", ["A set k=1"], profile="textbook")).build()
    asked: list[Any] = []
    first, later = every_store_is(0, "none", asked), every_store_is(1, "one", [])
    report = quiescent_search(live.model, (first, later))
    assert [each.kind for each in report.verdicts] == [Kind.REFUTED] * 2
    assert [each.because for each in report.verdicts] == ["[1, 0] keys"] * 2
    assert [len(nodes[0].store) for nodes in asked] == [1]
    alone = quiescent_search(live.model, (first,))
    never = quiescent_search(live.model, (first, every_store_is(9, "nine", []), goal_of_all()))
    assert alone.stats.states < never.stats.states
    assert [each.kind for each in never.verdicts] == [Kind.REFUTED, Kind.REFUTED, Kind.HOLDS]


def goal_of_all() -> Always:
    """What every quiescent world satisfies."""
    kept, scope = Good.KEPT, Scope.QUIESCENT_NODES
    return Always("all", "CONV-1", "", lambda world: (world.nodes,), lambda _: kept, scope)


@pytest.mark.parametrize("early", [None, 0, 1, 2])
def test_what_no_longer_matters_is_forgotten_when_all_owners_are_done_and_no_sooner(
    experiment: Callable[..., Experiment], early: int | None
) -> None:
    """By numbers as in the model, with and without a bound on early exchanges. Spec: LIVE-2."""
    system = experiment("line:2", ["A set k=1", "B set j=2"], profile="textbook").build().system

    def normal(local: Any) -> Any:
        return attrs.evolve(local, named=())

    live = Sessions(system, early, normal)
    report = eventually(live, eventually_agreed(), session_fairness(system, "strong"))
    assert report.stats.notes == ()
    assert counts(report) == counts(breadth_first(live, []))
    assert counts(report) != counts(breadth_first(Sessions(system, early), []))


def test_a_cycle_begins_where_the_stem_ends_though_the_bad_state_comes_later(
    toys: ModuleType,
) -> None:
    """The nearest state of the cycle is a good one, and its way to the bad one is told.

    Spec: LIVE-4.
    """
    model = toys.Graph(((1,), (3, 2), (1,), (3,)))
    owed = Fairness("owed", frozenset({0}), frozenset())
    (verdict,) = eventually(model, goal(0, 1, 3), owed).verdicts
    assert (verdict.kind, verdict.schedule, verdict.cycle) == (Kind.REFUTED, (0,), (1, 0))
    assert verdict.because == "2 is not good"


def test_the_shorter_of_two_lassos_is_told(toys: ModuleType) -> None:
    """A loop far away is longer than one at hand, and a stop is shorter than both."""
    model = toys.Graph(((1, 2), (1,), (3,), (4,), (3,)))
    (verdict,) = eventually(
        model, goal(0, 2), Fairness("owed", frozenset({0}), frozenset())
    ).verdicts
    assert (verdict.schedule, verdict.cycle) == ((0,), (0,))
    (stopped,) = eventually(toys.Graph(((1,), (0,))), goal(0), NOTHING_OWED).verdicts
    assert (stopped.schedule, stopped.cycle) == ((0,), ())


def test_every_part_of_a_state_must_be_good(toys: ModuleType) -> None:
    """The second part is bad, and says why; the first is good. Spec: LIVE-1."""

    def check(part: tuple[int, int]) -> Finding:
        return Broken(f"part {part[1]} is bad") if part == (1, 2) else Good.KEPT

    halves = Eventually("halves", "LIVE-1", "", check, lambda state: ((state, 1), (state, 2)))
    (verdict,) = eventually(toys.Graph(((1,), (1,))), halves, NOTHING_OWED).verdicts
    assert (verdict.kind, verdict.because) == (Kind.REFUTED, "part 2 is bad")
    assert verdict.exercised == 3


def test_a_cycle_is_not_made_shorter_than_its_bad_state(toys: ModuleType) -> None:
    """Going round a good loop for ever is fair, too, and refutes nothing. Spec: LIVE-4."""
    owed = Fairness("owed", frozenset({0}), frozenset())
    (verdict,) = eventually(toys.Graph(((1,), (1, 2), (1,))), goal(0, 1), owed).verdicts
    assert (verdict.kind, verdict.schedule, verdict.cycle) == (Kind.REFUTED, (0,), (1, 0))
