"""Blame: what is accused is refused by the unmodified profile, each cause once."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from scuttle_check.cli.conform_run import command
from scuttle_check.cli.conform_trace import command as trace
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.contract import contract_of, nearest
from scuttle_check.oracle.live import running
from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.blame import first_refused
from scuttle_check.oracle.live.exploring import Explorer
from scuttle_check.oracle.live.nodes import Launch, Loopback
from scuttle_check.oracle.live.scene import NODES
from scuttle_check.oracle.live.trial import Plan, Trial
from scuttle_check.oracle.result import Finding, Level
from scuttle_ref import rules
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import DOCUMENTED, PAPER, SCUTTLEBUTT, TEXTBOOK
from scuttle_ref.wire import DOCUMENTED_DIALECT


def findings(does: Profile, judged_by: Profile, examples: int = 40) -> list[Finding]:
    """What is found at the level of steps in a node that follows one profile, judged by another."""
    nodes = Loopback(ReferenceAdapter(does))
    plan = Plan(judged_by, Launch(("none",), 0, 1.0), (Level.STEP,), examples=examples)
    trial = Trial(plan, "step/explore", Level.STEP, nodes, nodes.hello, examples)
    case = next(each for each in running.cases() if each.id == "step/explore")
    case.run(trial)
    return trial.findings


def acceptor(profile: Profile, finding: Finding) -> Acceptor:
    assert finding.scene is not None
    return Acceptor.start(
        [profile],
        contract_of(profile),
        NODES,
        finding.scene.setting.config(),
        dialect=DOCUMENTED_DIALECT,
        events=True,
    )


@pytest.mark.parametrize(
    ("does", "judged_by"),
    [(TEXTBOOK, SCUTTLEBUTT), (PAPER, DOCUMENTED), (SCUTTLEBUTT, PAPER)],
    ids=["textbook as scuttlebutt", "paper as documented", "scuttlebutt as paper"],
)
def test_all_that_is_accused_is_refused_by_the_profile_itself_at_the_last_step(
    does: Profile, judged_by: Profile
) -> None:
    """And no operation stands behind it. Spec: ORA-18."""
    found = findings(does, judged_by)
    assert found
    for finding in found:
        refused = first_refused(acceptor(judged_by, finding), finding.problem.journal)
        assert refused is not None, finding.id
        assert refused.place == len(finding.problem.journal) - 1
        assert str(refused.difference) == finding.problem.told
        assert finding.scene is not None
        assert len(finding.scene.operations) == finding.problem.performed


def test_what_follows_from_a_guess_stands_under_what_led_to_it() -> None:
    """With the guess. Spec: ORA-18."""
    told = [each for finding in findings(TEXTBOOK, SCUTTLEBUTT) for each in finding.follows]
    assert told
    assert all("if it follows" in each for each in told)


def test_two_causes_under_one_clause_are_two_findings() -> None:
    """Both of them wrong in what is kept, and each in its own way. Spec: ORA-9."""
    ids = [finding.id for finding in findings(SCUTTLEBUTT, PAPER)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("judged_by", [DOCUMENTED, TEXTBOOK, PAPER, SCUTTLEBUTT])
def test_nobody_is_accused_who_conforms(judged_by: Profile) -> None:
    """The reference of each profile. Spec: ORA-18."""
    assert findings(judged_by, judged_by, 40) == []


def test_a_guess_that_is_wrong_accuses_nobody() -> None:
    """The profile itself, going its own way, takes the last answer. Spec: ORA-18."""
    wrong = attrs.evolve(DOCUMENTED, close=rules.close_with_digest, name="documented")
    player = Explorer(
        Loopback(ReferenceAdapter(wrong)), DOCUMENTED, DOCUMENTED_DIALECT, False, "test"
    )
    player.variants.append(attrs.evolve(wrong, answer=rules.answer_later, name="documented"))
    ids = {each.problem.clause for each in findings(wrong, DOCUMENTED)}
    assert ids
    assert all(each.startswith(("close", "EXCH", "advertise")) for each in ids), ids


def test_a_rule_file_is_judged_by_as_a_profile_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the live oracle and by that of logs; without a command the reference follows it, too."""
    monkeypatch.chdir(tmp_path)
    rules_file = tmp_path / "mine.toml"
    rules_file.write_text(
        'base = "documented"\n[rules]\nwitness = "witness_join"\n', encoding="utf-8"
    )
    flags = ["--level", "step", "--examples", "20"]
    ran = CliRunner().invoke(command, ["--profile", "mine.toml", *flags])
    assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(command, ["--profile", "mine.toml", "--mutant", "admit_all", *flags])
    assert ran.exit_code == 1
    assert "--profile mine.toml --case step/explore" in ran.output
    log = tmp_path / "run.jsonl"
    log.write_text(
        '{"format": "scuttle-trace/1", "profile": "mine.toml", "nodes": {"A": {}}, "silent": []}\n'
        '{"node": "A", "ev": "recv", "from": "X", "msg": '
        '{"key": "k", "value": 1, "source_id": "X", "version": 4}}\n'
        '{"node": "A", "ev": "state", "clock": {"A": 0, "X": 4}}\n',
        encoding="utf-8",
    )
    assert CliRunner().invoke(trace, [str(log)]).exit_code == 0
    assert CliRunner().invoke(trace, [str(log), "--profile", "documented"]).exit_code == 1


def test_the_contract_of_a_profile_of_somebodys_own_is_that_of_the_nearest() -> None:
    own = attrs.evolve(PAPER, name="mine", pace=rules.pace_everything)
    assert nearest(own) is PAPER
    assert contract_of(own) == contract_of(PAPER)
