"""What can be opened: a counterexample, a run, a scenario, a recording, or a case by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import checked_members
from scuttle_check.base.reading import text_given
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.actions import Action
from scuttle_check.engine.properties import Property, cited
from scuttle_check.engine.trace import Trace
from scuttle_check.explorer.explorable import FORMAT as PAGE
from scuttle_check.explorer.explorable import (
    RUN_FORMAT,
    WORLDS_TAG,
    Explorable,
    Modelled,
    NamedRun,
    Source,
)
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.pages import reread
from scuttle_check.explorer.play import Misfit, Play
from scuttle_check.explorer.recordings import recorded
from scuttle_check.explorer.saved_traces import FORMAT as TRACE
from scuttle_check.explorer.saved_traces import opened as opened_trace
from scuttle_check.explorer.scenarios import scenario_source
from scuttle_check.gossip.agreement import with_evidence
from scuttle_check.gossip.catalogue import find_case, load_catalogue
from scuttle_check.gossip.counterexample import FORMAT as COUNTEREXAMPLE
from scuttle_check.gossip.counterexample import from_json as counterexample_from_json
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.lasso import FORMAT as LASSO
from scuttle_check.gossip.lasso import lasso_from_json
from scuttle_check.gossip.model_files import FORMAT as MODEL
from scuttle_check.gossip.model_files import experiment_from_json, model_from, read_model
from scuttle_check.gossip.own_profiles import SUFFIX
from scuttle_check.gossip.scenario import read_scenario
from scuttle_check.oracle.recordings.load import load as load_recordings

RECORDING = "simple-scuttle-trace/1"
REPORT = "scuttle-report"

Opened: TypeAlias = Source | Fixed
"""A model with its runs, or runs that can only be read."""


def explorable(opened: Opened) -> Explorable:
    """What a page can explore of it."""
    return Modelled(opened) if isinstance(opened, Source) else opened


def open_file(path: Path) -> Opened:
    """What a file holds, by its format. Raises UsageFault, also if a schedule does not fit.

    Spec: EXPL-8.
    """
    if path.is_dir():
        raise UsageFault("is a folder", where=str(path), expected="one file", hint=_HINT)
    if path.suffix.lower() in {".txt", ".scenario"}:
        return scenario_source(read_scenario(path), path.name)
    if path.suffix.lower() == SUFFIX:
        return of_experiment(read_model(path))
    document = _document(path)
    if _format_of(document) == RECORDING:
        return recorded(dict(load_recordings([path])[0].trace))
    if path.name.lower().endswith(".itf.json") or _is_itf(document):
        return _in_itf(document, str(path))
    return open_document(document, f"{path}: $")


def open_document(document: object, where: str) -> Opened:
    """What a document holds, by its format. Raises UsageFault, also if a schedule does not fit.

    Spec: EXPL-8.
    """
    form = _format_of(document)
    if not isinstance(form, str) or form not in _READERS:
        problem = f"is of the format {form!r}" if form else "does not say its format"
        raise UsageFault(problem, where=f"{where}.format", expected=_EXPECTED, hint=_HINT)
    return _READERS[form](document, where)


_EXPECTED = (
    f"{COUNTEREXAMPLE}, {RUN_FORMAT}, {LASSO}, {TRACE}, {RECORDING}, {REPORT}, {MODEL}, "
    "a model file (.toml), a scenario (.txt), a page of scuttle explore --html, or a trace in ITF "
    "of scuttle convert"
)
_HINT = "scuttle check --save FILE writes a counterexample of this version"


def _format_of(document: object) -> object:
    """The format that a document names; that of its first trace, if it is an array."""
    first = document[0] if isinstance(document, list) and document else document
    return first.get("format") if isinstance(first, dict) else None


def _document(path: Path) -> Any:
    """The JSON of a file; of a page, that which it shows."""
    try:
        text = text_given(path)
        if path.suffix.lower() == ".html":
            text = _within(text, str(path))
        return json.loads(text)
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=str(path)) from None
    except (ValueError, RecursionError) as fault:
        raise UsageFault(f"is no JSON ({fault})", where=str(path), expected=_EXPECTED) from None


def _within(page: str, where: str) -> str:
    _, found, rest = page.partition(WORLDS_TAG)
    if not found:
        expected = "a page that scuttle explore --html wrote"
        raise UsageFault("holds no worlds", where=where, expected=expected)
    return rest.partition("</script>")[0]


def _is_itf(document: object) -> bool:
    return isinstance(document, dict) and isinstance(document.get("#meta"), dict)


def _in_itf(document: Any, where: str) -> Opened:
    """The run in the `#meta` of a trace. Its states are not read. Spec: CONVERT-1."""
    run = document["#meta"].get("run") if _is_itf(document) else None
    if run is None:
        raise UsageFault(
            "holds nothing that could be run again",
            where=f"{where}: $['#meta'].run",
            expected="a trace that scuttle convert wrote",
        )
    return open_document(run, f"{where}: $['#meta'].run")


def title_of(experiment: Experiment) -> str:
    """An experiment in a few words."""
    return f"{experiment.profile} on {experiment.topology.name}"


def of_experiment(experiment: Experiment) -> Source:
    """An experiment with no run to begin with."""
    return Source(title_of(experiment), experiment)


def case_source(name: str) -> Source:
    """A case of the catalogue, ``ROW:PROFILE``. Raises UsageFault."""
    rows = load_catalogue()
    case = find_case(rows, name)
    dropped = next(row.dropped for row in rows if row.id == case.row)
    return Source(f"{dropped} ({case.experiment.profile})" if dropped else name, case.experiment)


def _counterexample(document: Any, where: str) -> Source:
    found = counterexample_from_json(document, where)
    setup = found.experiment.build()
    run = Trace.of(setup.system, found.schedule)
    if run.misfit is not None:
        step = run.misfit.step
        action: Action = found.schedule[step - 1]
        because = setup.system.obstacle(run.states[-1], action) or "its budget is used up"
        _refuse(f"{where}.schedule[{step - 1}]", Misfit(step, str(action), because))
    note = f"{cited(found.property, found.clause)}: {found.because}"
    named = NamedRun(_file(where), tuple(map(str, found.schedule)))
    title = title_of(found.experiment)
    wanted = [each for each in setup.properties if each.name == found.property]
    rest = _undisturbed(setup, wanted[0], run, found.experiment) if wanted else ()
    return Source(title, found.experiment, (named, *rest), note, found.to_json())


def _undisturbed(
    setup: Setup, each: Property, run: Trace, experiment: Experiment
) -> tuple[NamedRun, ...]:
    """The run and the exchanges in which it is judged, as a second run. Spec: CONV-13.

    It is left out where the network of the model does not keep the order that fair rounds have.
    """
    rest = with_evidence(setup.system, each, run).rest
    if rest is None:
        return ()
    labels = tuple(map(str, (*run.actions, *rest.actions)))
    ran = Play(experiment).run(labels)
    if (
        ran.misfit is not None
        or not ran.taken
        or ran.taken[-1].after.world.nodes != rest.last.nodes
    ):
        return ()
    return (NamedRun("... and then undisturbed", labels),)


def _lasso(document: Any, where: str) -> Source:
    found = lasso_from_json(document, where)
    labels = tuple(map(str, (*found.prefix, *found.cycle)))
    note = (
        f"{cited(found.property, found.clause)}: {found.because}. "
        f"From step {len(found.prefix) + 1} on the run goes round for ever."
    )
    run = NamedRun(_file(where), labels)
    begun = len(found.prefix)

    def place(step: int) -> str:
        return f".prefix[{step}]" if step < begun else f".cycle[{step - begun}]"

    opened = _fitting(where, found.endless.experiment, (run,), place)
    return attrs.evolve(opened, note=note, saved=found.to_json())


def _model(document: Any, where: str) -> Source:
    return of_experiment(model_from(document, where))


def _run(document: Any, where: str) -> Source:
    members = {"experiment": dict, "schedule": list}
    document = checked_members(document, where, RUN_FORMAT, members)
    experiment = experiment_from_json(document["experiment"], f"{where}.experiment")
    labels = tuple(map(str, document["schedule"]))
    run = NamedRun(_file(where), labels)
    opened = _fitting(where, experiment, (run,), lambda step: f".schedule[{step}]")
    return attrs.evolve(opened, saved=document)


def _page(document: Any, where: str) -> Opened:
    """The model of a file of worlds, and its runs; without a model, the runs alone."""
    if isinstance(document, dict) and document.get("experiment", ...) is None:
        return reread(document, where)
    members = {"experiment": dict, "runs": list, "title": str, "note": str}
    document = checked_members(document, where, PAGE, members)
    experiment = experiment_from_json(document["experiment"], f"{where}.experiment")
    runs = tuple(
        NamedRun(str(run["name"]), tuple(map(str, run["labels"])))
        for run in document["runs"]
        if isinstance(run, dict) and isinstance(run.get("labels"), list) and "name" in run
    )
    opened = _fitting(where, experiment, runs, lambda step: f".runs[*].labels[{step}]")
    return attrs.evolve(opened, title=document["title"], note=document["note"])


def _file(where: str) -> str:
    """The name of the file at the beginning of a place."""
    return Path(where.partition(": $")[0]).name


def _fitting(
    where: str, experiment: Experiment, runs: Sequence[NamedRun], place: Callable[[int], str]
) -> Source:
    """The runs of an experiment; `place` says where a step stands, counted from 0."""
    for run in runs:
        ran = Play(experiment).run(run.labels)
        if ran.misfit is not None:
            _refuse(where + place(ran.misfit.step - 1), ran.misfit)
    return Source(title_of(experiment), experiment, tuple(runs))


def _refuse(where: str, misfit: Misfit) -> None:
    """Say at which step a schedule does not fit, and why. Spec: EXPL-3."""
    raise UsageFault(
        f"the schedule does not fit: {misfit}",
        where=where,
        hint="the code or the script has changed since; search again with scuttle check",
    )


def _report(document: Any, where: str) -> Fixed:
    try:
        # Not needed by those who open something else, and it wants processes, which no browser has.
        from scuttle_check.explorer.sources_of_oracle import oracle_run  # noqa: PLC0415
    except ImportError as missing:
        raise UsageFault(
            f"cannot be read here ({missing.name} is missing)",
            where=where,
            hint="scuttle explore FILE opens it, scuttle convert FILE .html makes it a page",
        ) from None
    return oracle_run(document, where)


_READERS: dict[object, Callable[[Any, str], Opened]] = {
    COUNTEREXAMPLE: _counterexample,
    RUN_FORMAT: _run,
    LASSO: _lasso,
    PAGE: _page,
    REPORT: _report,
    TRACE: opened_trace,
    MODEL: _model,
}


def menu() -> list[dict[str, str]]:
    """What a page offers to open: the cases that go wrong, and the scenarios. Spec: EXPL-8."""
    entries = [
        {"id": f"case:{case.id}", "name": f"{row.dropped or row.id} · {profile}", "group": "cases"}
        for row in load_catalogue()
        if row.matrix
        for profile, case in row.cases.items()
        if case.expected.agreement == "refuted"
    ]
    entries.extend(
        {"id": f"scenario:{path.name}", "name": path.stem.replace("-", " "), "group": "scenarios"}
        for path in sorted((spec_folder() / "scenarios").glob("*.txt"))
    )
    return entries


def open_named(name: str) -> Opened:
    """What an entry of :func:`menu` names. Raises UsageFault."""
    known = [each["id"] for each in menu()]
    if name not in known:
        kind, _, case = name.partition(":")
        if kind == "case":
            return case_source(case)
        raise UsageFault(f"there is no {name!r} to open", expected="an entry of the menu")
    kind, _, rest = name.partition(":")
    if kind == "case":
        return case_source(rest)
    return open_file(spec_folder() / "scenarios" / rest)
