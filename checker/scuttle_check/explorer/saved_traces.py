"""Runs of models that code makes: as files that replay, and as pages of the explorer.

A model is a :class:`~scuttle_check.engine.system.System` of own nodes, an experiment, anything that
says ``initial``, ``actions`` and ``next``, or the name of code that makes one
(``package.module:name``). What is saved names that code, so that it can be run again.
"""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.files import checked_members, read_members
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_check.engine.properties import Property
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import System
from scuttle_check.engine.telling import recorded
from scuttle_check.engine.trace import Misfit, Trace
from scuttle_check.explorer.fixed import Fixed, FixedRun, is_word
from scuttle_check.explorer.own_systems import own_system
from scuttle_check.explorer.views import Json, condition_json
from scuttle_check.gossip.experiment import Experiment

FORMAT = "scuttle-model-run/1"
"""The format of a saved run of a model that code makes."""

MEMBERS: dict[str, type] = {"schedule": list, "property": str}

REFUSAL = "only this run was written down; check the model again to see others"


@frozen
class Subject:
    """What is checked: the model, its own properties, and what it can be made of again.

    That is the name of code, a model file of own nodes, or an experiment.
    """

    model: Any
    properties: tuple[Property, ...] = ()
    name: Any = None
    experiment: Experiment | None = None


def subject_of(model: Any) -> Subject:
    """What somebody wants checked. Raises a Fault for what is no model."""
    if isinstance(model, Subject):
        return model
    name = model if isinstance(model, str | Mapping) else None
    if isinstance(model, Mapping):
        model = own_system(model, "the model")
    elif isinstance(model, str):
        model = _called(model)
    properties: Sequence[Property] = ()
    if isinstance(model, tuple):
        model, *rest = model
        properties = rest[0] if len(rest) == 1 and isinstance(rest[0], Sequence) else rest
    if isinstance(model, Experiment):
        setup = model.build()
        return Subject(setup.system, (*setup.properties, *properties), name, model)
    missing = [each for each in ("initial", "actions", "next") if not hasattr(model, each)]
    if missing:
        raise UsageFault(
            f"has no {missing[0]}",
            where=str(name or type(model).__name__),
            expected="a System, an Experiment, or anything with initial, actions and next",
            clause="CHK-1",
        )
    return Subject(model, tuple(properties), name)


@contextmanager
def told_where() -> Iterator[None]:
    """In this block what code of somebody else raises is told with its place."""
    try:
        yield
    except (Fault, KeyboardInterrupt):
        raise
    except Exception as fault:
        last = traceback.extract_tb(fault.__traceback__)[-1]
        foreign = not last.filename.startswith((str(Path(__file__).parents[1]), "<"))
        place = f"{last.name} in {last.filename}, line {last.lineno}" if foreign else "the model"
        problem = f"raises {type(fault).__name__}: {fault}"
        raise UnrunnableFault(problem, where=place, expected="pure functions of values") from fault


def _called(name: str) -> Any:
    """The model that code makes, or the pair of one and of its properties. Raises a Fault."""
    refuse_foreign_code("model", name, "a model of Scuttlebutt")
    if ":" not in name:
        raise UsageFault(f"no model {name!r}", where="the model", expected="package.module:name")
    found = imported(name, f"the model {name}")
    if not callable(found) or hasattr(found, "initial"):
        return found
    try:
        return found()
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - code of somebody else
        problem = f"raises {type(fault).__name__}: {fault}"
        raise UnrunnableFault(problem, where=f"the model {name}") from None


def fixed(trace: Trace, note: str, cycle: Trace | None = None) -> Fixed:
    """A run as the explorer shows it; what it does for ever follows once."""
    system = trace.system
    nodes = ["model"] if system is None else list(system.topology.nodes)
    if not all(map(is_word, nodes)):
        raise UsageFault("has a node that no line of a run can name", where="the model")
    steps: list[Json] = []
    for part in (trace, *([] if cycle is None else [cycle])):
        for step in part.steps:
            told = part.told(step)
            view = _view(nodes, part, step.after)
            row = {"label": str(step.action), "headline": told.headline, "details": told.details}
            steps.append({**row, "details": list(told.details), "view": view})
    run = FixedRun("the run", tuple(steps))
    title = (
        "a model" if system is None else f"{type(system.actor).__name__} on {system.topology.name}"
    )
    return Fixed(title, note, nodes, _view(nodes, trace, trace.states[0]), [run], REFUSAL)


def _view(nodes: Sequence[str], trace: Trace, state: Any) -> Json:
    system = trace.system
    links = [(one, other) for one in nodes for other in nodes if one != other]
    more: Json = {"status": {}, "cut": [], "quiescent": False}
    if system is None:
        return {"nodes": [_row("model", state)], "flight": [], "acts": [], "findings": [], **more}
    more = condition_json(system, state)
    index = system.topology.link_index
    queues = [state.channels[index[link]] if link in index else () for link in links]
    flight = [[*map(system.words.frame, queue)] for queue in queues]
    broken = {link for link, at in index.items() if state.cut[at]}
    more["cut"] = [at for at, link in enumerate(links) if link in broken]
    pairs = zip(nodes, state.nodes, strict=True)
    rows = [_row(name, system.words.record(local)) for name, local in pairs]
    return {"nodes": rows, "flight": flight, "acts": [], "findings": [], **more}


