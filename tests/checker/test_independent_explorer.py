"""An explorer on the reducer alone sees the worlds, and comes to the verdicts, of every search.

A fast part runs by default; ten thousand models run by command, see spec/decisions/0062:
``SCUTTLE_MODELS=10000 pytest tests/checker/test_independent_explorer.py``.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import attrs
import pytest
from independent import Naive, Seen
from unreduced import SETTLING, sound_for

from scuttle_check.engine.properties import Broken, Good, Property, Sometimes
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.engine.worlds import Scope, living
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.reductions.reduce import search_reduced
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first
from scuttle_ref.profiles import PROFILES

MODELS = int(os.environ.get("SCUTTLE_MODELS", "160"))
"""How many models are compared, a share for each profile."""

STATES_MAX = 400
SHARES = 4
FAULTS = ("losses", "duplicates", "overtakings", "cuts", "crashes", "pauses", "stops")


def richer(experiment: Experiment, number: int) -> Experiment:
    """A model with a fault of each kind in turn, with a budget of one or two."""
    kind = FAULTS[number // 3 % len(FAULTS)]
    if number % 3 or (kind == "overtakings" and experiment.network == "unordered"):
        return experiment
    faults = attrs.evolve(experiment.faults, **{kind: 1 + number % 2})
    return attrs.evolve(experiment, faults=faults)


def parts(each: Property, seen: Seen, naive: Naive) -> Iterable[tuple[Any, int]]:
    """What a property reads, with the depth at which it is first met."""
    match each.scope:
        case Scope.EACH_NODE:
            each_world = seen.worlds.items()
            return ((node, at) for w, at in each_world for node in living(w.nodes))
        case Scope.ALL_NODES:
            return ((w.nodes, at) for w, at in seen.worlds.items())
        case Scope.QUIESCENT_NODES:
            return ((w.nodes, at) for w, at in seen.worlds.items() if naive.quiescent(w))
        case Scope.NODE_STEP:
            return seen.steps.items()
        case Scope.OWNER_STEP:
            return seen.commands.items()
    raise AssertionError(each)


def verdict(each: Property, seen: Seen, naive: Naive) -> tuple[Kind, int | None, int | None]:
    """The verdict, the length of a shortest schedule, and how many parts had something to say."""
    first: dict[Any, int] = {}
    for part, at in parts(each, seen, naive):
        first[part] = min(at, first.get(part, at))
    found = {part: each.check(part) for part in first}
    if isinstance(each, Sometimes):
        met = [at for part, at in first.items() if found[part]]
        return (Kind.WITNESSED, min(met), None) if met else (Kind.REFUTED, None, 0)
    bad = [at for part, at in first.items() if isinstance(found[part], Broken)]
    if bad:
        return Kind.REFUTED, min(bad), None
    exercised = sum(finding is Good.KEPT for finding in found.values())
    return (Kind.HOLDS if exercised else Kind.UNKNOWN), None, exercised


def told(report: Report) -> list[tuple[Kind, int | None, int | None]]:
    """The same of a search."""
    return [
        (
            v.kind,
            None if v.schedule is None else len(v.schedule),
            v.exercised if v.schedule is None else None,
        )
        for v in report.verdicts
    ]


def counts(report: Report) -> tuple[int, int, int, int, bool]:
    """What is counted."""
    stats = report.stats
    return stats.states, stats.transitions, stats.terminal, stats.depth, stats.complete


def setups(experiment: Experiment) -> Iterator[tuple[str, Setup]]:
    """The model for each reduction that is sound, with the properties that it keeps."""
    for pieces in sound_for(experiment):
        setup = experiment.build()
        kept = tuple(p for p in setup.properties if p.name in SETTLING or "stubborn" not in pieces)
        yield pieces, attrs.evolve(setup, properties=kept)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("profile", PROFILES)
def test_an_explorer_on_the_reducer_alone_agrees_with_every_search(
    drawn: ModuleType, profile: str, share: int
) -> None:
    """Counts, verdicts, shortest lengths, and what was exercised; reductions keep the verdicts.

    Spec: CHK-4, FAULT-1, RED-1, SYM-3.
    """
    compared = reduced = 0
    for number, drawing in drawn.models(profile, share, SHARES):
        if compared * len(PROFILES) * SHARES >= MODELS:
            break
        experiment = richer(drawing, number)
        setup = experiment.build()
        naive = Naive(experiment, setup.gossip)
        seen = naive.explore(STATES_MAX)
        if seen is None:
            continue
        compared += 1
        depth = max(seen.worlds.values())
        wanted = (len(seen.worlds), seen.transitions, len(seen.ends), depth, True)
        verdicts = [verdict(each, seen, naive) for each in setup.properties]
        plain = breadth_first(setup.system, setup.properties)
        fast = compiled((again := experiment.build()).system, again.properties)
        for report in (plain, fast):
            assert counts(report) == wanted, experiment
            assert told(report) == verdicts, experiment
        reductions = list(setups(experiment))
        draw = random.Random(number)  # noqa: S311 - nothing is secret here
        for pieces, small in draw.sample(reductions, min(2, len(reductions))):
            kinds = {e.name: v[0] for e, v in zip(setup.properties, verdicts, strict=True)}
            found = search_reduced(small, Budget(), pieces)
            for each in found.verdicts:
                assert each.kind is kinds[each.property.name], (pieces, experiment)
            reduced += 1
    assert compared
    assert reduced or profile in {"gossiper", "txgossip", "as-shipped"}
