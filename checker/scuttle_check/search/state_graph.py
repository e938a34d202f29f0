"""The whole graph of a small model: every state, every step, and where properties break."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Always, AlwaysStep, Property
from scuttle_check.engine.verdict import StateGraph


def state_graph(
    model: Model[Any, Any], properties: Sequence[Property], states_max: int
) -> StateGraph:
    """Every reachable state and step of `model`. Raises UsageFault beyond `states_max` states.

    A state is marked for each property that it breaks, not only where the first was found.

    Spec: GRAPH-1, GRAPH-2.
    """
    numbers: dict[Any, int] = {state: at for at, state in enumerate(dict.fromkeys(model.initial()))}
    states = list(numbers)
    steps: list[tuple[int, Hashable, int]] = []
    terminal: set[int] = set()
    refuting: dict[int, tuple[str, ...]] = {}
    refuting_steps: dict[int, tuple[str, ...]] = {}
    number = 0
    while number < len(states):
        state = states[number]
        _mark(refuting, number, _broken(properties, state))
        actions = model.actions(state)
        if not actions:
            terminal.add(number)
        for action in actions:
            after = model.next(state, action)
            known = numbers.setdefault(after, len(states))
            if known == len(states):
                states.append(after)
            _mark(refuting_steps, len(steps), _broken_step(properties, state, action, after))
            steps.append((number, action, known))
        if len(states) > states_max:
            raise UsageFault(
                f"has more than {states_max:,} worlds, too many to draw",
                where="the model",
                hint="make it smaller, or raise --max-states",
            )
        number += 1
    return StateGraph(tuple(states), tuple(steps), frozenset(terminal), refuting, refuting_steps)


def _mark(marks: dict[int, tuple[str, ...]], number: int, names: tuple[str, ...]) -> None:
    if names:
        marks[number] = names


def _broken(properties: Sequence[Property], state: Any) -> tuple[str, ...]:
    return tuple(
        each.name for each in properties if isinstance(each, Always) and Judge([each]).see(state)
    )


def _broken_step(
    properties: Sequence[Property], before: Any, action: Hashable, after: Any
) -> tuple[str, ...]:
    return tuple(
        each.name
        for each in properties
        if isinstance(each, AlwaysStep) and Judge([each]).see_step(before, action, after)
    )
