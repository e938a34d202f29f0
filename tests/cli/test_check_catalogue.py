"""``scuttle check`` without a model: the catalogue and the convergence matrix."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from scuttle_check.gossip.catalogue import load_catalogue
from scuttle_check.gossip.live_catalogue import judge_live, load_live


@pytest.fixture(scope="module")
def matrix(installed: str) -> str:
    """What ``scuttle check`` prints, as a process of its own, within half a minute."""
    ran = subprocess.run(
        [installed, "check"], capture_output=True, text=True, check=True, timeout=30
    )
    progress = [line for line in ran.stderr.splitlines() if " worlds, " in line]
    assert ran.stderr.splitlines() == progress
    return ran.stdout


def test_the_matrix_has_every_row(matrix: str) -> None:
    """The first thing a visitor runs: it ends well, and no assumption is missing. Spec: CHK-2."""
    for row in load_catalogue():
        if row.matrix:
            assert row.dropped in matrix
    header = next(line for line in matrix.splitlines() if line.startswith("assumption"))
    assert header.split()[2:] == ["documented", "as-shipped", "textbook", "paper"]
    assert "every verdict and every count is as expected" in matrix
    assert max(map(len, matrix.splitlines())) <= 100


def test_the_matrix_shows_what_is_refuted_and_in_how_many_steps(matrix: str) -> None:
    """One line per assumption; a refuted cell says how long the story is."""
    lines = matrix.splitlines()
    swap = next(line for line in lines if line.startswith("two writers on one key "))
    assert swap.split()[-5:] == ["proved", "refuted", "2", "proved+", "proved"]
    baseline = next(line for line in lines if line.startswith("nothing is dropped"))
    assert baseline.split()[-5:] == ["proved", "refuted", "13", "proved", "proved"]
    gone = next(line for line in lines if line.startswith("a crash, the state is lost, a new id"))
    assert gone.split()[-2:] == ["holds", "10+"]


def test_the_catalogue_as_json_compares_every_case(scuttle: Callable[..., Any]) -> None:
    """A program can see each expectation and each surprise. Spec: CHK-2."""
    ran = scuttle("check", "--json")
    document = ran.document
    assert (ran.code, document["format"]) == (0, "scuttle-catalogue/1")
    assert document["as_expected"] is True
    known = {case.id for row in load_catalogue() for case in row.cases.values()}
    small = {case.id for row in load_catalogue() for case in row.cases.values()
             if case.size != "large"}  # fmt: skip
    assert {case["id"] for case in document["cases"]} == small < known
    for case in document["cases"]:
        agreement = next(each for each in case["properties"] if each["name"] == "agreement")
        assert agreement["verdict"] == case["expected"]
        assert case["surprises"] == []
        assert case["complete"] is True
        assert {"states", "transitions", "terminal", "depth", "seconds"} <= case.keys()
    assert document["states"] == sum(case["states"] for case in document["cases"])


def test_the_matrix_decides_endless_runs(matrix: str) -> None:
    """Weak fairness refutes, strong holds; a shipped hub and a small mtu starve a peer. CHK-2."""
    lines = matrix.splitlines()
    cells = {
        says: next(line for line in lines if line.startswith(says)).removeprefix(says).split()
        for says in ("exchanges are weakly fair", "exchanges are strongly fair, three in a ring")
    }
    assert "5+4" in cells["exchanges are weakly fair"]
    ring = cells["exchanges are strongly fair, three in a ring"]
    assert ring == ["holds", "refuted", "5+22", "holds", "holds"]
    assert matrix.count("refuted 45+27") == matrix.count("refuted 5+15") == 1


def test_every_endless_model_is_compared(scuttle: Callable[..., Any]) -> None:
    """A lasso that becomes longer or is not found is a surprise like any other. Spec: CHK-2."""
    case = next(each for each in load_live(("tiny",)) if each.id == "weak:textbook")
    assert judge_live(case).surprises == ()
    for change, told in (
        ({"verdict": "holds"}, "eventually-agreed is refuted, expected holds"),
        ({"states": 60}, "59 worlds, expected 60"),
        ({"cycle": 5}, "4 steps in the cycle, expected 5"),
    ):
        assert judge_live(evolve(case, **change)).surprises == (told,)
    document = scuttle("check", "--json").document
    live = {each["id"]: each for each in document["live"]}
    assert live.keys() == {each.id for each in load_live(("tiny", "small"))}
    assert all(each["surprises"] == [] for each in live.values())
    assert live["starved:as-shipped"]["properties"][0]["verdict"] == "refuted"


def test_a_budget_that_is_too_small_leaves_the_catalogue_open(
    scuttle: Callable[..., Any],
) -> None:
    """Unknown is not as expected, but no wrong answer either: exit code 4. Spec: CONV-14."""
    ran = scuttle("check", "--max-states", 1)
    assert ran.code == 4
    assert "NOT as expected" in ran.out
    assert "unknown!" in ran.out


@pytest.mark.parametrize(
    ("flags", "where"),
    [
        (["--property", "agreement"], "--property"),
        (["--save", "x.json"], "--save"),
        (["--search", "random"], "--search"),
        (["--search", "depth-first"], "--search"),
    ],
)
def test_flags_for_one_model_are_refused_for_the_catalogue(
    refused: Callable[..., str], flags: list[str], where: str
) -> None:
    """A flag that would be ignored is a misunderstanding; better say so at once."""
    error = refused("check", *flags)
    assert error.startswith(f"error: {where}: needs one model")


@pytest.mark.parametrize("case", ["baseline:textbook", "writers:as-shipped", "mtu:as-shipped"])
def test_a_case_can_be_run_alone(scuttle: Callable[..., Any], case: str) -> None:
    """The matrix says where to look; ``--case`` looks. Its exit code is that of a model."""
    found = {each.id: each for row in load_catalogue() for each in row.cases.values()}[case]
    ran = scuttle("check", "--case", case, "--json")
    assert ran.verdicts["agreement"] == found.expected.agreement
    assert ran.document["states"] == found.expected.states
    assert ran.code == (1 if found.expected.refuted else 0)


def test_an_unknown_case_is_answered_with_the_known_ones(refused: Callable[..., str]) -> None:
    """Names of cases are not guessable."""
    error = refused("check", "--case", "writers")
    assert "no case 'writers'" in error
    assert "writers:as-shipped" in error


def test_a_flag_takes_the_place_of_what_a_case_says(scuttle: Callable[..., Any]) -> None:
    """Then it is another model, and is compared with no record. Spec: CHK-17."""
    plain = scuttle("check", "--case", "writers:as-shipped").out
    assert "as recorded in spec/models.toml" in plain
    changed = scuttle("check", "--case", "writers:as-shipped", "--profile", "paper")
    assert changed.code == 0
    assert "paper on line:2" in changed.out
    assert "as recorded" not in changed.out
