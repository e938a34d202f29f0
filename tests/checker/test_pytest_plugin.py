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
    assert "PASSED pytest.ini::mine:largest_number::commutative" in out
    assert "XFAIL pytest.ini::mine:largest_number::newest-of-source" in out
    assert "FAILED pytest.ini::mine:latest_arrival::commutative" in out
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


def test_an_id_of_a_law_can_be_selected(project: Path) -> None:
    """It is the file of the configuration, the resolver and the law. Spec: LAW-28."""
    text = (
        "[pytest]\nscuttle_resolvers =\n    mine:newest values=booleans\n    mine:latest_arrival\n"
    )
    (project / "pytest.ini").write_text(text)
    code, out = run(project, "pytest.ini::mine:newest::commutative")
    assert (code, "1 passed" in out) == (0, True)

    code, out = run(project, "pytest.ini::mine:newest", "-k", "commutative or total")
    assert (code, "2 passed, 11 deselected" in out) == (0, True)
    code, out = run(project, "-k", "latest_arrival and commutative")
    assert (code, "FAILED pytest.ini::mine:latest_arrival::commutative" in out) == (1, True)


def test_a_resolver_that_was_renamed_fails_its_own_tests_only(project: Path) -> None:
    """By name in the configuration, in a class and in a file that was kept. Spec: LAW-28."""
    text = "[pytest]\nscuttle_resolvers =\n    mine:gone\n    mine:newest values=booleans\n"
    (project / "pytest.ini").write_text(text)
    (project / "test_mine.py").write_text(
        "from scuttle_check.laws.api import resolver_laws\n"
        "TestGone = resolver_laws('mine:gone', values='booleans')\n"
        "TestThere = resolver_laws('mine:newest', values='booleans')\n"
        "def test_other(): pass\n"
    )
    code, out = run(project, "-k", "commutative or other")

    assert (code, "2 failed, 3 passed" in out) == (1, True)
    assert "FAILED pytest.ini::mine:gone::commutative" in out
    assert "FAILED test_mine.py::TestGone::test_commutative" in out
    assert "mine:gone cannot be judged" in out
    assert "Traceback" not in out


@pytest.mark.parametrize("where", [".", "checks"])
def test_what_is_saved_is_found_again_wherever_tests_are_looked_for(
    project: Path, where: str
) -> None:
    """A folder is one from the root of pytest on, and what is in it is tested. Spec: LAW-28."""
    (project / "checks").mkdir()
    (project / "mine.py").unlink()
    (project / "pytest.ini").write_text("[pytest]\ntestpaths = checks\n")
    (project / "checks" / "test_mine.py").write_text(
        "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n"
        "from scuttle_check.laws.api import resolver_laws\nimport mine\n"
        "TestIt = resolver_laws(mine.picks, values='booleans', save='kept')\n"
    )
    (project / "checks" / "mine.py").write_text("def picks(gossip, update):\n    return True\n")
    code, out = run(project / where, "-k", "commutative", "--rootdir", str(project))
    assert (code, "saved:" in out) == (1, True)
    (saved,) = (project / "kept").glob("*.scuttle.json")

    code, out = run(project / where, "-k", "evidence", "--rootdir", str(project))
    assert (code, f"{saved.name}::evidence" in out) == (1, True)
    mended = "from scuttle_ref import lww_total as picks\n"
    (project / "checks" / "mine.py").write_text(mended)
    shutil.rmtree(project / "checks" / "__pycache__")
    assert run(project / where, "-k", "evidence", "--rootdir", str(project))[0] == 0


def test_where_the_plugin_is_not_at_work_it_is_said_that_nobody_looks(project: Path) -> None:
    """Spec: LAW-28."""
    (project / "test_mine.py").write_text(
        "from scuttle_check.laws.api import resolver_laws\nimport mine\n"
        "TestIt = resolver_laws(mine.latest_arrival, values='booleans', save='kept')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:scuttle", "-q", "-k", "commutative"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join([str(project), *sys.path])},
    )

    assert "where no test looks: the plugin of scuttle-ref is not at work" in ended.stdout


def test_proofs_are_tests_where_they_are_wanted(project: Path) -> None:
    """What is proved passes; what is refuted or unknown fails, with its reason. Spec: LAW-28."""
    pytest.importorskip("z3")
    text = (
        "[pytest]\nscuttle_resolvers =\n    mine:newest values=booleans\n    mine:latest_arrival\n"
    )
    (project / "pytest.ini").write_text(text)
    (project / "test_mine.py").write_text(
        "from scuttle_check.laws.api import resolver_laws\nimport mine\n"
        "TestIt = resolver_laws(mine.newest, values='booleans')\n"
    )
    code, out = run(project, "--scuttle-prove", "-k", "proved")

    assert (code, "1 failed, 2 passed" in out) == (1, True)
    assert "FAILED pytest.ini::mine:latest_arrival::proved" in out
    assert "is no order of updates" in out
    assert "2 passed" not in run(project, "-k", "proved")[1]
