"""``scuttle hunt``: failures are found, made small, saved, and the same for a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from scuttle_check.cli import hunt as command
from scuttle_check.gossip import hunted, hunting
from scuttle_check.gossip.bounds import LEAST
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_ref.names import UNBOUNDED

FIFO = ["--network", "fifo", "--max-history", "unlimited", "--mtu", "unlimited"]
EXAMPLES = ["--examples", 30, "--max-states", 2_000]
FEW = ["--examples", 60, "--max-states", 300]
QUICK = ["--examples", 20, "--max-states", 500, "--faults", "none"]


def test_a_sample_resolver_is_refuted_on_the_smallest_graph(
    scuttle: Callable[..., Any], tmp_path: Path
) -> None:
    """Three nodes and two writes on one key: nothing smaller fails, and the file replays.

    Spec: HUNT-2.
    """
    path = tmp_path / "found.json"
    ran = scuttle(
        "hunt", "--resolver", "lww_vs_current_vers", *FIFO, *EXAMPLES, "--save", path, "--json"
    )
    found = ran.document["found"]
    assert (ran.code, ran.document["shortest"]) == (1, True)
    assert len(found["experiment"]["topology"]["nodes"]) == 3
    assert len(found["experiment"]["script"]) == 2
    assert len(found["schedule"]) == 2
    assert scuttle("replay", path).code == 1


def test_the_same_seed_finds_the_same(scuttle: Callable[..., Any]) -> None:
    """Byte for byte. Spec: HUNT-1."""
    flags = ["hunt", "--profile", "as-shipped", *EXAMPLES, "--faults", "none"]
    one, two = (scuttle(*flags, "--json") for _ in range(2))
    assert (one.code, one.out, one.err) == (1, two.out, two.err)


def test_finding_nothing_proves_nothing(scuttle: Callable[..., Any]) -> None:
    """Exit code 4, and the counts say how much was looked at. Spec: HUNT-2."""
    flags = ["--profile", "textbook", *FIFO, "--examples", 10, "--max-states", 2_000]
    ran = scuttle("hunt", *flags)
    assert ran.code == 4
    assert ran.out.startswith("nothing found, nothing proved: ")
    document = scuttle("hunt", *flags, "--json").document
    assert document["found"] is None
    assert document["explored"] + document["walked"] >= 10
    assert document["walked"] > 0


def test_one_property_is_hunted_at_a_time(scuttle: Callable[..., Any]) -> None:
    """What is found refutes that one; the story cites its clause."""
    ran = scuttle("hunt", "--profile", "as-shipped", "--property", "history-sound", *QUICK)
    assert ran.code == 1
    assert "history-sound [CONV-6] refuted in" in ran.out


def test_time_that_runs_out_is_said(scuttle: Callable[..., Any]) -> None:
    """A hunt that was cut short looks different from one that was not. Spec: HUNT-1."""
    ran = scuttle("hunt", *FIFO, "--seconds", 0, "--json")
    assert (ran.code, ran.document["stop"]) == (4, "0 seconds used, the limit given")


def test_an_interrupt_keeps_what_was_found(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 130 and the smallest failure so far."""
    looked: list[object] = []
    refutation = hunting.refutation

    def pressed(state: hunting.Hunt, experiment: Any) -> object:
        looked.append(experiment)
        if state.found is not None:
            raise KeyboardInterrupt
        return refutation(state, experiment)

    monkeypatch.setattr(hunting, "refutation", pressed)
    ran = scuttle("hunt", "--profile", "as-shipped", *EXAMPLES, "--json")
    assert (ran.code, ran.document["stop"]) == (130, "interrupted")
    assert ran.document["found"] is not None


