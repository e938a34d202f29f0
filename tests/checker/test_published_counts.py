"""The searches count what others have counted on the same models."""

from __future__ import annotations

from types import ModuleType

import pytest

from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind
from scuttle_check.search.plain import breadth_first, depth_first


@pytest.mark.parametrize(("managers", "states", "generated"), [(3, 288, 1_146), (5, 8_832, 58_146)])
def test_two_phase_commit_has_the_published_counts(
    toys: ModuleType, managers: int, states: int, generated: int
) -> None:
    """TLC and Stateright publish 288 and 8,832; TLC also counts the start as generated."""
    for search in (breadth_first, depth_first):
        stats = search(toys.TwoPhaseCommit(managers), []).stats
        assert (stats.states, stats.transitions + 1) == (states, generated)
        assert stats.complete


def test_two_phase_commit_is_as_deep_as_published(toys: ModuleType) -> None:
    """TLC reports depth 11 for three managers, counting states; this search counts steps."""
    assert breadth_first(toys.TwoPhaseCommit(3), []).stats.depth == 10


def test_die_hard_has_sixteen_states_and_needs_six_steps(toys: ModuleType) -> None:
    """The best known puzzle of model checking; TLC: 97 generated, 16 distinct, depth 8."""
    model = toys.DieHard()
    wins = [toys.never((small, 4), f"small {small}") for small in range(4)]
    report = breadth_first(model, wins)
    found = [v for v in report.verdicts if v.kind is Kind.REFUTED]
    assert (report.stats.states, report.stats.transitions + 1, report.stats.depth) == (16, 97, 7)
    assert min(len(v.schedule or ()) for v in found) == 6


def test_the_die_hard_counterexample_can_be_poured(toys: ModuleType) -> None:
    """A counterexample is a run of the model: replaying it ends with four gallons."""
    model = toys.DieHard()
    big = toys.never((3, 4))
    schedule = breadth_first(model, [big]).verdicts[0].schedule
    assert schedule is not None
    run = Trace.of(model, schedule, [big])
    assert run.misfit is None
    assert run.states[-1] == (3, 4)
    assert run.decided == {"never": "(3, 4) is reached"}


@pytest.mark.parametrize("disks", [1, 2, 3, 4, 5, 6])
def test_hanoi_has_three_to_the_n_states_and_the_shortest_solution(
    toys: ModuleType, disks: int
) -> None:
    """The Hanoi graph: 3^n states, 3(3^n - 1) moves, and 2^n - 1 moves to the other peg."""
    goal = toys.never((2,) * disks)
    report = breadth_first(toys.Hanoi(disks), [goal])
    assert report.stats.states == 3**disks
    assert report.stats.transitions == 3 * (3**disks - 1)
    assert len(report.verdicts[0].schedule or ()) == 2**disks - 1
    assert report.stats.depth == 2**disks - 1


def test_the_puzzle_of_two_by_three_has_360_positions(toys: ModuleType) -> None:
    """Half of 6! is reachable, and the hardest position is 21 moves away."""
    stats = breadth_first(toys.SlidingPuzzle(2, 3), []).stats
    assert (stats.states, stats.transitions, stats.depth) == (360, 840, 21)


def test_the_swapped_puzzle_is_out_of_reach(toys: ModuleType) -> None:
    """Two tiles swapped is an odd permutation: a witness that must not be found."""
    report = breadth_first(toys.SlidingPuzzle(2, 3), [toys.reached((0, 2, 1, 3, 4, 5))])
    assert report.verdicts[0].kind is Kind.REFUTED
    assert report.verdicts[0].schedule is None


def test_eight_queens_has_ninety_two_solutions(toys: ModuleType) -> None:
    """Counting by levels: 2,057 safe placements row by row, 92 of them with eight queens."""
    solved: set[tuple[int, ...]] = set()
    model = toys.Queens(8)
    witness = toys.reached((3, 1, 6, 2, 5, 7, 4, 0))
    report = breadth_first(model, [witness])
    frontier = list(model.initial())
    while frontier:
        solved.update(state for state in frontier if len(state) == 8)
        frontier = [model.next(state, a) for state in frontier for a in model.actions(state)]
    assert len(solved) == 92
    assert (report.stats.states, report.stats.depth) == (2_057, 8)
    assert report.verdicts[0].kind is Kind.WITNESSED


@pytest.mark.parametrize(("count", "states"), [(2, 6), (3, 14), (4, 34), (5, 82), (6, 198)])
def test_dining_philosophers_deadlock_in_one_state(
    toys: ModuleType, count: int, states: int
) -> None:
    """The configurations are counted by the companion Pell numbers; one is the deadlock."""
    deadlock = toys.never("l" * count)
    report = breadth_first(toys.Philosophers(count), [deadlock])
    assert (report.stats.states, report.stats.terminal) == (states, 1)
    assert len(report.verdicts[0].schedule or ()) == count
