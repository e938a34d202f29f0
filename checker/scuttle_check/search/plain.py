"""Depth-first search: exhaustive like breadth-first, and quick to find *a* counterexample.

Breadth-first search: exhaustive, and the first counterexample is a shortest one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from attrs import define, field

from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property, Sometimes
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.growth import growth_of_worlds

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


def depth_first(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    until_decided: bool = False,
    until_refuted: bool = False,
) -> Report:
    """Explore every reachable state of `model`, going on from the newest one.

    Counts and verdicts are those of breadth-first search, except `depth`, which is the longest
    path walked; a counterexample found here need not be short. With `until_refuted` the first
    refutation ends it.
    """
    walk = _Walk(model, Judge(properties), budget or Budget(), until_decided, until_refuted)
    try:
        for first in model.initial():
            if first not in walk.seen and walk.stop is None:
                walk.explore(first)
    except KeyboardInterrupt:
        walk.stop = walk.budget.interrupted()
    return walk.report()


@define
class _Walk:
    """The search in progress. `path` holds the actions that lead to the newest state."""

    model: Model[Any, Any]
    judge: Judge
    budget: Budget
    until_decided: bool
    until_refuted: bool = False
    seen: set[Any] = field(factory=set)
    path: list[Hashable] = field(factory=list)
    transitions: int = 0
    terminal: int = 0
    depth: int = 0
    stop: str | None = None

    def explore(self, first: Any) -> None:
        stack = [self._enter(first)]
        while stack and self.stop is None:
            state, actions = stack[-1]
            if not actions:
                stack.pop()
                del self.path[-1:]
                continue
            after, fresh = self._take(state, actions.pop())
            if fresh:
                stack.append(self._enter(after))
                self._tell(len(stack))
            self._limit()

    def _enter(self, state: Any) -> tuple[Any, list[Any]]:
        """The state with the actions that are left to try, the next one last."""
        self.seen.add(state)
        self._keep(self.judge.see(state))
        actions = list(self.model.actions(state))
        self.terminal += not actions
        return state, actions[::-1]

    def _take(self, state: Any, action: Any) -> tuple[Any, bool]:
        """The state after `action`, and whether it is new; if so the path ends with `action`."""
        after = self.model.next(state, action)
        self.transitions += 1
        self._keep(self.judge.see_step(state, action, after), action)
        if after in self.seen:
            return after, False
        self.path.append(action)
        self.depth = max(self.depth, len(self.path))
        return after, True

    def _keep(self, news: dict[str, str], *last: Hashable) -> None:
        for name, because in news.items():
            self.judge.decide(name, because, (*self.path, *last))

    def _tell(self, frontier: int) -> None:
        if len(self.seen) % self.budget.every == 0 and self.budget.tell:
            seen, seconds, decided = len(self.seen), self.budget.seconds, self.judge.decided
            self.budget.tell(
                Progress(seen, self.transitions, frontier, self.depth, seconds, decided)
            )

    def _limit(self) -> None:
        self.stop = self.budget.stop(len(self.seen))
        if self.until_decided and not self.judge.undecided:
            self.stop = "every property is decided"
        elif self.until_refuted and any(
            each.name in self.judge.decided
            for each in self.judge.properties
            if not isinstance(each, Sometimes)
        ):
            self.stop = "a property is refuted"

    def report(self) -> Report:
        seconds = self.budget.seconds
        stats = Stats(
            len(self.seen),
            self.transitions,
            self.terminal,
            self.depth,
            seconds,
            self.stop,
            growth=growth_of_worlds(self.model, self.seen)
            if self.stop and self.judge.undecided
            else None,
        )
        return Report(self.judge.verdicts(stats), stats)
