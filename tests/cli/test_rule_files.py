"""Rule files: a profile of one's own, where it shows up, and what a bad one hears."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from followed import faults, follows

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.gossip.foreign_rules import rules_for
from scuttle_check.gossip.own_profiles import (
    Chosen,
    OwnProfile,
    profile_called,
    read_own_profile,
)
from scuttle_check.gossip.profiles import rule_file
from scuttle_ref import rules
from scuttle_ref.profile import decision_points, deviations, rule_of
from scuttle_ref.profiles import DOCUMENTED, PROFILES

MINE = '''
"""Rules of a test."""

import attrs

from scuttle_ref.outputs import Reason

ASKED = []


def admit_below(state, update, limit=3):
    """News iff it is new, and its version at most a limit."""
    if update.version > limit or state.history.knows(update):
        return Reason.STALE
    return None


def raises(state, update):
    raise KeyError("oh")


def forgets_itself(state, update):
    ASKED.append(update)
    return None if len(ASKED) % 2 else Reason.STALE


def answers_a_text(state, update):
    return "no"


def prefer_nothing(view, update, config):
    raise ValueError("who knows")


def takes_too_much(state, update, more, again):
    return None


NUMBER = 7
'''


@pytest.fixture
def rule_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A folder with a module of rules, and rule files that are written into it."""
    monkeypatch.chdir(tmp_path)
    for name in ("my_rules",):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    (tmp_path / "my_rules.py").write_text(MINE, encoding="utf-8")

    def write(text: str, name: str = "own.toml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return Path(name)

    return write


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_be_said_as_a_rule_file_over_any_other(name: str) -> None:
    """Each of its rules has a name. Spec: PROF-8."""
    profile = PROFILES[name]
    chosen = tuple((p, Chosen(rule_of(profile, p).__name__)) for p in decision_points())
    for base in PROFILES:
        own = OwnProfile("again", base, chosen, whole_answers=profile.whole_answers)
        made = profile_called(own)
        assert deviations(made, profile) == ()
        assert made.whole_answers is profile.whole_answers


@pytest.mark.parametrize("name", PROFILES)
def test_a_file_to_begin_with_is_the_profile_itself(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path], name: str
) -> None:
    """With all its rules as comments, each of which can be taken in. Spec: PROF-8."""
    text = scuttle("profiles", "write", name).out
    follows("rules", {"name": "x", **tomllib.loads(text)})
    assert deviations(profile_called(read_own_profile(rule_folder(text))), PROFILES[name]) == ()
    every = text.replace("\n# stamp = ", "\nstamp = ")
    for point in decision_points():
        every = every.replace(f"\n# {point} = ", f"\n{point} = ")
    own = read_own_profile(rule_folder(every))
    assert len(own.rules) == len(decision_points())
    assert rule_file(PROFILES[name]) == text.rstrip("\n")


def test_a_rule_file_is_a_profile_of_its_own_in_every_command(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path]
) -> None:
    """Check, hunt, explore, step, graph, simulate, profiles. Spec: PROF-8."""
    own = rule_folder('base = "documented"\n[rules]\nadmit = "admit_all"\n')
    checked = scuttle("check", "--profile", own, "--json", "--save", "found.json")
    assert checked.document["experiment"]["profile"]["rules"] == {"admit": "admit_all"}
    assert "own on line:2" in scuttle("check", "--profile", own).out
    assert (
        "admit: admit_unremembered -> admit_all"
        in scuttle("profiles", "diff", "documented", own).out
    )
    document = scuttle("profiles", "diff", "documented", own, "--json").document
    assert document["profiles"] == ["documented", "own"]
    assert document["differences"][0]["rules"]["own"]["rule"] == "admit_all"
    assert scuttle("hunt", "--profile", own, "--examples", 2).code in {1, 4}
    assert scuttle("graph", "--profile", own, "--exchanges", 0, "--json").code == 0
    assert scuttle("explore", "--profile", own, "--html", "page.html").code == 0
    spread = scuttle("simulate", "spread", "--topology", "complete:4", "--profile", own, "--json")
    assert spread.code == 0, spread.err
    assert spread.document["setup"]["profile"]["name"] == "own"


