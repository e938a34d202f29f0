"""What was opened, written in another format: a picture, a log, a trace, or a file of ours.

Only the first run of what was opened is written, but for a page, which holds all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import Action, Drop, Duplicate
from scuttle_check.engine.pictures.space_time import svg
from scuttle_check.engine.pictures.text import mermaid, shiviz
from scuttle_check.engine.pictures.timeline import (
    UNDISTURBED,
    Fate,
    Happening,
    Timeline,
    followed,
)
from scuttle_check.engine.telling import concerned
from scuttle_check.engine.trace import Trace
from scuttle_check.explorer.explorable import Source, saved_run
from scuttle_check.explorer.export import page_of
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.play import Play, settled_experiment
from scuttle_check.explorer.sources import Opened, explorable
from scuttle_check.explorer.walk import Walk
from scuttle_check.gossip.agreement import with_evidence
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.drawn import itf_of
from scuttle_check.gossip.experiment import Experiment

Writer: TypeAlias = Callable[[Opened], str]


def _model(source: Source) -> tuple[Experiment, tuple[Action, ...]]:
    """An experiment whose budgets allow the run, and the run. Raises UsageFault without one."""
    if not source.runs:
        raise UsageFault(
            "holds a model and no run of it",
            where=source.title,
            hint="scuttle explore opens it; save a run there with e, or write it as .html",
        )
    play = Play(source.experiment)
    experiment, schedule = settled_experiment(play, play.run(source.runs[0].labels).taken)
    return experiment, tuple(parse_action(line, "the run") for line in schedule)


def _trace(source: Source) -> Trace:
    """The run, and the evidence that a counterexample rests on. Spec: CONVERT-2, CONV-13."""
    experiment, schedule = _model(source)
    setup = experiment.build()
    trace = Trace.beyond(setup.system, schedule)
    wanted = (source.saved or {}).get("property")
    each = next((each for each in setup.properties if each.name == wanted), None)
    return trace if each is None else with_evidence(setup.system, each, trace)


def timeline(opened: Opened) -> Timeline:
    """The run as a picture sees it. Spec: CONVERT-2."""
    if isinstance(opened, Source):
        return _trace(opened).timeline
    steps = [_happening(opened, step) for step in opened.runs[0].steps]
    return followed(opened.nodes, opened.links, steps)


def _happening(one: Fixed, step: dict[str, Any]) -> Happening:
    flight: Sequence[Sequence[str]] = step["view"]["flight"]
    try:
        action: Any = parse_action(step["label"], "")
    except UsageFault:
        return Happening(step["label"].partition(" ")[0], step["headline"], flight)
    if not hasattr(action, "index"):
        return Happening(concerned(action), step["headline"], flight)
    link = one.links.index([action.source, action.target])
    fate = Fate.LOST if isinstance(action, Drop) else Fate.ARRIVED
    stays = isinstance(action, Duplicate)
    return Happening(action.target, "", flight, link, action.index, fate, stays)


def _title(opened: Opened) -> str:
    return f"{opened.title}: {opened.note}" if opened.note else opened.title


def _text(opened: Opened) -> str:
    if isinstance(opened, Source):
        trace = _trace(opened)
        told = f"{trace.diagram()}\n\n{trace.story()}\n"
        rest = trace.rest
        then = "" if rest is None else f"\n{UNDISTURBED}:\n\n{rest.diagram()}\n\n{rest.story()}\n"
        ends = "" if rest is None else "\n" + "\n".join(rest.ends()) + "\n"
        return told + then + ends
    walk = Walk(opened)
    lines = [line for at in range(1, len(walk.steps) + 1) for line in _told(walk, at)]
    return "\n".join([walk.diagram(), "", *lines, ""])


def _told(walk: Walk, at: int) -> list[str]:
    walk.go(at)
    return walk.why()


def document_for(opened: Opened) -> dict[str, Any]:
    """The file of ours that a run is: what it was read from, or what saves it. Spec: CONVERT-1."""
    if isinstance(opened, Fixed):
        raise UsageFault(
            "happened elsewhere, so no model can run it again",
            where=opened.title,
            expected="a name that ends in .html, .svg, .mmd, .shiviz or .txt",
        )
    if opened.saved is not None:
        return opened.saved
    play = Play(opened.experiment)
    _model(opened)
    return saved_run(play, play.run(opened.runs[0].labels))


def _itf(opened: Opened) -> str:
    run = document_for(opened)
    assert isinstance(opened, Source)  # noqa: S101 - anything else was refused
    experiment, schedule = _model(opened)
    trace = itf_of(experiment, schedule, _title(opened), run)
    return json.dumps(trace, ensure_ascii=False, indent=1) + "\n"


def _json(opened: Opened) -> str:
    return json.dumps(document_for(opened), ensure_ascii=False, indent=1) + "\n"


WRITERS: dict[str, Writer] = {
    ".html": lambda opened: page_of(explorable(opened)),
    ".itf.json": _itf,
    ".json": _json,
    ".mmd": lambda opened: mermaid(timeline(opened)),
    ".shiviz": lambda opened: shiviz(timeline(opened)),
    ".svg": lambda opened: svg(timeline(opened), _title(opened)),
    ".txt": _text,
}
"""What a run can be written as, by the end of the name; the longest end that fits is taken."""
