"""Runs that can be read and not changed: what happened elsewhere, and was written down.

Where a message of such a run would have gone otherwise, nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from scuttle_check.explorer.explorable import FORMAT, clause_sentences
from scuttle_check.explorer.views import Json

SILENT: Json = {"status": {}, "cut": [], "quiescent": False}
"""The condition of a world of which nothing more is known."""


@frozen
class FixedRun:
    """A run under its name; a step is {label, headline, details, view}."""

    name: str
    steps: tuple[Json, ...]

    @property
    def labels(self) -> list[str]:
        """The label of each step."""
        return [step["label"] for step in self.steps]


@define
class Fixed:
    """Runs from one start, no two of which have the same labels.

    `shortest` leads from the name of a property to what the page shows of it. `refusal` says why
    another step cannot be taken.

    Spec: EXPL-1, EXPL-8.
    """

    title: str
    note: str
    nodes: Sequence[str]
    start: Json
    runs: Sequence[FixedRun]
    refusal: str
    properties: Sequence[Json] = ()
    shortest: Json = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for run in self.runs:
            views = [self.start, *(step["view"] for step in run.steps)]
            for view, step in zip(views, run.steps, strict=False):
                act = {name: step[name] for name in ("label", "headline", "details")}
                if act not in view["acts"]:
                    view["acts"].append(act)

    @property
    def links(self) -> list[list[str]]:
        """Every node to every other."""
        return links_of(self.nodes)

    def init(self) -> Json:
        """As :meth:`Explorable.init`."""
        return {
            "format": FORMAT,
            "title": self.title,
            "note": self.note,
            "nodes": list(self.nodes),
            "links": self.links,
            "experiment": None,
            "properties": list(self.properties),
            "runs": [{"name": run.name, "labels": run.labels} for run in self.runs],
            "shortest": self.shortest,
            "start": self.start,
            "free": False,
            "complete": True,
            "clauses": clause_sentences(),
        }

    def expand(self, labels: Sequence[str], known: int = 0) -> Json:
        """As :meth:`Explorable.expand`; only what was written down fits."""
        run = max(self.runs, key=lambda each: _alike(each.labels, labels))
        fitting = _alike(run.labels, labels)
        misfit = None
        if fitting < len(labels):
            misfit = {"step": fitting + 1, "label": labels[fitting], "because": self.refusal}
        return {"from": known, "steps": list(run.steps[known:fitting]), "misfit": misfit}

    def up_to(self, labels: Sequence[str]) -> Fixed:
        """The steps of one run alone, as far as they fit."""
        run = FixedRun("the run", tuple(self.expand(labels)["steps"]))
        return Fixed(self.title, self.note, self.nodes, self.start, [run], self.refusal)


def is_word(name: object) -> bool:
    """Whether a label can name a node so: without blanks and without the ">" of a link."""
    return isinstance(name, str) and re.fullmatch(r"[^\s>]+", name) is not None


def links_of(nodes: Sequence[str]) -> list[list[str]]:
    """The links between all nodes, in the order in which views list what is in flight."""
    return [[one, other] for one in nodes for other in nodes if one != other]


def view_of(nodes: Sequence[Json], flight: Sequence[Sequence[str]], **more: Any) -> Json:
    """A view of nodes and of what is in flight on each link."""
    lists = {"nodes": list(nodes), "flight": [list(queue) for queue in flight]}
    return {**lists, **SILENT, "acts": [], "findings": [], **more}


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many labels two runs have in common from the start on."""
    pairs = zip(one, other, strict=False)
    return next(
        (at for at, (mine, yours) in enumerate(pairs) if mine != yours), min(len(one), len(other))
    )
