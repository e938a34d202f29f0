"""The wheel, installed outside of any checkout: what it carries works, and its advice fits."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import pytest

from scuttle_check.base import resources
from scuttle_check.base.ending import where_to_report
from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.resources import CARRIED, carried, to_install, to_write_to

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.stem for path in (ROOT / "spec" / "scenarios").glob("*.txt"))
Ran = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "-w", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    if "hatchling" in done.stderr and done.returncode:
        pytest.skip("hatchling is not installed")
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Run ``scuttle`` of the wheel in a folder that is no checkout."""
    site, here = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("here")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    def started(*arguments: str) -> Ran:
        return subprocess.run(
            [sys.executable, "-P", "-m", "scuttle_check", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=here,
            env=os.environ | {"PYTHONPATH": str(site)},
        )

    where = subprocess.run(
        [sys.executable, "-P", "-c", "import scuttle_check; print(scuttle_check.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(site)},
    )
    assert where.stdout.startswith(str(site))
    return started


@pytest.mark.parametrize("name", ["swap", "swap.txt", "spec/scenarios/swap.txt"])
def test_a_scenario_is_played_by_its_name(name: str, run: Callable[..., Ran]) -> None:
    """Who installed the package has no folder spec. Spec: FILE-4."""
    ran = run("scenario", name)
    assert ran.returncode == 0, ran.stderr
    assert "they disagree: A has pear@1 and B has apple@1 for k" in ran.stdout


def test_every_scenario_of_the_package_is_played(run: Callable[..., Ran]) -> None:
    """Spec: FILE-4."""
    ran = run("scenario", *SCENARIOS)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("output as recorded") == len(SCENARIOS)
    whole = run("scenario", "spec/scenarios")
    assert whole.stdout.count("output as recorded") == len(SCENARIOS)


@pytest.mark.parametrize(
    "command",
    [
        "convert swap .txt",
        "explore hub --html hub.html",
        "explore spec/scenarios/hub.txt --html other.html",
        "vectors test --file textbook",
        "vectors test --file spec/vectors/textbook.json",
        "vectors test --profile documented",
        "check --case order:paper",
        "learn",
        "schema check",
        "clauses",
        "profiles",
        "golden --help",
        "conform check-adapter",
    ],
)
def test_what_the_package_carries_works(command: str, run: Callable[..., Ran]) -> None:
    """Spec: FILE-4."""
    ran = run(*command.split())
    assert ran.returncode == 0, (ran.stdout[-300:], ran.stderr)


def test_a_name_that_there_is_not_says_which_there_are(run: Callable[..., Ran]) -> None:
    """Spec: FILE-4."""
    ran = run("scenario", "swop")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no such file" in ran.stderr
    assert "first-exchange" in ran.stderr
    assert "try: swap" in ran.stderr


@pytest.mark.parametrize(
    "command",
    [
        "schema --write",
        "clauses --write",
        "vectors build",
        "learn --rewrite",
        "check --ladder history:documented --record",
    ],
)
def test_what_is_installed_is_not_written_to(command: str, run: Callable[..., Ran]) -> None:
    """Spec: FILE-4."""
    ran = run(*command.split())
    assert ran.returncode == 3, ran.stderr
    assert "no checkout to write to" in ran.stderr


def test_the_advice_is_for_who_installed_a_wheel(run: Callable[..., Ran]) -> None:
    """`-e .` installs whatever is in the folder, or nothing."""
    ran = run("doctor")
    assert "'scuttle-ref[cluster]'" in ran.stdout or "cluster" in ran.stdout
    assert "-e '" not in ran.stdout


def test_the_advice_fits_how_it_was_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a checkout, elsewhere, and from a wheel."""
    monkeypatch.chdir(ROOT)
    assert to_install(extra="docs").endswith("pip install -e '.[docs]'")
    monkeypatch.chdir(tmp_path)
    assert to_install(extra="docs").endswith(f"pip install -e '{ROOT}[docs]'")
    monkeypatch.setattr(resources, "repository", lambda: None)
    assert to_install(extra="docs").endswith("pip install 'scuttle-ref[docs]'")
    assert to_install(package="attrs").endswith("pip install attrs")
    with pytest.raises(UnrunnableFault, match="no checkout"):
        to_write_to()


def test_no_advice_of_how_to_install_is_written_by_hand() -> None:
    """Each of seven was right in one place and wrong in another."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "checker").rglob("*.py")
        if path.name != "resources.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "pip install" in line
    ]
    assert not found


def test_a_file_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spec: FILE-4."""
    monkeypatch.chdir(tmp_path)
    assert carried(Path("swap")) == ROOT / "spec" / "scenarios" / "swap.txt"
    Path("swap").write_text("")
    assert carried(Path("swap")) == Path("swap")
    for wrong in ("", ".x", "spec/../README.md", "a/swap", "spec/nothing"):
        if not Path(wrong).exists():
            with pytest.raises(UsageFault):
                carried(Path(wrong))


def test_no_two_files_that_are_carried_have_one_name() -> None:
    """Else a name would not say which. Spec: FILE-4."""
    names = [
        path.stem
        for folder, ending in CARRIED.items()
        for path in (ROOT / "spec" / folder).glob(f"*{ending}")
    ]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What the wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_the_package_says_where_it_is_from_and_for_whom(metadata: Message) -> None:
    """Who is asked to report something must know where."""
    urls = dict(each.split(", ", 1) for each in metadata.get_all("Project-URL") or ())
    assert {"Homepage", "Issues"} <= urls.keys()
    kinds = {each.partition(" :: ")[0] for each in metadata.get_all("Classifier") or ()}
    expected = {"Development Status", "Environment", "Framework", "Intended Audience"}
    assert expected | {"Operating System", "Programming Language", "Topic", "Typing"} <= kinds


def test_the_pythons_that_are_named_are_those_that_are_taken(metadata: Message) -> None:
    """A list beside the range it lists."""
    classifiers = "\n".join(metadata.get_all("Classifier") or ())
    named = re.findall(r"Python :: (3\.\d+)$", classifiers, re.MULTILINE)
    assert metadata["Requires-Python"] == f">={named[0]}"


def test_what_is_reported_has_an_address(run: Callable[..., Ran]) -> None:
    """Spec: END-2."""
    assert run("--version").returncode == 0
    assert where_to_report()
