"""Other implementations, installed for a test run; what cannot be had is skipped, visibly."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import scuttle_check.oracle.adapters

ADAPTERS = Path(scuttle_check.oracle.adapters.__path__[0])
PACKAGES = ("scuttlebutt@5.6.15", "plasmid@0.0.0", "gossiper@0.0.3")
SECONDS = 120


def node() -> str:
    """The command `node`; the test is skipped where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    return found


def npm_packages(folder: Path) -> Path:
    """The npm packages in `folder`; the test is skipped where they cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    _fetched([npm, "install", *flags, *PACKAGES], "npm")
    return folder


def txgossip(folder: Path) -> Path:
    """The source of txgossip in `folder`; the test is skipped where it cannot be had."""
    if importlib.util.find_spec("twisted") is None:
        pytest.skip("twisted is not installed")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    _fetched([*pip, "--dest", str(folder), "txgossip==0.1"], "pip")
    with tarfile.open(folder / "txgossip-0.1.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "txgossip-0.1"


def _fetched(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{what} did not answer within {SECONDS} s")
    if done.returncode:
        pytest.skip(f"{what} cannot install: {done.stderr.strip()[-200:]}")