def _row(name: str, known: Any) -> Json:
    """What a node knows, as cells: of an object its members."""
    known = recorded(known)
    pairs = known.items() if isinstance(known, dict) else [("", known)]
    holds = [[str(key), f"{key}={value}" if key else str(value)] for key, value in pairs]
    return {"id": name, "holds": holds, "clock": [], "history": [], "named": []}


@frozen
class SavedTrace:
    """A run of a model that code makes, as a file has it."""

    subject: Subject
    name: str
    clause: str
    because: str
    schedule: tuple[str, ...]
    cycle: tuple[str, ...] | None

    @property
    def model(self) -> Any:
        """The model that the run is one of."""
        model = self.subject.model
        return Sessions(model) if self.cycle is not None and isinstance(model, System) else model

    def run(self) -> tuple[Trace, Misfit | None]:
        """The run as far as its lines name actions that are enabled, and the first that do not."""
        trace = _followed(self.model, (*self.schedule, *(self.cycle or ())))
        return trace, trace.misfit

    def judged(self) -> str | None:
        """Why the run decides its property, or None if it does not any more. Raises UsageFault."""
        wanted = [each for each in self.subject.properties if each.name == self.name]
        if not wanted:
            known = ", ".join(each.name for each in self.subject.properties) or "none"
            raise UsageFault(
                f"no property {self.name!r} comes with the model",
                where="$.property",
                expected=known,
                hint="let the code return its model and a list of properties",
            )
        trace = _followed(self.model, self.schedule)
        return Trace.of(self.model, trace.actions, wanted).decided.get(self.name)


def _followed(model: Any, labels: Sequence[str]) -> Trace:
    """Take the actions that lines name, as far as they are enabled."""
    state = next(iter(model.initial()))
    states: list[Any] = [state]
    actions: list[Hashable] = []
    for number, label in enumerate(labels, start=1):
        enabled = model.actions(state)
        action = next((each for each in enabled if str(each) == label), None)
        if action is None:
            misfit = Misfit(number, label, tuple(map(str, enabled)))
            return Trace(model, tuple(states), tuple(actions), misfit=misfit)
        state = model.next(state, action)
        states.append(state)
        actions.append(action)
    return Trace(model, tuple(states), tuple(actions))


def load_trace(path: Path) -> SavedTrace:
    """Read a saved run of a model that code makes. Raises a Fault with the path of a fault.

    Spec: CHK-15.
    """
    return _saved(read_members(path, FORMAT, MEMBERS), f"{path}: $")


def trace_from_json(document: object, where: str) -> SavedTrace:
    """The run in a document that stands at `where`. Raises a Fault. Spec: CHK-15."""
    return _saved(checked_members(document, where, FORMAT, MEMBERS), where)


def _saved(document: dict[str, Any], where: str) -> SavedTrace:
    for name in ("schedule", "cycle"):
        for at, line in enumerate(document.get(name) or ()):
            if not isinstance(line, str):
                expected = "a line of a schedule"
                raise UsageFault(f"is {line!r}", where=f"{where}.{name}[{at}]", expected=expected)
    cycle = document.get("cycle")
    if not isinstance(document.get("model"), str | dict):
        expected = "the name of code, or a model file of own nodes"
        raise UsageFault("is missing or of another type", where=f"{where}.model", expected=expected)
    return SavedTrace(
        subject_of(document["model"]),
        document["property"],
        str(document.get("clause", "")),
        str(document.get("because", "")),
        tuple(document["schedule"]),
        None if cycle is None else tuple(cycle),
    )


def misfitting(where: str, saved: SavedTrace, misfit: Misfit) -> UsageFault:
    """That a step of a saved run cannot happen. Spec: EXPL-8."""
    whole = len(saved.schedule)
    at, member = misfit.step - 1, "schedule"
    if at >= whole:
        at, member = at - whole, "cycle"
    return UsageFault(
        f"{misfit.action!r} cannot happen",
        where=f"{where}.{member}[{at}]",
        expected="one of " + ", ".join(map(str, misfit.enabled)) if misfit.enabled else "the end",
        clause="EXPL-8",
    )


def opened(document: object, where: str) -> Fixed:
    """A saved run as the explorer shows it. Raises UsageFault where it does not fit any more."""
    saved = trace_from_json(document, where)
    trace, misfit = saved.run()
    if misfit is not None:
        raise misfitting(where, saved, misfit)
    return fixed(trace, f"{saved.name}: {saved.because}")