def test_a_saved_counterexample_needs_no_rule_file(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path]
) -> None:
    """What is saved holds the rules by name. Spec: CHK-3, PROF-8."""
    text = 'base = "documented"\n[rules]\nprefer = "prefer_latest_arrival"\n'
    own = rule_folder(text, "latest.toml")
    flags = ("--topology", "line:2", "--find", "agreement", "--save", "found.json")
    assert scuttle("check", "--profile", own, *flags).code == 1
    own.unlink()
    replayed = scuttle("replay", "found.json")
    assert replayed.code == 1
    assert "agreement" in replayed.out


def test_a_function_of_somebody_else_is_a_rule_and_may_have_parameters(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path]
) -> None:
    """Its docstring is told where ours are. Spec: PROF-8."""
    rule_folder(
        'base = "documented"\n[rules]\n'
        'admit = {rule = "my_rules:admit_below", with = {limit = 1}}\n'
    )
    told = scuttle("profiles", "diff", "documented", "own.toml").out
    assert "admit_below(limit=1)" in told
    assert "at most a limit" in told
    flags = ("--topology", "line:2", "--writers", "A", "--writes", 2, "--json")
    assert scuttle("check", "--profile", "own.toml", *flags).verdicts["agreement"] != "holds"
    assert scuttle("check", "--profile", "documented", *flags).verdicts["agreement"] == "holds"


@pytest.mark.parametrize("point", decision_points())
def test_every_decision_point_has_rules_by_name(point: str) -> None:
    """A new point, or a rule under another name, is found missing here. Spec: PROF-8."""
    for profile in PROFILES.values():
        rule = rule_of(profile, point)
        assert rules_for(point)[rule.__name__] is rule


STRAY = [
    ("raises", "the rule my_rules:raises raises KeyError: 'oh'"),
    ("forgets_itself", "to the same question"),
    ("answers_a_text", "answers no"),
]


@pytest.mark.parametrize(("rule", "said"), STRAY)
def test_a_rule_that_is_no_rule_ends_the_run_without_a_verdict(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path], rule: str, said: str
) -> None:
    """It is told at which decision point, and what it was asked. Spec: PROF-9."""
    own = rule_folder(f'base = "documented"\n[rules]\nadmit = "my_rules:{rule}"\n')
    ran = scuttle("check", "--profile", own)
    assert ran.code == 3
    assert said in ran.err, ran.err
    assert "decision point admit, asked with" in ran.err
    assert "PROF-9" in ran.err


def test_a_preference_that_raises_is_not_taken_for_the_resolver(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path]
) -> None:
    """A node refuses what its resolver raises (MERGE-4); a search ends. Spec: PROF-9."""
    own = rule_folder('base = "documented"\n[rules]\nprefer = "my_rules:prefer_nothing"\n')
    ran = scuttle("check", "--profile", own)
    assert ran.code == 3
    assert "my_rules:prefer_nothing raises ValueError: who knows" in ran.err
    assert "decision point prefer" in ran.err


WRONG = [
    ('base = "papper"', "own.toml.base: no profile 'papper'", 2),
    ("", "own.toml.base: is missing", 2),
    ('base = "paper"\nrule = 1', "no member 'rule'", 2),
    ('base = "paper"\n[rules]\nadmitt = "x"', "no decision point 'admitt'", 2),
    ('base = "paper"\n[rules]\nadmit = 3', "rules.admit: is an int", 2),
    ('base = "paper"\n[rules]\nadmit = "admit_me"', "no rule 'admit_me' for admit", 2),
    ('base = "paper"\n[rules]\nadmit = "my_rules:gone"', "cannot be imported", 3),
    ('base = "paper"\n[rules]\nadmit = "nowhere:gone"', "cannot be imported", 3),
    ('base = "paper"\n[rules]\nadmit = "my_rules:NUMBER"', "is an int", 3),
    ('base = "paper"\n[rules]\nadmit = "my_rules:takes_too_much"', "cannot be called so", 3),
    (
        'base = "paper"\n[rules]\nadmit = {rule = "admit_all", with = {limit = 1}}',
        "cannot be called so",
        3,
    ),
    ('base = "paper"\nname = "textbook"', "is the name of a profile that there is", 2),
    ('base = "paper"\nname = "a\\nb"', "is no name", 2),
    ("base = [", "cannot be read as a rule file", 2),
    ('base = "paper"\nwhole_answers = "yes"', "whole_answers: is a str", 2),
]


