"""Breadth-first search: exhaustive, and the first counterexample is a shortest one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from checker.model import Model
from checker.properties import Property
from checker.search.budget import Budget, Progress
from checker.search.growth import growth_of_worlds
from checker.search.judge import Judge
from checker.verdict import Report, Stats

Parents: TypeAlias = dict[Any, tuple[Any, Any] | None]


def breadth_first(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    until_decided: bool = False,
) -> Report:
    """Explore every reachable state of `model`, level by level.

    With `until_decided` the search ends as soon as every property has its counterexample or
    witness; the counts are then those of the part explored. Ctrl-C ends it with what is known.
    """
    budget = budget or Budget()
    judge = Judge(properties)
    parents: Parents = {}
    transitions = terminal = depth = 0
    stop: str | None = None
    try:
        parents.update(dict.fromkeys(model.initial()))
        for state in parents:
            _keep(judge, judge.see(state), parents, state)
        frontier = list(parents)
        while frontier and stop is None:
            following: list[Any] = []
            for state in frontier:
                actions = model.actions(state)
                terminal += not actions
                for action in actions:
                    after = model.next(state, action)
                    transitions += 1
                    fresh = after not in parents
                    if fresh:
                        parents[after] = (state, action)
                        following.append(after)
                        _keep(judge, judge.see(after), parents, after)
                    news = judge.see_step(state, action, after)
                    _keep(judge, news, parents, state, action)
                if len(parents) % budget.every < len(actions) and budget.tell:
                    seen, seconds = len(parents), budget.seconds
                    budget.tell(
                        Progress(seen, transitions, len(following), depth, seconds, judge.decided)
                    )
                stop = budget.stop(len(parents))
                if until_decided and not judge.undecided:
                    stop = "every property is decided"
                if stop is not None:
                    break
            depth += bool(following)
            frontier = following
    except KeyboardInterrupt:
        stop = budget.interrupted()
    growth = growth_of_worlds(model, parents) if stop and judge.undecided else None
    stats = Stats(len(parents), transitions, terminal, depth, budget.seconds, stop, growth=growth)
    return Report(judge.verdicts(stats), stats)


def _keep(
    judge: Judge, news: dict[str, str], parents: Parents, state: Any, *last: Hashable
) -> None:
    for name, because in news.items():
        judge.decide(name, because, (*schedule_to(parents, state), *last))


def schedule_to(parents: Parents, state: Any) -> tuple[Hashable, ...]:
    """The actions that lead from a start to `state`, in order."""
    actions: list[Hashable] = []
    while (parent := parents[state]) is not None:
        state, action = parent
        actions.append(action)
    return tuple(reversed(actions))
