"""``scuttle check --save`` and ``scuttle replay``: a counterexample as a regression test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHIPPED = ["check", "--profile", "as-shipped", "--topology", "line:2"]


@pytest.fixture
def saved(scuttle: Callable[..., Any], folder: Path) -> Path:
    """A counterexample file of the swap."""
    ran = scuttle(*SHIPPED, "--save", "swap.json")
    assert ran.code == 1
    assert "saved: swap.json" in ran.err
    return folder / "swap.json"


def test_a_saved_counterexample_is_still_refuted(scuttle: Callable[..., Any], saved: Path) -> None:
    """Exit code 1 as long as the bug is there, told again from its first step."""
    ran = scuttle("replay", saved)
    assert ran.code == 1
    assert "agreement [CONV-1] refuted in 2 steps" in ran.out
    assert "A: set k1=a1" in ran.out
    document = scuttle("replay", saved, "--json").document
    assert (document["verdict"], document["steps"]) == ("refuted", 2)
    assert (document["property"], document["clause"]) == ("agreement", "CONV-1")


def test_a_counterexample_that_was_mended_ends_well(
    scuttle: Callable[..., Any], saved: Path
) -> None:
    """Under the documented profile the same schedule refutes nothing: exit code 0."""
    document = json.loads(saved.read_text(encoding="utf-8"))
    document["experiment"]["profile"] = "documented"
    saved.write_text(json.dumps(document), encoding="utf-8")
    ran = scuttle("replay", saved)
    assert (ran.code, ran.out) == (0, "agreement: this schedule no longer refutes it\n")
    assert scuttle("replay", saved, "--json").document["verdict"] == "not-refuted"


def test_agreement_is_saved_first(scuttle: Callable[..., Any], saved: Path) -> None:
    """Of several refuted properties the one that matters most to a user."""
    ran = scuttle(*SHIPPED, "--json")
    assert ran.verdicts["winner-or-ahead"] == "refuted"
    assert json.loads(saved.read_text(encoding="utf-8"))["property"] == "agreement"


def test_one_property_can_be_chosen_for_the_file(scuttle: Callable[..., Any], folder: Path) -> None:
    """``--property`` decides what is judged and so what is saved."""
    ran = scuttle(*SHIPPED, "--property", "winner-or-ahead", "--save", "ahead.json")
    assert ran.code == 1
    document = json.loads((folder / "ahead.json").read_text(encoding="utf-8"))
    assert (document["property"], document["clause"]) == ("winner-or-ahead", "CONV-10")
    assert scuttle("replay", "ahead.json").code == 1


def test_a_file_that_is_there_is_never_overwritten(
    scuttle: Callable[..., Any], saved: Path
) -> None:
    """It may be the regression that somebody relies on."""
    before = saved.read_bytes()
    ran = scuttle("check", "--profile", "as-shipped", "--topology", "line:3", "--save", saved)
    assert ran.code == 2
    assert "nothing was overwritten" in ran.err
    assert saved.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(scuttle: Callable[..., Any], folder: Path) -> None:
    """The path is wrong, not the model."""
    ran = scuttle(*SHIPPED, "--save", "no/such/folder.json")
    assert ran.code == 2
    assert "no/such/folder.json" in ran.err
    assert list(folder.iterdir()) == []


def test_nothing_refuted_means_nothing_saved(scuttle: Callable[..., Any], folder: Path) -> None:
    """The verdict stands, and a note says why there is no file."""
    ran = scuttle("check", "--topology", "line:2", "--save", "none.json")
    assert ran.code == 0
    assert "nothing was refuted" in ran.err
    assert not (folder / "none.json").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schedule": ["perform A", "perform A"]},
         ["$.schedule[1]", "'perform A' cannot happen", "perform B"]),
        ({"schedule": ["perform Z"]}, ["$.schedule[0]", "cannot happen"]),
        ({"schedule": ["deliver A>B"]}, ["$.schedule[0]", "cannot happen"]),
        ({"schedule": ["jump A"]}, ["$.schedule[0]", "cannot read 'jump A'"]),
        ({"property": "beauty"}, ["$.property", "no property 'beauty'", "agreement"]),
        ({"format": "scuttle-scenario/1"}, ["$.format", "scuttle-counterexample/1"]),
        ({"experiment": {}}, ["$.experiment", "is missing"]),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_says_where(
    refused: Callable[..., str], saved: Path, change: dict[str, Any], said: list[str]
) -> None:
    """Exit code 2, with the path into the file: step and what could happen instead."""
    document = json.loads(saved.read_text(encoding="utf-8"))
    saved.write_text(json.dumps(document | change), encoding="utf-8")
    error = refused("replay", saved)
    assert all(words in error for words in said), error


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"7", b"\xff", b"not json"])
def test_a_file_that_is_no_counterexample_is_refused(
    refused: Callable[..., str], folder: Path, content: bytes
) -> None:
    """Whatever it holds, the message names the file."""
    (folder / "other.json").write_bytes(content)
    assert "other.json" in refused("replay", "other.json")


def test_a_missing_file_is_refused(refused: Callable[..., str], folder: Path) -> None:
    """The most common mistake of all."""
    assert folder.exists()
    assert "cannot be read" in refused("replay", "gone.json")
    assert "FILE" in refused("replay")


def test_a_counterexample_of_a_users_resolver_needs_the_resolver(
    scuttle: Callable[..., Any], refused: Callable[..., str], folder: Path
) -> None:
    """The file names the function; without the module it cannot run: exit code 3."""
    code = "def any_word(gossip, update):\n    return True\n"
    module = folder / "eager_resolver.py"
    module.write_text(code, encoding="utf-8")
    flags = ["--resolver", "eager_resolver:any_word", "--save", "eager.json"]
    assert scuttle("check", *flags).code == 1
    assert scuttle("replay", "eager.json").code == 1
    text = (folder / "eager.json").read_text(encoding="utf-8")
    (folder / "eager.json").write_text(text.replace("eager_resolver", "gone_resolver"), "utf-8")
    assert "cannot be imported" in refused("replay", "eager.json", code=3)
