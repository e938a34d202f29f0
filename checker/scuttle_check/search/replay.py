"""Replay: run one schedule and judge what it passes through."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from attrs import frozen

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.search.judge import Judge


@frozen
class Misfit:
    """A schedule does not fit the model: at `step`, counted from 1, `action` is not enabled."""

    step: int
    action: Hashable
    enabled: tuple[Hashable, ...]


@frozen
class Run:
    """The states of a schedule, and the properties it decides, by name with the reason."""

    states: tuple[Any, ...]
    decided: dict[str, str]
    misfit: Misfit | None = None


def replay(
    model: Model[Any, Any], schedule: Sequence[Hashable], properties: Sequence[Property] = ()
) -> Run:
    """Take the actions of `schedule` one after the other, as far as they are enabled."""
    judge = Judge(properties)
    state = next(iter(model.initial()))
    states = [state]
    decided = dict(judge.see(state))
    for number, action in enumerate(schedule, start=1):
        enabled = tuple(model.actions(state))
        if action not in enabled:
            return Run(tuple(states), decided, Misfit(number, action, enabled))
        after = model.next(state, action)
        for name, because in (judge.see_step(state, action, after) | judge.see(after)).items():
            decided.setdefault(name, because)
        state = after
        states.append(state)
    return Run(tuple(states), decided)


def fitting(model: Model[Any, Any], schedule: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """The actions of `schedule` that are enabled when their turn comes; the others left out."""
    state = next(iter(model.initial()))
    kept = []
    for action in schedule:
        if action in model.actions(state):
            state = model.next(state, action)
            kept.append(action)
    return tuple(kept)
