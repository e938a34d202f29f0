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
OPTIONS = ("values", "observe", "sources", "seed", "expect")


class Session:
    """What tests that are made elsewhere have to know of the run they are part of.

    `root` is the root folder of pytest, or None where this plugin is not at work; `prove` whether
    proofs are wanted. `folders` are those to which regression files are written.
    """

    root: Path | None = None
    prove: bool = False
    folders: set[Path] = set()  # noqa: RUF012 - one for the process, which runs one pytest

    @classmethod
    def saves(cls, folder: str | Path | None) -> Path | None:
        """A folder to write to, from the root folder of pytest on; what is in it is collected."""
        if folder is None:
            return None
        found = (cls.root or Path()) / folder
        cls.folders.add(found)
        return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini option ``scuttle_resolvers``, and the flags."""
    parser.addini(
        INI,
        "resolvers to judge by the laws, one a line: pkg.mod:fn or file.mjs:fn [values=KIND] "
        "[observe=value] [sources=A,B] [seed=N] [expect=LAW=refuted]",
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
    group.addoption(
        "--scuttle-prove",
        action="store_true",
        help="prove the laws of resolvers for all updates as well: a test more for each",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell tests that are made elsewhere what they are part of."""
    Session.root = config.rootpath
    Session.prove = bool(config.getoption("--scuttle-prove"))
    Session.folders = set()


def pytest_unconfigure() -> None:
    """The run is over."""
    Session.root = None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A regression file is one test for ever; the file of the configuration names resolvers.

    Spec: LAW-18.
    """
    if file_path.name.endswith(SUFFIX):
        return RegressionFile.from_parent(parent, path=file_path)
    if file_path == parent.config.inipath and parent.config.getini(INI):
        return ConfigurationFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add what stands outside of the folders that are tested.

    The laws of resolvers of the configuration, if whole folders are tested; and regression files in
    the folders to which tests that were collected would write. Spec: LAW-28.
    """
    Session.saves(config.getoption("--scuttle-save"))
    known = {item.path for item in items}
    whole = all(Path(str(argument)).is_dir() for argument in config.args)
    if config.getini(INI) and whole and not any(isinstance(item, LawItem) for item in items):
        path = config.inipath or config.rootpath
        items.extend(_items_of(ConfigurationFile.from_parent(session, path=path)))
    for folder in sorted(Session.folders):
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if path not in known:
                items.extend(_items_of(RegressionFile.from_parent(session, path=path)))


def _items_of(collector: pytest.Collector) -> Iterator[pytest.Item]:
    for each in collector.collect():
        if isinstance(each, pytest.Item):
            yield each
        elif isinstance(each, pytest.Collector):
            yield from _items_of(each)


class ConfigurationFile(pytest.File):
    """The file that names resolvers: ``pytest.ini::mine:newest::commutative`` is one law."""

    def collect(self) -> Iterator[pytest.Collector]:
        """A collector for each line, called by its resolver."""
        names: list[str] = []
        for line in self.config.getini(INI):
            name = shlex.split(line, comments=True)[0]
            names.append(name)
            count = names.count(name)
            told = name if count == 1 else f"{name} ({count})"
            found: ResolverCollector = ResolverCollector.from_parent(self, name=told)
            found.line = line
            yield found


class ResolverCollector(pytest.Collector):
    """A resolver of the configuration."""

    line: str

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each law. A line that makes no sense ends the run.

        A resolver that cannot be loaded fails its own tests, and no others.
        """
        from scuttle_check.base.errors import Fault  # noqa: PLC0415 - see above
        from scuttle_check.laws.book import LAWS  # noqa: PLC0415
        from scuttle_check.laws.testing import Judged  # noqa: PLC0415

        try:
            name, expect, choices = choices_of(self.line)
        except Fault as fault:
            raise pytest.UsageError(f"{INI}: {self.line}\n{fault}") from None
        beside = (self.config.rootpath,)
        judged = Judged(name, {**choices, "expect": expect}, beside)
        for law in [*LAWS, *([None] if Session.prove else [])]:
            told = "proved" if law is None else law.name
            item: LawItem = LawItem.from_parent(self, name=told)
            item.judged, item.law = judged, law
            yield item


def choices_of(line: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The resolver, the verdicts and the other choices that a line says. Raises a Fault."""
    from scuttle_check.base.errors import UsageFault  # noqa: PLC0415 - see above
    from scuttle_check.laws.planning import expectation  # noqa: PLC0415

    resolver, *options = shlex.split(line, comments=True)
    choices: dict[str, Any] = {}
    expect: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or name not in OPTIONS:
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
    return resolver, expect, choices


class LawItem(pytest.Item):
    """One law of one resolver of the configuration; without a law, what is proved of it."""

    judged: Any
    law: Any

    def runtest(self) -> None:
        """Judge the law, or prove all."""
        from scuttle_check.laws.testing import settle, settle_proof  # noqa: PLC0415 - see above

        if self.law is None:
            settle_proof(self.judged)
        else:
            settle(self.judged, self.law, Session.saves(self.config.getoption("--scuttle-save")))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The evidence, without a traceback."""
        del style
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the resolver was named."""
        told = f"{self.parent.name}::{self.name}" if self.parent is not None else self.name
        return self.config.inipath or self.config.rootpath, None, told


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
