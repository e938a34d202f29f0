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
        ("--topology", "line:2", "--certify", "--search", "plain"),
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


# --- what was asked for is done, or refused, or a note says what was done instead -----------------

WIDE = ("check", "--profile", "textbook", "--topology", "line:3", "--property", "agreement")


@pytest.fixture
def narrow_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words in which no world of three nodes has room."""
    from scuttle_check.search.compiled import words as fields  # noqa: PLC0415

    monkeypatch.setattr(fields, "WORD", 12)


@pytest.mark.usefixtures("narrow_word")
@pytest.mark.parametrize("reduction", ["quotient+stubborn", "quotient", "symmetry"])
def test_a_reduction_that_does_not_fit_is_never_dropped_in_silence(
    scuttle: Callable[..., Any], reduction: str
) -> None:
    """The search began again without it, and said nothing. Spec: RED-19."""
    writers = ("--writers", "B") if reduction == "symmetry" else ()

    run = scuttle(*WIDE, *writers, "--reduction", reduction)

    assert run.code == 3
    assert run.out == ""
    assert f"--reduction {reduction}: cannot be done: a world of this model does not fit" in run.err
    assert "[RED-19]" in run.err


@pytest.mark.usefixtures("narrow_word")
def test_auto_says_what_it_passed_over_and_why(scuttle: Callable[..., Any]) -> None:
    """In text and in JSON, also that the search was plain. Spec: RED-19, CHK-4."""
    run, told = (
        scuttle(*WIDE, "--reduction", "auto"),
        scuttle(*WIDE, "--reduction", "auto", "--json"),
    )

    notes = told.document["notes"]
    assert notes[0] == "no reduction was used"
    assert notes[1].startswith("no quotient+stubborn, no quotient: a world of this model does not")
    assert notes[2] == "searched plainly: a world of this model does not fit in 64 bits"
    assert run.code == told.code == 0
    assert [f"note: {note}" for note in notes] == [
        line for line in run.out.splitlines() if line.startswith("note: ")
    ]


def test_auto_says_why_no_stronger_reduction_was_sound(scuttle: Callable[..., Any]) -> None:
    """A reader of the counts learns what they leave out, and what not. Spec: RED-19."""
    model = ("check", "--profile", "textbook", "--topology", "line:2", "--reduction", "auto")

    said = scuttle(*model, "--json").document

    assert said["reduction"] == "quotient"
    assert len(said["notes"]) == 1
    assert said["notes"][0].startswith("no quotient+stubborn: the property unique-versions, which")


@pytest.mark.usefixtures("narrow_word")
def test_a_search_that_was_plain_says_so(scuttle: Callable[..., Any]) -> None:
    """The compiled search is the default, so who reads its speed must know. Spec: CHK-4."""
    note = "searched plainly: a world of this model does not fit in 64 bits"

    assert f"\nnote: {note}\n" in scuttle(*WIDE).out + "\n"
    assert scuttle(*WIDE, "--json").document["notes"] == [note]


def test_a_search_without_a_reduction_can_be_certified(scuttle: Callable[..., Any]) -> None:
    """The certificate does not believe the engine either. Spec: RED-20."""
    model = ("check", "--profile", "textbook", "--topology", "line:2", "--cuts", "1", "--certify")

    text, told = scuttle(*model), scuttle(*model, "--json").document

    assert told["notes"][0].startswith("certified: ")
    assert f"\nnote: {told['notes'][0]}\n" in text.out
