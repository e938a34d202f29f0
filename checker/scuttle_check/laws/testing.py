"""A law as a test of pytest: passed, failed with its evidence, or failing as expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scuttle_check.base.errors import Fault
from scuttle_check.laws.book import Law
from scuttle_check.laws.calling import SECONDS_PER_CALL, Caller
from scuttle_check.laws.judging import NOT_ASKED, REFUTED, Judging, Verdict
from scuttle_check.laws.named import caller_called, code_of
from scuttle_check.laws.planning import ANY, planned
from scuttle_check.laws.pytest_plugin import Session
from scuttle_check.laws.regression import Regression
from scuttle_check.laws.report import explained


@frozen(slots=False)
class Judged:
    """A resolver under test: one that is there, or one by name, loaded with the first test.

    So one that was renamed fails its own tests, and no others.
    """

    resolver: Caller | str
    choices: Mapping[str, Any]
    beside: tuple[Path, ...] = ()
    limit: float = field(default=SECONDS_PER_CALL)

    @property
    def name(self) -> str:
        """How its user calls it."""
        return self.resolver if isinstance(self.resolver, str) else self.resolver.name

    @cached_property
    def judging(self) -> Judging:
        """The judgement, made with the first test. Raises a Fault where that cannot be."""
        caller = self.resolver
        if isinstance(caller, str):
            caller = caller_called(caller, self.limit, self.beside)
        return Judging(caller, planned(code_of(caller), **self.choices))


def as_test(law: Law) -> str:
    """The name of the test of a law."""
    return f"test_{law.name.replace('-', '_')}"


def settle_test(judged: Judged, law: Law, folder: Path | None) -> Callable[[object], None]:
    """The test of one law, as a method."""

    def test(_self: object) -> None:
        __tracebackhide__ = True
        settle(judged, law, folder)

    test.__name__ = as_test(law)
    test.__doc__ = f"{law.says}. Broken: {law.costs}."
    return test


def settle(judged: Judged, law: Law, folder: Path | None = None) -> None:
    """Judge a law and tell pytest. A law broken against expectation is saved into `folder`."""
    import pytest  # noqa: PLC0415 - only inside of a test

    __tracebackhide__ = True
    judging = _loaded(judged)
    verdict = judging.verdict(law)
    told = text_of(verdict, judging)
    if verdict.kind == NOT_ASKED:
        pytest.skip(told)
    if not verdict.as_expected(judging.plan):
        if verdict.evidence is not None and folder is not None:
            name = judging.caller.name
            found = Regression(law, name, judging.plan.observe, verdict.evidence)
            told = f"{told}\n  saved: {found.save(folder)}"
            if Session.root is None:
                told = f"{told}, where no test looks: the plugin of scuttle-ref is not at work"
        pytest.fail(told, pytrace=False)
    if verdict.kind == REFUTED:
        pytest.xfail(told)


def _loaded(judged: Judged) -> Judging:
    """The judgement; fails the test where the resolver cannot be loaded."""
    import pytest  # noqa: PLC0415 - only inside of a test

    try:
        return judged.judging
    except Fault as fault:
        pytest.fail(f"{judged.name} cannot be judged: {fault}", pytrace=False)


def prove_test(judged: Judged) -> Callable[[object], None]:
    """The test that the required laws are proved, as a method."""

    def test_proved(_self: object) -> None:  # noqa: PT019 - a method
        """All required laws are proved for all updates."""
        __tracebackhide__ = True
        settle_proof(judged)

    return test_proved


def settle_proof(judged: Judged) -> None:
    """Prove the laws and tell pytest: what is refuted or stays unknown fails. Spec: LAW-28."""
    import pytest  # noqa: PLC0415 - only inside of a test

    from scuttle_check.laws.proved import proved_text, proved_with_cases  # noqa: PLC0415

    __tracebackhide__ = True
    judging = _loaded(judged)
    kind = judged.choices.get("values", ANY)
    try:
        found = proved_with_cases(judging.caller, kind, judging)
    except Fault as fault:
        pytest.fail(str(fault), pytrace=False)
    if not found.all_proved:
        pytest.fail(proved_text(found), pytrace=False)


def text_of(verdict: Verdict, judging: Judging) -> str:
    """A verdict as the message of a test."""
    name = judging.caller.name
    if verdict.evidence is not None:
        return "\n".join([f"{name}", *explained(verdict)])
    wanted = judging.plan.expected(verdict.law)
    return f"{name}: {verdict.law.name} {verdict.kind} ({verdict.scope}), expected: {wanted}"
