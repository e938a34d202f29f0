"""What the README says is so, and the page that goes on: its table, its commands and its Python."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import attrs
import click
import pytest

from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.check_live import live_markdown
from scuttle_check.cli.main import main, scuttle
from scuttle_check.cli.shown import matrix_markdown
from scuttle_check.gossip.catalogue import SIZES, cases_of, load_catalogue
from scuttle_check.gossip.ladder import recorded, table_cases
from scuttle_check.gossip.live_catalogue import load_live
from scuttle_check.proofs.record import proved_cells
from scuttle_ref.node.limits import DEFAULT_LIMITS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MORE = (ROOT / "spec" / "guide" / "exploring.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
SHELL = re.findall(r"```(\w+)\n(.*?)```", README + MORE, flags=re.DOTALL)
COMMANDS = list(
    dict.fromkeys(
        line
        for kind, block in SHELL
        if kind == "sh"
        for line in block.splitlines()
        if line.startswith("scuttle ")
    )
)
"""Those of the README and of the page that says more of the checker; a line in both runs once."""
PYTHON = [block for kind, block in BLOCKS if kind == "python"]


def test_the_table_is_the_catalogue() -> None:
    """The README must not promise a verdict that the catalogue does not expect. Spec: CHK-2."""
    start = "<!-- generated: scuttle check --markdown -->"
    marked = re.search(rf"{start}\n(.*?)\n<!--", README, re.DOTALL)

    assert marked is not None
    rows = load_catalogue()
    matrix = matrix_markdown(rows, recorded(), proved_cells(list(table_cases(rows))))
    tables = (matrix, live_markdown(load_live(SIZES[:2])))
    assert marked.group(1) == "\n\n".join(tables)


def test_the_number_of_models_is_that_of_the_default_check() -> None:
    """It stands in the first paragraph that anybody runs."""
    cases = list(cases_of(load_catalogue(), SIZES[:2]))
    assert f"This explores {len(cases)} models completely" in README


def test_the_readme_has_its_two_commands_and_ci_calls_the_second() -> None:
    """A newcomer copies these lines; so does the machine that judges every change."""
    setups = [block for kind, block in BLOCKS if kind == "sh" and "-m venv" in block]

    assert len(setups) == 2
    assert setups[0].strip().endswith("scuttle check")
    assert setups[1].strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


INLINE = re.findall(r"`(scuttle [^`]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))


@pytest.mark.parametrize("line", [line for line in INLINE if "..." not in line])
def test_what_the_text_says_can_be_typed(line: str) -> None:
    """The commands within sentences: they exist and take these options. They are not run."""
    words = shlex.split(line)[1:]
    context = click.Context(scuttle, info_name="scuttle")
    command: click.Command = scuttle
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    if words and words != ["--help"]:
        command.make_context("scuttle", words).close()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a clone, in which commands may write, with the README's own module."""
    for name in ("spec", "tests", "scuttle_ref", "checker"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("SCUTTLE_STATE", str(tmp_path / "state"))
    (tmp_path / "mine.py").write_text(PYTHON[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_commands_and_code_to_try() -> None:
    """An empty list would make the tests below pass."""
    assert len(COMMANDS) >= 8
    assert len(PYTHON) == 3


def test_every_command_of_the_readme_runs(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order in which they stand: some replay what others have saved."""
    for line in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line, comments=True)[1:])
        assert ended.value.code in {0, 1, 4}, line
        assert capsys.readouterr().out.strip(), line
    assert (clone / "mine.py").exists()


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.splitlines()[0])
def test_the_python_of_the_readme_runs(block: str) -> None:
    """It is what a person pastes first."""
    exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - that is the test


def test_the_limits_of_a_node_are_those_of_the_page() -> None:
    """A limit that nobody wrote down is found by whoever runs into it. Spec: NODE-14."""
    page = (spec_folder() / "protocol" / "node.md").read_text(encoding="utf-8")
    told = {
        name: float(number.replace(",", ""))
        for names, numbers in re.findall(r"^\| (`[a-z_`, ]+`) \| ([0-9].*?) \|", page, re.MULTILINE)
        for name, number in zip(
            re.findall(r"[a-z_]+", names),
            re.findall(r"[0-9][0-9.,]*[0-9]|[0-9]", numbers),
            strict=False,
        )
    }
    assert told == {name: float(limit) for name, limit in attrs.asdict(DEFAULT_LIMITS).items()}
