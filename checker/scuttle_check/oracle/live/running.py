"""A run of the oracle: controls first, then every case, level by level.

Laws of this file: decided by the plan and the implementation; each case has nodes of its own, so
that cases may run side by side; whatever happens, every process is ended.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase
from types import FrameType
from typing import Any, Final

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.interrupts import heed
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.contract import contract_of, nearest
from scuttle_check.oracle.live import answering, convergence, exploring, robustness
from scuttle_check.oracle.live.checkup import checkup
from scuttle_check.oracle.live.drawing import classic_scenes, hostile_scenes, scenes, troubled
from scuttle_check.oracle.live.faithful import faithful_scenes
from scuttle_check.oracle.live.nodes import Cluster, Loopback, Stopped
from scuttle_check.oracle.live.scene import NODES, Scene
from scuttle_check.oracle.live.seeding import vector_scenes
from scuttle_check.oracle.live.stage import OracleFault, Unsupported
from scuttle_check.oracle.live.trial import Plan, Trial, dialect_of
from scuttle_check.oracle.protocol import Hello, unknown_capabilities
from scuttle_check.oracle.result import FAILED, CaseResult, Level, Outcome, Problem, Report

CONTROL_MAX: Final = 100
CONTROL_SHARE: Final = 10
"""The control plays one scene for so many of the implementation, and at least this many."""


LEVELS_TRIED: Final = {False: ("step",), True: ("step", "wire", "robustness")}
"""The levels of the vectors whose conversations are tried, by whether the level is wire."""


@frozen
class Case:
    """Something to run: an id, its level, and the function that does it."""

    id: str
    level: Level
    needs: tuple[str, ...]
    run: Callable[[Trial], None]


# --- the cases ---------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Every case, in the order of the levels."""
    directed = [
        Case(f"robustness/{name}", Level.ROBUSTNESS, robustness.NEEDS, _directed(name))
        for name in robustness.directed()
    ]
    return [
        *directed,
        Case("robustness/explore", Level.ROBUSTNESS, robustness.NEEDS, _hostile),
        Case("convergence/explore", Level.CONVERGENCE, convergence.NEEDS, _converge),
        Case(
            "step/explore", Level.STEP, exploring.NEEDS, lambda trial: _explore(trial, exact=False)
        ),
        Case("step/resolvers", Level.STEP, answering.NEEDS, _resolvers),
        Case(
            "wire/explore", Level.WIRE, exploring.NEEDS, lambda trial: _explore(trial, exact=True)
        ),
    ]


def _directed(name: str) -> Callable[[Trial], None]:
    def run(trial: Trial) -> None:
        if name == "lines" and "lines" not in trial.hello.capabilities:
            raise Unsupported("messages are objects here, not lines")
        resolver = trial.palette(hostile=True).resolvers[0]
        for operation in robustness.directed()[name]:
            scene = robustness.plain_scene(operation, resolver)
            trial.scenes += 1
            problem = robustness.attempt(trial.nodes, scene, trial.case)
            if problem is not None:
                trial.report(problem, scene, (robustness.NODE,), operations=1)
            if trial.gives_up(problem):
                break

    return run


def _resolvers(trial: Trial) -> None:
    names = answering.known(trial.hello)
    if not names:
        raise Unsupported("no resolver of this specification is offered")
    for name in names:
        trial.scenes += 1
        problem = answering.attempt(trial.nodes, name, trial.case)
        trial.shown = True
        if problem is not None:
            trial.report(problem, None, (answering.NODE,))


def _hostile(trial: Trial) -> None:
    def attempt(scene: Scene) -> Problem | None:
        return robustness.attempt(trial.nodes, scene, trial.case)

    for hit in trial.search(hostile_scenes(trial.palette(hostile=True)), attempt):
        trial.report(hit.problem, hit.scene, (robustness.NODE,), operations=hit.operations)


def _converge(trial: Trial) -> None:
    profile, dialect = trial.plan.profile, trial.dialect

    def attempt(scene: Scene) -> Problem | None:
        ended = convergence.attempt(trial.nodes, profile, scene, dialect, trial.case)
        trial.moved += ended.moved
        if ended.problem is None or ended.problem.outcome is not Outcome.FAIL:
            return ended.problem
        if convergence.is_limit(profile, scene, dialect):
            trial.limits += 1
            return None
        return ended.problem

    palette, contract = trial.palette(hostile=False), contract_of(profile)
    strategy = troubled(palette, contract, convergence.NODES)
    first = tuple(classic_scenes(palette.resolvers[0], contract, timed=palette.timed))
    for hit in trial.search(strategy, attempt, first):
        trial.report(hit.problem, hit.scene, convergence.NODES, operations=hit.operations)


def _explore(trial: Trial, *, exact: bool) -> None:
    explorer = exploring.Explorer(trial.nodes, trial.plan.profile, trial.dialect, exact, trial.case)
    palette = trial.palette(hostile=exact)
    first = (
        *vector_scenes(nearest(trial.plan.profile).name, LEVELS_TRIED[exact]),
        *faithful_scenes(palette.resolvers[0], timed=palette.timed, exact=exact),
    )
    for hit in trial.search(scenes(palette), explorer.attempt, first):
        blamed = explorer.control(hit.scene)
        if blamed is not None:
            trial.notes.append(f"the reference itself fails this scene: {blamed.told}")
            break
        explorer.known.add(hit.problem.key)
        diagnosis = None if hit.problem.after else explorer.explained(hit.scene, hit.problem)
        more: dict[str, Any] = {"operations": hit.operations}
        if diagnosis is not None:
            more |= {"clauses": diagnosis.clauses, "mistakes": diagnosis.mistakes}
            explorer.variants += diagnosis.variants
        trial.report(hit.problem, hit.scene, NODES, **more)
    trial.moved += explorer.moved
    if explorer.ambiguous:
        trial.notes.append(f"{explorer.ambiguous} scenes were ambiguous")
    if explorer.skipped == explorer.played:
        raise Unsupported("every scene needs something that the adapter cannot do")


