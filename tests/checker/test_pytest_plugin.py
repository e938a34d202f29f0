"""The plugin for pytest: resolvers named in the configuration, classes and regression files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Pytest in a process of its own, with the plugin of this tree and no installed one."""
    plugin = ["-p", "no:scuttle", "-p", "scuttle_check.laws.pytest_plugin"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-q", "-rA", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join([str(folder), *sys.path])},
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(TESTS / "bad_resolvers.py", tmp_path / "mine.py")
    return tmp_path


def test_a_resolver_in_the_configuration_is_tested_without_code(project: Path) -> None:
    """One item per law; a bad resolver cannot be shipped unnoticed. Spec: LAW-16."""
    good, bad = "mine:largest_number observe=value", "mine:latest_arrival"
    lines = "\n".join(f"    {line} values=booleans" for line in (good, bad))
    (project / "pytest.ini").write_text(f"[pytest]\nscuttle_resolvers =\n{lines}\n")
    (project / "test_nothing.py").write_text("def test_nothing(): pass\n")
    code, out = run(project, "--scuttle-save", "kept")

    assert code == 1
    assert "PASSED ::mine:largest_number::commutative" in out
    assert "XFAIL ::mine:largest_number::newest-of-source" in out
    assert "FAILED ::mine:latest_arrival::commutative" in out
    assert "two replicas that hear two writers in different orders differ for ever" in out
    assert list((project / "kept").glob("mine.latest_arrival-commutative-*.scuttle.json"))
    assert run(project, "test_nothing.py")[1].startswith(".")

    regressions = run(project, "kept", "-k", "commutative and evidence")
    assert regressions[0] == 1
    assert "one leaves k=false@B1, the other k=true@A1" in regressions[1]


def test_a_line_that_makes_no_sense_is_refused(project: Path) -> None:
    """With what would have been right, and without a traceback."""
    (project / "pytest.ini").write_text("[pytest]\nscuttle_resolvers = mine:newest colour=red\n")
    code, out = run(project)

    assert code == 4
    assert "expected: values=KIND" in out
    assert "Traceback" not in out


def test_one_line_makes_a_class_of_tests(project: Path) -> None:
    """One test per law, expected failures and surprises included. Spec: LAW-16, LAW-18."""
    text = (
        "from scuttle_check.laws.api import resolver_laws\n"
        "import mine\n"
        "TestGood = resolver_laws(mine.newest, values='booleans')\n"
        "TestKnown = resolver_laws(mine.longest, values='booleans', expect=['commutative'])\n"
        "TestPraised = resolver_laws(mine.newest, values='booleans', expect=['commutative'])\n"
    )
    (project / "test_mine.py").write_text(text)
    code, out = run(project, "-k", "commutative")

    assert code == 1
    assert "PASSED test_mine.py::TestGood::test_commutative" in out
    assert "XFAIL test_mine.py::TestKnown::test_commutative" in out
    assert "FAILED test_mine.py::TestPraised::test_commutative" in out
    assert "holds" in out


def test_a_spoiled_regression_file_fails_with_its_path(project: Path) -> None:
    """And never with a traceback. Spec: LAW-18."""
    (project / "old.scuttle.json").write_text("{}")
    code, out = run(project)

    assert code == 1
    assert "$.format" in out
    assert "Traceback" not in out


def test_the_plugin_is_light_when_it_is_not_used(project: Path) -> None:
    """Everybody who has this installed waits for it in every run of pytest."""
    text = (
        "import sys\n"
        "def test_nothing():\n"
        "    heavy = ('hypothesis', 'numpy', 'networkx', 'attrs', 'scuttle_ref')\n"
        "    assert not [name for name in heavy if name in sys.modules]\n"
    )
    (project / "test_light.py").write_text(text)
    off = ["-p", "no:hypothesispytest", "-p", "no:anyio"]
    assert run(project, *off)[0] == 0
