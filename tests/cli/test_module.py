"""The command line as a module."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["scuttle_check", "scuttle_check.cli.main"])
def test_python_m_is_scuttle(module: str) -> None:
    """It printed nothing and exited 0, as if all were well."""
    told = subprocess.run(
        [sys.executable, "-m", module, "profiles"], capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("documented")
    wrong = subprocess.run(
        [sys.executable, "-m", module, "chekc"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "try: scuttle check" in wrong.stderr
