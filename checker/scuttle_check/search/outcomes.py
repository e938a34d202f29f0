"""Outcomes: everything that the runs of a model can end with, as litmus-test tools list it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from attrs import frozen

from scuttle_check.engine.model import Model
from scuttle_check.engine.verdict import Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.plain import Parents, schedule_to


@frozen
class Outcome:
    """One outcome: in how many worlds a run ends so, and a shortest schedule to the first."""

    ended: Hashable
    worlds: int
    schedule: tuple[Hashable, ...]


def outcomes(
    model: Model[Any, Any], ending: Callable[[Any], Hashable | None], budget: Budget | None = None
) -> tuple[tuple[Outcome, ...], Stats]:
    """Each distinct outcome of the runs of `model`, the most frequent first.

    `ending` gives the outcome of a state in which a run may end, and None of any other. All states
    are looked at, level by level; what a search that was stopped has not met is missing.

    Spec: CHK-13.
    """
    budget = budget or Budget()
    parents: Parents = dict.fromkeys(model.initial())
    counts: dict[Hashable, int] = {}
    firsts: dict[Hashable, Any] = {}
    transitions = terminal = depth = 0
    stop: str | None = None
    frontier = list(parents)
    try:
        while frontier and stop is None:
            following: list[Any] = []
            for state in frontier:
                ended = ending(state)
                if ended is not None:
                    counts[ended] = counts.get(ended, 0) + 1
                    firsts.setdefault(ended, state)
                actions = model.actions(state)
                terminal += not actions
                for action in actions:
                    after = model.next(state, action)
                    transitions += 1
                    if after not in parents:
                        parents[after] = (state, action)
                        following.append(after)
                if len(parents) % budget.every < len(actions) and budget.tell:
                    seen, ahead = len(parents), len(following)
                    budget.tell(Progress(seen, transitions, ahead, depth, budget.seconds, {}))
                stop = budget.stop(len(parents))
                if stop is not None:
                    break
            depth += bool(following)
            frontier = following
    except KeyboardInterrupt:
        stop = budget.interrupted()
    stats = Stats(len(parents), transitions, terminal, depth, budget.seconds, stop)
    found = [Outcome(each, counts[each], schedule_to(parents, firsts[each])) for each in counts]
    return tuple(sorted(found, key=lambda each: (-each.worlds, len(each.schedule)))), stats
