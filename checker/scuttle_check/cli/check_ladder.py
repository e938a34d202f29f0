"""``scuttle check --ladder``: rows of the table climbed anew, and held against the record."""

from __future__ import annotations

import json
from typing import Any

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED
from scuttle_check.base.resources import to_write_to
from scuttle_check.cli.shown import say
from scuttle_check.gossip import ladder
from scuttle_check.gossip.catalogue import load_catalogue
from scuttle_check.gossip.ladder import Cell, Climbed


def check_ladder(name: str, *, as_json: bool, recording: bool) -> int:
    """Climb the ladders of some cells; the exit code says whether all is as recorded.

    Spec: CHK-12.
    """
    cases = ladder.named(load_catalogue(), name)
    cells = [ladder.climbed(case, say) for case in cases]
    if recording:
        ladder.record(cells, to_write_to() / ladder.RECORD)
    known = ladder.recorded()
    surprises = {
        f"{cell.row}:{cell.profile}": ladder.differences(cell, known.get(_name(cell)))
        for cell in cells
    }
    if as_json:
        shown = [cell_json(cell) | {"surprises": surprises[_name(cell)]} for cell in cells]
        document = {"format": "scuttle-ladder/1", "worlds_max": ladder.WORLDS_MAX, "cells": shown}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        for cell in cells:
            click.echo("\n".join(cell_text(cell, surprises[_name(cell)])))
    return REFUTED if any(surprises.values()) else AS_EXPECTED


def _name(cell: Cell) -> str:
    return f"{cell.row}:{cell.profile}"


def cell_json(cell: Cell) -> dict[str, Any]:
    """A cell with its rungs."""
    rungs = [attrs.asdict(rung) for rung in cell.rungs]
    return {"row": cell.row, "profile": cell.profile, "rungs": rungs}


def cell_text(cell: Cell, surprises: list[str]) -> list[str]:
    """What every rung came to, and how it differs from what is recorded."""
    lines = [f"{_name(cell)}: {spoken(cell)}"]
    lines += [f"  {_rung_text(rung)}" for rung in cell.rungs]
    if surprises:
        return [*lines, "NOT as recorded:", *(f"  {text}" for text in surprises), ""]
    return [*lines, "as recorded (spec/ladder.json)", ""]


def _rung_text(rung: Climbed) -> str:
    text = f"{rung.verdict:<8} {rung.name}: {rung.worlds:,} worlds"
    if rung.steps is not None:
        most = "at most " if rung.walked else ""
        text += f", in {most}{rung.steps} steps"
    others = ", ".join(f"{name} in {steps}" for name, steps in rung.others.items())
    return f"{text}; also refuted: {others}" if others else text


def spoken(cell: Cell) -> str:
    """A cell in words: what it says, and how far that reaches. Spec: CHK-12."""
    refuted, largest = cell.refuted, cell.largest
    if refuted is not None:
        most = "at most " if refuted.walked else ""
        return f"refuted in {most}{refuted.steps} on {refuted.name}"
    if largest is None:
        return "unknown: no rung was searched whole"
    text = f"holds on {len(cell.finished)} models, of up to {largest.worlds:,} worlds"
    others = ", ".join(f"{name} does not, in {steps}" for name, steps in cell.others.items())
    return f"{text}; {others}" if others else text
