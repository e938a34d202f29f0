"""The search for fair cycles, on graphs small enough to try every set of states."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_check.engine.properties import Broken, Eventually, Finding, Good
from scuttle_check.engine.verdict import Kind, Verdict
from scuttle_check.search.budget import Budget
from scuttle_check.search.liveness import fair_cycles, streett
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.exploration import Exploration
from scuttle_check.search.liveness.fairness import Fairness
from scuttle_check.search.liveness.lasso import run_lasso
from scuttle_check.search.liveness.numbered import steps_of
from scuttle_check.search.plain import breadth_first

Edges = tuple[tuple[int, ...], ...]


def goal(good: set[int], *, lasting: bool = True) -> Eventually:
    """The property that a run comes to good states, for ever if `lasting`."""

    def check(state: int) -> Finding:
        return Good.KEPT if state in good else Broken(f"{state} is not good")

    return Eventually("good", "LIVE-1", "it ends well", check, lasting=lasting)


def owing(weak: set[int], strong: set[int]) -> Fairness:
    """Each action is a class of its own."""
    return Fairness("test", frozenset(weak), frozenset(strong))


def judged(model: Any, wanted: Eventually, fairness: Fairness) -> Verdict:
    """The verdict; a lasso is run, and must refute without the graph that found it."""
    verdict = eventually(model, wanted, fairness).verdicts[0]
    if verdict.kind is Kind.REFUTED:
        assert verdict.schedule is not None
        assert verdict.cycle is not None
        run = run_lasso(model, wanted, fairness, verdict.schedule, verdict.cycle)
        assert (run.because, run.mended, run.misfit) == (verdict.because, "", None)
    return verdict


def test_weak_fairness_takes_what_stays_possible(toys: ModuleType) -> None:
    """A step that is always possible cannot be put off for ever. Spec: LIVE-3, LIVE-4."""
    waiting = toys.Graph(((0, 1), (1,)))
    assert judged(waiting, goal({1}), owing(set(), set())).kind is Kind.REFUTED
    assert judged(waiting, goal({1}), owing({1}, set())).kind is Kind.HOLDS


def test_weak_fairness_lets_go_what_comes_and_goes(toys: ModuleType) -> None:
    """The way out is open every other step: strong fairness takes it. Spec: LIVE-3, LIVE-4."""
    turning = toys.Graph(((1, 2), (0,), (2,)))
    refuted = judged(turning, goal({2}), owing({0, 1}, set()))
    assert (refuted.kind, refuted.schedule, refuted.cycle) == (Kind.REFUTED, (), (0, 0))
    assert judged(turning, goal({2}), owing({0}, {1})).kind is Kind.HOLDS


def test_thinning_finds_the_cycle_that_never_promises(toys: ModuleType) -> None:
    """The whole component promises an action it never takes; a part of it does not. Spec: LIVE-4.

    States 0, 1 and 2 are one component. Action 2 is possible in 2 and leads away, so no fair run
    keeps visiting 2; between 0 and 1 it is never possible.
    """
    model = toys.Graph(((1, 2), (0,), (0, 0, 3), (3,)))
    verdict = judged(model, goal({3}), owing({0}, {2}))
    assert (verdict.kind, verdict.cycle) == (Kind.REFUTED, (0, 0))


def test_a_run_that_stops_is_a_run(toys: ModuleType) -> None:
    """A state without any action, and one in which nothing possible is owed. Spec: LIVE-4."""
    stuck = judged(toys.Graph(((1,), ())), goal({0}), owing({0}, set()))
    assert (stuck.kind, stuck.schedule, stuck.cycle) == (Kind.REFUTED, (0,), ())
    idle = judged(toys.Graph(((1,), (1,))), goal({1}), owing(set(), set()))
    assert (idle.kind, idle.schedule, idle.cycle) == (Kind.REFUTED, (), ())


def test_once_and_for_ever_differ(toys: ModuleType) -> None:
    """To pass through good states again and again is to reach one, and not to stay. Spec: LIVE-1.

    Read at the first state, which is good, the weaker of the two holds at once.
    """
    model = toys.Graph(((1,), (0,)))
    assert judged(model, goal({0}), owing({0}, set())).kind is Kind.REFUTED
    assert judged(model, goal({0}, lasting=False), owing({0}, set())).kind is Kind.HOLDS
    assert judged(model, goal({1}, lasting=False), owing({0}, set())).kind is Kind.HOLDS
    assert judged(model, goal({1}, lasting=False), owing(set(), set())).kind is Kind.REFUTED


def test_a_walk_round_several_promises_takes_each(toys: ModuleType) -> None:
    """The cycle must visit two side tracks, and the third not: its way back is enough.

    Spec: LIVE-4.
    """
    model = toys.Graph(((1, 2, 3), (0,), (0,), (0,)))
    verdict = judged(model, goal(set()), owing(set(), {0, 1, 2}))
    assert sorted(verdict.cycle or ()) == [0, 0, 1, 2]


def test_a_stopped_search_and_an_empty_one_hold_nothing(toys: ModuleType) -> None:
    """A budget's end is no proof, and neither is a run with nothing to say. Spec: CONV-14."""
    model = toys.Graph(((1,), (2,), (0,)))
    nothing = owing(set(), set())
    report = eventually(model, goal({0, 1, 2}), nothing, Budget(states_max=1))
    assert (report.verdicts[0].kind, report.stats.complete) == (Kind.UNKNOWN, False)
    silent = Eventually("silent", "LIVE-1", "", lambda _: Good.VACUOUS)
    assert eventually(model, silent, nothing).verdicts[0].kind is Kind.UNKNOWN


