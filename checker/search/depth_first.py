"""Depth-first search: exhaustive like breadth-first, and quick to find *a* counterexample."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from checker.model import Model
from checker.properties import Property
from checker.search.budget import Budget, Progress
from checker.search.judge import Judge
from checker.verdict import Report, Stats


def depth_first(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    until_decided: bool = False,
) -> Report:
    """Explore every reachable state of `model`, going on from the newest one.

    Counts and verdicts are those of breadth-first search, except `depth`, which is the longest
    path walked; a counterexample found here need not be short.
    """
    budget = budget or Budget()
    judge = Judge(properties)
    seen: set[Any] = set()
    path: list[Hashable] = []
    transitions = terminal = depth = 0
    stop: str | None = None

    def keep(news: dict[str, str], *last: Hashable) -> None:
        for name, because in news.items():
            judge.decide(name, because, (*path, *last))

    def enter(state: Any) -> tuple[Any, list[Any]]:
        nonlocal terminal
        seen.add(state)
        keep(judge.see(state))
        actions = list(model.actions(state))
        terminal += not actions
        return state, actions[::-1]

    try:
        for first in model.initial():
            stack = [enter(first)] if first not in seen else []
            while stack and stop is None:
                state, actions = stack[-1]
                if not actions:
                    stack.pop()
                    del path[-1:]
                    continue
                action = actions.pop()
                after = model.next(state, action)
                transitions += 1
                keep(judge.see_step(state, action, after), action)
                if after not in seen:
                    path.append(action)
                    depth = max(depth, len(path))
                    stack.append(enter(after))
                    if len(seen) % budget.every == 0 and budget.tell:
                        budget.tell(
                            Progress(len(seen), transitions, len(stack), depth, budget.seconds)
                        )
                stop = budget.stop(len(seen))
                if until_decided and not judge.undecided:
                    stop = "every property is decided"
    except KeyboardInterrupt:
        stop = "interrupted"
    stats = Stats(len(seen), transitions, terminal, depth, budget.seconds, stop)
    return Report(judge.verdicts(stats), stats)
