"""What can be opened: a counterexample, a run, a scenario, a recording, or a case by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from checker.actions import Action
from checker.catalogue import find_case, load_catalogue
from checker.explorer.explorable import RUN_FORMAT, Explorable, Modelled, NamedRun, Source
from checker.explorer.obstacles import obstacle
from checker.explorer.play import Misfit, Play
from checker.explorer.recordings import Recorded
from checker.explorer.scenarios import scenario_source
from checker.faults import UsageFault
from checker.golden.load import load as load_recordings
from checker.resources import spec_folder
from checker.scuttlebutt.counterexample import FORMAT as COUNTEREXAMPLE
from checker.scuttlebutt.counterexample import load as load_counterexample
from checker.scuttlebutt.experiment import Experiment, experiment_from_json
from checker.scuttlebutt.files import read_members
from checker.scuttlebutt.lasso import FORMAT as LASSO
from checker.scuttlebutt.lasso import load_lasso
from checker.scuttlebutt.scenario import read_scenario
from checker.search.replay import replay

RECORDING = "simple-scuttle-trace/1"

Opened: TypeAlias = Source | dict[str, Any]
"""A model with its runs, or one recorded trace."""


def explorable(opened: Opened) -> Explorable:
    """What a page can explore of it."""
    return Modelled(opened) if isinstance(opened, Source) else Recorded(opened)


def open_file(path: Path) -> Opened:
    """What a file holds, by its format. Raises UsageFault, also if a schedule does not fit.

    Spec: EXPL-8.
    """
    if path.is_dir():
        raise UsageFault("is a folder", where=str(path), expected="one file", hint=_HINT)
    if path.suffix.lower() in {".txt", ".scenario"}:
        return scenario_source(read_scenario(path), path.name)
    if path.suffix.lower() == ".html":
        raise UsageFault("is a page", where=str(path), hint="open it in a browser")
    form = _format_of(path)
    if form not in _READERS:
        problem = f"is of the format {form!r}" if form else "does not say its format"
        raise UsageFault(problem, where=f"{path}: $.format", expected=_EXPECTED, hint=_HINT)
    return _READERS[form](path)


_EXPECTED = f"{COUNTEREXAMPLE}, {RUN_FORMAT}, {LASSO}, {RECORDING}, or a scenario (.txt)"
_HINT = "scuttle check --save FILE writes a counterexample of this version"


def _format_of(path: Path) -> object:
    """The format that a file names; that of its first trace, if it is an array."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=str(path)) from None
    except (ValueError, RecursionError) as fault:
        raise UsageFault(f"is no JSON ({fault})", where=str(path), expected=_EXPECTED) from None
    if isinstance(document, list) and document:
        document = document[0]
    return document.get("format") if isinstance(document, dict) else None


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


def _counterexample(path: Path) -> Source:
    found = load_counterexample(path)
    setup = found.experiment.build()
    run = replay(setup.system, found.schedule)
    if run.misfit is not None:
        step = run.misfit.step
        action: Action = found.schedule[step - 1]
        because = obstacle(setup.system, run.states[-1], action) or "its budget is used up"
        _refuse(str(path), Misfit(step, str(action), because), "schedule")
    note = f"{found.property} [{found.clause}]: {found.because}"
    labels = tuple(map(str, found.schedule))
    return Source(
        title_of(found.experiment), found.experiment, (NamedRun(path.name, labels),), note
    )


def _lasso(path: Path) -> Source:
    found = load_lasso(path)
    labels = tuple(map(str, (*found.prefix, *found.cycle)))
    note = (
        f"{found.property} [{found.clause}]: {found.because}. "
        f"From step {len(found.prefix) + 1} on the run goes round for ever."
    )
    return _fitting(path, found.endless.experiment, labels, note)


def _run(path: Path) -> Source:
    document = read_members(path, RUN_FORMAT, {"experiment": dict, "schedule": list})
    experiment = experiment_from_json(document["experiment"], f"{path}: $.experiment")
    return _fitting(path, experiment, tuple(map(str, document["schedule"])), "")


def _fitting(path: Path, experiment: Experiment, labels: Sequence[str], note: str) -> Source:
    ran = Play(experiment).run(labels)
    if ran.misfit is not None:
        _refuse(str(path), ran.misfit, "schedule")
    run = NamedRun(path.name, tuple(labels))
    return Source(title_of(experiment), experiment, (run,), note)


def _refuse(where: str, misfit: Misfit, member: str) -> None:
    """Say at which step a schedule does not fit, and why. Spec: EXPL-3."""
    raise UsageFault(
        f"the schedule does not fit: {misfit}",
        where=f"{where}: $.{member}[{misfit.step - 1}]",
        hint="the code or the script has changed since; search again with scuttle check",
    )


def _recording(path: Path) -> dict[str, Any]:
    return dict(load_recordings([path])[0].trace)


_READERS: dict[object, Callable[[Path], Opened]] = {
    COUNTEREXAMPLE: _counterexample,
    RUN_FORMAT: _run,
    LASSO: _lasso,
    RECORDING: _recording,
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
