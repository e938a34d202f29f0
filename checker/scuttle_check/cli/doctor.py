"""``scuttle doctor``: what this machine has for the tool, and which settings are in force."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click
from attrs import asdict, frozen

from scuttle_check.base.errors import AS_EXPECTED, UNRUNNABLE, UsageFault
from scuttle_check.base.resources import repository, spec_folder, to_install
from scuttle_check.cli.options import examples
from scuttle_check.cli.settings import NOT_OPTIONS, read_settings

OK, ABSENT, WRONG = "ok", "absent", "WRONG"
PACKAGE = "scuttle-ref"
OLDEST = (3, 11)

PROGRAMS = (
    (("spin",), "-V", "compares counts and speed: scuttle bench", "apt-get install spin"),
    (("gcc",), "--version", "compiles what SPIN writes: scuttle bench", "apt-get install gcc"),
    (("java",), "-version", "lets TLC count again: scuttle twin --tla2tools", "any Java from 11"),
    (("node",), "--version", "runs adapters and vectors in JavaScript", "any Node from 18"),
    (
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
        "--version",
        "the tests of the explorer drive it; any browser shows the page",
        "apt-get install chromium",
    ),
    (("dot",), "-V", "draws what scuttle graph writes", "apt-get install graphviz"),
)
"""Programs beside the tool: names, the flag that tells the version, what for, where from."""

EXTRAS = {
    "fast": "halves the time of checks of large models",
    "explore": "the live page of scuttle explore",
    "tui": "scuttle explore --tui",
    "prove": "scuttle prove",
    "symbolic": "scuttle laws --prove, of code beyond the formulas",
    "cluster": "scuttle check --cluster",
    "plot": "scuttle simulate --plot",
    "docs": "scuttle docs",
    "test": "the tests of this project",
}
"""Extras of the package, with what each is for."""


@frozen
class Found:
    """One thing looked for: what was found of it, what it is for, and how to get it."""

    name: str
    state: str
    says: str
    needed_for: str = ""
    hint: str = ""


@click.command(epilog=examples("scuttle doctor"))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(*, as_json: bool) -> None:
    """Say what this machine has for the tool, and which settings are in force.

    Only what is WRONG must be mended; what is absent is needed for what stands beside it.

    Exit code 0: the tool can work. 3: something is wrong.
    """
    sections = {
        "this tool": list(_basics()),
        "extras": list(_extras()),
        "other programs": list(map(_program, PROGRAMS)),
        "settings": list(_settings()),
    }
    wrong = any(each.state == WRONG for found in sections.values() for each in found)
    if as_json:
        told = {name: [asdict(each) for each in found] for name, found in sections.items()}
        click.echo(json.dumps({"format": "scuttle-doctor/1", "good": not wrong, **told}))
    else:
        click.echo("\n".join(_lines(sections)))
    sys.exit(UNRUNNABLE if wrong else AS_EXPECTED)


def _lines(sections: dict[str, list[Found]]) -> Iterator[str]:
    for title, found in sections.items():
        yield f"{title}:"
        for each in found:
            told = f"  {each.state:<6} {each.name:<12} {each.says}"
            yield f"{told} ({each.needed_for})" if each.needed_for else told
            if each.state != OK and each.hint:
                yield f"{'':9}{'':13}to get it: {each.hint}"


def _basics() -> Iterator[Found]:
    here = sys.version_info[:3]
    good = here >= OLDEST
    told = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    yield Found("python", OK if good else WRONG, told, "", "Python 3.11 or newer")
    checkout = repository()
    where = "installed" if checkout is None else f"the checkout {checkout}"
    yield Found("scuttle", OK, f"{_version(PACKAGE) or 'not installed'}, {where}")
    spec = spec_folder()
    there = (spec / "models.toml").is_file()
    yield Found("spec", OK if there else WRONG, str(spec), "", "install the package again")
    for name in _required(None):
        yield _package(name, WRONG)


def _extras() -> Iterator[Found]:
    for extra, purpose in EXTRAS.items():
        absent = [name for name in _required(extra) if _version(name) is None]
        state, says = (ABSENT, f"lacks {', '.join(absent)}") if absent else (OK, "all there")
        yield Found(extra, state, says, purpose, to_install(extra=extra))


def _required(extra: str | None) -> list[str]:
    """The packages that the tool needs, or that one of its extras adds."""
    found = []
    for line in _requirements():
        marked = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
        if (marked.group(1) if marked else None) == extra:
            found.append(re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0])
    return found


def _requirements() -> list[str]:
    try:
        return requires(PACKAGE) or []
    except PackageNotFoundError:
        return []


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _package(name: str, otherwise: str) -> Found:
    found = _version(name)
    hint = to_install(package=name)
    return Found(name, OK, found) if found else Found(name, otherwise, "not installed", "", hint)


def _program(sought: tuple[tuple[str, ...], str, str, str]) -> Found:
    names, flag, purpose, hint = sought
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        return Found(names[0], ABSENT, "not found", purpose, hint)
    try:
        ran = subprocess.run(  # noqa: S603 - a program that was found, asked for its version
            [path, flag], capture_output=True, text=True, timeout=10, check=False
        )
        lines = (ran.stdout or ran.stderr).strip().splitlines()
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as fault:
        return Found(names[0], ABSENT, f"{path} does not run ({fault})", purpose, hint)
    return Found(names[0], OK, lines[0] if lines else path, purpose)


def _settings() -> Iterator[Found]:
    try:
        settings = read_settings(Path.cwd())
    except UsageFault as fault:
        yield Found("pyproject", WRONG, " ".join(str(fault).split()))
    else:
        told = "no [tool.scuttle] in a pyproject.toml here or above"
        if settings.path is not None:
            told = f"[tool.scuttle] of {settings.path}: {', '.join(settings.table)}"
        yield Found("pyproject", OK, told)
    for name, value in sorted(os.environ.items()):
        if name.startswith("SCUTTLE_"):
            yield Found(name, OK, value, NOT_OPTIONS.get(name, "the default of an option"))
