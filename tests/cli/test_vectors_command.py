"""``scuttle vectors``: built and run from the command line."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.resources import spec_folder
from scuttle_check.cli import vectors
from scuttle_check.oracle import adapters as independent


def test_the_vectors_pass_on_the_reference_and_say_so_as_json(scuttle: Callable[..., Any]) -> None:
    """The command of the README, and its document for programs."""
    ran = scuttle("vectors", "test", "--profile", "textbook", "--json")
    assert ran.code == 0
    assert ran.document["summary"] == {"passed": len(ran.document["cases"])}


def test_building_twice_changes_nothing(
    scuttle: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time the files are as they should be, and --check says what would change."""
    built = {"one.json": {"format": "scuttle-vectors/1", "profile": "textbook", "vectors": []}}
    monkeypatch.setattr(vectors, "vector_files", lambda _scenarios: built)
    assert scuttle("vectors", "build", "--check", "--out", tmp_path).code == 1
    assert list(tmp_path.iterdir()) == []
    assert scuttle("vectors", "build", "--out", tmp_path).code == 0
    assert scuttle("vectors", "build", "--check", "--out", tmp_path).code == 0


def test_the_command_names_the_failing_step(scuttle: Callable[..., Any], tmp_path: Path) -> None:
    """A false expectation is shown with its path, and the exit code says so."""
    text = (spec_folder() / "vectors" / "textbook.json").read_text(encoding="utf-8")
    name = "textbook/answer/answer_inclusive"
    vector = next(each for each in json.loads(text)["vectors"] if each["id"] == name)
    vector["steps"][0]["expect"] = {"out": [{"$any": True}]}
    document = {"format": "scuttle-vectors/1", "profile": "textbook", "vectors": [vector]}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    ran = scuttle("vectors", "test", "--file", path)
    assert ran.code == 1
    assert "FAIL textbook/answer/answer_inclusive step 1 set $.out: expected 1 item" in ran.out
    assert "EXCH-3" in ran.out
    assert scuttle("vectors", "test", "--case", "nothing*").code == 4


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{}", "$.format"),
        ('{"format": "scuttle-vectors/1", "profile": "textbook", "vectors": [5]}', "$.vectors[0]"),
        (
            '{"format": "scuttle-vectors/1", "profile": "x", "vectors": []}',
            "no profile 'x'",
        ),
    ],
)
def test_a_bad_file_of_vectors_is_refused_with_a_path(
    scuttle: Callable[..., Any], tmp_path: Path, text: str, path: str
) -> None:
    """Whoever writes vectors by hand learns where the mistake is."""
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    ran = scuttle("vectors", "test", "--file", file)
    assert ran.code == 2
    assert path in ran.err


ADAPTER = (
    sys.executable,
    "-m",
    "scuttle_check.oracle.adapters.reference",
    "--profile",
    "documented",
)


@pytest.mark.parametrize(
    ("mutant", "code", "said"),
    [
        ((), 0, " passed"),
        (("--mutant", "pace=pace_everything"), 1, "FAIL documented/pace/pace_everything step 3"),
    ],
)
def test_vectors_run_on_any_adapter(
    scuttle: Callable[..., Any], mutant: tuple[str, ...], code: int, said: str
) -> None:
    """Through the pipes of the adapter protocol, as for any other language. Spec: ADP-9."""
    ran = scuttle("vectors", "test", "--case", "documented/pace/*", "--", *ADAPTER, *mutant)
    assert ran.code == code, ran.out
    assert said in ran.out
    assert ("failed" in ran.out) == bool(code)


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node: its adapter was not tried")
def test_an_implementation_in_another_language_passes(scuttle: Callable[..., Any]) -> None:
    """Written from the clauses alone; what it does not offer is skipped and said."""
    adapter = Path(independent.__file__).with_name("independent.js")
    ran = scuttle("vectors", "test", "--", "node", adapter)
    assert ran.code == 0, ran.out
    assert "FAIL" not in ran.out
    assert "SKIP documented/prefer/prefer_newest: init is not supported" in ran.out


def test_a_command_that_is_no_adapter_could_not_be_run(scuttle: Callable[..., Any]) -> None:
    """Exit code 3: the vectors have judged nothing."""
    assert scuttle("vectors", "test", "--", "false").code == 3
