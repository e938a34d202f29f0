"""The plugin for pytest: resolvers named in the configuration, and regression files, are tests.

Laws of this file: nothing of the checker is imported before there is something to judge.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

INI = "scuttle_resolvers"
SUFFIX = ".scuttle.json"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini option ``scuttle_resolvers`` and the flag ``--scuttle-save``."""
    parser.addini(
        INI,
        "resolvers to judge by the laws, one a line: pkg.mod:fn [values=KIND] [observe=value] "
        "[sources=A,B] [seed=N] [expect=LAW=refuted]",
        type="linelist",
        default=[],
    )
    group = parser.getgroup("scuttle")
    group.addoption(
        "--scuttle-save",
        metavar="DIR",
        default=None,
        help="write a regression file for each broken law of a resolver of the configuration",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A regression file is one test for ever. Spec: LAW-18."""
    if not file_path.name.endswith(SUFFIX):
        return None
    return RegressionFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add one test per law for each resolver of the configuration, if whole folders are tested."""
    lines: list[str] = config.getini(INI)
    if lines and all(Path(str(argument)).is_dir() for argument in config.args):
        for line in lines:
            items.extend(_laws_of(session, line))


def _laws_of(session: pytest.Session, line: str) -> Iterator[pytest.Item]:
    from scuttle_check.base.errors import Fault  # noqa: PLC0415 - see above
    from scuttle_check.laws.book import LAWS  # noqa: PLC0415

    try:
        judging = judging_of(line, session.config.rootpath)
    except Fault as fault:
        raise pytest.UsageError(f"{INI}: {line}\n{fault}") from None
    for law in LAWS:
        name = f"{judging.caller.name}::{law.name}"
        item: LawItem = LawItem.from_parent(session, name=name)
        item.judging, item.law = judging, law
        yield item


def judging_of(line: str, *beside: Path) -> Any:
    """The judgement that a line of the configuration asks for. Raises a Fault."""
    from scuttle_check.base.errors import UsageFault  # noqa: PLC0415
    from scuttle_check.laws.judging import Judging  # noqa: PLC0415
    from scuttle_check.laws.named import caller_called, code_of  # noqa: PLC0415
    from scuttle_check.laws.planning import expectation, planned  # noqa: PLC0415

    resolver, *options = shlex.split(line, comments=True)
    choices: dict[str, Any] = {}
    expect: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or name not in {"values", "observe", "sources", "seed", "expect"}:
            expected = "values=KIND, observe=value, sources=A,B, seed=N or expect=LAW=refuted"
            raise UsageFault(f"is {option!r}", where=resolver, expected=expected)
        if name == "expect":
            law, verdict = expectation(value, resolver)
            expect[law] = verdict
        elif name == "seed":
            if not value.isdecimal():
                raise UsageFault(f"is {option!r}", where=resolver, expected="seed=N")
            choices[name] = int(value)
        else:
            choices[name] = value if name == "values" else value.split(",")
    caller = caller_called(resolver, beside=beside)
    plan = planned(code_of(caller), expect=expect, **choices)
    return Judging(caller, plan)


class LawItem(pytest.Item):
    """One law of one resolver of the configuration."""

    judging: Any
    law: Any

    def runtest(self) -> None:
        """Judge the law."""
        from scuttle_check.laws.testing import settle  # noqa: PLC0415 - see above

        folder = self.config.getoption("--scuttle-save")
        settle(self.judging, self.law, None if folder is None else Path(folder))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The evidence, without a traceback."""
        del style
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the resolver was named."""
        return self.config.inipath or self.config.rootpath, None, self.name


class RegressionFile(pytest.File):
    """A file of one broken law."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one test."""
        yield RegressionItem.from_parent(self, name="evidence")


class RegressionItem(pytest.Item):
    """The evidence of a regression file, judged again."""

    def runtest(self) -> None:
        """Fail while the law is broken on this evidence."""
        from scuttle_check.base.errors import Fault  # noqa: PLC0415 - see above
        from scuttle_check.laws.regression import load_regression  # noqa: PLC0415

        try:
            regression = load_regression(self.path)
            because = regression.broken(regression.caller())
        except Fault as fault:
            pytest.fail(str(fault), pytrace=False)
        if because is not None:
            lines = [f"  {line}" for line in regression.evidence.lines()[:-1]]
            head = f"{regression.resolver}: {regression.law.name} [{regression.law.clause}]"
            pytest.fail("\n".join([head, *lines, f"  {because}"]), pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The evidence, without a traceback."""
        del style
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The file."""
        return self.path, None, self.path.name