def test_a_large_experiment_is_walked_and_its_schedule_shrunk(
    scuttle: Callable[..., Any], tmp_path: Path
) -> None:
    """With room for few worlds only walks find anything; no claim of a shortest schedule."""
    path = tmp_path / "found.json"
    flags = ["--profile", "as-shipped", "--max-states", 1, "--examples", 30]
    ran = scuttle("hunt", *flags, "--save", path)
    assert ran.code == 1
    assert "a shorter schedule may fail" in ran.out
    assert scuttle("replay", path).code == 1


def test_without_hypothesis_the_extra_is_named(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lacks it learns what to install, with exit code 3."""
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert "pip install hypothesis" in refused("hunt", code=3)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--property", "agree"], "no property 'agree'"),
        (["--resolver", "newest"], "no resolver 'newest'"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(
    refused: Callable[..., str], flags: list[str], said: str
) -> None:
    """Before anything is drawn."""
    assert said in refused("hunt", *flags)


def test_a_hunt_leaves_no_folder_behind(scuttle: Callable[..., Any], folder: Path) -> None:
    """Hypothesis likes to keep notes; here they would only surprise."""
    scuttle("hunt", *FIFO, "--examples", 3)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("profile", "faults", "needed"),
    [
        ("textbook", ["--faults", "crashes,pauses", "--restart", "amnesia"], {"crashes": 1}),
        ("as-shipped", ["--faults", "cuts,pauses"], {"cuts": 1}),
    ],
)
def test_a_hunt_leaves_only_the_faults_that_a_failure_needs(
    scuttle: Callable[..., Any], profile: str, faults: list[str], needed: dict[str, int]
) -> None:
    """One crash, or no fault at all, and nothing else is left over. Spec: HUNT-3, HUNT-4."""
    ran = scuttle("hunt", "--profile", profile, *FIFO, *faults, *FEW, "--json")
    assert ran.code == 1
    found = ran.document["found"]["experiment"]
    budgets = {name: times for name, times in found["faults"].items() if name != "restart"}
    assert {name: times for name, times in budgets.items() if times} == needed
    plan = hunted.Plan(
        profile=profile,
        asked_faults=tuple(needed),
        limits=dict.fromkeys(LEAST, UNBOUNDED),
        states_max=300,
    )
    smallest = experiment_from_json(found, "found")
    for less in hunted.simpler(smallest, plan):
        failure = hunting.refutation(hunting.Hunt(plan), less)
        assert failure is None or not hunting.answers(hunting.Hunt(plan), failure)


def test_processes_are_drawn_where_they_matter() -> None:
    """A process makes no difference to nodes that tell their peers apart. Spec: HUNT-3."""

    def housed(profile: str) -> hunted.Experiment:
        drawn = hunted.experiments(hunted.Plan(profile=profile, faults=("process",)))
        quiet = settings(database=None, max_examples=50)
        return find(drawn, lambda each: bool(each.processes), settings=quiet)

    assert housed("as-shipped").processes == (("A", "B"),)
    with pytest.raises(NoSuchExample):
        housed("documented")


@pytest.mark.parametrize("kind", hunted.FAULT_KINDS)
def test_every_kind_of_fault_is_drawn_and_makes_a_model(kind: str) -> None:
    """And with one thing less it is no more than before. Spec: HUNT-3, HUNT-4."""
    plan = hunted.Plan(profile="as-shipped", network="fifo", faults=(kind,))
    quiet = settings(database=None, max_examples=100)
    drawn = find(hunted.experiments(plan), lambda each: hunted.size_of(each)[4] > 0, settings=quiet)
    assert drawn.build().properties
    kinder = [less for less in hunted.simpler(drawn, plan) if hunted.size_of(less)[4] == 0]
    assert kinder
    assert all(hunted.size_of(less) < hunted.size_of(drawn) for less in kinder)


def test_an_unknown_kind_of_fault_is_refused(scuttle: Callable[..., Any]) -> None:
    """With the kinds there are."""
    ran = scuttle("hunt", "--faults", "losses,fire")
    assert ran.code == 2
    assert "no kind of fault 'fire'" in ran.err
    assert "overtakings" in ran.err


def test_who_fixes_the_network_asks_about_that_network(scuttle: Callable[..., Any]) -> None:
    """Faults are drawn with the network, unless they are asked for. Spec: HUNT-3."""
    flags = ["--profile", "textbook", *FIFO, "--examples", 5, "--max-states", 300]
    assert scuttle("hunt", *flags).code == 4


CELLS = {
    "--network unordered": (11, {"the network unordered": "holds"}),
    "--faults overtakings": (11, {"overtakings 1": "holds"}),
    "--profile as-shipped --faults overtakings": (
        7,
        {"overtakings 1": "holds", "the profile as-shipped": "holds"},
    ),
    "--profile as-shipped --faults crashes --restart new-id": (
        8,
        {"crashes 1": "holds", "the profile as-shipped": "holds"},
    ),
    "--profile as-shipped --faults crashes --restart persisted": (
        13,
        {"crashes 1": "holds", "the profile as-shipped": "holds"},
    ),
    "--profile as-shipped --faults cuts": (
        13,
        {"cuts 1": "holds", "the profile as-shipped": "holds"},
    ),
    "--profile as-shipped --faults none": (2, {"the profile as-shipped": "holds"}),
    "--resolver lww_vs_current_vers --network fifo": (
        2,
        {"the resolver lww_vs_current_vers": "holds"},
    ),
}
"""Assumptions that the table drops, the shortest failure, and what becomes of it without."""


@pytest.mark.parametrize("flags", CELLS)
def test_the_assumption_alone_is_enough_and_what_matters_is_said(
    scuttle: Callable[..., Any], flags: str
) -> None:
    """Within seconds, by small models first. Spec: HUNT-5, HUNT-6."""
    steps, tried = CELLS[flags]
    document = scuttle("hunt", *flags.split(), "--json").document
    assert len(document["found"]["schedule"]) == steps
    assert {each["risk"]: each["verdict"] for each in document["ingredients"]} == tried
    assert document["shortest"] is True


def test_who_hears_what_was_meant_for_another_is_found_by_walks(
    scuttle: Callable[..., Any],
) -> None:
    """Four nodes have too many worlds for the limit, and are walked. Spec: HUNT-5, HUNT-6."""
    ran = scuttle("hunt", "--profile", "textbook", "--faults", "broadcast", "--max-states", 5_000)
    assert ran.code == 1
    assert "textbook on a triangle and a tail, fifo: A writes twice" in ran.out
    assert "with documented for the profile textbook: fails as well: it does not matter" in ran.out
    assert "with addressed for the wiring broadcast: " in ran.out
    assert "a shorter schedule may fail" in ran.out


def test_a_failure_that_does_not_need_what_was_asked_for_says_so(
    scuttle: Callable[..., Any],
) -> None:
    """It is told when small models have no other. Spec: HUNT-5, HUNT-6."""
    ran = scuttle("hunt", "--profile", "as-shipped", "--faults", "pauses", "--max-states", 500)
    assert ran.code == 1
    assert "with none for pauses 1: fails as well: it does not matter" in ran.out


def test_an_ingredient_that_cannot_be_decided_may_matter(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What did not finish is not said to hold. Spec: HUNT-6."""
    monkeypatch.setattr(hunting, "MORE", 0.001)
    ran = scuttle("hunt", "--faults", "overtakings", "--max-states", 3_000)
    assert (
        "with none for overtakings 1: nothing found (3.0 worlds and 200 random walks): it"
        in ran.out
    )


def test_an_interrupt_while_ingredients_are_tried_keeps_what_was_found(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: HUNT-6."""

    def pressed(_plan: object, _ingredient: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(hunting, "_tried", pressed)
    ran = scuttle("hunt", "--profile", "as-shipped", "--faults", "none", "--json")
    assert (ran.code, ran.document["stop"], ran.document["ingredients"]) == (130, "interrupted", [])
    assert ran.document["found"] is not None
