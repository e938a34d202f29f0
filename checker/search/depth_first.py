"""Depth-first search: exhaustive like breadth-first, and quick to find *a* counterexample."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from attrs import define, field

from checker.model import Model
from checker.properties import Property, Sometimes
from checker.search.budget import Budget, Progress
from checker.search.growth import growth_of_worlds
from checker.search.judge import Judge
from checker.verdict import Report, Stats


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
