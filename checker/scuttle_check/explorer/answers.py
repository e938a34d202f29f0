"""The answers to a page: the two methods for whatever it has opened, as JSON in and JSON out.

A live server hands requests to it, and so does the page itself where Python runs in it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs
from attrs import define, field

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.importing import no_foreign_code
from scuttle_check.base.kept_files import write_draft
from scuttle_check.explorer.conversion import WRITERS
from scuttle_check.explorer.explorable import Explorable, Modelled, NamedRun, Source, saved_run
from scuttle_check.explorer.export import page_of
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.play import Play
from scuttle_check.explorer.sources import (
    Opened,
    case_source,
    explorable,
    menu,
    of_experiment,
    open_file,
    open_named,
)
from scuttle_check.explorer.views import Json
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.search.budget import Budget
from scuttle_check.search.plain import breadth_first

SESSIONS_MAX = 32
"""How many pages are remembered; the one that was opened first is forgotten. Unit: pages."""

RUN_MAX = 5_000
"""The longest run that is answered. Unit: steps."""


@define
class Answers:
    """Answers the pages; each has a session of its own.

    Spec: EXPL-1, EXPL-10.
    """

    opened: Opened
    make: Callable[[Opened], Explorable] = explorable
    _sessions: dict[str, Explorable] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)

    def answer(self, name: str, request: object) -> Json:
        """The answer to one request; a fault of the request is an answer, too."""
        try:
            if not isinstance(request, dict):
                raise UsageFault("is no JSON object", where="the request")
            return {"init": self._init, "expand": self._expand}[name](request)
        except Fault as fault:
            return {"error": str(fault)}

    def _init(self, request: Json) -> Json:
        file = request.get("file")
        if isinstance(file, dict):
            with no_foreign_code():
                one = self.make(
                    self._uploaded(*_insist_on_file(file.get("name"), file.get("text")))
                )
        else:
            name = request.get("open")
            one = self.make(open_named(name) if isinstance(name, str) else self.opened)
        document = one.init()
        self._count += 1
        session = str(self._count)
        self._sessions[session] = one
        if len(self._sessions) > SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        return {**document, "session": session, "menu": menu(), "saves": saves_of(one)}

    def _uploaded(self, name: str, text: str) -> Opened:
        """What a file holds that was opened in the page. Spec: EXPL-8."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            try:
                write_draft(path, text)
                return open_file(path)
            except Fault as fault:
                fault.where = fault.where.replace(str(path), name)
                raise

    def _expand(self, request: Json) -> Json:
        one = self._sessions.get(str(request.get("session")))
        labels, known = request.get("labels"), request.get("known", 0)
        if one is None:
            raise UsageFault("this page was opened before the server started", hint="reload it")
        if not isinstance(labels, list) or not isinstance(known, int) or len(labels) > RUN_MAX:
            raise UsageFault("is no run", where="labels", expected=f"at most {RUN_MAX:,} labels")
        labels = [str(label) for label in labels]
        reply = one.expand(labels, known)
        if request.get("want"):
            reply["saved"] = self._saved(one, labels, str(request["want"]))
        return reply

    def _saved(self, one: Explorable, labels: list[str], end: str) -> str:
        """The text of the file that the run is saved as. Spec: EXPL-7."""
        if end not in [each["end"] for each in saves_of(one)]:
            raise UsageFault(f"there is no {end!r} to save it as", where="want")
        opened: Opened
        if isinstance(one, Modelled):
            opened = _settled(one, labels)
        else:
            assert isinstance(one, Fixed)  # noqa: S101 - there are no others
            opened = one if end == "html" else one.up_to(labels)
        if end == "html":
            return page_of(self.make(opened))
        return WRITERS[f".{end}"](opened)


NAME_MAX = 200
"""The longest name of a file from a page. Unit: bytes; most file systems take 255."""


def _insist_on_file(name: object, text: object) -> tuple[str, str]:
    """The name and the text of a file from a page. Raises UsageFault. Spec: EXPL-13."""
    plain = isinstance(name, str) and name.isprintable() and not set(name) & {"/", "\\"}
    if not isinstance(name, str) or not plain or name in {"", ".", ".."}:
        raise UsageFault(f"{name!a:.60} is no name of a file", where="file.name")
    if len(name.encode()) > NAME_MAX:
        expected = f"at most {NAME_MAX} bytes"
        raise UsageFault("is no name of a file: too long", where="file.name", expected=expected)
    if not isinstance(text, str):
        raise UsageFault("is no text", where="file.text", expected="what the file holds")
    return name, text


SAVES = {
    "json": "the run, to open and replay (JSON)",
    "svg": "a picture (SVG)",
    "html": "this page with its worlds (HTML)",
    "txt": "the text",
    "mmd": "a diagram for Mermaid",
    "shiviz": "a log for ShiViz",
    "itf.json": "a trace in ITF",
}
"""What a run can be saved as, by the end of the name, in the words of the page."""


def saves_of(one: Explorable) -> list[Json]:
    """What of SAVES there is; what happened elsewhere is no file that a model can run again."""
    ends = [end for end in SAVES if isinstance(one, Modelled) or not end.endswith("json")]
    return [{"end": end, "name": SAVES[end]} for end in ends]


def _settled(one: Modelled, labels: list[str]) -> Source:
    """What a file can hold of a run: with a script and budgets that allow it."""
    document = saved_run(one.play, one.play.run(labels))
    experiment = experiment_from_json(document["experiment"], "the run")
    opened = of_run(experiment, document["schedule"], one.source.title)
    return attrs.evolve(opened, saved=document)


def of_run(experiment: Experiment, labels: list[str], title: str) -> Source:
    """An experiment with one run to begin with. Raises UsageFault if it does not fit."""
    ran = Play(experiment).run(labels)
    if ran.misfit is not None:
        raise UsageFault(str(ran.misfit), where="the run")
    runs = (NamedRun("the run", tuple(labels)),)
    return attrs.evolve(of_experiment(experiment), title=title, runs=runs)


def in_page(case: str = "writers:as-shipped") -> Callable[[str, str], str]:
    """The answers for a page in which Python itself runs: texts of JSON in and out.

    It takes the plain search, because the compiled one needs numpy.

    Spec: EXPL-1.
    """
    answers = Answers(case_source(case), _plainly)
    return lambda name, request: json.dumps(answers.answer(name, json.loads(request)))


def _plainly(opened: Opened) -> Explorable:
    if not isinstance(opened, Source):
        return explorable(opened)
    return Modelled(opened, Budget(states_max=10_000, seconds_max=2.0), breadth_first)
