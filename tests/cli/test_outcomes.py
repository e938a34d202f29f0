"""``scuttle check --outcomes``, and notes of writes that never take effect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.agreement import disagreement, fair_rounds
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.model_files import experiment_from_json

SWAP = ("--profile", "as-shipped", "--topology", "line:2", "--writers", "A,B")


def test_every_outcome_is_listed_with_a_schedule_that_leads_there(
    scuttle: Callable[..., Any],
) -> None:
    """The swap of the shipped library, and seven more. Spec: CHK-13."""
    ran = scuttle("check", *SWAP, "--outcomes", "--json")
    document = ran.document
    setup = experiment_from_json(document["experiment"], "test").build()
    shown = document["outcomes"]

    assert (ran.code, len(shown), document["states"]) == (0, 8, 228)
    assert len({str(each["replicas"]) for each in shown}) == 8
    assert sum(each["worlds"] for each in shown) == 32
    assert [each["worlds"] for each in shown] == sorted(
        (each["worlds"] for each in shown), reverse=True
    )
    for each in shown:
        schedule = [parse_action(line, "test") for line in each["schedule"]]
        world = Trace.beyond(setup.system, schedule).last
        assert setup.system.quiescent(world)
        ended: Any = fair_rounds(setup.system).settle(world.nodes).nodes
        assert (disagreement(ended) is None) == each["equal"]
        for node in ended:
            held = {"/".join(place): entry.version for place, entry in node.store}
            told = {key: entry["version"] for key, entry in each["replicas"][node.id].items()}
            assert held == told


def test_outcomes_in_words(scuttle: Callable[..., Any]) -> None:
    """One line for what is held, one for how. Spec: CHK-13."""
    ran = scuttle("check", *SWAP, "--outcomes")

    assert "       8 x  A holds k1=b1@B1; B holds k1=a1@A1" in ran.out
    assert "after 2 steps: perform A; perform B" in ran.out
    assert "       3 x  all hold k1=b1@B3" in ran.out


def test_outcomes_of_a_part_are_no_answer(scuttle: Callable[..., Any]) -> None:
    """Spec: CHK-13."""
    ran = scuttle("check", *SWAP, "--outcomes", "--max-states", 50)
    assert (ran.code, "incomplete" in ran.out) == (4, True)


@pytest.mark.parametrize(
    "more",
    [
        ("--find", "agreement"),
        ("--reduction", "auto"),
        ("--coverage",),
        ("--search", "random"),
        ("--save", "x.json"),
        ("--live",),
        ("--markdown",),
    ],
)
def test_what_judges_does_not_go_with_outcomes(
    scuttle: Callable[..., Any], more: tuple[str, ...]
) -> None:
    """Spec: CHK-13."""
    ran = scuttle("check", *SWAP, "--outcomes", *more)
    assert ran.code == 2
    assert f"{more[0]}: does not go with --outcomes" in ran.err


@pytest.mark.parametrize(
    ("script", "notes"),
    [
        ("A set@100 k=early\nA set@50 k=later\n", ["A: set@50 k=later is refused in every run"]),
        ("B set@100 k=held\nA set@50 k=honest\n", []),
    ],
)
def test_a_write_that_never_takes_effect_is_noted(
    scuttle: Callable[..., Any], tmp_path: Path, script: str, notes: list[str]
) -> None:
    """Only where it is so in every run. Spec: CONV-16."""
    path = tmp_path / "script.txt"
    path.write_text(script, encoding="utf-8")
    ran = scuttle(
        "check", "--profile", "scuttlebutt", "--topology", "line:2", "--script", path, "--json"
    )

    assert ran.document["notes"] == notes
    assert ran.code == 1


def test_a_case_is_compared_with_what_is_recorded(scuttle: Callable[..., Any]) -> None:
    """As the whole catalogue is; and its row may say more than its model. Spec: CHK-2, CHK-12."""
    notes = scuttle("check", "--case", "order:documented", "--json").document["notes"]

    row = "its row: refuted in 11 on line:3, two keys, one exchange"
    assert notes == [
        f"{row} (scuttle check --ladder order:documented)",
        "verdicts and counts are as recorded in spec/models.toml",
    ]


def test_a_ladder_goes_with_no_model(scuttle: Callable[..., Any]) -> None:
    """Spec: CHK-12."""
    assert scuttle("check", "--ladder", "order", "--topology", "line:2").code == 2
    assert scuttle("check", "--ladder", "order", "--live").code == 2
    assert scuttle("check", "--ladder", "order", "--max-states", 5).code == 2
    assert scuttle("check", "--record").code == 2
    ran = scuttle("check", "--ladder", "writers:as-shipped")
    assert ran.code == 0
    assert "writers:as-shipped: refuted in 2 on line:2, as in the catalogue" in ran.out
    assert "as recorded (spec/ladder.json)" in ran.out


def test_a_setting_that_no_rule_reads_is_noted_in_the_document_too(
    scuttle: Callable[..., Any],
) -> None:
    """A program must not take it for what was in force. Spec: CHK-1."""
    ran = scuttle(
        "check", "--profile", "paper", "--max-history", "1", "--topology", "line:2", "--json"
    )
    assert ran.document["notes"] == ["no rule of the profile paper reads max_history"]
