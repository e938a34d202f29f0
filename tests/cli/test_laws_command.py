"""``scuttle laws``: verdicts, exit codes, regression files, bad input."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
FEW = ["--examples", 5]
QUICK = ["--values", "booleans", *FEW]


@pytest.fixture
def bad(folder: Path) -> str:
    """A module of the user's in the working folder."""
    shutil.copy(TESTS / "bad_resolvers.py", folder / "users_own.py")
    return "users_own"


def test_a_sample_of_the_readme_is_refuted_with_two_updates(scuttle: Callable[..., Any]) -> None:
    """The smallest failing law comes first, with all that is needed to understand it.

    Spec: LAW-17.
    """
    ran = scuttle("laws", "lww_vs_clock", *FEW)

    assert ran.code == 1
    assert ran.out.splitlines()[:5] == [
        "refuted: commutative [LAW-7]: two updates leave the same in either order",
        "  at Z: k=1@A1, k=2@B1",
        "  at Z: k=2@B1, k=1@A1",
        "  one leaves k=2@B1, the other k=1@A1",
        "  what it costs: two replicas that hear two writers in different orders differ for ever",
    ]


def test_what_is_saved_is_judged_again_and_kept_when_the_resolver_is_mended(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """A regression file fails while its law is broken, and passes afterwards. Spec: LAW-18."""
    mine = folder / "my_resolver.py"
    mine.write_text("def pick(gossip, update):\n    return True\n", encoding="utf-8")
    assert scuttle("laws", "my_resolver:pick", *QUICK, "--save", folder / "kept").code == 1

    files = sorted((folder / "kept").glob("*.scuttle.json"))
    assert {json.loads(file.read_text())["law"] for file in files} >= {"commutative", "convergent"}
    for file in files:
        ran = scuttle("laws", "--replay", file, "--json")
        assert (ran.code, ran.document["verdict"]) == (1, "refuted")

    before = [file.read_bytes() for file in files]
    assert scuttle("laws", "my_resolver:pick", *QUICK, "--save", folder / "kept").code == 1
    assert [file.read_bytes() for file in sorted((folder / "kept").iterdir())] == before

    del sys.modules["my_resolver"]
    good = "from scuttle_ref import lww_total as pick\n"
    mine.write_text(good, encoding="utf-8")
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    for file in files:
        ran = scuttle("laws", "--replay", file)
        assert (ran.code, "no longer refutes" in ran.out) == (0, True)


def test_an_expected_verdict_is_no_surprise_and_its_absence_is(scuttle: Callable[..., Any]) -> None:
    """Known weaknesses are written down where the resolver is tested. Spec: LAW-16."""
    document = scuttle("laws", "lww_vs_clock", *QUICK, "--json").document
    broken = [each["law"] for each in document["laws"] if each["verdict"] == "refuted"]
    expect = [word for law in broken for word in ("--expect", f"{law}=refuted")]

    assert scuttle("laws", "lww_vs_clock", *QUICK, *expect).code == 0
    ran = scuttle("laws", "lww_vs_clock", *QUICK, *expect, "--expect", "pure=refuted")
    assert (ran.code, "(expected: refuted)" in ran.out) == (1, True)


def test_an_optional_law_decides_only_when_it_is_asked_for(scuttle: Callable[..., Any]) -> None:
    """Largest value wins breaks it by design. Spec: LAW-11."""
    flags = ["laws", "max_value", "--values", "booleans", *FEW]

    ran = scuttle(*flags)
    assert (ran.code, "is optional" in ran.out) == (0, True)
    assert scuttle(*flags, "--expect", "newest_of_source=holds").code == 1


def test_a_resolver_that_prints_does_not_spoil_the_document(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """Standard output is the result, whatever foreign code writes."""
    text = "def noisy(gossip, update):\n    print('asked')\n    return True\n"
    (folder / "noisy_one.py").write_text(text, encoding="utf-8")
    ran = scuttle("laws", "noisy_one:noisy", "--values", "booleans", *FEW, "--json")
    assert ran.document["format"] == "scuttle-laws/1"


def test_values_may_come_from_a_strategy(scuttle: Callable[..., Any], folder: Path) -> None:
    """And sets are shown, saved and judged again as sets. Spec: LAW-18."""
    text = (
        "from hypothesis import strategies as st\n"
        "tags = st.sets(st.sampled_from('xyz'))\n"
        "def superset(gossip, update):\n"
        "    held = gossip.get(update.key).value\n"
        "    return held is None or set(update.value) > set(held)\n"
    )
    (folder / "tagged.py").write_text(text, encoding="utf-8")
    flags = ["--values", "tagged:tags", "--observe", "value", *FEW, "--save", folder / "kept"]
    ran = scuttle("laws", "tagged:superset", *flags)

    assert ran.code == 1
    assert 'k=["x"]@' in ran.out
    files = list((folder / "kept").glob("*commutative*"))
    assert files
    assert all(scuttle("laws", "--replay", file).code == 1 for file in files)


def test_the_laws_can_be_listed(scuttle: Callable[..., Any]) -> None:
    """Each with what it costs when it is broken."""
    ran = scuttle("laws", "--list")
    assert ran.out.count("    broken: ") == 13
    assert len(scuttle("laws", "--list", "--json").document["laws"]) == 13


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "neither a resolver nor a file"),
        (["nobody"], 2, "no resolver 'nobody'"),
        (["no_such_module:fn"], 3, "cannot be imported"),
        (["users_own:BAD"], 3, "a function"),
        (["lww_total", "--observe", "colour"], 2, "expected: value"),
        (["lww_total", "--values", "colours"], 2, "no values 'colours'"),
        (["lww_total", "--values", "users_own:BAD"], 3, "a Hypothesis strategy"),
        (["lww_total", "--expect", "total"], 2, "LAW=VERDICT"),
        (["lww_total", "--expect", "kind=refuted"], 2, "no law 'kind'"),
        (["lww_total", "--sources", "A"], 2, "fewer than two sources"),
        (["--replay", "missing.json"], 2, "cannot be read"),
    ],
)
def test_bad_input_is_refused_with_one_clear_error(
    refused: Callable[..., str], bad: str, arguments: list[str], code: int, says: str
) -> None:
    """No traceback, and what would have been right."""
    assert bad
    assert says in refused("laws", *arguments, code=code)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("law", "kindness"),
        ("observe", ["colour"]),
        ("replicas", []),
        ("orders", [[{"key": "k"}], []]),
        ("format", "another/1"),
    ],
)
def test_a_spoiled_regression_file_is_refused(
    scuttle: Callable[..., Any],
    refused: Callable[..., str],
    folder: Path,
    member: str,
    value: object,
) -> None:
    """With the path of the fault."""
    save = ["--save", folder / "kept", "--values", "booleans", *FEW]
    scuttle("laws", "lww_vs_clock", *save)
    (file,) = (folder / "kept").glob("*-commutative-*")
    document = json.loads(file.read_text(encoding="utf-8"))
    document[member] = value
    file.write_text(json.dumps(document), encoding="utf-8")

    assert "$" in refused("laws", "--replay", file)


def test_the_same_seed_gives_the_same_bytes_in_any_process(folder: Path) -> None:
    """Whatever PYTHONHASHSEED. Spec: LAW-16."""
    del folder
    flags = ["laws", "lww_vs_current_vers", "--values", "text", "--examples", "20", "--json"]
    program = f"from scuttle_check.cli.main import main; main({flags!r})"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=False,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert b"replica-independent" in outputs.pop()