def test_no_search_of_states_takes_a_liveness_property(toys: ModuleType) -> None:
    """It would call it never exercised; the caller is told instead. Spec: LIVE-1."""
    with pytest.raises(ValueError, match="good"):
        breadth_first(toys.Graph(((0,),)), [goal({0})])


@st.composite
def tasks(draw: st.DrawFn) -> tuple[Edges, set[int], Fairness, bool]:
    """A graph of up to five states with up to three actions, what is good and what is owed."""
    count = draw(st.integers(1, 5))
    states = st.integers(0, count - 1)
    edges = tuple(tuple(draw(st.lists(states, max_size=3))) for _ in range(count))
    classes = st.sets(st.integers(0, 2))
    fairness = owing(draw(classes), draw(classes))
    return edges, draw(st.sets(states)), fairness, draw(st.booleans())


def some_fair_run_is_bad(
    edges: Edges, good: set[int], fairness: Fairness, *, lasting: bool
) -> bool:
    """The same by brute force: every set of states that a run may visit for ever is tried."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(edges)))
    graph.add_edges_from((one, two) for one, targets in enumerate(edges) for two in targets)
    if not lasting:
        graph.remove_nodes_from(good)
    reached = {0, *nx.descendants(graph, 0)} if 0 in graph else set()
    for size in range(1, len(reached) + 1):
        for chosen in itertools.combinations(sorted(reached), size):
            part = set(chosen)
            inner = [
                (action, target)
                for state in part
                for action, target in enumerate(edges[state])
                if target in part
            ]
            if not nx.is_strongly_connected(graph.subgraph(part)) or part <= good:
                continue
            possible = [set(range(len(edges[state]))) for state in part]
            turns = [{action for action, _ in inner}] if inner else []
            turns += [set()] if size == 1 else []
            for taken in turns:
                strong = fairness.strong & set.union(*possible)
                weak = fairness.weak & set.intersection(*possible)
                if (strong | weak) <= taken:
                    return True
    return False


@given(tasks())
@settings(max_examples=600)
def test_the_search_agrees_with_trying_every_set(
    toys: ModuleType, task: tuple[Edges, set[int], Fairness, bool]
) -> None:
    """Nobody chose these graphs; each lasso found is run by other code. Spec: LIVE-4, LIVE-8."""
    edges, good, fairness, lasting = task
    verdict = judged(toys.Graph(edges), goal(good, lasting=lasting), fairness)
    bad = some_fair_run_is_bad(edges, good, fairness, lasting=lasting)
    assert (verdict.kind is Kind.REFUTED) == bad


@given(tasks())
@settings(max_examples=600)
def test_arrays_find_the_components_that_networkx_finds(
    toys: ModuleType, task: tuple[Edges, set[int], Fairness, bool]
) -> None:
    """Two ways to prune, one answer: the same sets of states. Spec: LIVE-4."""
    edges, good, fairness, lasting = task
    wanted = goal(good, lasting=lasting)
    steps = steps_of(toys.Graph(edges), wanted)
    graph = Exploration(steps, wanted, fairness, Budget()).run()
    assert streett.fits(graph)
    by_networkx = sorted(map(sorted, fair_cycles.fair_components(graph)))
    assert sorted(map(sorted, streett.fair_parts(graph))) == by_networkx


def test_large_graphs_are_searched_by_arrays_where_they_can_be(
    toys: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scipy is an extra: without it, and with too many classes for a word, networkx answers."""
    turning, lost = toys.Graph(((1, 2), (0,), (2,))), goal({0, 1})
    monkeypatch.setattr(fair_cycles, "WORTHWHILE", 0)
    asked: list[object] = []
    parts = streett.fair_parts
    monkeypatch.setattr(streett, "fair_parts", lambda graph: asked.append(graph) or parts(graph))
    assert judged(turning, lost, owing({2}, set())).kind is Kind.REFUTED
    assert len(asked) == 1
    many = owing({2, *range(100, 200)}, set())
    assert judged(turning, lost, many).kind is Kind.REFUTED
    monkeypatch.setitem(sys.modules, "scuttle_check.search.liveness.streett", None)
    assert judged(turning, lost, owing({2}, set())).kind is Kind.REFUTED
    assert len(asked) == 1


@pytest.mark.parametrize("mutant", ["no thinning", "weak as strong", "strong as weak"])
def test_a_broken_search_is_caught(
    toys: ModuleType, mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mutant gives another verdict on one of the graphs above. Spec: LIVE-4."""
    whole = fair_cycles.starving

    def broken(graph: Any, component: set[int]) -> int | None:
        if mutant == "no thinning":
            return None if whole(graph, component) else whole(graph, component)
        weak, strong = graph.weak, graph.strong
        if mutant == "weak as strong":
            graph.weak, graph.strong = 0, weak | strong
        else:
            graph.weak, graph.strong = weak | strong, 0
        found = whole(graph, component)
        graph.weak, graph.strong = weak, strong
        return found

    turning = toys.Graph(((1, 2), (0,), (2,)))
    thinned = toys.Graph(((1, 2), (0,), (0, 0, 3), (3,)))
    tries = (
        (turning, goal({2}), owing({0, 1}, set())),
        (turning, goal({2}), owing({0}, {1})),
        (thinned, goal({3}), owing({0}, {2})),
    )
    before = [eventually(*each).verdicts[0].kind for each in tries]
    monkeypatch.setattr(fair_cycles, "starving", broken)
    assert [_kind(*each) for each in tries] != before


def _kind(model: Any, wanted: Eventually, fairness: Fairness) -> Kind | None:
    """The verdict, or None where a lasso cannot be walked."""
    try:
        return eventually(model, wanted, fairness).verdicts[0].kind
    except IndexError:
        return None
