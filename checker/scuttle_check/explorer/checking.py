"""One verb for any protocol: check a model, and read, draw, save, replay and open the answer.

What a model is, :mod:`scuttle_check.explorer.saved_traces` says.
"""

from __future__ import annotations

import html
import tempfile
import webbrowser
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import write_json
from scuttle_check.base.kept_files import write_new
from scuttle_check.engine.properties import Eventually, Property
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import System
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.explorer.export import page_of
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.saved_traces import FORMAT, Subject, fixed, subject_of, told_where
from scuttle_check.explorer.views import Json
from scuttle_check.gossip.agreement import with_evidence
from scuttle_check.gossip.counterexample import Counterexample
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import Fairness, session_fairness


def check(
    model: Any,
    *properties: Property,
    states: int | None = None,
    seconds: float | None = None,
    early: int | None = None,
    fairness: str = "weak",
) -> Answer:
    """Try every order in which things can happen in `model`, and judge the properties.

    Besides `properties` those of the model itself are judged: an experiment of Scuttlebutt has
    some, and code may return some with its model. A property of endless runs
    (:class:`~scuttle_check.engine.properties.Eventually`) is judged on the model of sessions of a
    system, under a `fairness` of "weak", "strong" or "none", with at most `early` exchanges per
    link until all owners are done. A search ends early beyond so many `states` or `seconds`; what
    it did not decide is then unknown.

    Raises a Fault for what is no model.

    Spec: CHK-4, CONV-14, LIVE-1.
    """
    return checked(subject_of(model), properties, Budget(states, seconds), early, fairness)


def checked(
    subject: Subject,
    properties: tuple[Property, ...],
    budget: Budget,
    early: int | None = None,
    fairness: str = "weak",
) -> Answer:
    """As :func:`check`, within a budget: the properties given beside those of the model."""
    with told_where():
        return _checked(subject, (*subject.properties, *properties), budget, early, fairness)


def _checked(
    subject: Subject,
    every: tuple[Property, ...],
    budget: Budget,
    early: int | None,
    fairness: str,
) -> Answer:
    finite = [each for each in every if not isinstance(each, Eventually)]
    reports = []
    if finite or not every:
        reports.append(exhaustive(subject.model, finite, budget))
    endless = [each for each in every if isinstance(each, Eventually)]
    reports += [_endless(subject.model, each, budget, early, fairness) for each in endless]
    verdicts = {each.property.name: each for report in reports for each in report.verdicts}
    found = tuple(verdicts[each.name] for each in every)
    return Answer(found, reports[0].stats, subject, early)


def _endless(
    model: Any, each: Eventually, budget: Budget, early: int | None, fairness: str
) -> Report:
    if not isinstance(model, System):
        return eventually(model, each, Fairness(fairness, frozenset(), frozenset(), str), budget)
    return eventually(Sessions(model, early), each, session_fairness(model, fairness), budget)


