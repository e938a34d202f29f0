"""A walk through whatever is explored, for terminals: steps taken, and the views as text."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.engine.actions import Drop
from scuttle_check.engine.pictures.text import Row, sequence_diagram
from scuttle_check.explorer.explorable import Explorable, Modelled, saved_run
from scuttle_check.explorer.views import KEPT, Json
from scuttle_check.gossip.counterexample import parse_action

COLUMNS = ("holds", "clock", "history", "named", "differs")
"""The last two are shown where there is something in them."""


@define
class Walk:
    """Where somebody is: the steps of a run, of which the first `at` are taken.

    Stepping back keeps what came after, until another step is taken.

    Spec: EXPL-1, EXPL-3.
    """

    one: Explorable
    document: Json = field(init=False)
    steps: list[Json] = field(factory=list, init=False)
    at: int = field(default=0, init=False)
    _wrong: int = field(default=-1, init=False)

    def __attrs_post_init__(self) -> None:
        self.document = self.one.init()
        for run in self.document["runs"][:1]:
            self.follow(run["labels"])
            self.at = 0

    @property
    def labels(self) -> list[str]:
        """The labels of the steps taken."""
        return [str(step["label"]) for step in self.steps[: self.at]]

    @property
    def view(self) -> Json:
        """The view after the last step taken."""
        view: Json = self.steps[self.at - 1]["view"] if self.at else self.document["start"]
        return view

    def acts(self) -> list[Json]:
        """What can happen next, numbered from 1 by whoever shows it."""
        return list(self.view["acts"])

    def follow(self, labels: Sequence[str]) -> str | None:
        """Go back to the start and take these steps; why one does not fit, or None."""
        reply = self.one.expand(list(labels), 0)
        self.steps, self.at = reply["steps"], len(reply["steps"])
        return _misfit(reply)

    def take(self, label: str) -> str | None:
        """Take a step; why it does not fit, or None."""
        if self.at < len(self.steps) and self.steps[self.at]["label"] == label:
            self.at += 1
            return None
        try:
            reply = self.one.expand([*self.labels, label], self.at)
        except Fault as fault:
            return str(fault)
        problem = _misfit(reply)
        if problem is None:
            self.steps = [*self.steps[: reply["from"]], *reply["steps"]]
            self.at += 1
        return problem

    def go(self, step: int) -> None:
        """Show the run as it was after `step` steps."""
        self.at = max(0, min(step, len(self.steps)))

    def wrong(self) -> str:
        """Follow a shortest schedule that breaks a property, each time of another property."""
        broken = [
            (name, found)
            for name, found in self.document["shortest"].items()
            if found["verdict"] == "refuted" and found["labels"]
        ]
        if not broken:
            return "no property of this model is known to break"
        self._wrong = (self._wrong + 1) % len(broken)
        name, found = broken[self._wrong]
        self.follow(found["labels"])
        return f"{name}: {found['because']}"

    def saved(self) -> Json:
        """The document of the steps taken. Raises UsageFault for a recording. Spec: EXPL-7."""
        if not isinstance(self.one, Modelled):
            raise UsageFault("a recording is a file already", where="save")
        return saved_run(self.one.play, self.one.play.run(self.labels))

    # --- as text ----------------------------------------------------------------------------------

    def why(self) -> list[str]:
        """The last step in sentences, with the clauses of the rules that fired. Spec: EXPL-4."""
        if not self.at:
            return ["before the first step"]
        step = self.steps[self.at - 1]
        return [f"{self.at}. {step['headline']}", *(f"     {each}" for each in step["details"])]

    def nodes(self) -> list[str]:
        """What each node knows; cells that the last step changed are marked with a star."""
        before = self.steps[self.at - 2]["view"] if self.at > 1 else self.document["start"]
        lines = []
        for place, node in enumerate(self.view["nodes"]):
            status = self.view["status"].get(self.document["nodes"][place])
            parts = []
            for column in COLUMNS:
                was = {text for _, text in before["nodes"][place].get(column, ())}
                texts = [
                    text if text in was or not self.at else f"{text}*"
                    for _, text in node.get(column, ())
                ]
                if texts or column not in {"named", "differs"}:
                    parts.append(f"{column} {' '.join(texts) or '-'}")
            lines.append(f"{node['id']}{f' ({status})' if status else ''}  {' | '.join(parts)}")
        return lines

    def flight(self) -> list[str]:
        """What is in flight, the oldest first."""
        pairs = zip(self.document["links"], self.view["flight"], strict=True)
        return [f"{one}>{two}: {', '.join(queue)}" for (one, two), queue in pairs if queue]

    def properties(self) -> list[str]:
        """How each property fares at this step. Spec: EXPL-5."""
        lines = []
        for each, fares in zip(self.document["properties"], self.view["findings"], strict=True):
            mark = "ok" if fares == KEPT else "-" if not isinstance(fares, str) else "BROKEN"
            says = fares if isinstance(fares, str) else each["says"]
            lines.append(f"{mark:<6} {each['name']} [{each['clause']}]: {says}")
        return lines

    def diagram(self, *, whole: bool = False) -> str:
        """The steps taken as a sequence diagram, or all steps of the run."""
        rows = [
            _row(str(number), step["label"], step["headline"])
            for number, step in enumerate(self.steps[: None if whole else self.at], start=1)
        ]
        return sequence_diagram(self.document["nodes"], rows)


def _row(number: str, label: str, headline: str) -> Row:
    try:
        action = parse_action(label, "")
    except UsageFault:
        return Row(number, label.split(" ", 1)[0], headline)
    source, target = getattr(action, "source", ""), getattr(action, "target", "")
    if hasattr(action, "index"):
        return Row(number, source, headline, target, "x" if isinstance(action, Drop) else ">")
    return Row(number, source or getattr(action, "node", ""), headline)


def _misfit(reply: Json) -> str | None:
    found = reply["misfit"]
    return found and f"step {found['step']}, {found['label']!r}, cannot happen: {found['because']}"
