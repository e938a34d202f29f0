"""What a run of the oracle says: outcomes of cases, and the findings behind them.

Laws of this file: data; a case that showed nothing is never called passed.

Known failures: a file of findings that are expected, each with the issue that tracks it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import field, frozen

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.process import Failure, ProcessFailed
from scuttle_check.oracle.live.scene import Scene
from scuttle_check.oracle.live.stage import Row, Stage
from scuttle_check.oracle.wire import encoded

FORMAT: Final = "scuttle-report"
VERSION: Final = 1


class Level(Enum):
    """How closely an implementation is looked at; each level is claimed by itself. Spec: ORA-5."""

    ROBUSTNESS = "robustness"
    CONVERGENCE = "convergence"
    STEP = "step"
    WIRE = "wire"


class Outcome(Enum):
    """What became of a case."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    CRASH = "crash"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    SKIP = "skip"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    LIMIT = "documented-limit"
    OUT_OF_CONTRACT = "out-of-contract"
    XFAIL = "xfail"
    XPASS = "xpass"


FAILED: Final = frozenset(
    {Outcome.FAIL, Outcome.CRASH, Outcome.TIMEOUT, Outcome.PROTOCOL, Outcome.XPASS}
)
OPEN: Final = frozenset({Outcome.INCONCLUSIVE, Outcome.ERROR})

OF_FAILURE: Final = {
    Failure.CRASH: Outcome.CRASH,
    Failure.TIMEOUT: Outcome.TIMEOUT,
    Failure.PROTOCOL: Outcome.PROTOCOL,
}