@frozen
class Answer(Report):
    """What a check has found: a verdict per property, and a run for each that is refuted.

    ``print`` it, or :meth:`show` it; :meth:`trace` is the run that refutes or witnesses a property.
    """

    subject: Subject
    early: int | None = None

    def show(self) -> str:
        """The verdicts, one per line, and the story of each refuted property. Spec: CHK-16."""
        lines = [str(self)]
        for verdict in self.verdicts:
            if verdict.kind is Kind.REFUTED and verdict.schedule is not None:
                lines += ["", self._story(verdict)]
        return "\n".join(lines)

    def __str__(self) -> str:
        stats = self.stats
        counts = f"{stats.states:,} worlds, {stats.transitions:,} transitions, depth {stats.depth}"
        ended = f"; stopped: {stats.stop}" if stats.stop else ""
        return "\n".join([*map(_line, self.verdicts), counts + ended, *stats.notes])

    def _story(self, verdict: Verdict) -> str:
        name, trace = verdict.property.name, self.trace(verdict.property.name)
        told = [f"{name} is refuted in {len(verdict.schedule or ())} steps: {verdict.because}.", ""]
        if verdict.cycle is None:
            return "\n".join([*told, str(trace), "", trace.diagram()])
        turn = self.cycle(name)
        again = ["", "And then for ever:", "", turn.story()] if verdict.cycle else []
        stops = [] if verdict.cycle else ["", "And there the run stops, which nothing forbids."]
        return "\n".join([*told, trace.story(), *again, *stops, "", *trace.ends()])

    def trace(self, name: str) -> Trace:
        """The run that refutes or witnesses a property; of one without end, the way to its circle.

        Raises KeyError for an unknown property, and UsageFault where there is no run to show.
        """
        trace = Trace.beyond(self._model(name), self._schedule(name))
        if self.subject.experiment is None or self.verdict(name).cycle is not None:
            return trace
        return with_evidence(self.subject.model, self.verdict(name).property, trace)

    def cycle(self, name: str) -> Trace:
        """What a run without end does for ever, from where :meth:`trace` ends."""
        way, verdict = self.trace(name), self.verdict(name)
        first = len(way.actions) + 1
        return Trace.beyond(self._model(name), verdict.cycle or (), start=way.last, first=first)

    def replay(self, name: str) -> bool:
        """Whether the run that refutes a property does so when it is run and judged once more."""
        verdict, model = self.verdict(name), self._model(name)
        run = (*self._schedule(name), *(verdict.cycle or ()))
        if verdict.cycle is not None:
            return Trace.of(model, run).misfit is None
        return name in Trace.of(model, run, [verdict.property]).decided

    def _model(self, name: str) -> Any:
        model = self.subject.model
        endless = self.verdict(name).cycle is not None
        return Sessions(model, self.early) if endless and isinstance(model, System) else model

    def _schedule(self, name: str) -> tuple[Hashable, ...]:
        verdict = self.verdict(name)
        if verdict.schedule is None:
            raise UsageFault(
                f"{verdict.kind.value}: there is no run to show",
                where=name,
                expected="a property that is refuted, or one that is looked for and witnessed",
            )
        return verdict.schedule

    def save(self, name: str, path: str | Path) -> None:
        """Write the run of a property to a file that replays. Raises UsageFault.

        The file names the code that makes the model, so the check must have been given its name.
        """
        write_json(Path(path), self._document(name))

    def _document(self, name: str) -> Json:
        verdict, subject = self.verdict(name), self.subject
        schedule = self._schedule(name)
        each = verdict.property
        if subject.experiment is not None and verdict.cycle is None:
            known = subject.experiment
            return Counterexample(known, name, each.clause, verdict.because, schedule).to_json()  # type: ignore[arg-type]
        if subject.name is None:
            raise UsageFault(
                "was made here, and no file can name it",
                where="the model",
                expected='check("package.module:name"), which makes it',
            )
        circle = {} if verdict.cycle is None else {"cycle": list(map(str, verdict.cycle))}
        return {
            "format": FORMAT,
            "model": subject.name,
            "property": name,
            "clause": each.clause,
            "because": verdict.because,
            "schedule": list(map(str, schedule)),
            **circle,
        }

    def page(self, name: str) -> Fixed:
        """The run of a property as the explorer shows it, step by step."""
        verdict = self.verdict(name)
        trace = self.trace(name)
        note = f"{name}: {verdict.because}" if verdict.because else name
        return fixed(trace, note, cycle=self.cycle(name) if verdict.cycle else None)

    def explore(self, name: str, path: str | Path | None = None) -> Path:
        """Open the run of a property in a browser: one file, at `path` if one is given."""
        text = page_of(self.page(name))
        if path is None:
            path = Path(tempfile.mkdtemp(prefix="scuttle-")) / f"{name}.html"
            webbrowser.open(path.as_uri())
        write_new(Path(path), text.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        """The verdicts, and a drawing of the first run that refutes one: a few kilobytes."""
        refuted = next((v for v in self.verdicts if v.kind is Kind.REFUTED and v.schedule), None)
        told = f"<pre>{html.escape(str(self))}</pre>"
        if refuted is None:
            return told
        name = refuted.property.name
        return told + self.trace(name).draw("svg", f"{name}: {refuted.because}")


def _line(verdict: Verdict) -> str:
    each = verdict.property
    said = each.says if verdict.kind is Kind.HOLDS else verdict.because
    return f"{verdict.kind.value:<9} {each.name:<20} {said}".rstrip()
