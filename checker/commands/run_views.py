"""Run folders as people and programs read them: one view for each kind of run."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from attrs import frozen

from checker.runs import AnyRun, Run, SimulationRun
from checker.scuttlebutt.in_force import presumed
from checker.simulation.plans import plan_json


class View(Protocol):
    """What is told of a run."""

    @property
    def head(self) -> str:
        """What is done, in a line."""
        ...

    @property
    def line(self) -> str:
        """How far it is, in a line."""
        ...

    @property
    def parts(self) -> list[str]:
        """How far it is, part by part, and what came of it."""
        ...

    @property
    def document(self) -> dict[str, Any]:
        """The run as JSON, one of a list."""
        ...

    @property
    def details(self) -> dict[str, Any]:
        """What a run alone tells besides, as JSON."""
        ...


def view(run: AnyRun) -> View:
    """The view of a run."""
    return SearchView(run) if isinstance(run, Run) else SimulationView(run)


def _common(run: AnyRun, kind: str) -> dict[str, Any]:
    return {
        "name": run.name,
        "kind": kind,
        "folder": str(run.folder),
        "state": run.state,
        "bytes": run.size,
    }


@frozen
class SearchView:
    """A search: its levels and verdicts."""

    run: Run

    @property
    def head(self) -> str:
        """What is searched."""
        asked = self.run.asked
        told = {
            "all causes": asked.every,
            "which rules are asked": asked.coverage,
            f"reduction {asked.reduction}": asked.reduction != "none",
        }
        wanted = [what for what, is_asked in told.items() if is_asked]
        return "; ".join([presumed(self.run.experiment), *wanted])

    @property
    def line(self) -> str:
        """Worlds and depth, or verdicts."""
        marks, result = self.run.marks, self.run.result
        if result is not None:
            verdicts = [each["verdict"] for each in result["properties"]]
            return f"finished: {result['states']:,} worlds, {verdicts.count('refuted')} refuted"
        worlds = marks[-1].worlds if marks else 0
        return f"{self.run.state}: {worlds:,} worlds, depth {max(0, len(marks) - 1)}"

    @property
    def parts(self) -> list[str]:
        """Levels, and the verdicts."""
        result = self.run.result
        levels = [
            f"  depth {level['depth']:>4}  {level['worlds']:>14,} new worlds"
            for level in self._levels
        ]
        verdicts = () if result is None else result["properties"]
        return [*levels, *(f"  {each['verdict']:<9} {each['name']}" for each in verdicts)]

    @property
    def document(self) -> dict[str, Any]:
        """The search as JSON."""
        marks = self.run.marks
        return {
            **_common(self.run, "search"),
            "worlds": marks[-1].worlds if marks else 0,
            "depth": len(marks) - 1 if marks else 0,
            "decided": sorted(marks[-1].decided) if marks else [],
            "experiment": self.run.experiment.to_json(),
            "asked": {**self.run.asked.to_json(), "searches": 1 + len(self.run.later)},
            "result": self.run.result,
        }

    @property
    def details(self) -> dict[str, Any]:
        """Its levels."""
        return {"levels": self._levels}

    @property
    def _levels(self) -> list[dict[str, int]]:
        """The levels that are whole, with how many worlds each added."""
        marks = self.run.marks
        before = [0, *(mark.worlds for mark in marks)]
        return [
            {"depth": mark.level, "worlds": mark.worlds - first}
            for mark, first in zip(marks, before, strict=False)
        ]


@frozen
class SimulationView:
    """A simulation: its runs and expectations."""

    run: SimulationRun

    @property
    def head(self) -> str:
        """What is simulated."""
        plan = self.run.plan
        last = plan.seed + plan.seeds - 1
        seeds = f"seed {plan.seed}" if plan.seeds == 1 else f"seeds {plan.seed} to {last}"
        return f"simulate {plan.name}, {seeds}"

    @property
    def line(self) -> str:
        """How many runs have ended."""
        plan = self.run.plan
        return f"{self.run.state}: {plan.name}, {self._ended} of {self._all} runs"

    @property
    def parts(self) -> list[str]:
        """Runs by setup, and what was expected."""
        plan = self.run.plan
        ended = Counter(at // plan.seeds for at in self.run.ended)
        setups = [
            f"  {label:<24} {ended[at]:>5} of {plan.seeds} seeds"
            for at, label in enumerate(plan.setup_labels)
        ]
        return [
            *setups,
            *(f"  {_held(each['holds'])}  {each['sentence']}" for each in self._judged),
        ]

    @property
    def document(self) -> dict[str, Any]:
        """The simulation as JSON, without its runs."""
        return {
            **_common(self.run, "simulation"),
            "ended": self._ended,
            "runs": self._all,
            "plan": plan_json(self.run.plan),
            "expectations": self._judged,
        }

    @property
    def details(self) -> dict[str, Any]:
        """What came of it."""
        return {"result": self.run.result}

    @property
    def _all(self) -> int:
        return len(self.run.plan.setup_labels) * self.run.plan.seeds

    @property
    def _ended(self) -> int:
        return len(self.run.ended)

    @property
    def _judged(self) -> list[dict[str, Any]]:
        result = self.run.result
        return [] if result is None else list(result["expectations"])


def _held(holds: bool | None) -> str:
    return {True: "holds  ", False: "FAILS  ", None: "unknown"}[holds]