@frozen
class Problem:
    """Why a scene failed, once: the outcome, and everything there was to see."""

    outcome: Outcome
    clause: str
    path: str
    expected: Any
    got: Any
    told: str
    rows: tuple[Row, ...] = ()
    stderr: str = ""
    journal: tuple[tuple[str, Any], ...] = field(default=(), eq=False, repr=False)
    difference: Difference | None = field(default=None, eq=False, repr=False)
    performed: int = 0
    kind: str = ""
    after: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two problems the same kind of problem."""
        return (self.outcome.value, self.clause, self.path.partition("[")[0], self.kind)


def failed_by(
    found: Difference, clause: str, stage: Stage, kind: str = "", place: int | None = None
) -> Problem:
    """The problem that a difference is, with what happened before it.

    `place` is that of the journal at which it was, if that is not the end.
    """
    journal = stage.journal if place is None else stage.journal[: place + 1]
    rows, performed = len(stage.rows), stage.performed
    if place is not None and place < len(stage.marks) - 1:
        rows, performed = stage.marks[place]
    return Problem(
        outcome=Outcome.FAIL,
        clause=clause,
        path=found.path,
        expected=found.expected,
        got=found.got,
        told=str(found),
        rows=tuple(stage.rows[:rows]),
        journal=tuple(journal),
        difference=found,
        performed=performed,
        kind=kind,
    )


def of_process(
    failed: ProcessFailed, rows: tuple[Row, ...], journal: Sequence[tuple[str, Any]]
) -> Problem:
    """The problem that a lost process is. Spec: ORA-1, ORA-3."""
    return Problem(
        outcome=OF_FAILURE[failed.failure],
        clause=failed.clause or "ERR-1",
        path="$",
        expected="an answer",
        got=failed.told,
        told=failed.told,
        rows=rows,
        stderr=failed.stderr,
        journal=tuple(journal),
    )


@frozen
class Finding:
    """A problem with the smallest scene that shows it.

    `clauses` are those it breaks, likeliest first; `mistakes` are rules that explain everything
    that was seen; `operations` counts those of the first scene that failed; `follows` tells what
    was seen behind it, and on which assumption.

    Spec: ORA-9, ORA-10.
    """

    id: str
    outcome: Outcome
    clauses: tuple[str, ...]
    problem: Problem
    scene: Scene | None
    nodes: tuple[str, ...]
    mistakes: tuple[str, ...] = ()
    operations: int = 0
    issue: str = ""
    steps: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    follows: tuple[str, ...] = ()


@frozen
class CaseResult:
    """One case. `moved` counts updates that travelled; `scenes` the runs of the case."""

    id: str
    level: Level
    outcome: Outcome
    says: str = ""
    findings: tuple[Finding, ...] = ()
    scenes: int = 0
    moved: int = 0
    limits: int = 0
    issue: str = ""


@frozen
class Report:
    """Everything a run has to say. `given` is how the command line named the profile."""

    profile: str
    sut: dict[str, Any]
    command: tuple[str, ...]
    seed: int
    examples: int
    cases: tuple[CaseResult, ...]
    round_trips: int = 0
    request_seconds: float = 0.0
    interrupted: bool = False
    warnings: tuple[str, ...] = field(default=())
    given: str = ""

    @property
    def exit_code(self) -> int:
        """How the command ends."""
        outcomes = {each.outcome for each in self.cases}
        if self.interrupted:
            return INTERRUPTED
        if outcomes & FAILED:
            return REFUTED
        if outcomes & OPEN or outcomes <= {Outcome.SKIP}:
            return INCONCLUSIVE
        return AS_EXPECTED

    def verdicts(self) -> dict[str, str]:
        """One verdict for each level that was tried. Spec: ORA-5."""
        levels = dict.fromkeys(each.level for each in self.cases)
        return {
            level.value: _verdict([each.outcome for each in self.cases if each.level is level])
            for level in levels
        }

    def to_json(self) -> dict[str, Any]:
        """The report as JSON, the same bytes for the same run: nothing in it measures time."""
        counts = {each.value: 0 for each in Outcome}
        for case in self.cases:
            counts[case.outcome.value] += 1
        return {
            "format": FORMAT,
            "version": VERSION,
            "profile": self.profile,
            "sut": encoded(self.sut),
            "command": list(self.command),
            "seed": self.seed,
            "examples": self.examples,
            "interrupted": self.interrupted,
            "warnings": list(self.warnings),
            "verdicts": self.verdicts(),
            "summary": {name: count for name, count in counts.items() if count},
            "cases": [_case_json(each) for each in self.cases],
        }


def _verdict(outcomes: list[Outcome]) -> str:
    present = set(outcomes)
    if present & FAILED:
        return "violates"
    if present & OPEN or present <= {Outcome.SKIP}:
        return "inconclusive"
    if Outcome.XFAIL in present:
        return "violates as expected"
    return "conforms"


def _case_json(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "level": case.level.value,
        "outcome": case.outcome.value,
        "says": case.says,
        "issue": case.issue,
        "scenes": case.scenes,
        "moved": case.moved,
        "limits": case.limits,
        "findings": [_finding_json(each) for each in case.findings],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "id": finding.id,
        "outcome": finding.outcome.value,
        "clauses": list(finding.clauses),
        "mistakes": list(finding.mistakes),
        "issue": finding.issue,
        "path": problem.path,
        "expected": encoded(problem.expected),
        "got": encoded(problem.got),
        "told": problem.told,
        "follows": list(finding.follows),
        "steps": len(problem.rows),
        "operations": finding.operations,
        "nodes": list(finding.nodes),
        "scene": None if finding.scene is None else finding.scene.to_json(),
        "happened": list(finding.steps),
        "trace": [{"node": row.node, "to": row.target, "text": row.text} for row in problem.rows],
        "stderr": problem.stderr[-4000:],
    }


EXPECTED = """[[xfail]] with id = "step/EXCH-2" and issue = "https://..." """


@frozen
class Known:
    """A finding or a case that is known to fail. `id` may hold ``*``."""

    id: str
    issue: str = ""

    def matches(self, name: str) -> bool:
        """Whether a finding or case of that id is meant."""
        return fnmatchcase(name, self.id)


def load_known(path: Path | None) -> tuple[Known, ...]:
    """The known failures of a file. Raises UsageFault. Spec: ORA-11."""
    if path is None:
        return ()
    try:
        document = tomllib.loads(text_given(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise UsageFault(reason, where=str(path), expected=EXPECTED) from None
    entries = document.get("xfail", [])
    if set(document) - {"xfail"} or not isinstance(entries, list):
        raise UsageFault("holds something else", where=str(path), expected=EXPECTED)
    known = []
    for at, entry in enumerate(entries):
        where = f"{path}: xfail {at + 1}"
        if not isinstance(entry, dict) or set(entry) - {"id", "issue"} or "id" not in entry:
            raise UsageFault("must have id, and may have issue", where=where, expected=EXPECTED)
        if not all(isinstance(text, str) for text in entry.values()):
            raise UsageFault("id and issue are texts", where=where, expected=EXPECTED)
        known.append(Known(entry["id"], entry.get("issue", "")))
    return tuple(known)


def expected(cases: Sequence[CaseResult], known: Sequence[Known]) -> tuple[CaseResult, ...]:
    """The results with known failures marked, and what was expected to fail and did not.

    Spec: ORA-11.
    """
    if not known:
        return tuple(cases)
    used: set[Known] = set()
    judged = [_judged(case, known, used) for case in cases]
    tried = {case.level.value for case in cases}
    missing = [each for each in known if each not in used and _was_tried(each, cases, tried)]
    return (*judged, *(_unexpected(each, cases) for each in missing))


def _judged(case: CaseResult, known: Sequence[Known], used: set[Known]) -> CaseResult:
    found = [_known(each, case.id, known, used) for each in case.findings]
    open_ones = [each for each in found if each.outcome is not Outcome.XFAIL]
    if case.outcome not in FAILED or open_ones or not found:
        return attrs.evolve(case, findings=tuple(found))
    return attrs.evolve(case, findings=tuple(found), outcome=Outcome.XFAIL, issue=found[0].issue)


def _known(finding: Finding, case: str, known: Sequence[Known], used: set[Known]) -> Finding:
    for each in known:
        if each.matches(finding.id) or each.matches(case):
            used.add(each)
            return attrs.evolve(finding, outcome=Outcome.XFAIL, issue=each.issue)
    return finding


def _was_tried(known: Known, cases: Sequence[CaseResult], levels: set[str]) -> bool:
    return known.id.partition("/")[0] in levels or any(known.matches(case.id) for case in cases)


def _unexpected(known: Known, cases: Sequence[CaseResult]) -> CaseResult:
    head = known.id.partition("/")[0]
    level = next((case.level for case in cases if case.level.value == head), cases[0].level)
    says = "was expected to fail, and did not"
    return CaseResult(known.id, level, Outcome.XPASS, says, issue=known.issue)
