"""The gallery of resolvers: every command is run, and its output is what stands below it.

Rewrite what is out of date with ``python tests/scenarios/test_gallery.py``.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import pytest

from scuttle_check.cli import judged
from scuttle_check.cli.main import main
from scuttle_check.laws import circumstances
from scuttle_check.laws.domain import Domain
from scuttle_check.laws.judging import Plan
from scuttle_check.laws.planning import planned

PAGE = Path(__file__).parents[2] / "spec" / "guide" / "resolvers.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMANDS = [
    line[2:]
    for block in BLOCK.findall(TEXT)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def module(folder: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (folder / "gallery.py").write_text("\n\n".join(blocks), encoding="utf-8")


def few_values(resolver: object, **choices: Any) -> Plan:
    """The same plan with the first values only, which all of these show on, to save time."""
    plan = planned(resolver, **choices)
    full = plan.domain
    threes = tuple(group[:2] for group in full.threes)
    return attrs.evolve(plan, domain=Domain(full.values[:7], threes, full.sources, full.keys[:2]))


def told(command: str) -> list[str]:
    """What a command prints: of a broken law the evidence, of a good resolver what holds."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main([*shlex.split(command)[1:], "--examples", "0"])  # these show on small sets
    lines = out.getvalue().splitlines()
    if ended.value.code == 1:
        return [*lines[: lines.index("")], "..."]
    assert ended.value.code == 0, out.getvalue()
    return ["...", *(line for line in lines if " convergent " in line or line.startswith("note"))]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_gallery_shows_what_the_command_prints(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence that nobody can reproduce is an anecdote."""
    module(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "gallery", raising=False)
    monkeypatch.setattr(judged, "planned", few_values)
    monkeypatch.setattr(circumstances, "answers_elsewhere", lambda *_: [])

    assert "\n".join([f"$ {command}", *told(command)]) in TEXT


def test_the_gallery_is_no_small_one() -> None:
    """Ten and more, and the three of the library among them."""
    names = re.findall(r"scuttle laws gallery:(\w+)", TEXT)
    samples = {"strictly_order_values", "lww_vs_current_vers", "lww_vs_clock"}

    assert len(set(names)) >= 13
    assert samples <= set(names)


def rewrite() -> None:
    """Write the page again with what the commands print now."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        module(Path(name))
        sys.path.insert(0, name)

        def block(found: re.Match[str]) -> str:
            commands = [line[2:] for line in found[1].splitlines() if line.startswith("$ ")]
            shown = ["\n".join([f"$ {command}", *told(command)]) for command in commands]
            return "```console\n" + "\n".join(shown) + "\n```"

        PAGE.write_text(BLOCK.sub(block, TEXT), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
