"""The rules that an implementation follows are found from what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scuttle_check.cli.conform_infer import command
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.live.inferring import infer
from scuttle_check.oracle.live.nodes import Loopback
from scuttle_check.oracle.mutants.mutants import candidates
from scuttle_ref.profile import Profile, deviations
from scuttle_ref.profiles import DOCUMENTED, PROFILES
from scuttle_ref.wire import DOCUMENTED_DIALECT


def mutant(rule: str) -> Profile:
    return next(each.profile for each in candidates(DOCUMENTED) if each.rule.__name__ == rule)


@pytest.mark.parametrize("name", ["documented", "as-shipped", "scuttlebutt", "plasmid"])
def test_a_profile_is_found_again_from_its_reference(name: str) -> None:
    """With no rule that differs. Spec: ORA-19."""
    nodes = Loopback(ReferenceAdapter(PROFILES[name]))
    found = infer(nodes, DOCUMENTED_DIALECT, examples=5, seed=0)
    assert (found.base.name, deviations(found.base, found.profile), found.left) == (name, (), ())


@pytest.mark.parametrize("rule", ["witness_join", "answer_inclusive", "retain_everything"])
def test_a_rule_that_differs_is_named(rule: str) -> None:
    """The nearest profile, and the rule. Spec: ORA-19."""
    nodes = Loopback(ReferenceAdapter(mutant(rule)))
    found = infer(nodes, DOCUMENTED_DIALECT, examples=5, seed=0)
    told = [each.other for each in deviations(found.base, found.profile)]
    also = [name.rpartition(":")[2] for _, names in found.open for name in names]
    assert found.base is DOCUMENTED
    assert found.left == ()
    assert rule in {*told, *also}
    assert len(told) == 1


class Forgetful(ReferenceAdapter):
    """Answers one key with another value: no rule does that."""

    def answer(self, document: Any) -> dict[str, Any]:
        """As the reference, but for one word."""
        answer = super().answer(document)
        if document.get("op") == "get" and answer.get("ok") and document.get("key") == "k2":
            return {**answer, "result": {"value": "made up", "version": 1, "source_id": "A"}}
        return answer


def test_what_no_known_rule_explains_is_shown() -> None:
    """As a scene, with what was expected. Spec: ORA-19."""
    found = infer(Loopback(Forgetful(DOCUMENTED)), DOCUMENTED_DIALECT, examples=5, seed=0)
    assert found.left
    assert any("made up" in str(difference) for _, difference in found.left)


def test_what_is_proposed_is_a_rule_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as one, and says what was found. Spec: ORA-19, PROF-8."""
    monkeypatch.chdir(tmp_path)
    flags = ["--mutant", "witness_join", "--examples", "1", "--save", "rules.toml"]
    ran = CliRunner().invoke(command, flags)
    assert ran.exit_code == 0, ran.output
    assert 'witness = "witness_join"' in ran.output
    profile = profile_called(profile_typed("rules.toml"))
    assert [each.point for each in deviations(DOCUMENTED, profile)] == ["witness"]
