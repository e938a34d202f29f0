"""Known bugs of real implementations are found: by exploration, without being told where they are.

Each is in the page on implementations, with its command.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import installed
import pytest

RUN = "import sys; from scuttle_check.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm packages, installed once."""
    return installed.npm_packages(tmp_path_factory.mktemp("npm"))


def tried(command: list[str], profile: str, case: str, examples: int = 40) -> tuple[int, str]:
    """The exit code of a run, and its report."""
    flags = ["--profile", profile, "--case", case, "--examples", str(examples), "--json"]
    line = [sys.executable, "-c", RUN, "conform", "run", *flags, "--", *command]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 1}, done.stderr
    json.loads(done.stdout)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("adapter", "case", "examples", "found"),
    [
        (["scuttlebutt"], "convergence/explore", 1, "they disagree"),
        (["scuttlebutt"], "step/explore", 1, "NPM-2"),
        (["plasmid", "breadth"], "convergence/explore", 40, "Cannot destructure property 'r'"),
        (["plasmid"], "robustness/names-source", 1, "is not a function"),
        (["gossiper"], "step/explore", 10, "reading 'updateWithDelta'"),
    ],
    ids=["equal-timestamps", "clock-steps-back", "undefined-delta", "prototype", "unknown-source"],
)
def test_a_known_bug_of_an_npm_package_is_found(
    folder: Path, adapter: list[str], case: str, examples: int, found: str
) -> None:
    """And the run says that the package does not conform.

    Spec: PROF-7.
    """
    name, *options = adapter
    command = [installed.node(), str(installed.ADAPTERS / f"{name}.js"), str(folder), *options]
    code, report = tried(command, name, case, examples)
    assert code == 1
    assert found in report


def test_txgossip_breaks_on_an_update_of_a_source_it_does_not_know(tmp_path: Path) -> None:
    """A datagram is enough.

    Spec: GOSS-1.
    """
    module = "scuttle_check.oracle.adapters.tx_gossip"
    command = [sys.executable, "-m", module, str(installed.txgossip(tmp_path))]
    code, report = tried(command, "txgossip", "step/explore", 10)
    assert code == 1
    assert "KeyError" in report


@pytest.mark.parametrize("case", ["robustness/messages", "convergence/explore", "wire/explore"])
def test_the_independent_implementation_conforms(case: str) -> None:
    """The control: the same oracle finds nothing in an implementation that keeps the clauses.

    Spec: PROF-3.
    """
    command = [installed.node(), str(installed.ADAPTERS / "independent.js")]
    assert tried(command, "documented", case)[0] == 0
