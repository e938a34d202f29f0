"""Judging: each law sought broken, in small sets exhaustively, then in drawn ones.

Laws of this file: decided by the resolver, the plan and its seed; a law that was not sought to
the end is unknown, never kept.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import combinations, permutations
from typing import Any

import attrs
from attrs import field, frozen

from scuttle_check.laws.asking import OBSERVABLE, Asking, GaveUp, NoAnswer
from scuttle_check.laws.book import BY_NAME, LAWS, Law
from scuttle_check.laws.calling import Caller, Remote
from scuttle_check.laws.cases import Runs, shown
from scuttle_check.laws.circumstances import Question, can_travel, seek_unsteady
from scuttle_check.laws.converging import BOUNDS, SHAPES, explore
from scuttle_check.laws.domain import KEY, Domain
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.forerunner import Fatal, sent_ahead
from scuttle_check.laws.gathering import gathered, sought
from scuttle_check.laws.limits import Allowance, many_calls
from scuttle_ref.messages import Delta, Update

HOLDS, REFUTED, UNKNOWN, NOT_ASKED = "holds", "refuted", "unknown", "not asked"

EXAMPLES = 100
SECONDS = 60.0
FRESH = 2**30
"""Above the versions of all other questions."""

_JUDGED = itertools.count()

QUESTIONS_MAX = 4_000
"""So many questions are asked again under every circumstance."""

UNUSUAL = 1_000
"""Of these so many are the last."""


NEEDED = ("total", "deterministic")
"""Judged before all others, so that first answers are first, and a hang is told as one."""


@frozen
class Plan:
    """How a resolver is judged.

    `observe` says in what outcomes must be equal; `strategy` draws values beyond those of
    `domain`, as a name of :data:`scuttle_check.gossip.strategies.VALUES` or a Hypothesis strategy;
    `examples` is the number of sets drawn; after `seconds` what is undecided is unknown.
    `expect` names laws whose verdict is to be another than the usual one, `suggested` optional laws
    that are worth requiring of this resolver, with the reason.
    """

    observe: tuple[str, ...] = OBSERVABLE
    domain: Domain = field(factory=Domain)
    strategy: Any = "json"
    seed: int = 0
    examples: int = EXAMPLES
    seconds: float = SECONDS
    expect: Mapping[str, str] = field(factory=dict)
    suggested: Mapping[str, str] = field(factory=dict)

    def expected(self, law: Law) -> str | None:
        """The verdict that is wanted of a law; None if any will do."""
        return self.expect.get(law.name, None if law.optional else HOLDS)


@frozen
class Verdict:
    """What became of one law. `scope` says what was tried, or why no more was."""

    law: Law
    kind: str
    scope: str
    evidence: Evidence | None = None

    def as_expected(self, plan: Plan) -> bool:
        """Whether this is the verdict that was wanted, or none was."""
        return self.kind == NOT_ASKED or plan.expected(self.law) in {None, self.kind}


@frozen(slots=False)
class Judging:
    """One resolver under judgement; each law is judged when it is asked for, and once."""

    caller: Caller
    plan: Plan = field(factory=Plan)
    asking: Asking = field(init=False)
    _verdicts: dict[str, Verdict] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        remote = self.caller if isinstance(self.caller, Remote) else None
        ours = self.caller.here or remote is not None
        beside = (lambda: 0.0) if remote is None else (lambda: remote.worked)
        allowance = Allowance(self.plan.seconds, ours, beside)
        asking = Asking(self.caller, self.plan.observe, allowance)
        object.__setattr__(self, "asking", asking)

    def verdict(self, law: Law) -> Verdict:
        """The verdict on one law. Spec: LAW-16."""
        known = self._verdicts.get(law.name)
        if known is None:
            chance = random.getstate()
            random.seed(self.plan.seed)  # a resolver that tosses coins is caught in the same way
            try:
                with many_calls():
                    known = self._judged(law)
            except GaveUp as end:
                known = Verdict(law, UNKNOWN, str(end))
            finally:
                random.setstate(chance)
            self._verdicts[law.name] = known
        return known

    def verdicts(self, tell: Callable[[Law], None] = lambda _law: None) -> list[Verdict]:
        """The verdicts on all laws, in the order of the book."""
        found = []
        for law in LAWS:
            tell(law)
            found.append(self.verdict(law))
        return found

    def _judged(self, law: Law) -> Verdict:
        for needed in NEEDED:
            if law.name == needed:
                break
            self.verdict(BY_NAME[needed])
        if law.name == "total":
            self._drawn  # noqa: B018 - drawn here, so that a copy of this process has them
            fatal = sent_ahead(self.caller, self._all_asked, self.plan.seconds)
            if fatal is not None:
                return self._ends_processes(law, fatal)
        if law.name == "deterministic":
            return self._steady(law)
        if law.name == "convergent":
            return self._converges(law)
        if law.name == "pure" and not can_travel(self.caller):
            return Verdict(law, NOT_ASKED, "the resolver runs elsewhere, on copies")
        return self._sought(law)

    def _all_asked(self, asking: Asking) -> None:
        """Ask whatever the law of totality is sought in, failures or not."""
        law = BY_NAME["total"]
        for size in law.sizes:
            for case in self.plan.domain.cases(size):
                law.seek(asking, case)
        for updates in self._drawn:
            law.seek(asking, self.plan.domain.case(updates[: law.drawn]))

    def _ends_processes(self, law: Law, fatal: Fatal) -> Verdict:
        """The verdict on a resolver that must not be asked in this process. Spec: LAW-22."""
        self.asking.fatal = fatal.failure.says
        runs = () if fatal.run is None else (fatal.run,)
        at = f"at {shown(fatal.run.delivered[-1])} " if fatal.run else ""
        return Verdict(
            law, REFUTED, "asked in a copy", Evidence(f"{at}it {fatal.failure.says}", runs)
        )

    def _sought(self, law: Law) -> Verdict:
        """A law sought broken in cases. What is found is made small. Spec: LAW-17."""
        tried = 0
        for size in law.sizes:
            for runs in sought(self.asking, law.seek, self.plan.domain.cases(size)):
                tried += 1
                if runs is not None:
                    return self._refuted(law, runs, tried)
        drawn = 0
        sets = [updates[: law.drawn] for updates in self._drawn] if law.drawn else []
        cases = [self.plan.domain.case(each) for each in sets if len(each) >= law.sizes[0]]
        for case, runs in zip(cases, sought(self.asking, law.seek, cases), strict=True):
            drawn += 1
            if runs is not None:
                return self._refuted(law, self._small(law, case.updates, runs), tried + drawn)
        scope = f"{tried:,} sets of updates" + (f", {drawn} drawn ones" if drawn else "")
        if law.name not in {"pure", "total"} and not self.asking.accepted:
            answered = (
                "it accepted no update at all" if self.asking.answered else "it gave no answer"
            )
            return Verdict(law, UNKNOWN, f"nothing was shown: {answered}")
        return Verdict(law, HOLDS, scope)

    def _refuted(self, law: Law, runs: Runs, tried: int) -> Verdict:
        because = law.judge(self.asking, runs) or "the answers changed when they were asked again"
        return Verdict(law, REFUTED, f"set {tried:,} of updates", Evidence(because, runs))

    def _small(self, law: Law, updates: Delta, runs: Runs) -> Runs:
        """Runs that break the law with as few and as simple updates as are found."""
        for size in range(law.sizes[0], len(updates)):
            for chosen in combinations(updates, size):
                fewer = law.seek(self.asking, self.plan.domain.case(chosen))
                if fewer is not None:
                    return self._simple(law, chosen, fewer)
        return self._simple(law, updates, runs)

    def _simple(self, law: Law, updates: Delta, runs: Runs) -> Runs:
        for at in range(len(updates)):
            for value in self.plan.domain.values:
                candidate = list(updates)
                candidate[at] = attrs.evolve(updates[at], value=value)
                simpler = law.seek(self.asking, self.plan.domain.case(candidate))
                if simpler is not None:
                    updates, runs = tuple(candidate), simpler
                    break
        return runs

    @cached_property
    def _drawn(self) -> list[Delta]:
        return drawn_sets(self.plan)

    def _steady(self, law: Law) -> Verdict:
        questions = gathered(self.asking, self._questions)
        found = seek_unsteady(self.asking, questions)
        if found is None:
            scope = f"{len(questions):,} questions, asked again at other times and in other orders"
            return Verdict(law, HOLDS, scope)
        runs, told = found
        because = f"{told} to {shown(runs[0].delivered[-1])}"
        if "a process with" not in told:
            because = law.judge(self.asking, runs) or because
        return Verdict(law, REFUTED, f"{len(questions):,} questions", Evidence(because, runs))

    def _questions(self, asking: Asking) -> list[Question]:
        """The questions of all sets of one and two updates, simplest first.

        Of too many those in the middle are left out: what is unusual stands last.
        """

        def every() -> Iterator[Question]:
            domain = self.plan.domain
            for size in (1, 2):
                for case in domain.cases(size):
                    for replica in (domain.observers[0], domain.sources[0]):
                        for order in permutations(case.updates):
                            with suppress(NoAnswer):
                                yield asking.ended(replica, order[:-1]), order[-1]

        found = list(dict.fromkeys(every()))
        if len(found) > QUESTIONS_MAX:
            found = [*found[: QUESTIONS_MAX - UNUSUAL], *found[-UNUSUAL:]]
        return [*found, *self._never_asked()]

    def _never_asked(self) -> Iterator[Question]:
        """Questions that no judgement in this process has asked before.

        A resolver that remembers may by now have heard all others, and answer them alike.
        """
        domain = self.plan.domain
        version = FRESH + next(_JUDGED)
        state = self.asking.fresh(domain.observers[0])
        for source in domain.sources:
            yield state, Update(source, domain.keys[0], domain.values[0], version)

    def _converges(self, law: Law) -> Verdict:
        broken = [
            each
            for each in self._verdicts.values()
            if each.kind == REFUTED and not each.law.optional and each.evidence is not None
        ]
        trouble = [each.evidence for each in broken if each.evidence is not None]
        explored = explore(self.asking, self.plan.domain, trouble)
        if explored.evidence is not None:
            return Verdict(law, REFUTED, f"{explored.worlds:,} worlds", explored.evidence)
        if explored.stop is not None:
            return Verdict(law, UNKNOWN, explored.stop)
        shapes = ", ".join(dict.fromkeys(name for name, _ in SHAPES))
        told = f"all {explored.worlds:,} worlds of {shapes}; {BOUNDS}"
        if broken:
            names = ", ".join(each.law.name for each in broken)
            models = f"{explored.troubled or 'no'} models of the updates that broke {names}"
            told = f"{told}; and {models}" + ("" if explored.troubled else " are small enough")
        return Verdict(law, HOLDS, told)


def smallest(verdicts: list[Verdict], plan: Plan) -> Verdict | None:
    """Of the refuted laws the one with the fewest updates as evidence, the most telling first.

    Laws that were wanted come before those that any verdict will do for. What is not deterministic
    is nothing else either: evidence of another law would not break it again. Spec: LAW-17.
    """
    refuted = [each for each in verdicts if each.evidence is not None]

    def place(verdict: Verdict) -> tuple[bool, bool, int, bool, bool, int]:
        evidence = verdict.evidence or Evidence("")
        special = any(run.delivered[-1].key != KEY for run in evidence.runs)
        circle = len(evidence.runs) > 2  # noqa: PLR2004 - it explains whatever else three do
        rank = LAWS.index(verdict.law)
        steady = verdict.law.name != "deterministic"
        return verdict.as_expected(plan), steady, evidence.size, special, not circle, rank

    return min(refuted, key=place, default=None)


def drawn_sets(plan: Plan) -> list[Delta]:
    """Sets of three to five updates of one key, decided by the plan and its seed."""
    if not plan.examples:
        return []
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    from scuttle_check.gossip import strategies  # noqa: PLC0415
    from scuttle_check.laws.domain import settled_value  # noqa: PLC0415

    values = plan.strategy
    values = strategies.VALUES[values] if isinstance(values, str) else values.map(settled_value)
    drawn = strategies.histories(
        st.sampled_from(list(plan.domain.values)) | values,
        strategies.sources(plan.domain.sources),
        st.just(plan.domain.keys[0]),
        min_size=3,
    )
    return strategies.some(drawn, plan.examples, plan.seed)
