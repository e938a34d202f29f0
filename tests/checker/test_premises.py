"""A reduction is admitted for rules that it knows, at every decision there is, and for no other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import attrs
import pytest
from unreduced import Unreduced, sound_for

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions import admissible, known_rules
from scuttle_check.gossip.reductions.admissible import INDEPENDENT, RULES, STALE, UNNAMED, Rule
from scuttle_check.gossip.reductions.premises import Anything, Premise, config_functions, decisions
from scuttle_check.gossip.reductions.reduce import refusal_of, search_reduced
from scuttle_check.gossip.script import parse_script
from scuttle_check.oracle.mutants.mutants import WRONG, WRONG_OF_RELATIVES
from scuttle_check.search.budget import Budget
from scuttle_check.search.plain import breadth_first
from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.profile import Profile, decision_points
from scuttle_ref.profiles import DOCUMENTED, PROFILES, TEXTBOOK

EVERY = (*RULES, INDEPENDENT, UNNAMED)
PIECES = ("quotient", "stubborn", "symmetry")
SETTLING = ("agreement", "data-moved")
NAME = "made-up"


def premises() -> Iterator[tuple[str, Premise]]:
    """Every premise of every rule of a reduction."""
    for rule in EVERY:
        for number, premise in enumerate(rule.premises):
            yield f"{rule.name}-{number}", premise


@pytest.mark.parametrize(("name", "premise"), list(premises()))
def test_every_premise_names_every_decision_of_the_record(name: str, premise: Premise) -> None:
    """A slot that is added is named everywhere, or refuses every reduction. Spec: RED-1."""
    del name
    assert set(premise) == set(decisions())
    for choice in premise.values():
        assert choice.because if isinstance(choice, Anything) else choice


def test_the_decisions_are_all_that_a_profile_and_a_configuration_hold() -> None:
    """What is left out here decides nothing, or is asked of the network. Spec: RED-1, NET-5."""
    fields = {each.name for each in attrs.fields(Profile)}
    settings = {each.name for each in attrs.fields(Config)}

    assert fields - set(decision_points()) == {"name", "summary", "whole_answers"}
    assert settings - set(config_functions()) == {"max_history", "mtu"}


@pytest.mark.parametrize("point", decisions())
@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_a_decision_that_is_not_declared_refuses_a_reduction(rule: Rule, point: str) -> None:
    """Who adds a decision point learns it from the refusal. Spec: RED-1."""
    kept = tuple({p: c for p, c in premise.items() if p != point} for premise in rule.premises)
    setup = model(TEXTBOOK)
    system, gossip = setup.system, setup.gossip
    assert rule.refusal(gossip, system) is None

    reason = attrs.evolve(rule, premises=kept).refusal(gossip, system)

    assert reason == f"the decision {point}, of which nothing is declared"


def model(profile: Profile, *lines: str, cuts: int = 0) -> Setup:
    """Two nodes that follow a profile of that name; it must be known."""
    graph = topology("line:2")
    script = parse_script(lines or ("A set k=1", "A set j=2"), graph, "script")
    return Experiment(graph, script, profile.name, faults=Misfortune(cuts=cuts)).build()


@pytest.mark.parametrize("point", decision_points())
@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_a_rule_that_nobody_knows_is_refused_unless_any_will_do(
    rule: Rule, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the rule and the profile. Spec: RED-1."""

    def own(*given: Any) -> Any:
        raise AssertionError(given)

    profile = attrs.evolve(TEXTBOOK, name=NAME, **{point: own})
    monkeypatch.setitem(PROFILES, NAME, profile)
    setup = model(profile)
    by_clock = rule.premises[0][point]

    reason = rule.refusal(setup.gossip, setup.system)

    assert reason == (None if isinstance(by_clock, Anything) else f"the rule own of profile {NAME}")


@pytest.mark.parametrize("function", config_functions())
def test_a_function_of_the_user_is_a_decision_too(function: str) -> None:
    """An order of one's own may leave updates out of an answer. Spec: RED-1."""

    def own(*_given: Any) -> Any:
        return ()

    setup = model(PROFILES["paper"])
    gossip = attrs.evolve(setup.gossip, config=attrs.evolve(setup.gossip.config, **{function: own}))

    refused = admissible.refusals(gossip, setup.system)

    asked = {"delta_order": f"the rule own of config.{function}"}
    assert refused.get("version") == asked.get(function)


# --- made-up rules: no reduction says holds where the plain search refutes ------------------------


def raising(state: Any, _peer: Any, marks: Any, _done: Any, delta: Any) -> Any:
    """Raise the own clock to the marks that the peer named: what was never taken is below it."""
    clock = state.clock
    for source, mark in marks:
        clock = clock.raised(source, mark)
    return attrs.evolve(state, clock=clock), delta


