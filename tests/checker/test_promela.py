"""SPIN counts the same worlds, from a model that was written from the clauses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.engine.topology import from_links, topology
from scuttle_check.evidence import spin
from scuttle_check.evidence.promela import promela
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.exhaustive import exhaustive

needs_spin = pytest.mark.skipif(
    spin.missing() is not None,
    reason=f"SPIN was NOT asked: {spin.missing()} (on Debian: apt install spin gcc)",
)


def model(graph: str, writers: str = "", writes: int = 1, keys: int = 1, **rest: Any) -> Experiment:
    """A textbook model with a generated script."""
    shape = topology(graph)
    script = generated_script(shape, writers or shape.nodes, writes, keys)
    return Experiment(shape, script, "textbook", **rest)


def scripted(graph: str, *lines: str, **rest: Any) -> Experiment:
    """A textbook model with a script of its own."""
    shape = topology(graph)
    return Experiment(shape, parse_script(lines, shape, "script"), "textbook", **rest)


ONE_WAY = from_links(("C", "A", "B"), [("A", "B"), ("B", "C"), ("C", "A")], "one way")

MODELS = {
    "line-2": model("line:2"),
    "two exchanges": model("line:2", exchanges=2),
    "line-3": model("line:3"),
    "line-3-twice": model("line:3", writes=2),
    "triangle": model("complete:3"),
    "ring-4-2w": model("ring:4", "AC"),
    "lossy": model("line:2", writes=2, keys=2, network="lossy"),
    "lossy line": model("line:3", "AC", network="lossy"),
    "history 1": model("line:3", writes=2, keys=2, max_history=1),
    "history 2": model("line:2", writes=3, exchanges=2, max_history=2),
    "lossy history": model("line:2", writes=2, keys=2, network="lossy", max_history=1),
    "exchanges in scripts": scripted(
        "line:3", "A set k=1", "A gossip B", "B gossip A", "B set k=2", "C gossip B", exchanges=0
    ),
    "nobody writes": model("line:3", writes=0),
    "links without an answer": Experiment(
        ONE_WAY, parse_script(["A set k=1", "B set j=1"], ONE_WAY, ""), "textbook"
    ),
    "one node alone": model("line:1", writes=2),
}


@needs_spin
@pytest.mark.parametrize("name", MODELS)
def test_spin_counts_the_same_worlds_and_transitions(name: str, tmp_path: Path) -> None:
    """Two programs, two texts, one number: what one forgets the other sees. Spec: SPIN-1."""
    experiment = MODELS[name]
    spin.build(promela(experiment), tmp_path)
    spun = spin.verify(tmp_path)

    setup = experiment.build()
    stats = exhaustive(setup.system, setup.properties).stats
    assert (spun.states, spun.transitions - 1) == (stats.states, stats.transitions)
    assert spun.errors == 0


@needs_spin
def test_spins_reduction_leaves_worlds_out(tmp_path: Path) -> None:
    """Else the row of the benchmark that names it would not be what it says."""
    spin.build(promela(MODELS["line-3"]), tmp_path, spin.REDUCED)

    assert 0 < spin.verify(tmp_path).states < 8_469


@needs_spin
def test_a_changed_rule_changes_the_count(tmp_path: Path) -> None:
    """The numbers are not equal whatever the text says."""
    text = promela(MODELS["line-3"])
    stale = text.replace("clock0 < 1 ->", "clock0 <= 1 ->")
    assert stale != text
    spin.build(stale.replace("named1 = 0\n", "skip\n"), tmp_path)

    assert spin.verify(tmp_path).states != 8_469


@needs_spin
def test_a_model_that_spin_cannot_read_is_reported(tmp_path: Path) -> None:
    """What SPIN said is passed on, without a traceback."""
    with pytest.raises(UnrunnableFault, match="spin -a"):
        spin.build("proctype {", tmp_path)


@pytest.mark.parametrize(
    ("experiment", "where"),
    [
        (Experiment(topology("line:2"), ((), ()), "documented"), "--profile"),
        (model("line:2", network="unordered"), "--network"),
        (model("line:2", network="duplicating"), "--network"),
        (scripted("line:2", "A restart"), "--script"),
        (model("line:2", writes=20), "--writes"),
        (model("line:2", exchanges=300), "--exchanges"),
    ],
)
def test_what_the_promela_cannot_say_is_refused(experiment: Experiment, where: str) -> None:
    """A model that says something else would make equal counts worthless. Spec: SPIN-2."""
    with pytest.raises(UsageFault) as refused:
        promela(experiment)

    assert where in str(refused.value)


def test_a_missing_spin_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a benchmark says so instead of comparing with nothing."""
    monkeypatch.setenv("PATH", "")

    assert spin.missing() == "spin and gcc not found"
