"""A page of what happened elsewhere, read back: the runs that were written down in it.

The worlds of such a page are chains, one for each run, which part at the start. What a page does
not say is why nobody knows another step; and nothing in a page is believed before it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import checked_members
from scuttle_check.explorer.explorable import FORMAT
from scuttle_check.explorer.fixed import SILENT, Fixed, FixedRun, is_word, links_of, view_of
from scuttle_check.explorer.views import Json
from scuttle_check.gossip.counterexample import parse_action

REFUSAL = "what happened elsewhere can be read and not changed"

STEP = 4
"""The numbers of a step: its label, what it tells, where it leads, how properties fare."""

CELLS = ("holds", "clock", "history", "named")


def reread(document: Any, where: str) -> Fixed:
    """The runs of a page that holds no model, as they were when it was written.

    Raises UsageFault for a page that was spoilt.

    Spec: EXPL-8.
    """
    members = {"title": str, "note": str, "nodes": list, "runs": list, "shortest": dict}
    document = checked_members(document, where, FORMAT, members)
    try:
        return _Tables(document).fixed()
    except (AttributeError, LookupError, TypeError, ValueError) as wrong:
        raise UsageFault(
            f"cannot be read as a page ({type(wrong).__name__}: {wrong})",
            where=where,
            expected="a page as scuttle explore --html writes it",
            hint="write it again from the recording or the report",
        ) from None


@frozen
class _Tables:
    """The tables of a page. What is not in them raises LookupError, TypeError or ValueError."""

    document: Json

    def fixed(self) -> Fixed:
        """Everything that the page holds."""
        nodes = [each for each in self.document["nodes"] if is_word(each)]
        if not nodes or len(set(nodes)) < len(self.document["nodes"]):
            raise ValueError("its nodes are not different words")
        leaving = self.row("steps", 0)
        first = [leaving[at : at + STEP] for at in range(0, len(leaving), STEP)]
        chains = [tuple(self.chain(step)) for step in first]
        runs = [_chosen(run, chains) for run in self.document["runs"]]
        if not runs:
            raise ValueError("it holds no run")
        start = self.view(0)
        for run in runs:
            _insist_on_places(run, start, nodes)
        return Fixed(
            self.document["title"],
            self.document["note"],
            nodes,
            start,
            runs,
            REFUSAL,
            [{name: _text(text) for name, text in each.items()} for each in self.properties()],
            {str(name): _shortest(each) for name, each in self.document["shortest"].items()},
        )

    def properties(self) -> Sequence[Json]:
        """What is asked of the runs; each world says how it fares."""
        found: list[Json] = self.document["properties"]
        fares = self.document["findings"]
        if any(each.keys() != {"name", "clause", "says", "kind"} for each in found):
            raise ValueError("a property lacks a member")
        if any(len(each) != len(found) for each in fares):
            raise ValueError("its findings are not one for each property")
        return found

    def row(self, table: str, at: object) -> Any:
        """A row of a table."""
        if type(at) is not int or not 0 <= at < len(self.document[table]):
            raise LookupError(f"{table}[{at}]")
        return self.document[table][at]

    def view(self, world: object) -> Json:
        """A world as the page shows it."""
        row = self.row("worlds", world)
        count = len(self.document["nodes"])
        links = len(links_of(self.document["nodes"]))
        if len(row) != count + links + 2:
            raise ValueError(f"worlds[{world}] has {len(row)} members")
        nodes = [_node(self.row("locals", at)) for at in row[:count]]
        flight = [list(map(_text, self.row("channels", at))) for at in row[count:-2]]
        condition = _condition(self.row("conditions", row[-2]), count, links)
        return view_of(nodes, flight, **condition, findings=_fares(self.row("findings", row[-1])))

    def chain(self, step: Sequence[object]) -> Iterator[Json]:
        """The steps of a run from its first one to its end."""
        for _ in self.document["worlds"]:
            label, told, after, _fares_there = step
            headline, *details = (self.row("texts", at) for at in self.row("told", told))
            yield {
                "label": _text(self.row("labels", label)),
                "headline": _text(headline),
                "details": list(map(_text, details)),
                "view": self.view(after),
            }
            step = self.row("steps", after)
            if not step:
                return
        raise ValueError("a run comes back to where it was")


def _chosen(run: Json, chains: Sequence[tuple[Json, ...]]) -> FixedRun:
    """A run with the steps that have its labels."""
    labels, name = run["labels"], _text(run["name"])
    steps = [chain for chain in [*chains, ()] if [step["label"] for step in chain] == labels]
    if not steps:
        raise ValueError(f"the run {name!r} passes worlds that are not there")
    return FixedRun(name, steps[0])


def _insist_on_places(run: FixedRun, start: Json, nodes: Sequence[str]) -> None:
    """Raise ValueError where a label names a node or a message that is not there."""
    flight = start["flight"]
    for step in run.steps:
        label = step["label"]
        try:
            action: Any = parse_action(label, "")
        except UsageFault:
            action = None
        named = {getattr(action, each, None) for each in ("source", "target", "node")} - {None}
        if not (named or {label.partition(" ")[0]}) <= set(nodes):
            raise ValueError(f"{label!r} names a node that is not there")
        if hasattr(action, "index"):
            link = links_of(nodes).index([action.source, action.target])
            if action.index >= len(flight[link]):
                raise ValueError(f"{label!r} names a message that is not there")
        flight = step["view"]["flight"]


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r:.40} is no text")
    return found


def _node(found: Json) -> Json:
    """What a node knows: cells, each a key and a text."""
    if not {"id", *CELLS} <= found.keys() <= {"id", *CELLS, "differs"}:
        raise ValueError("a node lacks a member")
    return {
        name: _text(told) if name == "id" else [_cell(*each) for each in told]
        for name, told in found.items()
    }


def _cell(key: object, text: object) -> list[str]:
    return [_text(key), _text(text)]


def _condition(found: Json, nodes: int, links: int) -> Json:
    """What is not as usual in a world."""
    status, cut = found["status"], found["cut"]
    if found.keys() != SILENT.keys() or type(found["quiescent"]) is not bool:
        raise ValueError("a condition lacks a member")
    if len(status) > nodes or not all(type(at) is int and 0 <= at < links for at in cut):
        raise ValueError("a condition is not of these nodes and links")
    return {**found, "status": {str(name): _text(how) for name, how in status.items()}}


def _fares(found: Sequence[object]) -> list[int | str | None]:
    """How properties fare: nothing to say, kept, a text what broke it, not asked."""
    if not all(each is None or type(each) in {int, str} for each in found):
        raise TypeError("a finding is no text")
    return list(found)  # type: ignore[arg-type]


def _shortest(found: Json) -> Json:
    """The run that shows how a property breaks."""
    labels = found["labels"]
    told = {name: _text(found[name]) for name in ("verdict", "because")}
    return {**told, "labels": labels if labels is None else list(map(_text, labels))}
