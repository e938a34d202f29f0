"""The search for a scene that fails: Hypothesis draws and shrinks, and what is left is minimal.

Laws of this file: decided by the strategy, the seed and the implementation; a failure that does
not come back is reported as such, never as a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from attrs import define
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from scuttle_check.oracle.live.scene import Scene, Tell

SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
"""How long a scene takes is up to the implementation."""

SHRINKING_MAX = 400
"""How many scenes are tried to make a failing one smaller."""

VERSION_SMALL = 12
"""Versions above this one are lowered if the scene fails all the same."""


class Failing(Exception):
    """The scene that was drawn fails."""


@define
class Search:
    """What a search has seen. `first` is the first scene that failed, `found` the smallest."""

    examples: int = 0
    first: Scene | None = None
    found: Scene | None = None
    flaky: bool = False


def search(
    strategy: st.SearchStrategy[Scene],
    fails: Callable[[Scene], bool],
    *,
    examples: int,
    at_seed: int,
    tries: Callable[[], int] = lambda: SHRINKING_MAX,
) -> Search:
    """Draw scenes until one fails, and make it small. Spec: ORA-10.

    `tries` says how many scenes may be tried for that; it is asked anew each time.
    """
    seen = Search()
    spent = 0

    def attempt(scene: Scene) -> None:
        nonlocal spent
        if seen.first is not None:
            spent += 1
            if spent > tries() and scene != seen.found:
                return
        seen.examples += seen.first is None
        if fails(scene):
            seen.first = seen.first or scene
            seen.found = scene
            raise Failing

    drawn: Any = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=SLOW_IS_FINE,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )(seed(at_seed)(given(strategy)(attempt)))
    try:
        drawn()
    except Failing:
        pass
    except Flaky:
        seen.flaky = True
    if seen.found is not None:
        seen.found = smallest(seen.found, fails, tries())
    return seen


def smallest(scene: Scene, fails: Callable[[Scene], bool], tries: int = SHRINKING_MAX) -> Scene:
    """`scene` without any operation or message that can go, one at a time, and with low versions.

    Spec: ORA-10.
    """
    current = scene
    spent = 0
    while True:
        for shorter in _shorter(current):
            spent += 1
            if spent > tries:
                return current
            if fails(shorter):
                current = shorter
                break
        else:
            return current


def _shorter(scene: Scene) -> list[Scene]:
    steps = scene.operations
    found = []
    size = len(steps) // 2
    while size > 1:  # whole parts first: a long scene becomes short in few tries
        found += [
            attrs.evolve(scene, operations=(*steps[:at], *steps[at + size :]))
            for at in reversed(range(0, len(steps), size))
        ]
        size //= 2
    found += [
        attrs.evolve(scene, operations=(*steps[:at], *steps[at + 1 :]))
        for at in reversed(range(len(steps)))
    ]
    for at, step in enumerate(steps):
        if isinstance(step, Tell) and len(step.messages) > 1:
            found += [
                attrs.evolve(
                    scene, operations=(*steps[:at], _without(step, gone), *steps[at + 1 :])
                )
                for gone in range(len(step.messages))
            ]
    for at, step in enumerate(steps):
        if isinstance(step, Tell):
            found += [
                attrs.evolve(scene, operations=(*steps[:at], lower, *steps[at + 1 :]))
                for lower in _lower(step)
            ]
    for name in ("sort", "max_history", "mtu"):
        if getattr(scene.setting, name) is not None:
            changes: dict[str, Any] = {name: None}
            found.append(attrs.evolve(scene, setting=attrs.evolve(scene.setting, **changes)))
    return found


def _lower(step: Tell) -> list[Tell]:
    """The step with one of its huge versions lowered to 1: most findings need none."""
    return [
        attrs.evolve(
            step,
            messages=(*step.messages[:at], {**said, "version": 1}, *step.messages[at + 1 :]),
        )
        for at, said in enumerate(step.messages)
        if isinstance(said, Mapping)
        and type(said.get("version")) is int
        and said["version"] > VERSION_SMALL
    ]


def _without(step: Tell, gone: int) -> Tell:
    return attrs.evolve(step, messages=(*step.messages[:gone], *step.messages[gone + 1 :]))
