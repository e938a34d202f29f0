"""Real implementations beside the reference: every message and every state is the same.

What a profile says of an implementation is a claim about code that is not ours. These runs put the
real thing next to it, message by message, where it can be installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import installed
import pytest
from beside import Adapter, Pair, episode

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_ref.profiles import PROFILES

EPISODES, STEPS = 12, 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm packages, installed once."""
    return installed.npm_packages(tmp_path_factory.mktemp("npm"))


def agrees(command: list[str], profile: str, episodes: int = EPISODES) -> int:
    """How many updates moved in episodes in which both sides did the same."""
    with Adapter(command) as adapter:
        assert adapter.ask("hello")["version"] == 1
        pair = Pair(adapter, ReferenceAdapter(PROFILES[profile]))
        for seed in range(episodes):
            episode(pair, Random(seed), STEPS)  # noqa: S311 - a schedule, no secret
    return pair.moved


@pytest.mark.parametrize("name", ["scuttlebutt", "plasmid", "gossiper"])
def test_an_npm_package_does_what_its_profile_says(folder: Path, name: str) -> None:
    """Message by message, over links that keep the order and lose nothing.

    Spec: PROF-7.
    """
    command = [installed.node(), str(installed.ADAPTERS / f"{name}.js"), str(folder)]
    assert agrees(command, name) > 100


def test_txgossip_does_what_its_profile_says(tmp_path: Path) -> None:
    """Through its own datagrams, with one call translated from Python 2.

    Spec: PROF-7.
    """
    module = "scuttle_check.oracle.adapters.tx_gossip"
    command = [sys.executable, "-m", module, str(installed.txgossip(tmp_path))]
    assert agrees(command, "txgossip") > 100


def test_what_txgossip_needs_is_said_where_it_is_missing(tmp_path: Path) -> None:
    """In a line, to whoever named the wrong folder; also where it is installed as a package."""
    (tmp_path / "txgossip.py").write_text("raise ModuleNotFoundError(name=__name__)", "utf-8")
    command = [sys.executable, "-m", "scuttle_check.oracle.adapters.tx_gossip", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr.splitlines() == [
        f"{tmp_path}: cannot import txgossip (needed: twisted, and txgossip 0.1 unpacked there)"
    ]


def test_the_independent_implementation_does_what_the_documented_profile_says() -> None:
    """Written from the clauses, in another language.

    Spec: PROF-3.
    """
    assert (
        agrees([installed.node(), str(installed.ADAPTERS / "independent.js")], "documented") > 100
    )


@pytest.mark.parametrize("profile", ["as-shipped", "textbook", "paper", "plasmid"])
def test_another_profile_is_told_apart(profile: str) -> None:
    """The control: a comparison that cannot fail would pass all of the above."""
    command = [installed.node(), str(installed.ADAPTERS / "independent.js")]
    with pytest.raises(AssertionError):
        agrees(command, profile)
