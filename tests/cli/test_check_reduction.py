"""``scuttle check --reduction``: smaller counts, the same verdicts, and never unsound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_the_quotient_is_smaller_and_says_so(scuttle: Callable[..., Any]) -> None:
    """A reader must not take the counts for those of the full graph. Spec: RED-1."""
    model = ("check", "--profile", "textbook", "--topology", "line:3", "--json")
    full = scuttle(*model).document
    small = scuttle(*model, "--reduction", "quotient", "--certify").document

    assert (full["states"], full["reduction"]) == (8_469, "none")
    assert (small["states"], small["reduction"]) == (3_051, "quotient")
    kinds = [each["verdict"] for each in full["properties"]]
    assert [each["verdict"] for each in small["properties"]] == kinds


def test_an_unsound_reduction_is_refused_and_auto_goes_without(
    refused: Callable[..., str], scuttle: Callable[..., Any]
) -> None:
    """An unsound combination is refused with its reason, never only warned about. Spec: RED-1."""
    model = ("check", "--profile", "as-shipped", "--topology", "line:2")

    assert "RED-1" in refused(*model, "--reduction", "quotient")
    assert scuttle(*model, "--reduction", "auto", "--json").document["reduction"] == "none"


@pytest.mark.parametrize(
    "model",
    [
        ("--profile", "documented"),
        ("--profile", "paper"),
        ("--profile", "documented", "--crashes", "1", "--pauses", "1"),
        ("--profile", "textbook", "--topology", "line:3", "--wiring", "broadcast"),
    ],
)
def test_profiles_and_faults_keep_their_verdicts(
    scuttle: Callable[..., Any], model: tuple[str, ...]
) -> None:
    """What is sound for a profile or a fault is used, and the answers stay. Spec: RED-2."""
    full = scuttle("check", *model, "--json").document
    small = scuttle("check", *model, "--json", "--reduction", "quotient", "--certify").document

    assert small["states"] < full["states"]
    kinds = [each["verdict"] for each in full["properties"]]
    assert [each["verdict"] for each in small["properties"]] == kinds


@pytest.mark.parametrize(
    "flags",
    [
        ("--reduction", "quotient"),
        ("--topology", "line:2", "--certify"),
        ("--topology", "line:2", "--reduction", "auto", "--search", "plain"),
    ],
)
def test_a_reduction_that_cannot_be_done_is_a_usage_error(
    refused: Callable[..., str], flags: tuple[str, ...]
) -> None:
    """Each is said before any search. Spec: RED-1."""
    refused("check", *flags)


def test_outcomes_alone_need_far_fewer_worlds(scuttle: Callable[..., Any]) -> None:
    """Stubborn sets keep outcomes; alone or on the quotient, and auto takes both. Spec: RED-14."""
    model = ("check", "--profile", "textbook", "--topology", "line:3", "--json")
    wanted = ("--property", "agreement", "--certify", "--reduction")
    alone = scuttle(*model, *wanted, "stubborn").document
    both = scuttle(*model, *wanted, "auto").document

    assert (alone["states"], alone["reduction"]) == (1_080, "stubborn")
    assert (both["states"], both["reduction"]) == (725, "quotient+stubborn")
    assert {each["verdict"] for each in (*alone["properties"], *both["properties"])} == {"holds"}


def test_stubborn_sets_are_refused_for_invariants(refused: Callable[..., str]) -> None:
    """The reason names the property, and what to ask instead. Spec: RED-14."""
    said = refused(
        "check", "--profile", "textbook", "--topology", "line:2", "--reduction", "stubborn"
    )

    assert "unique-versions" in said
    assert "--property agreement" in said


def test_the_symmetry_is_a_piece_of_its_own(
    scuttle: Callable[..., Any], refused: Callable[..., str]
) -> None:
    """It goes alone, with the quotient, by itself under auto, or not at all. Spec: SYM-1, SYM-2."""
    model = ("check", "--profile", "textbook", "--topology", "line:3", "--writers", "B", "--json")
    counts = {
        reduction: scuttle(*model, "--reduction", reduction, "--certify").document["states"]
        for reduction in ("symmetry", "quotient", "quotient+symmetry")
    }
    used = scuttle(*model, "--reduction", "auto").document

    assert counts["quotient+symmetry"] < min(counts["symmetry"], counts["quotient"])
    assert (used["reduction"], used["states"]) == (
        "quotient+symmetry",
        counts["quotient+symmetry"],
    )
    documented = ("check", "--topology", "line:3", "--writers", "B", "--reduction", "symmetry")
    assert "order of ids" in refused(*documented)
