"""``scuttle prove --evaluate`` and ``--swaps``: the formulas held against the reducers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED
from scuttle_check.cli.shown import say
from scuttle_check.proofs.obligations import Theory
from scuttle_check.proofs.solvers import Solver
from scuttle_check.proofs.swaps import Fate, Swap, swaps
from scuttle_check.proofs.trial import Trial, Trier, tried

DEEP_BELOW = 50_000
"""Fewer transitions than these are taken deep in the models, more in breadth."""

SWAP_TRANSITIONS = 4000
"""How many transitions an exchanged rule has to be noticed on."""


def evaluated(theories: Sequence[Theory], count: int, *, as_text: bool) -> list[dict[str, Any]]:
    """Evaluate the formulas of each theory on `count` transitions of explored models."""
    found = []
    for of in theories:
        trier = Trier(of, every=True)
        tried(trier, count, deep=count < DEEP_BELOW)
        found.append(trial_json(of, trier.trial))
        if as_text:
            click.echo("\n".join(trial_text(of, trier.trial)))
    return found


def exchanged(
    theories: Sequence[Theory], using: Solver, seconds: float, *, as_text: bool
) -> list[dict[str, Any]]:
    """Exchange every rule of each theory's profile for every other of its decision point."""
    found = []
    for of in theories:
        for swap in swaps(of, using, SWAP_TRANSITIONS, seconds):
            found.append(swap_json(of, swap))
            if as_text:
                click.echo(f"{of.profile.name}: {swap}")
            else:
                say(f"{of.profile.name}: {swap}")
    return found


def exit_code(trials: Sequence[dict[str, Any]], exchanges: Sequence[dict[str, Any]]) -> int:
    """1 if a formula was false, or an exchanged rule lives."""
    lives = any(each["fate"] == Fate.LIVES.value for each in exchanges)
    return REFUTED if lives or any(each["failures"] for each in trials) else AS_EXPECTED


def trial_text(of: Theory, trial: Trial) -> list[str]:
    """What evaluation came to, in lines."""
    actions = ", ".join(f"{name} {count:,}" for name, count in sorted(trial.transitions.items()))
    counted = f"{trial.count:,} transitions ({trial.distinct:,} locally distinct)"
    lines = [
        f"{of.profile.name}: {counted} and {trial.worlds['worlds']:,} worlds of the reducer",
        f"  {actions}",
    ]
    if not trial.failures:
        return [*lines, "  every formula is true of every one of them"]
    return [*lines, *(f"  FALSE {count} times: {each}" for each, count in trial.failures.items())]


def trial_json(of: Theory, trial: Trial) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "profile": of.profile.name,
        "transitions": trial.count,
        "locally_distinct": trial.distinct,
        "worlds": trial.worlds["worlds"],
        "actions": dict(sorted(trial.transitions.items())),
        "failures": [str(each) for each in trial.failures],
    }


def swap_json(of: Theory, swap: Swap) -> dict[str, Any]:
    """An exchanged rule as JSON."""
    return {
        "profile": of.profile.name,
        "point": swap.point,
        "rule": swap.rule,
        "instead": swap.instead,
        "fate": swap.fate.value,
        "by": swap.by,
    }
