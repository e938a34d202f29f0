"""The page for people who know Node: what it shows is what happens, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "spec" / "guide" / "javascript.md"
BLOCK = re.compile(r"```(js|console)\n(.*?)```", re.DOTALL)

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def _ran(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S602 - a command of our own page
        command,
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def _as_shown(shown: str, said: str) -> bool:
    """Whether the lines shown are those said, in order; `...` stands for lines left out."""
    pattern = ".*".join(re.escape(part.strip("\n")) for part in shown.split("...\n"))
    return re.match(pattern, said, re.DOTALL) is not None


def test_what_the_page_shows_is_what_happens(tmp_path: Path) -> None:
    """Spec: LAW-25, LAW-26."""
    consoles = 0
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "js":
            name = text.splitlines()[0].removeprefix("// ")
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        command, _, shown = text.removeprefix("$ ").partition("\n")
        said = _ran(command, tmp_path).stdout
        assert _as_shown(shown, said), said
        consoles += 1
    _ran("scuttle laws --js-module > scuttle-laws.mjs", tmp_path)
    tested = _ran("node --test newest.test.mjs", tmp_path)

    assert consoles == 2
    assert (tmp_path / "laws.xml").is_file()
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"^. tests 13$", tested.stdout, re.MULTILINE), tested.stdout
