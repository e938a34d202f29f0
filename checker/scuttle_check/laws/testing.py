"""A law as a test of pytest: passed, failed with its evidence, or failing as expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scuttle_check.laws.book import Law
from scuttle_check.laws.judging import NOT_ASKED, REFUTED, Judging, Verdict
from scuttle_check.laws.regression import Regression
from scuttle_check.laws.report import explained


def as_test(law: Law) -> str:
    """The name of the test of a law."""
    return f"test_{law.name.replace('-', '_')}"


def settle_test(judging: Judging, law: Law, folder: Path | None) -> Callable[[object], None]:
    """The test of one law, as a method."""

    def test(_self: object) -> None:
        __tracebackhide__ = True
        settle(judging, law, folder)

    test.__name__ = as_test(law)
    test.__doc__ = f"{law.says}. Broken: {law.costs}."
    return test


def settle(judging: Judging, law: Law, folder: Path | None = None) -> None:
    """Judge a law and tell pytest. A law broken against expectation is saved into `folder`."""
    import pytest  # noqa: PLC0415 - only inside of a test

    __tracebackhide__ = True
    verdict = judging.verdict(law)
    told = text_of(verdict, judging)
    if verdict.kind == NOT_ASKED:
        pytest.skip(told)
    if not verdict.as_expected(judging.plan):
        if verdict.evidence is not None and folder is not None:
            name = judging.caller.name
            found = Regression(law, name, judging.plan.observe, verdict.evidence)
            told = f"{told}\n  saved: {found.save(folder)}"
        pytest.fail(told, pytrace=False)
    if verdict.kind == REFUTED:
        pytest.xfail(told)


def text_of(verdict: Verdict, judging: Judging) -> str:
    """A verdict as the message of a test."""
    name = judging.caller.name
    if verdict.evidence is not None:
        return "\n".join([f"{name}", *explained(verdict)])
    wanted = judging.plan.expected(verdict.law)
    return f"{name}: {verdict.law.name} {verdict.kind} ({verdict.scope}), expected: {wanted}"
