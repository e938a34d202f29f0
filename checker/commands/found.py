"""``scuttle check --all``: every cause for which a property fails, as text, JSON and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from checker.commands import shown
from checker.commands.answers import Answer
from checker.kept_files import new_folder
from checker.scuttlebutt.cause import cause_in
from checker.scuttlebutt.counterexample import Counterexample
from checker.scuttlebutt.experiment import Experiment, Setup
from checker.scuttlebutt.explain import story
from checker.search.budget import Budget
from checker.search.causes import Found, all_causes
from checker.search.exhaustive import Search


def all_found(
    experiment: Experiment, setup: Setup, search: Search, budget: Budget, *, whole: bool
) -> Answer:
    """Find every cause: the report of the first search, and the counterexamples."""
    report, found = all_causes(
        setup.system, setup.properties, cause_in(experiment), search, budget, whole=whole
    )
    names = _names(found)

    def document() -> dict[str, Any]:
        counterexamples = [_as_json(name, one) for name, one in zip(names, found, strict=True)]
        return {**shown.report_json(experiment, report), "counterexamples": counterexamples}

    def text() -> str:
        return f"{shown.verdicts_text(experiment, report)}\n{_text(setup, names, found)}"

    return Answer(report, document, text, found)


def _names(found: Sequence[Found]) -> list[str]:
    """A name for each counterexample: its property, and a number among those of it."""
    counts = dict.fromkeys((one.property.name for one in found), 0)
    names = []
    for one in found:
        counts[one.property.name] += 1
        names.append(f"{one.property.name}-{counts[one.property.name]}")
    return names


def save_found(experiment: Experiment, found: Sequence[Found], folder: Path) -> None:
    """Write each counterexample to a file of its own, in a new folder. Raises a Fault."""
    with new_folder(folder) as made:
        for name, one in zip(_names(found), found, strict=True):
            schedule: Any = one.schedule
            saved = Counterexample(
                experiment, one.property.name, one.property.clause, one.because, schedule
            )
            saved.save(made / f"{name}.json")
    click.echo(f"saved: {len(found)} counterexamples in {folder}", err=True)


def _as_json(name: str, one: Found) -> dict[str, Any]:
    return {
        "name": name,
        "property": one.property.name,
        "clause": one.property.clause,
        "cause": one.cause,
        "because": one.because,
        "steps": len(one.schedule),
        "schedule": [str(action) for action in one.schedule],
    }


def _text(setup: Setup, names: Sequence[str], found: Sequence[Found]) -> str:
    """The counterexamples, one after the other, with their stories."""
    lines = ["", f"{len(found)} causes (N a node, K a key, V a value, # a number)"]
    for name, one in zip(names, found, strict=True):
        schedule: Any = one.schedule
        lines.extend(
            [
                "",
                f"{name} [{one.property.clause}] in {len(one.schedule)} steps: {one.cause}",
                f"  here: {one.because}",
                story(setup.system, setup.gossip.profile, schedule),
            ]
        )
    return "\n".join(lines)
