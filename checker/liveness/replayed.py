"""A lasso judged by running it: nothing of the search that found it is trusted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from attrs import frozen

from checker.liveness.assumption import Fairness
from checker.model import Model
from checker.properties import Broken, Eventually
from checker.search.replay import Misfit, replay


@frozen
class LassoRun:
    """The states of a lasso, prefix and one turn of the cycle, and what came of it.

    `because` says why the run is not good, or is None, and then `mended` says what the lasso
    lacks. With a `misfit` neither says anything.
    """

    states: tuple[Any, ...]
    because: str | None = None
    mended: str = ""
    misfit: Misfit | None = None


def run_lasso(
    model: Model[Any, Any],
    wanted: Eventually,
    fairness: Fairness,
    prefix: Sequence[Hashable],
    cycle: Sequence[Hashable],
) -> LassoRun:
    """Run a lasso: does it close, is it fair, is it never good for ever?

    Spec: LIVE-8.
    """
    run = replay(model, (*prefix, *cycle))
    if run.misfit is not None:
        return LassoRun(run.states, misfit=run.misfit)
    states = run.states
    turn = states[len(prefix) :]
    if turn[0] != turn[-1]:
        return LassoRun(states, mended="the cycle does not lead back to where it starts")
    owed = _owed(model, fairness, turn[: max(1, len(cycle))], cycle)
    if owed is not None:
        return LassoRun(states, mended=f"the cycle is not fair: it passes over {owed}")
    because = next(filter(None, (_bad(wanted, state) for state in turn)), None)
    if because is None or not (wanted.lasting or all(_bad(wanted, state) for state in states)):
        return LassoRun(states, mended="the run is good")
    return LassoRun(states, because=because)


def _owed(
    model: Model[Any, Any],
    fairness: Fairness,
    states: Sequence[Any],
    cycle: Sequence[Hashable],
) -> Hashable | None:
    """A class of actions that a turn of the cycle may not pass over and does, or None."""
    possible = [{fairness.class_of(action) for action in model.actions(state)} for state in states]
    taken = {fairness.class_of(action) for action in cycle}
    strong = (fairness.strong & set.union(*possible)) - taken
    weak = (fairness.weak & set.intersection(*possible)) - taken
    return min(strong | weak, key=repr, default=None)


def _bad(wanted: Eventually, state: Any) -> str | None:
    for part in wanted.parts(state):
        finding = wanted.check(part)
        if isinstance(finding, Broken):
            return finding.because
    return None
