"""``scuttle profiles``: what a reader is told about the readings of the protocol."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scuttle_check.base.errors import USAGE, UsageFault
from scuttle_check.cli.profiles import command
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.gossip.profiles import as_text, differences
from scuttle_ref.profile import decision_points
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PROFILES


def run(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_profile_is_listed_with_its_summary() -> None:
    printed = run()
    for profile in PROFILES.values():
        assert f"{profile.name} " in printed
        assert profile.summary in printed


def test_the_list_as_json_holds_every_rule_of_every_profile() -> None:
    document = json.loads(run("--json"))
    assert [profile["name"] for profile in document["profiles"]] == list(PROFILES)
    for profile in document["profiles"]:
        assert tuple(profile["rules"]) == decision_points()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_every_rule_says_something_and_cites_a_clause(profile: object) -> None:
    """A table with empty cells would explain nothing."""
    for each in differences(DOCUMENTED, profile):  # type: ignore[arg-type]
        for rule in (each.one, each.other):
            assert rule.says.endswith("."), rule.name
            assert rule.clauses, rule.name


def test_the_shipped_library_is_told_apart_by_its_deviations() -> None:
    """Every rule that only the library has is a DEV clause, and nothing else is."""
    for each in differences(DOCUMENTED, AS_SHIPPED):
        assert all(clause.startswith("DEV-") for clause in each.other.clauses)
        assert not any(clause.startswith("DEV-") for clause in each.one.clauses)


def test_a_difference_names_point_rules_sentences_and_clauses() -> None:
    printed = run("diff", "documented", "as-shipped")
    assert "prefer: prefer_resolver -> prefer_latest_arrival" in printed
    assert "Always: the resolver is never asked. [DEV-1, DEV-5]" in printed


def test_the_differences_are_one_table_in_markdown_and_one_document_in_json() -> None:
    count = len(differences(DOCUMENTED, AS_SHIPPED))
    table = run("diff", "documented", "as-shipped", "--markdown").strip().splitlines()
    document = json.loads(run("diff", "documented", "as-shipped", "--json"))

    assert len(table) == count + 2
    assert {line.count("|") for line in table} == {4}
    assert len(document["differences"]) == count


def test_a_profile_does_not_differ_from_itself() -> None:
    assert as_text(DOCUMENTED, DOCUMENTED) == "documented and documented do not differ"


def test_an_unknown_profile_is_a_usage_fault_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageFault) as fault:
        profile_called("cassandra")
    assert fault.value.exit_code == USAGE
    assert "documented, as-shipped, textbook, paper" in str(fault.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "diff", "documented", "paper"),
        ("diff", "documented", "paper", "--json", "--markdown"),
    ],
)
def test_flags_that_do_not_go_together_are_usage_faults(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageFault):
        CliRunner().invoke(command, list(arguments), catch_exceptions=False)
