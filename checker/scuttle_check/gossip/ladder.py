"""Ladders: each row of the table under many small models, the smallest first.

A verdict is true of its model. So a row is not one model but a ladder of them: scripts that write
two keys, one key twice, and by two owners; lines, a ring and a star; one exchange per link and two.
What the rungs came to is recorded in ``spec/ladder.json`` and can be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.actor import Restart
from scuttle_check.gossip.catalogue import AGREEMENT, Case, Row, load_catalogue
from scuttle_check.gossip.counterexample import Counterexample, shrink
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.walks.swarm import swarm
from scuttle_ref.messages import Put

Json: TypeAlias = dict[str, Any]

WORLDS_MAX = 400_000
"""A rung with more worlds is not finished, and says nothing unless it was refuted before."""

WALKS = 4_000
"""How often a rung is walked through at random that is too large to be searched."""

RECORD = "ladder.json"

SCRIPTS: dict[str, tuple[str, ...]] = {
    "two keys": ("A set k=1", "A set j=2"),
    "one key twice": ("A set k=1", "A set k=2"),
    "two owners": ("A set k=1", "B set j=2"),
}
"""What is written, in words. One key has one owner, which is an assumption of its own."""

CONTENDED: dict[str, tuple[str, ...]] = {
    "one key, two owners": ("A set k=1", "B set k=2"),
    "one key, two owners, one twice": ("A set k=1", "A set k=2", "B set k=3"),
}
"""The same for rows in which owners share a key."""

RESTARTED: dict[str, tuple[str, ...]] = {
    "two keys": ("A set k=1", "A restart", "A set j=2"),
    "one key twice": ("A set k=1", "A restart", "A set k=2"),
    "two owners": ("A set k=1", "A restart", "A set k=2", "B set j=3"),
}
"""The same for rows in which an owner restarts by its script."""

SHAPES = (
    *(("line:2", 1), ("line:2", 2)),
    *(("line:3", 1), ("ring:3", 1), ("star:4", 1)),
)
"""Topologies, and how many exchanges each link may start."""

OVERHEARD = "edges:A-B,A-C,B-C,B-D"
"""Where D overhears the answer that B gives C, and asks A nothing."""


@frozen
class Rung:
    """One model of a ladder, and its name: what is written, where, and with how many exchanges."""

    name: str
    experiment: Experiment
    walked: bool = False


@frozen
class Climbed:
    """What a rung came to.

    `steps` are those of the counterexample of agreement, the fewest unless it was `walked` to;
    `others` are the other properties that are refuted, each with its steps.
    """

    name: str
    verdict: str
    steps: int | None
    worlds: int
    transitions: int
    terminal: int
    others: dict[str, int]
    walked: bool = False


@frozen
class Cell:
    """A row under one profile, as its rungs have it. Spec: CHK-12."""

    row: str
    profile: str
    rungs: tuple[Climbed, ...]

    @property
    def finished(self) -> tuple[Climbed, ...]:
        """The rungs that were searched whole, or refuted."""
        return tuple(each for each in self.rungs if each.verdict != Kind.UNKNOWN.value)

    @property
    def refuted(self) -> Climbed | None:
        """The rung that decides the cell, if it is refuted."""
        return next((each for each in self.rungs if each.verdict == Kind.REFUTED.value), None)

    @property
    def largest(self) -> Climbed | None:
        """The rung with the most worlds that was searched whole."""
        return max(self.finished, key=lambda each: each.worlds, default=None)

    @property
    def others(self) -> dict[str, int]:
        """The other properties that some rung refutes, each with the fewest steps."""
        found: dict[str, int] = {}
        for rung in self.rungs:
            for name, steps in rung.others.items():
                found[name] = min(steps, found.get(name, steps))
        return found


def rungs_of(case: Case) -> Iterator[Rung]:
    """The ladder of a case: its own model, then shapes and scripts, the smallest first."""
    own = case.experiment
    yield Rung(f"{own.topology.name}, as in the catalogue", own)
    scripts = _scripts_like(own)
    for shape, exchanges in SHAPES:
        for name, lines in scripts.items():
            yield _rung(own, shape, exchanges, name, lines)
    if own.wiring == "broadcast":
        yield attrs.evolve(_rung(own, OVERHEARD, 1, *next(iter(scripts.items()))), walked=True)


def _scripts_like(own: Experiment) -> dict[str, tuple[str, ...]]:
    """The scripts for a row that assumes of its owners what this model does."""
    if any(isinstance(command, Restart) for script in own.script for command in script):
        return RESTARTED
    keys = [{each.key for each in script if isinstance(each, Put)} for script in own.script]
    shared = any(one & other for one, other in combinations(keys, 2))
    return CONTENDED if shared else SCRIPTS


def _rung(own: Experiment, shape: str, exchanges: int, name: str, lines: Sequence[str]) -> Rung:
    graph = topology(shape)
    often = "one exchange" if exchanges == 1 else f"{exchanges} exchanges"
    experiment = attrs.evolve(
        own,
        topology=graph,
        script=parse_script(lines, graph, name),
        exchanges=exchanges,
    )
    return Rung(f"{shape}, {name}, {often}", experiment)


def climb(rung: Rung) -> Climbed:
    """Search one rung within :data:`WORLDS_MAX` worlds, or walk through it."""
    setup = rung.experiment.build()
    if not rung.walked:
        return _climbed(rung, exhaustive(setup.system, setup.properties, Budget(WORLDS_MAX)))
    few = tuple(each for each in setup.properties if each.name == AGREEMENT)
    report = swarm(setup.system, few, walks=WALKS, until_refuted=True)
    found = report.verdict(AGREEMENT)
    if found.kind is Kind.REFUTED:
        example = Counterexample(
            rung.experiment,
            AGREEMENT,
            found.property.clause,
            found.because,
            found.schedule or (),  # type: ignore[arg-type]
        )
        shortest = shrink(example, script_too=False).schedule
        found = attrs.evolve(found, schedule=shortest)
    walked = attrs.evolve(report, verdicts=(found,))
    return attrs.evolve(_climbed(rung, walked), walked=True)


def _climbed(rung: Rung, report: Report) -> Climbed:
    found = report.verdict(AGREEMENT)
    others = {
        v.property.name: len(v.schedule or ())
        for v in report.verdicts
        if v.kind is Kind.REFUTED and v is not found
    }
    steps = None if found.schedule is None else len(found.schedule)
    stats = report.stats
    counts = (stats.states, stats.transitions, stats.terminal)
    return Climbed(rung.name, found.kind.value, steps, *counts, others)


def climbed(case: Case, tell: Callable[[str], None]) -> Cell:
    """Climb the ladder of a case until a rung refutes agreement."""
    done: list[Climbed] = []
    for rung in rungs_of(case):
        done.append(climb(rung))
        tell(f"{case.id}: {rung.name}: {done[-1].verdict}, {done[-1].worlds:,} worlds")
        if done[-1].verdict == Kind.REFUTED.value:
            break
    return Cell(case.row, str(case.experiment.profile), tuple(done))


# --- what is recorded -----------------------------------------------------------------------------


def recorded() -> dict[str, Cell]:
    """The recorded cells, by the name of their case. Raises UsageFault."""
    path = spec_folder() / RECORD
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        cells = [
            Cell(each["row"], each["profile"], tuple(Climbed(**rung) for rung in each["rungs"]))
            for each in document["cells"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UsageFault(
            f"cannot be read ({fault})",
            where=str(path),
            hint="write it anew: scuttle check --ladder all --record",
        ) from None
    return {f"{cell.row}:{cell.profile}": cell for cell in cells}


def record(cells: Sequence[Cell], path: Path) -> None:
    """Write cells down, those that were recorded before and not climbed anew among them."""
    known = recorded() if path.exists() else {}
    known.update({f"{cell.row}:{cell.profile}": cell for cell in cells})
    order = [case.id for case in table_cases(load_catalogue())]
    rows = [_line(known[name]) for name in order if name in known]
    text = '{"format": "scuttle-ladder/1", "worlds_max": %d, "cells": [\n%s\n]}\n'
    write_over(path, text % (WORLDS_MAX, ",\n".join(rows)))


def _line(cell: Cell) -> str:
    rungs = ",\n  ".join(json.dumps(attrs.asdict(each)) for each in cell.rungs)
    return f'{{"row": "{cell.row}", "profile": "{cell.profile}", "rungs": [\n  {rungs}]}}'


def table_cases(rows: Sequence[Row]) -> Iterator[Case]:
    """The cases of the rows that make the table."""
    for row in rows:
        if row.matrix:
            yield from row.cases.values()


def named(rows: Sequence[Row], name: str) -> list[Case]:
    """The cells called ``all``, ``ROW`` or ``ROW:PROFILE``. Raises UsageFault."""
    cases = list(table_cases(rows))
    wanted = [case for case in cases if name in {"all", case.row, case.id}]
    if not wanted:
        known = ", ".join(dict.fromkeys(case.row for case in cases))
        raise UsageFault(
            f"no row {name!r} in the table",
            where="--ladder",
            expected=f"all, a row or ROW:PROFILE, where the rows are {known}",
        )
    return wanted


def differences(cell: Cell, known: Cell | None) -> list[str]:
    """How the rungs of a cell differ from what is recorded of them."""
    before = {each.name: each for each in known.rungs} if known is not None else {}
    lines = [
        f"{each.name}: {_short(each)}, recorded {_short(before.get(each.name))}"
        for each in cell.rungs
        if before.get(each.name) != each
    ]
    gone = before.keys() - {each.name for each in cell.rungs}
    return lines + [
        f"{name}: not climbed, recorded {_short(before[name])}" for name in sorted(gone)
    ]


def _short(rung: Climbed | None) -> str:
    if rung is None:
        return "nothing"
    where = "" if rung.steps is None else f" in {rung.steps}"
    return f"{rung.verdict}{where} ({rung.worlds:,})"
