"""Guides with files and commands: the files are written, the commands print what is shown."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from scuttle_check.cli.main import main

GUIDE = Path(__file__).parents[2] / "spec" / "guide"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def said(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a command prints."""
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(shlex.split(command)[1:])
    return capsys.readouterr().out.rstrip("\n").split("\n")


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines shown are those printed; `...` stands for any number of lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and matches(shown[1:], printed[1:])


@pytest.mark.parametrize(
    ("page", "modules", "count"),
    [
        ("own-profile.md", ("stamps", "shop"), 8),
        ("applications.md", ("booking", "visits", "tags"), 6),
    ],
)
def test_the_files_and_commands_of_the_guide(  # noqa: PLR0913, PLR0917 - fixtures
    page: str,
    modules: tuple[str, ...],
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As somebody would who reads from top to bottom. Spec: PROF-8, CHK-17, CHK-18."""
    monkeypatch.chdir(tmp_path)
    for name in modules:
        monkeypatch.delitem(sys.modules, name, raising=False)
    commands = 0
    for kind, text in BLOCK.findall((GUIDE / page).read_text(encoding="utf-8")):
        if kind != "console":
            name = text.split("\n", 1)[0].removeprefix("# ")
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            printed = said(command, capsys)
            assert matches(shown, printed), "\n".join([command, *printed])
            commands += 1
    assert commands == count