CLAIMING = attrs.evolve(
    DOCUMENTED,
    name=NAME,
    mention=rules.mention_mark,
    answer=rules.answer_later,
    close=raising,
)
"""A node that takes the peer's digest for what it has itself."""


def test_a_node_that_takes_a_digest_for_its_own_is_searched_without_a_reduction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The quotient said that no-gap holds, which the plain search refutes in 4. Spec: RED-1."""
    monkeypatch.setitem(PROFILES, NAME, CLAIMING)
    plain = model(CLAIMING)
    found = breadth_first(plain.system, plain.properties)
    assert found.verdict("no-gap").kind is Kind.REFUTED

    reason = refusal_of(plain, "quotient")
    with pytest.raises(UsageFault) as refused:
        search_reduced(model(CLAIMING), Budget(), "quotient")
    report = search_reduced(model(CLAIMING), Budget(), "auto")

    assert reason == f"the rule raising of profile {NAME}"
    assert reason in str(refused.value)
    assert report.stats.reduction == "none"
    assert [v.kind for v in report.verdicts] == [v.kind for v in found.verdicts]


CANDIDATES = [
    (base, point, rule)
    for base in ("textbook", "documented", "paper")
    for point in decision_points()
    for rule in (*WRONG.get(point, ()), *WRONG_OF_RELATIVES.get(point, ()))
]


def admitted(setup: Setup) -> Iterator[tuple[str, Setup]]:
    """The reductions that are admitted, with the properties that they keep."""
    few = tuple(each for each in setup.properties if each.name in SETTLING)
    for pieces in PIECES:
        judged = attrs.evolve(setup, properties=few) if pieces == "stubborn" else setup
        if refusal_of(judged, pieces) is None:
            yield pieces, judged


@pytest.mark.parametrize("point", decision_points())
def test_no_reduction_says_holds_where_plain_search_refutes(
    point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands at one decision point, right for some profile or wrong for all.

    Spec: RED-1, RED-9, SYM-2.
    """
    cuts = int(point in {"connect", "disconnect"})
    lines = ("A set k=1", "B set k=2", "A set j=3")[: 3 - cuts]
    for base, at, rule in CANDIDATES:
        if at != point:
            continue
        profile = attrs.evolve(PROFILES[base], name=NAME, **{point: rule})
        monkeypatch.setitem(PROFILES, NAME, profile)
        found = breadth_first(
            (setup := model(profile, *lines, cuts=cuts)).system,
            setup.properties,
            Budget(states_max=400),
        )
        if not found.stats.complete:
            continue
        kinds = {verdict.property.name: verdict.kind for verdict in found.verdicts}
        for pieces, judged in admitted(model(profile, *lines, cuts=cuts)):
            report = search_reduced(judged, Budget(), pieces, certify=True)
            for verdict in report.verdicts:
                told = (base, rule.__name__, pieces, verdict.property.name, verdict.kind)
                assert verdict.kind is kinds[verdict.property.name], told


def test_rules_in_new_company_are_reduced_soundly(
    drawn: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles that nobody has put together, each from rules right and wrong. Spec: RED-1."""
    compared = 0
    for number in range(90):
        draw = random.Random(number)  # noqa: S311 - nothing is secret here
        base = draw.choice(["documented", "textbook", "paper", "scuttlebutt", "plasmid"])
        points = draw.sample(sorted(WRONG), draw.choice([1, 2, 3]))
        choices = {
            point: draw.choice((*WRONG[point], *WRONG_OF_RELATIVES.get(point, ())))
            for point in points
        }
        monkeypatch.setitem(PROFILES, NAME, attrs.evolve(PROFILES[base], name=NAME, **choices))
        experiment = attrs.evolve(drawn.model(base, number), profile=NAME)
        sound = sound_for(experiment)
        plain = Unreduced(experiment) if sound else None
        if plain is not None and plain.stats.complete:
            plain.compare(draw.choice(sound), certify=True)
            compared += 1
    assert compared > 15


def test_what_is_known_by_clock_is_refused_by_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which rules are sound depends on how a node knows a duplicate. Spec: RED-2."""
    forgets = attrs.evolve(DOCUMENTED, name=NAME, retain=rules.retain_current)
    monkeypatch.setitem(PROFILES, NAME, forgets)
    setup = model(forgets)

    assert STALE.refusal(setup.gossip, setup.system) == f"the rule retain_current of profile {NAME}"
    assert isinstance(known_rules.IGNORED_BY_CLOCK["retain"], Anything)
