"""No command says JSON, and no file is written, without a schema that was tried."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from followed import BY_FORMAT, SCHEMAS, format_of
from said import CASES

import scuttle_check
from scuttle_check.base.documents import text_of
from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.documents.book import MADE, SAID, file_of
from scuttle_check.cli.main import scuttle as root
from scuttle_check.oracle.schemas import SCHEMAS as OF_CONFORMANCE

Run = Callable[..., Any]


def commands(group: click.Group, words: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group that has ``--json``, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if any("--json" in each.opts for each in command.params):
            yield f"{words}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{words}{name} ")


def test_the_specification_lists_what_each_command_says_and_every_file() -> None:
    """Whoever writes a program that reads ours begins there. Spec: CONVERT-5."""
    page = (spec_folder() / "protocol" / "tools.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9 -]+)` \| (.*) \|$", page, re.MULTILINE)
    assert {command: set(re.findall(r"`([a-z-]+)`", said)) - FLAGS for command, said in rows} == {
        command: set(said) for command, said in SAID.items()
    }
    said = {name for names in SAID.values() for name in names}
    files = page.partition("| file or line | schema |")[2]
    assert set(SCHEMAS) - said <= set(re.findall(r"`([a-z-]+)`", files))


FLAGS = {"--ladder", "--list", "--node", "--outcomes", "--replay", "--live", "--check"}


def test_every_command_that_says_json_says_what_a_schema_describes() -> None:
    """A flag --json without a schema fails here. Spec: CONVERT-5."""
    assert {name for name, _ in commands(root)} == set(SAID)
    assert {name for said in SAID.values() for name in said} <= set(SCHEMAS)


def formats_written() -> set[str]:
    """Every text of the code that is the name of a format and its version."""
    found = set()
    for file in Path(scuttle_check.__file__).parent.rglob("*.py"):
        if "documents" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"^scuttle-[a-z-]+/\d+$", node.value))
    return found


def newest(forms: set[str]) -> set[str]:
    """The last version of each; the others are what was written earlier, and is still read."""
    last: dict[str, int] = {}
    for form in forms:
        name, _, version = form.partition("/")
        last[name] = max(last.get(name, 0), int(version))
    return {f"{name}/{version}" for name, version in last.items()}


def test_every_format_that_the_code_names_has_a_schema() -> None:
    """A file that is written without one fails here, too. Spec: CONVERT-5."""
    assert newest(formats_written()) == {
        form for form in BY_FORMAT if form and form.startswith("scuttle-") and "/" in form
    }


def test_every_schema_is_held_against_something_that_was_said() -> None:
    """A schema that nothing was held against describes what its author believed."""
    tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    set_up = set(re.findall(r'(?:follows|faults)\(\s*"([a-z-]+)"', tests))
    held = {name for name, _, _ in CASES} | set_up | OF_RUNS
    assert held | set(OF_CONFORMANCE) == set(SCHEMAS)


OF_RUNS = {"counterexample", "itf", "lasso", "model-run", "page", "recording", "run", "step"}
"""Files of runs and what the prompt says: test_schemas.py."""


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_files_are_what_the_code_makes_today(name: str) -> None:
    """Else: scuttle schema --write. Spec: CONVERT-5."""
    assert file_of(name).read_text(encoding="utf-8") == text_of(MADE[name]())


BY_HAND = {"itf", "recording"}
"""Formats that others have made."""


def test_only_formats_of_others_are_described_by_hand() -> None:
    assert set(SCHEMAS) - set(MADE) == BY_HAND


OPEN = {"adapter", "itf", "recording", "report", "trace"}
"""What others write, who may say more than they must."""


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - OPEN))
def test_a_schema_names_all_the_members_that_there_may_be(name: str) -> None:
    """A slip of the pen in a name of a member is found."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert format_of(SCHEMAS[name]) in {None, *BY_FORMAT}

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "object" and "properties" in schema:
                assert schema["additionalProperties"] is False, schema
            for each in schema.values():
                walk(each)
        elif isinstance(schema, list):
            for each in schema:
                walk(each)

    walk(SCHEMAS[name])


def test_schemas_can_be_listed_and_printed(scuttle: Run, refused: Callable[..., str]) -> None:
    """Nobody looks into a folder of an installed package."""
    listed = {each["name"]: each for each in scuttle("schema", "--json").document["schemas"]}
    assert list(listed) == sorted(SCHEMAS)
    assert listed["laws"]["said_by"] == ["scuttle conform resolver", "scuttle laws"]
    assert all(name in scuttle("schema").out for name in listed)
    assert json.loads(scuttle("schema", "hunt").out) == SCHEMAS["hunt"]
    assert "hunt, inferred, itf" in refused("schema", "hint")


def test_schemas_are_written_where_they_have_drifted(
    scuttle: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nowhere else; an installed package is left as it is."""
    folder = tmp_path / "schemas"
    shutil.copytree(file_of("hunt").parent, folder)
    monkeypatch.setattr("scuttle_check.cli.documents.book.spec_folder", lambda: tmp_path)
    (folder / "hunt.schema.json").write_text("{}", encoding="utf-8")
    (folder / "twin.schema.json").unlink()
    assert scuttle("schema", "--write").err.splitlines() == [
        "wrote hunt.schema.json",
        "wrote twin.schema.json",
    ]
    assert json.loads((folder / "hunt.schema.json").read_text("utf-8")) == SCHEMAS["hunt"]
    assert scuttle("schema", "--write").err == ""
    monkeypatch.setattr("scuttle_check.base.resources.repository", lambda: None)
    assert scuttle("schema", "--write").code == 3
