"""The twin: the same models in TLA+, and what TLC counted of each, ``spec/tla/counts.toml``.

Laws of this file: counts are compared for equality, never for closeness; TLC's own numbers are
kept as it prints them and translated in one place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.evidence import tlc
from scuttle_check.gossip.catalogue import AGREEMENT, experiment_of
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.liveness import Endless, eventually_agreed
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.exhaustive import Search, exhaustive
from scuttle_check.search.liveness.eventually import eventually

SIZES = ("small", "large", "huge")
MODULE = "Models.tla"

PROPERTIES: dict[str, str] = {
    "Agreement": AGREEMENT,
    "ClockWithinIssued": "clock-within-issued",
    "EntriesBelowClock": "entries-below-clock",
    "HistorySound": "history-sound",
    "WinnerOrAhead": "winner-or-ahead",
    "EndsEqual": "eventually-agreed",
}
"""The properties that both sides state, by their name in TLA+. The last is asked of sessions."""


@frozen
class Numbers:
    """What one side found: counts in the checker's units, and the common properties refuted.

    `steps` is the length of the shortest counterexample to agreement, or None.
    """

    states: int
    transitions: int
    terminal: int
    depth: int
    refuted: tuple[str, ...]
    steps: int | None = None


@frozen
class TwinModel:
    """A model that is written twice.

    With a `fairness` it is one of sessions, and asked is what endless runs come to.
    """

    id: str
    size: str
    recorded: tlc.Counts
    experiment: Experiment
    fairness: str | None = None

    @property
    def config(self) -> str:
        """The file in which TLC finds the constants of the model."""
        return f"{self.id}.cfg"


@frozen
class Twin:
    """The recorded models, and the command and revision of TLC that counted them."""

    folder: Path
    command: str
    revision: str
    models: tuple[TwinModel, ...]

    def of(self, sizes: Sequence[str]) -> tuple[TwinModel, ...]:
        """The models of these sizes, in the order of the record."""
        return tuple(model for model in self.models if model.size in sizes)


@frozen
class Compared:
    """One model: what was recorded, what the checker and TLC found now, and the differences."""

    model: TwinModel
    checker: Numbers
    again: tlc.Counts | None
    differences: tuple[str, ...]
    interrupted: bool = False


def load_twin(folder: Path | None = None) -> Twin:
    """The record ``counts.toml`` of `folder`. Raises UsageFault with the model at fault.

    Spec: TWIN-2.
    """
    folder = folder or spec_folder() / "tla"
    path = folder / "counts.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        head, entries = document["tlc"], document["model"]
        models = tuple(_model(entry, f"{path}, model {entry.get('id', '?')}") for entry in entries)
        return Twin(folder, head["command"], head["revision"], models)
    except Fault:
        raise
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as fault:
        raise UsageFault(f"cannot be read ({fault!r})", where=str(path)) from None


def _model(entry: dict[str, Any], where: str) -> TwinModel:
    try:
        counted = dict(entry["tlc"], violated=tuple(sorted(entry.get("violated", ()))))
        counted["steps"] = tuple(sorted(entry.get("steps", {}).items()))
        experiment = experiment_of(entry, entry["profile"], where)
        if entry["size"] not in SIZES:
            raise UsageFault(f"no size {entry['size']!r}", where=where, expected=", ".join(SIZES))
        counts, fairness = tlc.Counts(**counted), entry.get("fairness")
        return TwinModel(entry["id"], entry["size"], counts, experiment, fairness)
    except KeyError as missing:
        raise UsageFault(f"{missing.args[0]!r} is missing", where=where) from None


def from_tlc(counts: tlc.Counts) -> Numbers:
    """TLC's counts in the checker's units, and the invariants that it found violated.

    TLC counts the start as generated, and depth in states instead of steps. Spec: TWIN-2.
    """
    return Numbers(
        states=counts.distinct,
        transitions=counts.generated - 1,
        terminal=counts.terminal,
        depth=counts.depth - 1,
        refuted=tuple(sorted(PROPERTIES.get(name, name) for name in counts.violated)),
        steps=dict(counts.steps).get("Agreement"),
    )


def from_report(report: Report) -> Numbers:
    """What a search of the checker found, of the properties that the twin states too."""
    common = set(PROPERTIES.values())
    refuted = {v.property.name for v in report.verdicts if v.kind is Kind.REFUTED}
    schedules = [v.schedule for v in report.verdicts if v.property.name == AGREEMENT]
    schedule = schedules[0] if schedules else None
    return Numbers(
        states=report.stats.states,
        transitions=report.stats.transitions,
        terminal=report.stats.terminal,
        depth=report.stats.depth,
        refuted=tuple(sorted(refuted & common)),
        steps=None if schedule is None else len(schedule),
    )


def unequal(one: Numbers, other: Numbers) -> Iterator[str]:
    """In what two sides differ, `one` being expected. Spec: TWIN-1."""
    for field in attrs.fields(Numbers):
        expected, found = getattr(one, field.name), getattr(other, field.name)
        if expected != found:
            yield f"{field.name}: {_told(expected)} recorded, {_told(found)} found"


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else "none"


def _explored(model: TwinModel, budget: Budget | None, search: Search) -> Report:
    if model.fairness is None:
        setup = model.experiment.build()
        return search(setup.system, setup.properties, budget)
    live = Endless(model.experiment, model.fairness).build()
    return eventually(live.model, eventually_agreed(), live.fairness, budget)


def compare(
    model: TwinModel,
    twin: Twin,
    jar: Path | None = None,
    budget: Budget | None = None,
    search: Search = exhaustive,
) -> Compared:
    """Explore `model` with the checker, and again with the TLC of `jar` if there is one.

    Spec: TWIN-1.
    """
    recorded = from_tlc(model.recorded)
    differences: list[str] = []
    report = _explored(model, budget, search)
    numbers = from_report(report)
    if report.stats.complete:
        differences.extend(f"checker, {each}" for each in unequal(recorded, numbers))
    else:
        differences.append(f"checker, incomplete: {report.stats.stop}")
    if report.stats.stop == BROKEN_OFF:
        return Compared(model, numbers, None, tuple(differences), interrupted=True)
    again = None
    if jar is not None:
        again = tlc.run(jar, MODULE, model.config, twin.folder)
        differences.extend(f"TLC, {each}" for each in unequal(recorded, from_tlc(again)))
    return Compared(model, numbers, again, tuple(differences))
