"""``scuttle check --live``: verdicts, lassos as files, and flags that make no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LIVE = ["check", "--live", "--topology", "line:2"]
HUB = ["check", "--live", "--profile", "as-shipped", "--topology", "line:3", "--writers", "A"]


@pytest.mark.parametrize(
    ("fairness", "code", "verdict"), [("strong", 0, "holds"), ("weak", 1, "refuted")]
)
def test_the_fairness_decides(
    scuttle: Callable[..., Any], fairness: str, code: int, verdict: str
) -> None:
    """The textbook protocol needs strong fairness of exchanges. Spec: LIVE-3."""
    ran = scuttle(*LIVE, "--profile", "textbook", "--fairness", fairness, "--json")
    document = ran.document
    assert (ran.code, ran.verdicts) == (code, {"eventually-agreed": verdict})
    assert (document["states"], document["transitions"]) == (59, 96)
    assert (document["fairness"], document["early"]) == (fairness, None)


def test_a_refutation_is_told_as_a_run_without_end(scuttle: Callable[..., Any]) -> None:
    """Prefix and cycle in sentences and drawn, and what the nodes are left with. Spec: LIVE-4."""
    ran = scuttle(*HUB)
    assert ran.code == 1
    assert "eventually-agreed [LIVE-1] refuted by a run without end" in ran.out
    assert "A has a1@1 and C has nothing for k1." in ran.out
    before, _, after = ran.out.partition("And then for ever:")
    assert "A: set k1=a1" in before
    assert "starts an exchange with" in after
    assert "------------>" in after
    assert "C  holds nothing" in after


@pytest.mark.parametrize(("case", "states"), [("housed:as-shipped", 289), ("hub:as-shipped", 197)])
def test_an_endless_case_of_the_catalogue_is_shown(
    scuttle: Callable[..., Any], case: str, states: int
) -> None:
    """As the other cells of the README's tables; not beside a described model. Spec: CHK-2."""
    ran = scuttle("check", "--live", "--case", case, "--json")
    assert (ran.code, ran.document["states"]) == (1, states)
    assert scuttle("check", "--live", "--case", case, "--writes", 2).code == 2


def test_a_run_that_stops_is_told(scuttle: Callable[..., Any]) -> None:
    """Without fairness nothing need ever happen. Spec: LIVE-3."""
    ran = scuttle(*LIVE, "--fairness", "none")
    assert ran.code == 1
    assert "And there the run stops, which nothing forbids." in ran.out


def test_a_saved_lasso_is_replayed(scuttle: Callable[..., Any], folder: Path) -> None:
    """Exit code 1 as long as it refutes; mended, or out of place, it says so. Spec: LIVE-8."""
    assert "saved: lasso.json" in scuttle(*HUB, "--save", "lasso.json").err
    saved = folder / "lasso.json"
    ran = scuttle("replay", saved)
    assert (ran.code, "And then for ever:" in ran.out) == (1, True)
    assert scuttle("replay", saved, "--json").document["verdict"] == "refuted"
    document = json.loads(saved.read_text(encoding="utf-8"))
    assert document["format"] == "scuttle-lasso/1"

    short = {**document, "cycle": document["cycle"][:-1]}
    saved.write_text(json.dumps(short), encoding="utf-8")
    ran = scuttle("replay", saved)
    assert ran.code == 0
    assert "no longer refutes it (the cycle does not lead back" in ran.out

    misfit = {**document, "prefix": ["deliver A>B"]}
    saved.write_text(json.dumps(misfit), encoding="utf-8")
    ran = scuttle("replay", saved)
    assert (ran.code, "cannot happen" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("cycle", None, "$.cycle"),
        ("fairness", "sometimes", "$.fairness"),
        ("early", -1, "$.early"),
        ("experiment", {}, "$.experiment"),
        ("property", "agreement", "$.property"),
        ("prefix", ["swim A"], "$.prefix[0]"),
    ],
)
def test_a_damaged_lasso_is_refused(
    scuttle: Callable[..., Any], folder: Path, name: str, value: object, says: str
) -> None:
    """With the place of the damage, and no traceback."""
    scuttle(*HUB, "--save", "lasso.json")
    saved = folder / "lasso.json"
    document = {**json.loads(saved.read_text(encoding="utf-8")), name: value}
    saved.write_text(json.dumps(document), encoding="utf-8")
    ran = scuttle("replay", saved)
    assert (ran.code, says in ran.err) == (2, True)


def test_the_criterion_on_vectors(scuttle: Callable[..., Any]) -> None:
    """It holds, refutes, or leaves open what it cannot decide. Spec: LIVE-6, LIVE-7."""
    assert scuttle(*LIVE, "--vectors", "--json").verdicts == {"eventually-agreed": "holds"}
    swap = scuttle(*LIVE, "--vectors", "--profile", "as-shipped", "--search", "random")
    assert (swap.code, "no exchange changes" in swap.out) == (1, True)
    hub = scuttle(*HUB, "--vectors")
    assert (hub.code, "the criterion holds, but" in hub.out) == (4, True)


def test_a_stopped_search_is_inconclusive(scuttle: Callable[..., Any]) -> None:
    """Exit code 4, and unknown. Spec: CONV-14."""
    ran = scuttle(*LIVE, "--max-states", 10, "--json")
    assert (ran.code, ran.verdicts) == (4, {"eventually-agreed": "unknown"})


@pytest.mark.parametrize(
    "flags",
    [
        ["check", "--fairness", "weak"],
        ["check", "--vectors"],
        [*LIVE, "--property", "agreement"],
        [*LIVE, "--markdown"],
        [*LIVE, "--reduction", "quotient"],
        [*LIVE, "--search", "random"],
        [*LIVE, "--search", "depth-first"],
    ],
)
def test_flags_that_make_no_sense_are_refused(
    scuttle: Callable[..., Any], flags: list[str]
) -> None:
    """Rather than passed over. A usage fault is exit code 2."""
    ran = scuttle(*flags)
    assert (ran.code, ran.out) == (2, "")


def test_nothing_is_overwritten_and_nothing_saved_in_vain(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """As for counterexamples."""
    taken = folder / "taken.json"
    taken.write_text("mine", encoding="utf-8")
    assert scuttle(*HUB, "--save", taken).code == 2
    assert taken.read_text(encoding="utf-8") == "mine"
    ran = scuttle(*LIVE, "--save", "none.json")
    assert (ran.code, "nothing was saved" in ran.err) == (0, True)
    assert not (folder / "none.json").exists()
