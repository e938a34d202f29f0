"""What was changed in a run folder is refused or found again: nothing in it is simply believed."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.cluster import identity
from scuttle_check.base.folders import digest, digest_of
from scuttle_check.base.sums import summed
from scuttle_check.cli.saved import found

ROOT = Path(__file__).parents[2]
SEARCH = (
    *("--profile", "as-shipped", "--topology", "line:2", "--writers", "A", "--exchanges", "0"),
    *("--no-scout", "--json"),
)
SPREAD = ("simulate", "spread", "--topology", "complete:16", "--seeds", "2", "--json")
SHOWN = ("runs", "show", "run", "--json")
RESUMED = ("runs", "resume", "run", "--json")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in document.items() if name != "seconds"}


@pytest.fixture
def begun(scuttle: Callable[..., Any]) -> dict[str, Any]:
    """A search in a folder that refutes agreement, and what it came to."""
    model = ("--case", "loss:textbook", "--no-scout", "--json")
    return comparable(scuttle("check", *model, "--run", "run").document)


def edits(contents: bytes, chance: random.Random) -> Iterator[bytes]:
    """The same file with a bit, a digit or a line otherwise."""
    for _ in range(4):
        at = chance.randrange(len(contents))
        yield contents[:at] + bytes([contents[at] ^ 1 << chance.randrange(8)]) + contents[at + 1 :]
    digits = [at for at, each in enumerate(contents) if chr(each).isdigit()]
    for at in chance.sample(digits, min(8, len(digits))):
        other = str((int(chr(contents[at])) + 1) % 10).encode()
        yield contents[:at] + other + contents[at + 1 :]
    lines = contents.splitlines(keepends=True)
    for at in range(0, len(lines), 6):
        yield b"".join([*lines[:at], *lines[at + 1 :]])
        yield b"".join([*lines[: at + 1], *lines[at:]])
    yield b""


@pytest.mark.parametrize("kind", [SEARCH, SPREAD], ids=["search", "simulation"])
def test_an_edit_anywhere_changes_no_answer(
    kind: tuple[str, ...], scuttle: Callable[..., Any]
) -> None:
    """Counts were changed and decisions invented, silently. Spec: RUN-2, RUN-9."""
    first = ("check", *kind) if kind is SEARCH else kind
    expected = comparable(scuttle(*first, "--run", "kept").document)
    chance = random.Random("edits")  # noqa: S311 - reproducibility is the point
    names = sorted(path.name for path in Path("kept").iterdir() if path.name != "lock")
    seen = set()
    for name in names:
        for content in edits((Path("kept") / name).read_bytes(), chance):
            shutil.rmtree("run", ignore_errors=True)
            shutil.copytree("kept", "run")
            (Path("run") / name).write_bytes(content)
            if name.startswith("result"):
                ran = scuttle(*SHOWN)
                told = ran.document["result"]
                assert told is None or comparable(told) == expected
                continue
            ran = scuttle(*RESUMED)
            seen.add(ran.code)
            if ran.code in {2, 3}:
                assert ran.err.startswith("error: ")
            else:
                assert comparable(ran.document) == expected, (name, content)
    assert 2 in seen


def relined(change: Callable[[dict[str, Any]], None]) -> None:
    """Change the last line of the journal, and make all checksums right again."""
    run, path = found("run"), Path("run/levels.jsonl")
    before, lines = run.key(), []  # type: ignore[union-attr]
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    for at, document in enumerate(documents):
        del document["sum"]
        if at == len(documents) - 1:
            change(document)
        lines.append(summed(document, before))
        before = lines[-1]["sum"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    Path("run/result.json").unlink()


def test_lines_with_right_checksums_are_those_that_were_written(
    begun: dict[str, Any], scuttle: Callable[..., Any]
) -> None:
    """The test below changes what it means to change."""
    relined(lambda _line: None)
    ran = scuttle(*RESUMED)
    assert comparable(ran.document) == begun
    assert "goes on at depth" in ran.err


INVENTED: dict[str, Callable[[dict[str, Any]], None]] = {
    "a decision that nothing shows": lambda line: line["decided"].update(
        {"no-gap": ["A has a gap", ["perform A"]]}
    ),
    "a step that cannot be taken": lambda line: line["decided"].update(
        {"agreement": ["they disagree", ["deliver A>B"]]}
    ),
    "another reason": lambda line: line["decided"]["agreement"].__setitem__(0, "the moon is full"),
    "a property that nobody asked for": lambda line: line["decided"].update(
        {"loveliness": ["it is not", []]}
    ),
}


@pytest.mark.parametrize("what", INVENTED)
def test_a_decision_that_is_remembered_is_run_again(
    what: str, begun: dict[str, Any], scuttle: Callable[..., Any]
) -> None:
    """Whoever can compute a checksum could invent a refutation. Spec: RUN-9."""
    assert begun["properties"]
    relined(INVENTED[what])
    ran = scuttle(*RESUMED)
    assert ran.code == 3, ran
    assert "RUN-9" in ran.err
    assert "the decision about" in ran.err


@pytest.mark.parametrize("reduction", ["none", "quotient"])
def test_decisions_of_a_quotient_are_run_on_the_system_itself(
    reduction: str, scuttle: Callable[..., Any]
) -> None:
    """Its schedules are made concrete. Spec: RUN-9, RED-7."""
    model = ("--case", "loss:textbook", "--no-scout", "--json", "--reduction", reduction)
    command = ("check", *model, "--run", "run")
    expected = comparable(scuttle(*command).document)
    assert {each["verdict"] for each in expected["properties"]} >= {"refuted"}
    Path("run/result.json").unlink()
    assert comparable(scuttle(*RESUMED).document) == expected


def test_journals_of_one_run_are_none_of_another(scuttle: Callable[..., Any]) -> None:
    """A folder in which somebody put the levels of a smaller model. Spec: RUN-9."""
    for name, topology in (("run", "line:3"), ("small", "line:2")):
        model = ("--profile", "textbook", "--topology", topology, "--writers", "A", "--no-scout")
        assert scuttle("check", *model, "--json", "--run", name).code == 0
    expected = comparable(json.loads(Path("run/result.json").read_text("utf-8")))
    for name in ("levels.jsonl", "worlds.bin", "asked.bin"):
        shutil.copy(Path("small") / name, Path("run") / name)
    Path("run/result.json").unlink()
    assert comparable(scuttle(*RESUMED).document) == expected


def test_a_change_of_any_module_is_another_program(tmp_path: Path) -> None:
    """13 modules could change and a run was resumed. Spec: RUN-3, SCALE-7."""
    copies = []
    for name in ("scuttle_ref", "checker/scuttle_check"):
        leave_out = shutil.ignore_patterns("__pycache__", "front", "_spec")
        copies.append(shutil.copytree(ROOT / name, tmp_path / name, ignore=leave_out))
    known = digest_of(tuple(copies))
    assert known == digest() == identity()[0]
    modules = sorted(path for copy in copies for path in copy.rglob("*.py"))
    assert len(modules) > 300
    for path in random.Random(0).sample(modules, 60):  # noqa: S311 - reproducibility is the point
        text = path.read_bytes()
        path.write_bytes(text + b"#")
        assert digest_of(tuple(copies)) != known, path
        path.write_bytes(text)
    modules[0].rename(modules[0].with_name("other.py"))
    assert digest_of(tuple(copies)) != known


def test_a_wheel_and_a_checkout_are_one_program(tmp_path: Path) -> None:
    """The specification is packed into one and beside the other. Spec: SCALE-7."""
    for name in ("a/checker", "b/checker", "b/checker/_spec"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "conf.py").write_text("" if "_spec" in name else "x")
    one, other = ((tmp_path / name / "checker",) for name in "ab")
    assert digest_of(one) == digest_of(other)
