"""The dialogues of the specification still say what is written in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.gossip.scenario import play

SPEC = Path(__file__).parents[2] / "spec" / "scenarios"
FILES = sorted(SPEC.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_plays_as_recorded(path: Path) -> None:
    """The dialogues teach the protocol, so they must stay true. Spec: SCN-2."""
    played = play(path.read_text(encoding="utf-8"), path.name)

    assert played.played == played.recorded


def test_there_are_enough_scenarios() -> None:
    """An empty folder would make the test above pass."""
    assert len(FILES) >= 12


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("swap", "disagree"),
        ("swap-mended", "agree"),
        ("joiner", "disagree"),
        ("joiner-documented", "agree"),
        ("local-tie-break", "disagree"),
        ("truncation", "disagree"),
        ("paper-keeps-keys", "agree"),
        ("hole", "disagree"),
        ("hole-framed", "agree"),
        ("hub", "disagree"),
        ("hub-sessions", "agree"),
        ("overtaking", "disagree"),
        ("overtaking-documented", "agree"),
        ("small-mtu", "disagree"),
        ("refused", "agree"),
        ("first-exchange", "agree"),
    ],
)
def test_a_scenario_ends_as_its_title_says(name: str, ending: str) -> None:
    """A rewritten scenario must not quietly turn into its opposite. Spec: CONV-1."""
    text = (SPEC / f"{name}.txt").read_text(encoding="utf-8")
    said = [
        line for line in text.splitlines() if "all replicas agree" in line or "they disag" in line
    ]

    assert ("they disagree" in said[-1]) == (ending == "disagree")


def test_a_changed_output_is_noticed() -> None:
    """A scenario with a wrong line must not pass. Spec: SCN-2."""
    text = "> nodes A\n> A set k=1\n    A remembers nothing\n\nprose\n"

    played = play(text, "wrong")

    assert not played.as_recorded
    assert "A remembers nothing" not in played.played
    assert played.played.endswith("\n\nprose\n")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("A set k=1", "no node 'A'"),
        ("nodes", "cannot read"),
        ("profile nonsense", "no profile"),
        ("config mtu=x", "expected: an integer from 1"),
        ("config resolver=nonsense", "no resolver"),
        ("deliver A B", "no node 'A'"),
        ("sing", "cannot read 'sing'"),
    ],
)
def test_a_bad_command_is_refused_with_its_line(line: str, problem: str) -> None:
    """A person who writes a scenario is told which line is wrong. Spec: SCN-2."""
    with pytest.raises(UsageFault) as refused:
        play(f"Title\n\n> {line}\n", "mine.txt")

    assert "mine.txt, line 3" in str(refused.value)
    assert problem in str(refused.value)


def test_text_without_a_command_is_no_scenario() -> None:
    """A file of prose would otherwise pass as a test of nothing. Spec: SCN-2."""
    with pytest.raises(UsageFault, match="has no command"):
        play("Just prose.\n", "prose.txt")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("crash A\n> A set k=1", "A is down"),
        ("pause A\n> A gossip B", "A pauses"),
        ("B gossip A\n> pause A\n> deliver B A", "A pauses"),
        ("heal A B", "cannot read this command"),
        ("cut A B\n> cut B A", "cannot read this command"),
        ("restart A", "cannot read this command"),
        ("crash A\n> restart A stronger", "cannot read this command"),
        ("resume A", "cannot read this command"),
    ],
)
def test_a_fault_in_a_wrong_place_is_refused_with_its_line(lines: str, problem: str) -> None:
    """A dialogue cannot ask of a node what it cannot do. Spec: FAULT-2, FAULT-3, FAULT-5."""
    with pytest.raises(UsageFault) as fault:
        play(f"> nodes A B\n> {lines}\n", "test")
    assert problem in str(fault.value)
    assert "test, line" in str(fault.value)
