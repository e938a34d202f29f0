"""How updates spread, as people and programs read it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED
from scuttle_check.evidence.simulation.estimates import Estimate, Judgement, estimate
from scuttle_check.evidence.simulation.spread import Setup, Spread

MEASURES: dict[str, Callable[[Spread], float]] = {
    "rounds": lambda run: math.nan if run.rounds is None else run.rounds,
    "frames a node": lambda run: run.frames / run.nodes,
    "digest lines a node": lambda run: run.lines / run.nodes,
    "updates a node": lambda run: run.updates / run.nodes,
}


@frozen
class Outcome:
    """All runs of one command, and what was judged of them."""

    setup: Setup
    runs: list[Spread]
    judgements: tuple[Judgement, ...]
    interrupted: bool

    @property
    def sizes(self) -> list[list[Spread]]:
        """The runs of each number of nodes."""
        sizes = dict.fromkeys(run.nodes for run in self.runs)
        return [[run for run in self.runs if run.nodes == size] for size in sizes]

    @property
    def exit_code(self) -> int:
        """Nothing holds of runs that were given up."""
        if self.interrupted:
            return INTERRUPTED
        if any(run.lost for run in self.runs):
            return REFUTED
        if any(run.rounds is None for run in self.runs):
            return INCONCLUSIVE
        held = [judgement.holds for judgement in self.judgements]
        return REFUTED if False in held else INCONCLUSIVE if None in held else AS_EXPECTED


def _estimates(runs: list[Spread]) -> dict[str, Estimate]:
    """The mean of each measure, of runs in which every node had every update."""
    arrived = [run for run in runs if run.rounds is not None]
    return {name: estimate([of(run) for run in arrived]) for name, of in MEASURES.items()}


def _finite(number: float) -> float | None:
    return round(number, 6) if math.isfinite(number) else None


def _pair(found: Estimate) -> dict[str, float | None]:
    return {"mean": _finite(found.value), "half": _finite(found.half)}


def spread_document(outcome: Outcome) -> dict[str, Any]:
    """The runs of each size and what was judged, as JSON."""
    return {
        "format": "scuttle-spread/1",
        "setup": outcome.setup.to_json(),
        "interrupted": outcome.interrupted,
        "sizes": [
            {
                "nodes": runs[0].nodes,
                "arrived": sum(run.rounds is not None for run in runs),
                "estimates": {name: _pair(each) for name, each in _estimates(runs).items()},
                "runs": [attrs.asdict(run) for run in runs],
            }
            for runs in outcome.sizes
        ],
        "expectations": [
            {"sentence": each.sentence, "holds": each.holds, "found": _pair(each.found)}
            for each in outcome.judgements
        ],
    }


def spread_text(outcome: Outcome) -> str:
    """The runs of each size as a table, and what was judged."""
    setup = outcome.setup
    name = setup.topology.partition(":")[0] if len(outcome.sizes) > 1 else setup.topology
    plural = "" if setup.updates == 1 else "s"
    what = f"{name}, {setup.profile}, {setup.mode}, {setup.updates:,} update{plural}"
    lines = [
        f"{what}; means with 95 % confidence intervals",
        f"{'nodes':>8} {'arrived':>8}" + "".join(f"  {measure:>19}" for measure in MEASURES),
    ]
    for runs in outcome.sizes:
        arrived = f"{sum(run.rounds is not None for run in runs)}/{len(runs)}"
        cells = "".join(f"  {_shown(each):>19}" for each in _estimates(runs).values())
        lines.append(f"{runs[0].nodes:>8,} {arrived:>8}{cells}")
    lost = sum(run.lost for run in outcome.runs)
    if lost:
        lines.append(f"FAILS  in {lost} runs an update is nowhere any more")
    for each in outcome.judgements:
        verdict = {True: "holds", False: "FAILS", None: "unknown"}[each.holds]
        lines.append(f"{verdict}  {each.sentence}: {_shown(each.found)}")
    if outcome.interrupted:
        lines.append("interrupted: only what had ended is told")
    return "\n".join(lines)


def _shown(found: Estimate) -> str:
    if math.isnan(found.value):
        return "-"
    spread_of = f" ± {found.half:.2f}" if math.isfinite(found.half) else ""
    return f"{found.value:,.2f}{spread_of}"
