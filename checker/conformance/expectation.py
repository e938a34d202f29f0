"""Known failures: a file of findings that are expected, each with the issue that tracks it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs
from attrs import frozen

from checker.conformance.result import FAILED, CaseResult, Finding, Outcome
from checker.faults import UsageFault

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
        document = tomllib.loads(path.read_text(encoding="utf-8"))
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
