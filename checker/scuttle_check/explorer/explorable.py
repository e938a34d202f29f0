"""What a page can explore, behind two methods: `init` and `expand`.

All back ends of the page speak these two and the JSON they return; the file of worlds that
``scuttle explore --html`` writes holds the same, computed beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

import attrs
from attrs import define, field, frozen

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.telling import headline as headline_of
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Verdict
from scuttle_check.explorer.play import Misfit, Play, Position, Ran, Taken, settled_experiment
from scuttle_check.explorer.views import (
    Findings,
    Json,
    channel_json,
    condition_json,
    node_json,
    property_json,
    tell_step,
)
from scuttle_check.gossip.counterexample import Counterexample, parse_action
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.specification import clauses_in
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import Search, exhaustive

FORMAT = "scuttle-explorer/1"
RUN_FORMAT = "scuttle-run/1"

WORLDS_TAG = '<script type="application/json" id="worlds">'
"""Behind this stands what a file of worlds holds."""

NODES_MAX = 40
"""How many nodes are shown side by side; up to 12 are seen at once. Unit: nodes."""

POSITIONS_MAX = 20_000
"""How many positions are kept, so that a step costs a step. Unit: positions."""


@frozen
class NamedRun:
    """A run that comes with what was opened, under the name the page shows."""

    name: str
    labels: tuple[str, ...]


@frozen
class Source:
    """What was opened: a title, an experiment, runs of it, and a note for people.

    `saved` is the document that it was read from, if that holds one run.
    """

    title: str
    experiment: Experiment
    runs: tuple[NamedRun, ...] = ()
    note: str = ""
    saved: Json | None = None


class Explorable(Protocol):
    """What every back end of the page does."""

    def init(self) -> Json:
        """What stays the same: nodes, links, properties, runs; and the view at the start."""
        ...

    def expand(self, labels: Sequence[str], known: int) -> Json:
        """The steps of a run after the first `known`, as far as they fit."""
        ...


@cache
def clause_sentences() -> dict[str, str]:
    """The sentences of the specification by their ids, so that the page can show them."""
    return {
        clause.id: " ".join(clause.text.split())
        for path in sorted((spec_folder() / "protocol").glob("*.md"))
        for clause in clauses_in(path.name, path.read_text(encoding="utf-8"))
    }


def default_budget() -> Budget:
    """How long the shortest failing schedules are looked for before a page opens."""
    return Budget(states_max=300_000, seconds_max=2.0)


@define
class Modelled:
    """An experiment that is played. Raises UsageFault for more nodes than can be shown.

    Spec: EXPL-1.
    """

    source: Source
    budget: Budget = field(factory=default_budget)
    search: Search = exhaustive
    play: Play = field(init=False)
    _positions: dict[tuple[str, ...], Position] = field(factory=dict, init=False)
    _findings: dict[object, Findings] = field(factory=dict, init=False)
    _shortest: Json | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        nodes = len(self.source.experiment.topology.nodes)
        if nodes > NODES_MAX:
            raise UsageFault(
                f"has {nodes} nodes, too many to look at",
                where=self.source.title,
                expected=f"at most {NODES_MAX}",
                hint="scuttle check explores it without a picture",
            )
        self.play = Play(self.source.experiment)

    def init(self) -> Json:
        """As :meth:`Explorable.init`."""
        topology = self.source.experiment.topology
        start = self.play.start()
        setup = self.play.setup(start.script)
        return {
            "format": FORMAT,
            "title": self.source.title,
            "note": self.source.note,
            "nodes": list(topology.nodes),
            "links": [list(link) for link in topology.links],
            "experiment": self.source.experiment.to_json(),
            "properties": [property_json(each) for each in setup.properties],
            "runs": [{"name": run.name, "labels": list(run.labels)} for run in self.source.runs],
            "shortest": self.shortest(),
            "start": self.view(start, None),
            "free": True,
            "complete": True,
            "clauses": clause_sentences(),
        }

    def shortest(self) -> Json:
        """For each property its verdict and, if it has one, a shortest schedule. Spec: EXPL-6."""
        if self._shortest is None:
            setup = self.play.setup(self.source.experiment.script)
            try:
                report = self.search(setup.system, setup.properties, self.budget)
            except Fault as fault:  # a resolver of the user failed; one can still look at it
                unknown = {"verdict": Kind.UNKNOWN.value, "because": str(fault), "labels": None}
                self._shortest = {each.name: unknown for each in setup.properties}
                return self._shortest
            self._shortest = {each.property.name: verdict_json(each) for each in report.verdicts}
        return self._shortest

    def expand(self, labels: Sequence[str], known: int = 0) -> Json:
        """As :meth:`Explorable.expand`. Spec: EXPL-3."""
        known = max(0, min(known, len(labels)))
        lead = tuple(labels[:known])
        position = self._positions.get(lead)
        if position is None:
            known, lead, position = 0, (), self.play.start()
        steps: list[Json] = []
        for number, label in enumerate(labels[known:], start=known + 1):
            step = self.play.take(position, label, number)
            if isinstance(step, Misfit):
                return {"from": known, "steps": steps, "misfit": attrs.asdict(step)}
            steps.append(self._step(step))
            position = step.after
            lead = (*lead, label)
            self._remember(lead, position)
        return {"from": known, "steps": steps, "misfit": None}

    def _remember(self, labels: tuple[str, ...], position: Position) -> None:
        if len(self._positions) >= POSITIONS_MAX:
            self._positions.clear()
        self._positions[labels] = position

    def _step(self, taken: Taken) -> Json:
        headline, details = tell_step(taken.system, taken.before.world, taken.action)
        view = self.view(taken.after, taken)
        return {"label": taken.label, "headline": headline, "details": details, "view": view}

    def view(self, position: Position, taken: Taken | None) -> Json:
        """The world at `position`, what can happen there, and how the properties fare."""
        system, world = self.play.system(position.script), position.world
        acts = []
        for move in self.play.moves(position):
            try:
                headline, details = tell_step(system, world, move.action)
            except Fault as fault:  # a resolver of the user failed; other steps can be taken
                headline, details = headline_of(system, world, move.action), [str(fault)]
            act = {"label": move.label, "headline": headline, "details": details}
            acts.append(act if move.planned else {**act, "extra": True})
        return {
            "nodes": [node_json(node) for node in world.nodes],  # type: ignore[arg-type]
            "flight": [channel_json(channel) for channel in world.channels],
            **condition_json(system, world),
            "acts": acts,
            "findings": self._fares(position, taken),
        }

    def _fares(self, position: Position, taken: Taken | None) -> list[int | str | None]:
        findings = self._findings.setdefault(
            position.script, Findings(self.play.setup(position.script).properties)
        )
        fares = findings.of_world(position.world)
        if taken is None:
            return fares
        step = findings.of_step(taken.before.world, taken.action, position.world)
        return [one if two is None else two for one, two in zip(fares, step, strict=True)]

    def saved(self, labels: Sequence[str]) -> Json:
        """The document of a run: a counterexample if it ends in one, else a run. Spec: EXPL-7."""
        return saved_run(self.play, self.play.run(labels))


def verdict_json(verdict: Verdict) -> Json:
    """A verdict as the page shows it."""
    schedule = None if verdict.schedule is None else [str(each) for each in verdict.schedule]
    refuted = verdict.kind is Kind.REFUTED
    return {
        "verdict": verdict.kind.value,
        "because": verdict.because,
        "labels": schedule if refuted or verdict.kind is Kind.WITNESSED else None,
    }


def saved_run(play: Play, ran: Ran) -> Json:
    """What is written of a run, so that it can be opened, and replayed if it refutes something.

    Raises UsageFault if the run does not fit.

    Spec: EXPL-7.
    """
    if ran.misfit is not None:
        raise UsageFault(str(ran.misfit), where="the run")
    experiment, schedule = settled_experiment(play, ran.taken)
    setup: Setup = experiment.build()
    actions = tuple(parse_action(line, "the run") for line in schedule)
    judged = Trace.of(setup.system, actions, setup.properties)
    refuted = [each for each in setup.properties if _refutes(each.name, judged.decided)]
    if judged.misfit is None and refuted:
        first = refuted[0]
        because = judged.decided[first.name]
        found = Counterexample(experiment, first.name, first.clause, because, actions)
        return found.to_json()
    return model_document(experiment, schedule)


def model_document(experiment: Experiment, schedule: Sequence[str] = ()) -> Json:
    """The content of a run file. Spec: EXPL-7."""
    return {
        "format": RUN_FORMAT,
        "experiment": experiment.to_json(),
        "schedule": list(schedule),
    }


def _refutes(name: str, decided: dict[str, str]) -> bool:
    return name in decided and decided[name] != "reached"
