"""The hunt: Hypothesis draws small experiments, the checker explores each, failures shrink.

Two kinds of smallness come together: Hypothesis makes the experiment small, with fewer nodes,
commands and limits, and breadth-first search makes its schedule short.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
from attrs import define, frozen
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.network import NETWORKS
from scuttle_check.engine.topology import from_links
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.counterexample import Counterexample, shrink
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.hunted import Plan, experiments, simpler, size_of
from scuttle_check.gossip.rungs import Ingredient, asked, asks, ingredients, rungs
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.walks.random_walk import random_walk
from scuttle_check.search.walks.swarm import swarm, swarm_applies

WALKS = 200
"""Random walks through an experiment that has more worlds than the limit."""


AFTER_SPARE = 24
"""So many small models more are looked at for a failure that needs what was asked for."""

MORE = 10
"""So many times the worlds of an experiment are looked at to say that an ingredient matters."""


@frozen
class Tried:
    """What becomes of a failure when one of its ingredients is replaced by a safe one."""

    ingredient: Ingredient
    verdict: Kind
    looked_at: str


@define
class Hunt:
    """What a hunt has seen: experiments explored to the end or walked, and the smallest failure.

    `walked` counts experiments with more worlds than the limit in which random walks found nothing.
    `spare` is a failure that needs nothing of what was asked for; it is what was found if nothing
    better was. `tried` says of each ingredient of the failure what becomes of it without.
    `shortest` says whether no schedule of the found experiment is shorter. `stop` is why the hunt
    ended before all examples were drawn and shrunk, or None.
    """

    plan: Plan
    explored: int = 0
    walked: int = 0
    found: Counterexample | None = None
    spare: tuple[Counterexample, bool] | None = None
    tried: tuple[Tried, ...] = ()
    shortest: bool = False
    stop: str | None = None


class _Failed(Exception):
    """The experiment that was drawn fails."""


class _TimeIsUp(BaseException):
    """Hypothesis must not take this for a failure of the experiment."""


def hunt(plan: Plan, tell: Callable[[str], None]) -> Hunt:
    """Draw experiments until one fails, then the smallest that still does.

    The same plan and seed draw the same experiments, unless the seconds run out. `tell` hears of
    each smaller failure. Raises a Fault for a plan that no experiment can follow.

    Spec: HUNT-1, HUNT-2.
    """
    _refuse(plan)
    state = Hunt(plan)
    began = time.perf_counter()

    def look(experiment: Experiment) -> None:
        if plan.seconds is not None and time.perf_counter() - began > plan.seconds:
            raise _TimeIsUp
        found = refutation(state, experiment)
        if found is not None and answers(state, found):
            _keep(state, found, tell)
            raise _Failed

    with tempfile.TemporaryDirectory() as home:
        set_hypothesis_home_dir(Path(home))
        try:
            with suppress(_Failed):
                _searched(state, look)
            while _made_simpler(plan, state, look):
                pass
        except _TimeIsUp:
            state.stop = f"{plan.seconds:g} seconds used, the limit given"
        except KeyboardInterrupt:
            state.stop = BROKEN_OFF
        finally:
            set_hypothesis_home_dir(None)
    _explain(state, tell)
    return state


def _searched(state: Hunt, look: Callable[[Experiment], None]) -> None:
    """Small models in order, then models as they are drawn. Spec: HUNT-5."""
    further = AFTER_SPARE
    for experiment in rungs(state.plan):
        look(experiment)
        further -= state.spare is not None
        if not further:
            return
    if state.spare is None:
        _driven(state.plan, look)


def _explain(state: Hunt, tell: Callable[[str], None]) -> None:
    """Try what was found with each ingredient replaced. Spec: HUNT-6."""
    if state.found is None and state.spare is not None:
        _keep(state, state.spare, tell)
    if state.found is not None and state.stop != BROKEN_OFF:
        risks = ingredients(state.found.experiment)
        plan = attrs.evolve(state.plan, states_max=state.plan.states_max * MORE)
        try:
            state.tried = tuple(_tried(plan, ingredient) for ingredient in risks)
        except KeyboardInterrupt:
            state.stop = BROKEN_OFF


def answers(state: Hunt, found: tuple[Counterexample, bool]) -> bool:
    """Whether a failure needs something of what was asked for; if nothing was, any will do.

    Spec: HUNT-5.
    """
    risks = [each for each in ingredients(found[0].experiment) if asked(state.plan, each)]
    if not asks(state.plan) or any(
        _tried(state.plan, each).verdict is not Kind.REFUTED for each in risks
    ):
        return True
    state.spare = state.spare or found
    return False


def _tried(plan: Plan, ingredient: Ingredient) -> Tried:
    """The experiment without one ingredient, judged as the others are. Spec: HUNT-6."""
    aside = Hunt(plan)
    if refutation(aside, ingredient.without) is not None:
        return Tried(ingredient, Kind.REFUTED, "")
    if aside.explored:
        return Tried(ingredient, Kind.HOLDS, "all worlds explored")
    return Tried(ingredient, Kind.UNKNOWN, f"{plan.states_max:,} worlds and {WALKS} random walks")


def _made_simpler(plan: Plan, state: Hunt, look: Callable[[Experiment], None]) -> bool:
    """Whether what was found fails with one thing less, too. Spec: HUNT-4."""
    if state.found is None:
        return False
    for experiment in simpler(state.found.experiment, plan):
        try:
            look(experiment)
        except _Failed:
            return True
    return False


def _refuse(plan: Plan) -> None:
    if plan.network is not None and plan.network not in NETWORKS:
        expected = ", ".join(NETWORKS)
        raise UsageFault(f"no network {plan.network!r}", where="--network", expected=expected)
    graph = from_links(["A", "B"], [("A", "B"), ("B", "A")], "a pair")
    simplest = Experiment(graph, ((), ()), profile=plan.profile, resolver=plan.resolver)
    names = [each.name for each in simplest.build().properties]
    if plan.property not in names:
        expected = ", ".join(names)
        raise UsageFault(f"no property {plan.property!r}", where="--property", expected=expected)


def _driven(plan: Plan, look: Callable[[Experiment], None]) -> None:
    """Let Hypothesis draw and shrink; nothing is written, nothing is printed."""
    quiet = settings(
        max_examples=plan.examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
            HealthCheck.large_base_example,
        ],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )

    def drawn(experiment: Experiment) -> None:
        look(experiment)

    run: Callable[[], Any] = seed(plan.seed)(quiet(given(experiments(plan))(drawn)))
    run()


def refutation(state: Hunt, experiment: Experiment) -> tuple[Counterexample, bool] | None:
    """A counterexample to the property of the hunt, and whether it is a shortest one."""
    setup = _narrowed(experiment.build(), state.plan.property)
    budget = Budget(states_max=state.plan.states_max)
    report = exhaustive(setup.system, setup.properties, budget, until_decided=True)
    verdict = _refuted(report)
    if verdict is not None:
        state.explored += 1
        return _counterexample(experiment, verdict), True
    if report.stats.complete:
        state.explored += 1
        return None
    seed = state.plan.seed
    if swarm_applies(setup.system, setup.properties):
        report = swarm(setup.system, setup.properties, walks=WALKS, seed=seed, until_refuted=True)
    else:
        report = random_walk(setup.system, setup.properties, walks=WALKS, seed=seed)
    verdict = _refuted(report)
    if verdict is not None:
        return shrink(_counterexample(experiment, verdict), script_too=False), False
    state.walked += 1
    return None


def _narrowed(setup: Setup, name: str) -> Setup:
    return attrs.evolve(setup, properties=tuple(p for p in setup.properties if p.name == name))


def _refuted(report: Report) -> Verdict | None:
    verdict = report.verdicts[0]
    return verdict if verdict.kind is Kind.REFUTED and verdict.schedule is not None else None


def _counterexample(experiment: Experiment, verdict: Verdict) -> Counterexample:
    schedule: Any = verdict.schedule
    each = verdict.property
    return Counterexample(experiment, each.name, each.clause, verdict.because, schedule)


def _keep(state: Hunt, found: tuple[Counterexample, bool], tell: Callable[[str], None]) -> None:
    """Keep a failure if it is smaller than what was found before."""
    one, shortest = found
    size = (*size_of(one.experiment), len(one.schedule))
    if state.found is not None:
        known = (*size_of(state.found.experiment), len(state.found.schedule))
        if known <= size:
            return
    state.found, state.shortest = one, shortest
    commands = sum(map(len, one.experiment.script))
    tell(
        f"{one.property} refuted: {len(one.experiment.topology.nodes)} nodes, {commands} commands, "
        f"{one.experiment.network}, {len(one.schedule)} steps"
    )