# --- the run -----------------------------------------------------------------------------------


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Run every case of the plan. Raises UnrunnableFault when the adapter cannot be started.

    Spec: ORA-4, ORA-8, ORA-10.
    """
    chosen = [
        case for case in cases() if case.level in plan.levels and fnmatchcase(case.id, plan.case)
    ]
    if not chosen:
        known = ", ".join(case.id for case in cases())
        raise UsageFault(f"no case {plan.case!r} at these levels", where="--case", expected=known)
    first = Cluster(plan.launch)
    try:
        hello = first.hello
        results, spent, interrupted = _all(plan, chosen, first, say)
    finally:
        first.abandon()
    warnings = tuple(f"unknown capability {each!r}" for each in unknown_capabilities(hello))
    if not interrupted and any(each.outcome in FAILED for each in results):
        warnings += _of_the_adapter(plan)
    return Report(
        profile=plan.profile.name,
        sut=dict(hello.sut),
        command=plan.launch.command,
        seed=plan.launch.seed,
        examples=plan.examples,
        cases=tuple(results),
        round_trips=spent[0],
        request_seconds=spent[1],
        interrupted=interrupted,
        warnings=warnings,
    )


def _of_the_adapter(plan: Plan) -> tuple[str, ...]:
    """What the adapter itself gets wrong, so that nobody mends the implementation. Spec: ORA-13."""
    found = checkup(plan.launch)
    wrong = [each for each in found.steps if each.state == "wrong"]
    return tuple(
        f"the adapter gets {each.name!r} wrong ({each.says[:200]}): mend that first, with"
        " scuttle conform check-adapter"
        for each in wrong
    )


def _all(
    plan: Plan, chosen: Sequence[Case], first: Cluster, say: Callable[[str], None]
) -> tuple[list[CaseResult], tuple[int, float], bool]:
    """All results, what the conversations cost, and whether somebody interrupted."""
    clusters = [first]
    results: list[CaseResult] = []
    interrupted = False

    def one(case: Case) -> CaseResult:
        cluster = Cluster(plan.launch)
        clusters.append(cluster)
        try:
            return _case(plan, case, cluster)
        finally:
            cluster.close()

    def interrupt(number: int, frame: FrameType | None) -> None:
        """End the processes first: what is raised here may be swallowed by whoever runs now."""
        for cluster in clusters:
            cluster.stop()
        signal.default_int_handler(number, frame)

    before = heed(signal.SIGINT, interrupt)
    try:
        if plan.jobs == 1:
            for case in chosen:
                say(case.id)
                results.append(_case(plan, case, first))
            first.close()
        else:
            with ThreadPoolExecutor(plan.jobs) as pool:
                futures: list[Future[CaseResult]] = [pool.submit(one, case) for case in chosen]
                try:
                    for case, future in zip(chosen, futures, strict=True):
                        say(case.id)
                        results.append(future.result())
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)
    except (KeyboardInterrupt, Stopped):
        interrupted = True
    finally:
        heed(signal.SIGINT, before)
        for cluster in clusters:
            cluster.abandon()
    say("")
    spent = sum(each.round_trips for each in clusters), sum(each.seconds for each in clusters)
    return results, spent, interrupted


def _case(plan: Plan, case: Case, cluster: Cluster) -> CaseResult:
    """One case: its control first, then the implementation. Spec: ORA-8."""
    hello = cluster.hello
    lacking = [each for each in case.needs if not hello.can(each)]
    if lacking:
        says = f"needs the capability {', '.join(lacking)}"
        return CaseResult(case.id, case.level, Outcome.SKIP, says)
    control = _control(plan, case, hello)
    if control is not None:
        return CaseResult(case.id, case.level, Outcome.ERROR, control)
    trial = Trial(plan, case.id, case.level, cluster, hello, plan.examples)
    cluster.hurry(None)
    try:
        case.run(trial)
    except Unsupported as cannot:
        return CaseResult(case.id, case.level, Outcome.SKIP, str(cannot))
    except OracleFault as fault:
        return CaseResult(case.id, case.level, Outcome.ERROR, f"the adapter says: {fault}")
    return trial.result()


def _control(plan: Plan, case: Case, hello: Hello) -> str | None:
    """What is wrong when the reference plays the same case, or None. Spec: ORA-8."""
    reference = Loopback(
        ReferenceAdapter(plan.profile, dialect_of(hello), "lines" in hello.capabilities)
    )
    examples = min(CONTROL_MAX, max(CONTROL_SHARE, plan.examples // CONTROL_SHARE))
    narrowed = attrs.evolve(plan, examples=examples)
    trial = Trial(narrowed, case.id, case.level, reference, reference.hello, examples)
    try:
        case.run(trial)
    except Unsupported:
        return None
    result = trial.result()
    if result.outcome is Outcome.PASS:
        return None
    told = result.findings[0].problem.told if result.findings else result.says
    return f"the reference fails its own control: {told}"
