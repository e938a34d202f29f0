"""``--find`` stops at the first counterexample, ``--all`` collects one for each cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HUB = ["--topology", "line:3", "--profile", "as-shipped", "--writers", "A", "--writes", 2]


@pytest.mark.parametrize("search", ["compiled", "plain"])
def test_find_stops_early_at_a_shortest_counterexample(
    scuttle: Callable[..., Any], search: str
) -> None:
    """As long as that of the whole search, after a part of the worlds. Spec: CHK-9."""
    whole = scuttle("check", *HUB, "--json").document
    found = scuttle("check", *HUB, "--find", "history-sound", "--search", search, "--json")
    lengths = {each["name"]: each["steps"] for each in whole["properties"]}
    assert found.code == 1
    assert [each["name"] for each in found.document["properties"]] == ["history-sound"]
    assert found.document["properties"][0]["steps"] == lengths["history-sound"]
    assert found.document["states"] < whole["states"]
    assert found.document["stop"] == "every property is decided"
    assert "growth" not in found.document


def test_find_of_what_holds_explores_everything(scuttle: Callable[..., Any]) -> None:
    """Only the whole graph shows that there is nothing to find. Spec: CHK-9."""
    ran = scuttle("check", "--find", "no-gap", "--topology", "line:2", "--json")
    assert (ran.code, ran.verdicts, ran.document["states"]) == (0, {"no-gap": "holds"}, 137)


def test_find_of_a_witness_is_a_success(scuttle: Callable[..., Any]) -> None:
    """What must be reachable was reached: nothing is open."""
    ran = scuttle("check", "--find", "data-moved", "--topology", "line:2", "--json")
    assert (ran.code, ran.verdicts) == (0, {"data-moved": "witnessed"})


def test_all_lists_every_cause_once(scuttle: Callable[..., Any], tmp_path: Path) -> None:
    """Each is a failure of its own, and the first of each property a shortest one. Spec: CHK-8."""
    script = tmp_path / "script.txt"
    script.write_text("A set k=1\nA set j=2\nB set k=3\n", encoding="utf-8")
    ran = scuttle(
        "check",
        "--script",
        script,
        "--max-history",
        1,
        "--profile",
        "as-shipped",
        "--all",
        "--json",
    )
    found = ran.document["counterexamples"]
    refuted = {e["name"]: e["steps"] for e in ran.document["properties"] if e["steps"] is not None}
    assert ran.code == 1
    assert [(each["name"], each["steps"], each["cause"].partition(",")[0]) for each in found] == [
        ("agreement-1", 6, "N has V@# and N has nothing for K"),
        ("agreement-2", 7, "N has V@# and N has V@# for K"),
        ("winner-or-ahead-1", 6, "N lacks K=V@N# and will not ask for it again"),
    ]
    assert refuted["agreement"] == found[0]["steps"]


def test_both_searches_find_the_same_causes(scuttle: Callable[..., Any]) -> None:
    """Causes and lengths are facts about the model, not about the search. Spec: CHK-8."""
    flags = ["--topology", "line:2", "--profile", "as-shipped", "--writes", 2, "--all", "--json"]
    found = [
        [
            (each["name"], each["cause"], each["steps"])
            for each in scuttle("check", *flags, "--search", search).document["counterexamples"]
        ]
        for search in ("compiled", "plain")
    ]
    assert found[0] == found[1] != []


def test_all_saves_a_folder_that_replays(scuttle: Callable[..., Any], tmp_path: Path) -> None:
    """Each file is a counterexample like any other. Spec: CHK-3."""
    folder = tmp_path / "found"
    ran = scuttle("check", *HUB, "--all", "--save", folder)
    files = sorted(folder.glob("*.json"))
    assert f"{len(files)} causes" in ran.out
    assert len(files) > 2
    assert all(scuttle("replay", file).code == 1 for file in files)
    assert all(f"{file.stem} [CONV-" in ran.out for file in files)


def test_all_of_what_holds_is_an_empty_list(scuttle: Callable[..., Any]) -> None:
    """No cause, no counterexample, exit code 0. Spec: CHK-8."""
    ran = scuttle("check", "--topology", "line:2", "--all", "--json")
    assert (ran.code, ran.document["counterexamples"]) == (0, [])


@pytest.mark.parametrize(
    "flags",
    [
        ["--find", "agreement", "--all"],
        ["--find", "agreement", "--property", "no-gap"],
        ["--find", "agreement", "--search", "depth-first"],
        ["--all", "--search", "random"],
        ["--all", "--reduction", "quotient"],
        ["--find", "agree"],
    ],
)
def test_what_does_not_go_together_is_refused(
    refused: Callable[..., str], flags: list[str]
) -> None:
    """A longer counterexample must not pass for a shortest one. Spec: CHK-9."""
    assert "error: --" in refused("check", "--topology", "line:2", *flags)


@pytest.mark.parametrize("flags", [["--all"], ["--find", "agreement"]])
def test_one_model_is_needed(refused: Callable[..., str], flags: list[str]) -> None:
    """The catalogue has its own report."""
    assert "needs one model" in refused("check", *flags)
