"""The public names are typed as their users need them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXPECTED = re.compile(r"# expect: ([\w-]+)$")
REPORTED = re.compile(r"misuse\.py:(\d+): error: .*\[([\w-]+)\]$", re.MULTILINE)


def mypy(name: str, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache)]
    configuration = ["--config-file", "", "--no-error-summary"]
    return subprocess.run(
        [*command, *configuration, str(HERE / name)],
        capture_output=True,
        check=False,
        text=True,
        cwd=HERE,
    )


def test_what_a_user_writes_passes_a_strict_type_check(tmp_path: Path) -> None:
    """A resolver, a profile and a handler of outputs of one's own, with no cast and no ignore."""
    checked = mypy("api.py", tmp_path)

    assert (checked.stdout, checked.returncode) == ("", 0)


def test_what_cannot_work_is_found_by_the_type_checker(tmp_path: Path) -> None:
    """A resolver that returns no bool, a message that is no event, a state that is changed."""
    lines = (HERE / "misuse.py").read_text().splitlines()
    expected = {
        (number, match[1])
        for number, line in enumerate(lines, start=1)
        if (match := EXPECTED.search(line))
    }

    reported = {
        (int(line), code) for line, code in REPORTED.findall(mypy("misuse.py", tmp_path).stdout)
    }

    assert reported == expected
