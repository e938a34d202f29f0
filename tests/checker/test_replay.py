"""Replaying schedules, and counterexamples as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.system import Action, Deliver, Drop, Duplicate, Perform, Start
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.catalogue import Case, cases_of, judge, load_catalogue
from scuttle_check.gossip.counterexample import Counterexample, load, parse_action
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.plain import breadth_first

CASES = {case.id: case for case in cases_of(load_catalogue(), ("tiny", "small"))}


def test_a_schedule_that_does_not_fit_says_where_and_what_would(toys: ModuleType) -> None:
    """A file from an older version must fail with the step, not with a wrong verdict."""
    run = Trace.of(toys.DieHard(), ["fill big", "drink", "fill big"])
    assert run.misfit is not None
    assert (run.misfit.step, run.misfit.action) == (2, "drink")
    assert run.misfit.enabled == tuple(toys.DieHard().actions((0, 5)))
    assert run.states == ((0, 0), (0, 5))


def test_a_schedule_may_be_too_long_for_a_run(toys: ModuleType) -> None:
    """After a terminal state nothing is enabled, and the misfit says so."""
    run = Trace.of(toys.Graph(((1,), ())), [0, 0])
    assert run.misfit is not None
    assert (run.misfit.step, run.misfit.enabled) == (2, ())


def test_replay_judges_the_start_every_state_and_every_step(toys: ModuleType) -> None:
    """A property decided anywhere on the way is decided, with its first reason."""
    model = toys.Graph(((1,), (2,), (0,)))
    properties = [toys.never(0, "start"), toys.never(2, "end"), toys.never_step(1, 2)]
    run = Trace.of(model, [0, 0], [*properties, toys.reached(1), toys.never(9, "fine")])
    assert run.decided == {
        "start": "0 is reached",
        "end": "2 is reached",
        "never-step": "1 to 2",
        "reached": "reached",
    }


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_catalogued_counterexample_survives_its_file(case: Case, tmp_path: Path) -> None:
    """What is saved is what was found, and refutes the same property for the same reason."""
    setup = case.experiment.build()
    refuted = [
        verdict
        for verdict in judge(case).report.verdicts
        if verdict.kind is Kind.REFUTED and verdict.schedule is not None
    ]
    assert len(refuted) == len(case.expected.refuted)
    for verdict in refuted:
        name, schedule = verdict.property.name, verdict.schedule or ()
        found = Counterexample(
            case.experiment,
            name,
            verdict.property.clause,
            verdict.because,
            schedule,  # type: ignore[arg-type]
        )
        path = tmp_path / f"{name}.json"
        found.save(path)
        again = load(path)
        assert again == found
        assert again.to_json() == found.to_json()
        built = again.experiment.build()
        run = Trace.of(built.system, again.schedule, built.properties)
        assert run.misfit is None
        assert run.decided[name] == verdict.because
        assert run.states[-1] == Trace.of(setup.system, schedule).states[-1]


@pytest.mark.parametrize(
    "action",
    [
        Perform("A"),
        Start("A", "B"),
        Deliver("A", "B"),
        Deliver("n1", "n-2", 3),
        Drop("A", "B", 1),
        Duplicate("AA", "ZZ"),
    ],
    ids=str,
)
def test_an_action_reads_back_from_its_text(action: Action) -> None:
    """The text of an action is its name in files, stories and messages alike."""
    assert parse_action(str(action), "here") == action


@pytest.mark.parametrize(
    "line", ["", "perform", "deliver A", "deliver A>", "fly A>B", "deliver A>B #x", 7, None, []]
)
def test_a_line_that_is_no_action_is_a_usage_fault(line: object) -> None:
    """Files are edited by hand; the fault names the line and shows the forms."""
    with pytest.raises(UsageFault, match="cannot read") as caught:
        parse_action(line, "here")
    assert caught.value.where == "here"


@pytest.fixture(scope="session")
def document(experiment: Callable[..., Experiment]) -> dict[str, Any]:
    """A counterexample file that is in order."""
    swap = experiment("line:2", ["A set k=a", "B set k=b"], profile="as-shipped")
    setup = swap.build()
    verdict = breadth_first(setup.system, setup.properties).verdict("agreement")
    schedule = verdict.schedule or ()
    return Counterexample(swap, "agreement", "CONV-1", verdict.because, schedule).to_json()  # type: ignore[arg-type]


def test_the_document_is_in_order(document: dict[str, Any], tmp_path: Path) -> None:
    """The control of the next test."""
    (tmp_path / "fine.json").write_text(json.dumps(document), encoding="utf-8")
    assert load(tmp_path / "fine.json").schedule == (Perform("A"), Perform("B"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "scuttle-counterexample/2"),
        ("format", None),
        ("property", 7),
        ("experiment", []),
        ("schedule", {}),
        ("schedule", ["perform"]),
        ("schedule", [["perform", "A"]]),
        ("experiment.profile", "paperback"),
        ("experiment.network", "carrier pigeon"),
        ("experiment.exchanges", "many"),
        ("experiment.exchanges", None),
        ("experiment.exchanges", float("inf")),
        ("experiment.max_history", -1),
        ("experiment.max_history", True),
        ("experiment.mtu", "x"),
        ("experiment.mtu", -1),
        ("experiment.resolver", "coin_toss"),
        ("experiment.delta_order", "sideways"),
        ("experiment.script", ["Z set k=1"]),
        ("experiment.script", ["A set"]),
        ("experiment.script", [7]),
        ("experiment.script", None),
        ("experiment.topology", None),
        ("experiment.topology", {}),
        ("experiment.topology.nodes", []),
        ("experiment.topology.nodes", ["A", "A"]),
        ("experiment.topology.nodes", ["A"]),
        ("experiment.topology.links", [["A", "Z"]]),
        ("experiment.topology.links", [["A", "A"]]),
        ("experiment.topology.links", [["A", "B"], ["A", "B"]]),
        ("experiment.topology.links", [["A"]]),
        ("experiment.topology.links", 5),
    ],
)
def test_a_damaged_file_is_a_usage_fault(
    document: dict[str, Any], tmp_path: Path, path: str, value: object
) -> None:
    """Whatever an editor or a merge did to a file, the user reads which file and what."""
    damaged = json.loads(json.dumps(document))
    *parents, last = path.split(".")
    inner = damaged
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    (tmp_path / "bad.json").write_text(json.dumps(damaged), encoding="utf-8")
    with pytest.raises(UsageFault):
        load(tmp_path / "bad.json").experiment.build()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_json_object_is_a_usage_fault(tmp_path: Path, content: bytes) -> None:
    """Half a file, another file, no text at all."""
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(UsageFault) as caught:
        load(path)
    assert str(path) in caught.value.where


def test_a_file_is_never_overwritten(document: dict[str, Any], tmp_path: Path) -> None:
    """The file that is there may be a regression somebody relies on."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = load(path)
    with pytest.raises(UsageFault, match="cannot be written"):
        found.save(path)
    assert json.loads(path.read_text(encoding="utf-8")) == document
