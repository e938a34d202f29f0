r"""The oldest versions that are declared to do, as a file of constraints for pip.

``python tests/floors.py --write`` writes tests/floors.txt from pyproject.toml. To run the suite:

    python3 -m venv floors && floors/bin/pip install -q -c tests/floors.txt \
        -e '.[test,fast,cluster,docs,plot,explore,symbolic,tui]'
    floors/bin/python -m pytest -q -n 2
"""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = Path(__file__).with_suffix(".txt")
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(\[[a-z,]+\])?>=(?P<floor>[0-9.]+)")
HEAD = "# Written by tests/floors.py from pyproject.toml: the oldest version of each dependency.\n"


def declared() -> dict[str, set[str]]:
    """The floors of each package that is asked for, by name; one of each, or two lists differ."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    floors: dict[str, set[str]] = {}
    extras = project["optional-dependencies"].values()
    for requirement in chain(project["dependencies"], *extras):
        found = REQUIREMENT.fullmatch(requirement)
        assert found, f"{requirement} names no floor"
        floors.setdefault(found["name"], set()).add(found["floor"])
    return floors


def constraints() -> str:
    """What stands in the file: one version of each, none newer than need be."""
    lines = [
        f"{name}=={floor}\n" for name, floors in sorted(declared().items()) for floor in floors
    ]
    return HEAD + "".join(lines)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        FILE.write_text(constraints(), encoding="utf-8")
    sys.exit(FILE.read_text(encoding="utf-8") != constraints())
