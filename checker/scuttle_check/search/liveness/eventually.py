"""The liveness search: explore everything, then look for a fair cycle that is not good."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Eventually
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.verdict import Kind, Report, Stats, Verdict
from scuttle_check.search.budget import Budget
from scuttle_check.search.liveness.exploration import Exploration, StateGraph
from scuttle_check.search.liveness.fair_cycles import fair_components
from scuttle_check.search.liveness.fairness import Fairness
from scuttle_check.search.liveness.lasso import shortest
from scuttle_check.search.liveness.numbered import steps_of, unnumbered


def eventually(
    model: Model[Any, Any],
    wanted: Eventually,
    fairness: Fairness,
    budget: Budget | None = None,
) -> Report:
    """Whether every fair run of `model` satisfies `wanted`; if not, a lasso that does not.

    The graph is explored without any reduction. A search that its budget stopped is unknown,
    even where the part it saw has no such cycle.

    Spec: LIVE-4, CONV-14.
    """
    budget = budget or Budget()
    exploration = Exploration(steps_of(model, wanted), wanted, fairness, budget)
    with _uncollected():
        graph = exploration.run()
        lasso = None if exploration.stop else shortest(graph, fair_components(graph))
    depth = graph.depths[-1] if graph.depths else 0
    reason = unnumbered(model) if isinstance(model, Sessions) else None
    notes = () if reason is None else (f"searched plainly, because of {reason}",)
    stats = Stats(
        len(graph.bad),
        len(graph.targets),
        exploration.terminal,
        depth,
        budget.seconds,
        exploration.stop,
        notes=notes,
    )
    exercised = exploration.exercised
    if exploration.stop:
        because = f"stopped: {exploration.stop}"
        verdict = Verdict(wanted, Kind.UNKNOWN, None, because, exercised)
    elif lasso is not None:
        entry = _first_bad(graph, lasso.entry, lasso.cycle)
        because = exploration.because(entry)
        verdict = Verdict(wanted, Kind.REFUTED, lasso.prefix, because, exercised, lasso.cycle)
    elif exercised == 0:
        verdict = Verdict(wanted, Kind.UNKNOWN, None, "never exercised", exercised)
    else:
        verdict = Verdict(wanted, Kind.HOLDS, None, "", exercised)
    return Report((verdict,), stats)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cycle collector: it would walk over millions of objects, and finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _first_bad(graph: StateGraph, state: int, cycle: tuple[Any, ...]) -> int:
    """The first state along the cycle that is bad."""
    for action in cycle:
        if graph.bad[state]:
            break
        edges = graph.edges(state)
        edge = next(e for e in edges if graph.actions[graph.labels[e]] == action)
        state = graph.targets[edge]
    return state
