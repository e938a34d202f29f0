"""Seeded random walks: no proof, but a quick look at worlds too many to count."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from typing import Any

from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.growth import growth_of_worlds

STEPS_MAX = 10_000
"""Where a walk that never ends is cut. Unit: steps."""


def random_walk(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    walks: int = 1_000,
    seed: int = 0,
) -> Report:
    """Walk `walks` times from a start to a terminal state, choosing each action at random.

    The same seed gives the same walks. States, transitions and terminal states are counted once
    however often walks pass them; the search is never complete, so nothing is said to hold.
    """
    budget = budget or Budget()
    judge = Judge(properties)
    choose = random.Random(seed)  # noqa: S311 - reproducibility is the point
    seen: set[Any] = set()
    steps: set[tuple[Any, Hashable]] = set()
    ends: set[Any] = set()
    depth = 0
    stop = f"{walks:,} random walks, seed {seed}"
    try:
        starts = list(model.initial())
        for number in range(walks if starts else 0):
            state = choose.choice(starts)
            path: list[Hashable] = []
            seen.add(state)
            _keep(judge, judge.see(state), path)
            while (actions := model.actions(state)) and len(path) < STEPS_MAX:
                action = choose.choice(actions)
                after = model.next(state, action)
                path.append(action)
                steps.add((state, action))
                seen.add(after)
                _keep(judge, judge.see_step(state, action, after), path)
                _keep(judge, judge.see(after), path)
                state = after
            if not actions:
                ends.add(state)
            depth = max(depth, len(path))
            if number % 100 == 0 and budget.tell:
                budget.tell(Progress(len(seen), len(steps), number, depth, budget.seconds))
            early = budget.stop(len(seen))
            if early is not None or not judge.undecided:
                stop = early or "every property is decided"
                break
    except KeyboardInterrupt:
        stop = budget.interrupted()
    growth = growth_of_worlds(model, seen)
    stats = Stats(len(seen), len(steps), len(ends), depth, budget.seconds, stop, growth=growth)
    return Report(judge.verdicts(stats), stats)


def _keep(judge: Judge, news: dict[str, str], path: list[Hashable]) -> None:
    for name, because in news.items():
        judge.decide(name, because, tuple(path))
