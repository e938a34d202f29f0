"""One case under way: searching again and again, and keeping what is found.

Laws of this file: a case that moved no data shows nothing; a kind of problem is searched for once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from scuttle_check.oracle.live.beside import steps_of
from scuttle_check.oracle.live.drawing import Palette
from scuttle_check.oracle.live.nodes import Cluster, Launch, Nodes
from scuttle_check.oracle.live.scene import Scene
from scuttle_check.oracle.live.searching import SHRINKING_MAX, search, smallest
from scuttle_check.oracle.protocol import Hello
from scuttle_check.oracle.result import CaseResult, Finding, Level, Outcome, Problem
from scuttle_ref.profile import Profile
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT, Dialect

FINDINGS_MAX: Final = 12
"""After so many findings a case stops looking for more."""

FOLLOWS_MAX: Final = 3
"""So much of what was seen behind a finding is told."""

HANGING_TRIES_MAX: Final = 25
"""How many scenes are tried to make one smaller that hangs."""

HANGS_MAX: Final = 10
"""After so many more hangs of a known kind a case is ended."""

PATIENCE_SECONDS: Final = 0.5
"""The deadline while a scene that hangs is made smaller: it hangs in each attempt."""


@frozen
class Plan:
    """What a run does. `case` is a pattern of ids; `examples` counts the scenes of a search."""

    profile: Profile
    launch: Launch
    levels: tuple[Level, ...] = tuple(Level)
    case: str = "*"
    examples: int = 200
    jobs: int = 1


@define
class Trial:
    """One case under way: the nodes it talks to, and what it has found.

    `shown` says that the case shows something though no update travels in it.
    """

    plan: Plan
    case: str
    level: Level
    nodes: Nodes
    hello: Hello
    examples: int
    findings: list[Finding] = field(factory=list)
    scenes: int = 0
    moved: int = 0
    limits: int = 0
    hangs: int = 0
    shown: bool = False
    notes: list[str] = field(factory=list)

    @property
    def seed(self) -> int:
        """A seed of its own for every case."""
        return zlib.crc32(self.case.encode()) ^ self.plan.launch.seed

    @property
    def dialect(self) -> Dialect:
        """How digest lines are spelt."""
        return dialect_of(self.hello)

    def palette(self, *, hostile: bool) -> Palette:
        """What scenes are drawn from."""
        return Palette.of(self.hello, self.plan.profile, hostile=hostile)

    def search(
        self,
        strategy: Any,
        attempt: Callable[[Scene], Problem | None],
        first: Sequence[Scene] = (),
    ) -> Iterator[Hit]:
        """Search again and again; each problem is of a kind that was not seen.

        The scenes of `first` are tried before any is drawn. An implementation that hangs again and
        again is given up.

        Spec: ORA-1, ORA-10, ORA-14.
        """
        try:
            yield from self._hits(strategy, attempt, first)
        except _HangsAgain:
            self._patient()

    def _hits(
        self, strategy: Any, attempt: Callable[[Scene], Problem | None], first: Sequence[Scene]
    ) -> Iterator[Hit]:
        seen: set[tuple[str, ...]] = set()
        for scene in first:
            self.scenes += 1
            hunt = _Hunt(self, attempt, seen)
            hit = self._made_small(scene, hunt)
            if hit is not None:
                yield hit
                self._known(hit.problem, seen)
            elif hunt.caught:
                yield from self._once(hunt)
                return
        for round_ in range(FINDINGS_MAX):
            hunt = _Hunt(self, attempt, seen)
            found = search(
                strategy, hunt.fails, examples=self.examples, at_seed=self.seed + round_,
                tries=lambda hunt=hunt: hunt.tries,  # type: ignore[misc]
            )  # fmt: skip
            self.scenes += found.examples
            self._patient()
            if found.found is None or found.first is None:
                return
            problem = attempt(found.found)
            if problem is None or found.flaky:
                yield from self._once(hunt)
                return
            yield Hit(found.found, problem, len(found.first.operations))
            self._known(problem, seen)

    def _once(self, hunt: _Hunt) -> Iterator[Hit]:
        """What failed does not fail again. An answer that was wrong was wrong all the same.

        Only that an answer was late may have been chance. Spec: ORA-17.
        """
        self.notes.append(
            "what failed did not fail again: answers depend on more than the requests since init"
        )
        for scene, problem in hunt.caught[:1]:
            if problem.outcome is not Outcome.TIMEOUT:
                yield Hit(scene, problem, len(scene.operations))

    def _known(self, problem: Problem, seen: set[tuple[str, ...]]) -> None:
        """Search for others. What is known to hang is not waited for as long again."""
        seen.add(problem.key)
        if problem.outcome is Outcome.TIMEOUT:
            self.impatient()

    def _made_small(self, scene: Scene, hunt: _Hunt) -> Hit | None:
        """The scene without what can go, if it fails."""
        if not hunt.fails(scene):
            return None
        small = smallest(scene, hunt.fails, hunt.tries)
        self._patient()
        problem = hunt.attempt(small)
        return None if problem is None else Hit(small, problem, len(scene.operations))

    def gives_up(self, problem: Problem | None) -> bool:
        """Whether the implementation has hung often enough. Spec: ORA-1."""
        if problem is not None and problem.outcome is Outcome.TIMEOUT:
            self.hangs += 1
            self.impatient()
        return self.hangs > HANGS_MAX

    def impatient(self) -> None:
        """Wait less for each answer, because it has been seen that none comes."""
        if isinstance(self.nodes, Cluster):
            self.nodes.hurry(PATIENCE_SECONDS)

    def _patient(self) -> None:
        if isinstance(self.nodes, Cluster):
            self.nodes.hurry(None)

    def report(
        self, problem: Problem, scene: Scene | None, nodes: Sequence[str], **more: Any
    ) -> None:
        """Keep a finding, once for each cause; what only follows from one stands under it.

        Spec: ORA-9, ORA-18.
        """
        if problem.after:
            self._follows(problem)
            return
        clauses: tuple[str, ...] = more.pop("clauses", (problem.clause,))
        tail = clauses[0] if problem.outcome is Outcome.FAIL else problem.outcome.value
        name = f"{self.level.value}/{tail}"
        mistakes = more.get("mistakes", ())
        alike = [each for each in self.findings if each.id.partition(".")[0] == name]
        for each in alike:
            same_rule = bool(set(mistakes) & set(each.mistakes))
            if same_rule or (not mistakes and each.problem.kind == problem.kind):
                return
        settings = {} if scene is None else scene.setting.config()
        if scene is not None and problem.performed:
            kept = scene.operations[: problem.performed]
            scene = attrs.evolve(scene, operations=kept)
        steps = steps_of(self.plan.profile, settings, problem.journal, self.dialect)
        number = f".{len(alike) + 1}" if alike else ""
        self.findings.append(
            Finding(
                name + number, problem.outcome, clauses, problem, scene, tuple(nodes),
                steps=steps, **more,
            )
        )  # fmt: skip

    def _follows(self, problem: Problem) -> None:
        """Tell under the finding that came first what was seen behind it, and on what guess."""
        guess = " or ".join(problem.assumed[:3]) or "a rule that explains it"
        told = f"step {len(problem.rows)}: if it follows {guess}, then {problem.told}"
        self.findings = [
            attrs.evolve(each, follows=(*each.follows, told))
            if each.problem.key == problem.after and len(each.follows) < FOLLOWS_MAX
            else each
            for each in self.findings
        ]

    def result(self) -> CaseResult:
        """What became of the case. One that moved nothing shows nothing. Spec: ORA-8."""
        outcome, says = Outcome.PASS, "; ".join(self.notes)
        worst = [each.outcome for each in self.findings]
        if worst:
            outcome = Outcome.FAIL if Outcome.FAIL in worst else worst[0]
        elif self.notes:
            outcome = Outcome.INCONCLUSIVE
        elif self.level is not Level.ROBUSTNESS and not self.shown and self.moved == 0:
            outcome, says = Outcome.INCONCLUSIVE, "no update travelled: this shows nothing"
        return CaseResult(
            self.case, self.level, outcome, says, tuple(self.findings), self.scenes, self.moved,
            self.limits,
        )  # fmt: skip


@frozen
class Hit:
    """A scene that failed, made small, and why; `operations` are those of the first one."""

    scene: Scene
    problem: Problem
    operations: int


@define
class _Hunt:
    """Counts what shrinking may cost: a scene that hangs is dear."""

    trial: Trial
    attempt: Callable[[Scene], Problem | None]
    seen: set[tuple[str, ...]]
    tries: int = SHRINKING_MAX
    caught: list[tuple[Scene, Problem]] = field(factory=list)

    def fails(self, scene: Scene) -> bool:
        """Whether the scene has a problem of a kind that was not seen. Raises _HangsAgain."""
        problem = self.attempt(scene)
        if problem is None:
            return False
        if problem.key in self.seen:
            if self.trial.gives_up(problem):
                raise _HangsAgain
            return False
        if problem.outcome is Outcome.TIMEOUT:
            self.tries = min(self.tries, HANGING_TRIES_MAX)
            self.trial.impatient()
        self.caught = self.caught or [(scene, problem)]
        return True


class _HangsAgain(BaseException):
    """Enough: each further scene would cost a deadline. No Exception, so Hypothesis lets it by."""


def dialect_of(hello: Hello) -> Dialect:
    """How an implementation spells digest lines. Spec: WIRE-2."""
    return SHIPPED_DIALECT if "dialect:shipped" in hello.capabilities else DOCUMENTED_DIALECT
