"""PROF: one protocol, several readings."""

from __future__ import annotations

import inspect

import attrs
import pytest
from nodes import Node, converse, upd, updates_in

from scuttle_ref import (
    AS_SHIPPED,
    DOCUMENTED,
    GOSSIPER,
    PAPER,
    PLASMID,
    PROFILES,
    SCUTTLEBUTT,
    TEXTBOOK,
    TXGOSSIP,
    Profile,
    deviations,
    relatives,
    rules,
)
from scuttle_ref.profile import Deviation, decision_points, rule_of

POINTS = (
    "stamp",
    "witness",
    "admit",
    "place",
    "prefer",
    "retain",
    "enlist",
    "relay",
    "advertise",
    "session",
    "mention",
    "answer",
    "fill",
    "pace",
    "close",
    "connect",
    "disconnect",
)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_chooses_one_rule_for_each_decision_point(profile: Profile) -> None:
    """A rule is a documented function of `rules`, named for its decision point.

    Spec: PROF-1.
    """
    assert decision_points() == POINTS
    for point in POINTS:
        rule = rule_of(profile, point)
        assert inspect.getmodule(rule) in {rules, relatives}
        assert rule.__name__.startswith(f"{point}_")
        assert "Spec: " in (rule.__doc__ or "")


def test_rules_of_one_decision_point_have_one_signature() -> None:
    """So that any rule can stand in any profile.

    Spec: PROF-1.
    """
    for point in POINTS:
        signatures = {
            tuple(
                (name.lstrip("_"), parameter.annotation)
                for name, parameter in inspect.signature(rule_of(p, point)).parameters.items()
            )
            for p in PROFILES.values()
        }
        assert len(signatures) == 1, point


def test_the_differences_of_two_profiles_are_found_by_comparing_rules() -> None:
    """In the order of the reducer; none between a profile and itself.

    Spec: PROF-2.
    """
    other = attrs.evolve(
        DOCUMENTED, name="other", close=rules.close_with_digest, admit=rules.admit_all
    )

    assert deviations(DOCUMENTED, other) == (
        Deviation("admit", "admit_unremembered", "admit_all"),
        Deviation("close", "close_silent", "close_with_digest"),
    )
    assert deviations(DOCUMENTED, attrs.evolve(DOCUMENTED, name="other")) == ()


SHIPPED_POINTS = """
    stamp witness admit prefer retain enlist advertise session mention fill pace connect disconnect
"""


@pytest.mark.parametrize(
    ("other", "points"),
    [
        (
            AS_SHIPPED,
            SHIPPED_POINTS,
        ),
        (TEXTBOOK, "witness admit prefer advertise pace"),
        (PAPER, "witness admit place prefer retain mention answer fill pace close"),
    ],
    ids=["as-shipped", "textbook", "paper"],
)
def test_each_profile_differs_from_the_documented_one_where_its_clauses_say(
    other: Profile, points: str
) -> None:
    """And only there.

    Spec: PROF-2.
    """
    assert [each.point for each in deviations(DOCUMENTED, other)] == points.split()


def test_the_profiles_are_known_by_name() -> None:
    """The command line and counterexample files call them so."""
    assert PROFILES == {
        "documented": DOCUMENTED,
        "as-shipped": AS_SHIPPED,
        "textbook": TEXTBOOK,
        "paper": PAPER,
        "scuttlebutt": SCUTTLEBUTT,
        "plasmid": PLASMID,
        "gossiper": GOSSIPER,
        "txgossip": TXGOSSIP,
    }
    assert all(profile.summary for profile in PROFILES.values())


def causal(profile: Profile) -> tuple[Node, list[tuple[str, int]]]:
    """A writes, B reads and writes after it, C asks B. C, and the updates it was sent."""
    first, second, third = (Node(name, profile) for name in "ABC")
    first.put("k", "older")
    converse(second, first)
    second.put("k", "newer")
    return third, updates_in(converse(third, second))


def test_the_documented_profile_keeps_what_the_readme_promises() -> None:
    """The later write wins, whoever passes it on.

    Spec: PROF-3.
    """
    third, updates = causal(DOCUMENTED)

    assert updates == [("A", 1), ("B", 3)]
    assert third.value("k") == "newer"


def test_the_as_shipped_profile_loses_the_newer_write_as_the_library_does() -> None:
    """Own source first, latest arrival wins: the older value stays, without any concurrency.

    Spec: PROF-4.
    """
    third, updates = causal(AS_SHIPPED)

    assert updates == [("B", 3), ("A", 1)]
    assert third.value("k") == "older"


def test_the_textbook_profile_counts_densely_and_lets_the_last_writer_win() -> None:
    """No Lamport step: the second write has version 1 too and wins by its source.

    Spec: PROF-5.
    """
    third, updates = causal(TEXTBOOK)

    assert updates == [("A", 1), ("B", 1)]
    assert third.value("k") == "newer"
    assert third.clock() == {"A": 1, "B": 1, "C": 0}


def test_the_paper_profile_gives_every_source_its_own_keys() -> None:
    """So both values live on, each under its owner.

    Spec: PROF-6.
    """
    third, updates = causal(PAPER)

    assert sorted(updates) == [("A", 1), ("B", 1)]
    assert (third.value("A", "k"), third.value("B", "k")) == ("older", "newer")


def test_states_hold_no_profile_so_two_profiles_can_be_compared() -> None:
    """The same input gives equal states where the profiles agree."""
    one, other = Node("A", DOCUMENTED).put("k", 1), Node("A", TEXTBOOK).put("k", 1)

    assert one.state == other.state
    assert one.hear(upd("B", 4)).state != other.hear(upd("B", 4)).state
