"""The checker counts what TLC counts of the same protocol written in TLA+."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.evidence import tlc
from scuttle_check.evidence.twin import PROPERTIES, SIZES, compare, from_tlc, load_twin, unequal
from scuttle_check.search.budget import Budget
from scuttle_ref import rules
from scuttle_ref.profiles import PROFILES

TWIN = load_twin()
MODELS = {model.id: model for model in TWIN.models}
COMPARED = [m.id for m in TWIN.of(("small", "large"))]
SMALL = [m.id for m in TWIN.of(("small",))]
JAR = os.environ.get("SCUTTLE_TLA2TOOLS")
ASKED = ["Counted", "TypeOK", "HistorySound", "EntriesBelowClock", "ClockWithinIssued"]
ASKED += ["Agreement", "WinnerOrAhead"]


@pytest.mark.parametrize("name", COMPARED)
def test_the_checker_counts_what_tlc_counted(name: str) -> None:
    """Worlds, transitions, terminal worlds, depth, refutations: equal, not close. Spec: TWIN-1."""
    assert compare(MODELS[name], TWIN).differences == ()


@pytest.mark.parametrize("name", SMALL if JAR else [None])
def test_tlc_counts_again_what_was_recorded(name: str | None) -> None:
    """The record is what TLC says today, where there is a TLC. Spec: TWIN-1, TWIN-2."""
    if JAR is None or name is None:
        pytest.skip("TLC was not run: SCUTTLE_TLA2TOOLS names no tla2tools.jar")
    model = MODELS[name]
    again = tlc.run(Path(JAR), "Models.tla", model.config, TWIN.folder)
    assert list(unequal(from_tlc(model.recorded), from_tlc(again))) == []
    assert again.violated == model.recorded.violated


# --- the comparison can fail ---------------------------------------------------------------------


def test_another_profile_is_told_from_the_twin() -> None:
    """The documented rules against the textbook counts: nearly every number differs. Spec: TWIN-1.

    A comparison that could not fail would show nothing.
    """
    wrong = attrs.evolve(
        MODELS["line-2-textbook"], experiment=MODELS["line-2-documented"].experiment
    )
    assert compare(wrong, TWIN).differences == (
        "checker, states: 108 recorded, 137 found",
        "checker, transitions: 208 recorded, 270 found",
        "checker, terminal: 4 recorded, 8 found",
        "checker, depth: 8 recorded, 10 found",
    )


MUTANTS = [
    ("line-2-textbook", "witness", rules.witness_lamport),
    ("loss-twice-textbook", "admit", rules.admit_unremembered),
    ("loss-textbook", "admit", rules.admit_all),
    ("line-2-textbook", "prefer", rules.prefer_latest_arrival),
    ("history-textbook", "retain", rules.retain_current),
    ("line-3-textbook", "enlist", rules.enlist_as_object_keys),
    ("line-2-textbook", "advertise", rules.advertise_clock),
    ("exchanges-textbook", "session", rules.session_per_process),
    ("loss-twice-textbook", "mention", rules.mention_again),
    ("exchanges-textbook", "answer", rules.answer_later),
    ("line-2-textbook", "close", rules.close_with_digest),
    ("line-2-documented", "witness", rules.witness_join),
    ("history-triangle-documented", "witness", rules.witness_counting),
    ("loss-twice-documented", "admit", rules.admit_above_clock),
    ("loss-documented", "admit", rules.admit_all),
    ("line-2-documented", "prefer", rules.prefer_latest_arrival),
    ("history-documented", "retain", rules.retain_current),
    ("line-3-documented", "enlist", rules.enlist_as_object_keys),
    ("line-2-documented", "advertise", rules.advertise_written),
    ("exchanges-documented", "session", rules.session_per_process),
    ("loss-twice-documented", "mention", rules.mention_again),
    ("exchanges-documented", "answer", rules.answer_later),
    ("line-3-documented", "fill", rules.fill_by_source),
    ("line-2-documented", "close", rules.close_with_digest),
]


@pytest.mark.parametrize(("name", "slot", "rule"), MUTANTS)
def test_a_rule_of_another_profile_changes_a_count(
    monkeypatch: pytest.MonkeyPatch, name: str, slot: str, rule: Callable[..., object]
) -> None:
    """The models are chosen so that the counts pin the rules down. Spec: TWIN-1."""
    profile = PROFILES[MODELS[name].experiment.profile]
    assert getattr(profile, slot) is not rule
    monkeypatch.setitem(PROFILES, profile.name, attrs.evolve(profile, **{slot: rule}))
    assert compare(MODELS[name], TWIN).differences


def test_the_other_fairness_is_told_from_the_twin() -> None:
    """The same worlds, and another answer: liveness is compared too. Spec: TWIN-1, LIVE-3."""
    weak = attrs.evolve(MODELS["sessions-2-weak"], fairness="strong")
    assert compare(weak, TWIN).differences == (
        "checker, refuted: eventually-agreed recorded, none found",
    )


def test_a_lost_world_is_told_from_the_twin() -> None:
    """One world in 8,469 too few is a difference; closeness does not count. Spec: TWIN-1."""
    model = MODELS["line-3-textbook"]
    fewer = attrs.evolve(model.recorded, distinct=model.recorded.distinct - 1)
    compared = compare(attrs.evolve(model, recorded=fewer), TWIN)
    assert compared.differences == ("checker, states: 8,468 recorded, 8,469 found",)


def test_a_verdict_that_tlc_did_not_give_is_a_difference() -> None:
    """Equal counts with unequal verdicts are no agreement. Spec: TWIN-1."""
    model = MODELS["loss-textbook"]
    holds = attrs.evolve(model.recorded, violated=(), steps=())
    compared = compare(attrs.evolve(model, recorded=holds), TWIN)
    assert compared.differences == (
        "checker, refuted: none recorded, agreement, winner-or-ahead found",
        "checker, steps: none recorded, 6 found",
    )


def test_a_search_that_was_stopped_is_not_equal() -> None:
    """Counts of half a model must not pass for counts of the model. Spec: TWIN-1, CONV-14."""
    compared = compare(MODELS["line-3-textbook"], TWIN, budget=Budget(states_max=10))
    assert compared.differences == ("checker, incomplete: more than 10 states, the limit given",)


# --- the record ----------------------------------------------------------------------------------


def test_every_configuration_is_recorded_and_every_record_has_one() -> None:
    """A model that nobody counts proves nothing. Spec: TWIN-2."""
    assert sorted(MODELS) == sorted(path.stem for path in TWIN.folder.glob("*.cfg"))
    assert len(MODELS) == len(TWIN.models)
    assert len(TWIN.revision) == 40
    assert "-workers 1" in TWIN.command


def test_every_model_checks_every_invariant() -> None:
    """An invariant left out of a configuration would hold without being asked. Spec: TWIN-2."""
    for model in TWIN.models:
        text = (TWIN.folder / model.config).read_text(encoding="utf-8")
        named = text.partition("INVARIANTS\n")[2].split()
        assert named[: len(ASKED)] == ASKED
        assert ("PROPERTY EndsEqual" in text) == (model.fairness is not None)
    assert {*ASKED[2:], "EndsEqual"} == set(PROPERTIES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("terminal = 4, ", ""), "terminal"),
        (('size = "small"', 'size = "middling"'), "no size 'middling'"),
        (('id = "line-2-textbook"', ""), "'id' is missing"),
        (("[tlc]", "[tlc"), "cannot be read"),
    ],
)
def test_a_broken_record_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    """The file and the model at fault are named; there is no traceback. Spec: TWIN-2."""
    text = (TWIN.folder / "counts.toml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "counts.toml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageFault, match=said):
        load_twin(tmp_path)


# --- what TLC prints -----------------------------------------------------------------------------

HOLDS = """TLC2 Version 2026.11.23.224428 (rev: cc6b616)
Progress(9) at 2026-11-23 22:44:29: 100 states generated, 60 distinct states found, 9 states left
<<"terminal states", 4>>
209 states generated, 108 distinct states found, 0 states left on queue.
The depth of the complete state graph search is 9.
"""
VIOLATED = """TLC2 Version 2026.11.23.224428 (rev: cc6b616)
Error: Invariant Agreement is violated.
Error: The behavior up to this point is:
State 1: <Initial predicate>
State 2: <Write(1) line 125, col 5 to line 130, col 35 of module Scuttlebutt>
State 3: <Write(1) line 125, col 5 to line 130, col 35 of module Scuttlebutt>
Error: Invariant Agreement is violated.
Error: The behavior up to this point is:
State 1: <Initial predicate>
State 2: <Write(1) line 125, col 5 to line 130, col 35 of module Scuttlebutt>
State 3: <Start(<<1, 2>>) line 134, col 5 to line 138, col 30 of module Scuttlebutt>
State 4: <Write(1) line 125, col 5 to line 130, col 35 of module Scuttlebutt>
"""


def test_the_numbers_of_a_complete_run_are_read() -> None:
    """The totals of the end, not those of a line of progress. Spec: TWIN-2."""
    assert tlc.read_output(HOLDS, "here") == tlc.Counts(108, 209, 4, 9, revision="cc6b616")


def test_the_first_trace_of_a_violation_is_measured() -> None:
    """The first is a shortest one; later ones lead to other states. Spec: TWIN-2."""
    counts = tlc.read_output(VIOLATED + HOLDS, "here")
    assert (counts.violated, counts.steps) == (("Agreement",), (("Agreement", 2),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ended with: nothing"),
        ("Exception in thread main\n", "ended with: Exception in thread main"),
        (HOLDS.replace("0 states left", "7 states left"), "did not finish"),
        (HOLDS.replace("The depth", "A depth"), "did not finish"),
        ("Error: Deadlock reached.\n" + HOLDS, "Deadlock reached"),
        ("Error: Parsing or semantic analysis failed.\n", "Parsing or semantic analysis failed"),
    ],
)
def test_a_run_that_did_not_explore_everything_counts_nothing(text: str, said: str) -> None:
    """Half a count would be compared as if it were one. Spec: TWIN-2."""
    with pytest.raises(UnrunnableFault, match=said):
        tlc.read_output(text, "here")


def test_sizes_are_a_ladder() -> None:
    """What is compared in every test run is small enough for it. Spec: TWIN-2."""

    def worlds(size: str) -> list[int]:
        return [model.recorded.distinct for model in TWIN.models if model.size == size]

    assert all(worlds(size) for size in SIZES)
    assert max(worlds("small")) < 20_000 < min(worlds("large"))
    assert max(worlds("large")) < 2_000_000
