"""The catalogue of checked models, ``spec/models.toml``: what is expected, and what comes out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.resources import spec_folder
from scuttle_check.base.workers import Pool, mapped
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.jobs import Job, carried_out, report_of
from scuttle_check.gossip.model_files import MEMBERS, model_from
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import Search, exhaustive

SIZES = ("tiny", "small", "large")
AGREEMENT = "agreement"


@frozen
class Expected:
    """What the catalogue says of one model. Counts that are None are not compared."""

    agreement: str
    refuted: tuple[str, ...] = ()
    steps: int | None = None
    states: int | None = None
    transitions: int | None = None
    terminal: int | None = None


@frozen
class Case:
    """One model of the catalogue: a row under one profile. Spec: CHK-2."""

    row: str
    experiment: Experiment
    expected: Expected
    size: str

    @property
    def id(self) -> str:
        """The name by which ``scuttle check --case`` finds it."""
        return f"{self.row}:{self.experiment.profile}"


@frozen
class Row:
    """An assumption, how it is dropped, and its cases by profile."""

    id: str
    assumption: str
    dropped: str
    matrix: bool
    cases: dict[str, Case] = field(factory=dict)


@frozen
class Outcome:
    """A case and what the search found. `surprises` are differences from the catalogue."""

    case: Case
    report: Report
    surprises: tuple[str, ...]


def load_catalogue(path: Path | None = None) -> tuple[Row, ...]:
    """The rows of the catalogue. Raises UsageFault with the row at fault."""
    path = path or spec_folder() / "models.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageFault(f"cannot be read ({fault})", where=str(path)) from None
    return tuple(_row(entry, str(path)) for entry in document.get("model", []))


def _row(entry: dict[str, Any], where: str) -> Row:
    here = f"{where}, model {entry.get('id', '?')}"
    try:
        cases = {name: _case(entry, name, here) for name in entry["expect"]}
        shown = {name: entry.get(name, "") for name in ("assumption", "dropped")}
        return Row(entry["id"], shown["assumption"], shown["dropped"], entry["matrix"], cases)
    except Fault:
        raise
    except (KeyError, TypeError, ValueError) as fault:
        raise UsageFault(f"is incomplete ({fault!r})", where=here) from None


def _case(entry: dict[str, Any], profile: str, where: str) -> Case:
    expect = dict(entry["expect"][profile])
    settings = {**entry, **expect.pop("with", {})}
    experiment = experiment_of(settings, profile, where)
    expect["refuted"] = tuple(expect.get("refuted", ()))
    return Case(entry["id"], experiment, Expected(**expect), settings["size"])


def experiment_of(settings: dict[str, Any], profile: str, where: str) -> Experiment:
    """The experiment that a table of settings describes. Raises UsageFault, KeyError, TypeError."""
    members = {name: settings[name] for name in MEMBERS if name in settings}
    return model_from({**members, "profile": profile}, where)


def cases_of(rows: tuple[Row, ...], sizes: tuple[str, ...]) -> Iterator[Case]:
    """The cases of the given sizes, in the order of the catalogue."""
    for row in rows:
        yield from (case for case in row.cases.values() if case.size in sizes)


def find_case(rows: tuple[Row, ...], name: str) -> Case:
    """The case called `name` (``ROW:PROFILE``). Raises UsageFault."""
    known = {case.id: case for case in cases_of(rows, SIZES)}
    if name not in known:
        expected = ", ".join(known)
        raise UsageFault(f"no case {name!r} in the catalogue", where="--case", expected=expected)
    return known[name]


def judge(case: Case, budget: Budget | None = None, search: Search = exhaustive) -> Outcome:
    """Search the whole model of `case` and compare with what is expected."""
    setup = case.experiment.build()
    return compared(case, search(setup.system, setup.properties, budget))


def compared(case: Case, report: Report) -> Outcome:
    """The outcome of a search of `case`, wherever it was made. Spec: CHK-2."""
    return Outcome(case, report, tuple(_surprises(case.expected, report)))


def judge_all(
    cases: Sequence[Case], search: Search, budget: Budget, pool: Pool
) -> Iterator[Outcome]:
    """The outcomes of :func:`judge` in the order of `cases`, searched by workers.

    Spec: SCALE-1.
    """
    jobs = [
        Job(case.experiment, search, (), budget.states_max, budget.seconds_max) for case in cases
    ]
    for case, answer in zip(cases, mapped(carried_out, jobs, pool), strict=True):
        yield compared(case, report_of(answer, case.experiment.build().properties))


def _surprises(expected: Expected, report: Report) -> Iterator[str]:
    found = report.verdict(AGREEMENT)
    if found.kind.value != expected.agreement:
        yield f"agreement is {found.kind.value}, expected {expected.agreement}"
    if not report.stats.complete:
        return
    refuted = tuple(v.property.name for v in report.verdicts if v.kind is Kind.REFUTED)
    if refuted != expected.refuted:
        yield f"refuted: {', '.join(refuted) or 'none'}; expected {', '.join(expected.refuted)}"
    steps = None if found.schedule is None else len(found.schedule)
    if expected.steps != steps:
        yield f"the counterexample has {steps} steps, expected {expected.steps}"
    for name in ("states", "transitions", "terminal"):
        count, hoped = getattr(report.stats, name), getattr(expected, name)
        if hoped is not None and count != hoped:
            yield f"{count:,} {name}, expected {hoped:,}"