@pytest.mark.parametrize(("text", "said", "code"), WRONG)
def test_a_wrong_rule_file_is_told_where_and_what_was_expected(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path], text: str, said: str, code: int
) -> None:
    """Each fault has its clause. Spec: PROF-8."""
    ran = scuttle("check", "--profile", rule_folder(text + "\n"))
    assert ran.code == code, ran.err
    assert said in ran.err, ran.err
    assert "PROF-8" in ran.err or code == 3


def test_no_page_loads_rules_of_somebody_else() -> None:
    """A file that was sent may name any function. Spec: EXPL-10."""
    from scuttle_check.base.importing import no_foreign_code  # noqa: PLC0415
    from scuttle_check.gossip.own_profiles import named_from  # noqa: PLC0415

    document = {"name": "evil", "base": "paper", "rules": {"admit": "os:system"}}
    with no_foreign_code(), pytest.raises(UsageFault, match="a page may not load code"):
        named_from(document, "here")


def test_the_same_file_makes_the_same_rules(rule_folder: Callable[..., Path]) -> None:
    """Claims about a profile compare rules by identity. Spec: PROF-8."""
    text = 'base = "documented"\n[rules]\nadmit = "my_rules:admit_below"\n'
    one = profile_called(read_own_profile(rule_folder(text)))
    assert profile_called(read_own_profile(rule_folder(text))) is one
    assert one.stamp is DOCUMENTED.stamp is rules.stamp_next
    with pytest.raises(UnrunnableFault):
        profile_called(OwnProfile("x", "paper", (("admit", Chosen("my_rules:gone")),)))


def test_a_rule_file_follows_its_schema() -> None:
    """The decision points are those of the record. Spec: CONVERT-4."""
    own = OwnProfile("x", "paper", (("admit", Chosen("a:b", (("limit", 1),))),), "s", False)
    follows("rules", own.to_json())
    assert faults("rules", {"base": "paper", "rules": {"admitt": "x"}})


def test_a_profile_of_rules_with_formulas_is_proved_and_of_others_nothing_is_claimed(
    scuttle: Callable[..., Any], rule_folder: Callable[..., Path]
) -> None:
    """Formulas are of rules, not of profiles. Spec: PROVE-1, PROVE-2, PROF-8."""
    pytest.importorskip("z3")
    text = 'base = "documented"\n[rules]\nadmit = "admit_above_clock"\nwitness = "witness_join"\n'
    asked = ("--property", "no-gap", "--json")
    proved = scuttle("prove", "--profile", rule_folder(text), *asked)
    assert proved.code == 0
    assert proved.document["proofs"][0]["profile"] == "own"
    broken = rule_folder('base = "textbook"\n[rules]\nadmit = "admit_known_above_clock"\n')
    assert scuttle("prove", "--profile", broken, *asked).code in {1, 4}
    own = rule_folder('base = "documented"\n[rules]\nadmit = "my_rules:admit_below"\n')
    nothing = scuttle("prove", "--profile", own, *asked)
    assert nothing.code == 4
    assert nothing.document["proofs"] == []
    assert "own: the rule admit_below (admit) has no formula; nothing is claimed" in nothing.err
    kept = scuttle("prove", "--profile", rule_folder(text), "--record")
    assert kept.code == 2
    assert "keeps proofs of the profiles that ship" in kept.err
