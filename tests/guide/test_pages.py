"""The code and the commands that stand in the pages of the specification."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from sybil import Sybil
from sybil.example import Example
from sybil.parsers.myst import CodeBlockParser

from scuttle_check.cli.main import scuttle

SPEC = Path(__file__).parents[2] / "spec"
PAGES = sorted(path for path in SPEC.rglob("*.md") if "lessons" not in path.parts)
RUN_WHOLE = {SPEC / "guide" / "own-profile.md"}
"""Pages whose files and commands belong together and run in a test of their own."""


def run_python(example: Example) -> None:
    """Execute a block in the namespace of its page."""
    example.namespace.setdefault("__name__", "a page")
    # Under the name of the page, whoever asks for a function's source would be given prose.
    exec(compile(example.parsed, f"<{example.path}>", "exec"), example.namespace)  # noqa: S102


def take_commands(example: Example) -> None:
    """Each ``scuttle`` line of a block is one that the command line takes."""
    text = example.parsed.replace("\\\n", " ")
    for line in text.splitlines():
        typed = re.sub(r"^\$ ", "", line).partition(" > ")[0]
        words = shlex.split(typed, comments=True)
        if words[:1] == ["scuttle"]:
            _parse(scuttle, words[1:])


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse as the command line would, and run nothing."""
    context = command.make_context(command.name or "", list(words))
    if isinstance(command, click.Group) and words:
        rest: list[Any] = [*context._protected_args, *context.args]  # noqa: SLF001
        _, found, words = command.resolve_command(context, rest)
        if found is not None:
            _parse(found, words)


PYTHON = Sybil(parsers=[CodeBlockParser("python", run_python)], pattern="*.md", path=str(SPEC))
SHELL = Sybil(
    parsers=[CodeBlockParser("sh", take_commands), CodeBlockParser("console", take_commands)],
    pattern="*.md",
    path=str(SPEC),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(SPEC).as_posix())
def test_the_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is what people paste."""
    monkeypatch.chdir(SPEC.parent)
    for example in PYTHON.parse(page).examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(SPEC).as_posix())
def test_the_commands_of_a_page_exist(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is shown has these options. The README's and the lessons' are run, too."""
    if page in RUN_WHOLE:
        return
    monkeypatch.chdir(SPEC.parent)
    for example in SHELL.parse(page).examples():
        example.evaluate()


def test_there_is_something_to_try() -> None:
    """Pages without blocks would make the tests above pass."""
    blocks = sum(len(list(SHELL.parse(page).examples())) for page in PAGES)
    assert blocks >= 4


def test_a_wrong_option_is_noticed(tmp_path: Path) -> None:
    """The test above must be able to fail."""
    page = tmp_path / "page.md"
    page.write_text("```sh\nscuttle check --nonsense 3\n```\n")

    with pytest.raises(click.UsageError):
        next(iter(SHELL.parse(page).examples())).evaluate()
