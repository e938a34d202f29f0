"""Experiments, catalogue, counterexample files and scripts: clauses CHK and SCN."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from scuttle_check.engine.topology import Topology, topology
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.catalogue import Case, Expected, Outcome, judge
from scuttle_check.gossip.counterexample import Counterexample, load
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.plain import breadth_first

LINE = topology("line:2")
SWAP = Experiment(LINE, parse_script(["A set k=a", "B set k=b"], LINE, "here"), "as-shipped")


def judged(expected: Expected) -> Outcome:
    """What comes out of an experiment of which `expected` is said."""
    return judge(Case("swap", SWAP, expected, "tiny"))


def right() -> Expected:
    """What is true of the experiment, from a run of it."""
    report = judged(Expected("refuted")).report
    refuted = tuple(v.property.name for v in report.verdicts if v.kind.value == "refuted")
    schedule = report.verdict("agreement").schedule
    assert schedule is not None
    return Expected("refuted", refuted, len(schedule), report.stats.states)


def test_an_experiment_gives_the_same_verdicts_from_its_json() -> None:
    """Everything that decides an outcome is written down, so it can be repeated elsewhere.

    Spec: CHK-1.
    """
    again = experiment_from_json(SWAP.to_json(), "here")
    one, other = SWAP.build(), again.build()
    first = breadth_first(one.system, one.properties)
    second = breadth_first(other.system, other.properties)

    assert again == SWAP
    assert first.stats.states == second.stats.states
    assert [v.kind for v in first.verdicts] == [v.kind for v in second.verdicts]


def test_a_case_that_is_as_expected_surprises_nobody() -> None:
    """Spec: CHK-2."""
    assert judged(right()).surprises == ()


@pytest.mark.parametrize(
    "change",
    [
        {"agreement": "holds"},
        {"refuted": ("agreement", "provenance")},
        {"steps": 1},
        {"states": 1},
        {"transitions": 1},
        {"terminal": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_thing_that_a_case_states_is_compared(change: dict[str, object]) -> None:
    """A number that nobody compares is a comment.

    Spec: CHK-2.
    """
    assert len(judged(attrs.evolve(right(), **change)).surprises) == 1


def test_a_counterexample_refutes_again_from_its_file_alone(tmp_path: Path) -> None:
    """Nothing is needed but the file.

    Spec: CHK-3.
    """
    verdict = judged(Expected("refuted")).report.verdict("agreement")
    clause = verdict.property.clause
    file = tmp_path / "swap.json"
    Counterexample(SWAP, "agreement", clause, verdict.because, verdict.schedule or ()).save(file)

    loaded = load(file)
    setup = loaded.experiment.build()
    run = Trace.of(setup.system, loaded.schedule, setup.properties)

    assert run.misfit is None
    assert run.decided["agreement"] == verdict.because


def test_commands_of_one_node_stay_in_their_order() -> None:
    """However the lines of several nodes are mixed.

    Spec: SCN-1.
    """
    line: Topology = LINE
    mixed = parse_script(["A set k=1", "B set k=2", "A set k=3"], line, "here")
    apart = parse_script(["B set k=2", "A set k=1", "A set k=3"], line, "here")
    turned = parse_script(["A set k=3", "B set k=2", "A set k=1"], line, "here")

    assert mixed == apart
    assert mixed != turned
