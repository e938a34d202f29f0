"""A pytest plugin that writes down which functions of the project each test calls.

Load it with ``-p call_recorder --calls-to FILE``. The file maps each test to the definitions it
entered, as ``file::qualified name``.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

_GENERATED = re.compile(r"<attrs generated \w+ ([\w.]+)\.(\w+)>")
_CALLS: dict[str, set[tuple[str, str]]] = defaultdict(set)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--calls-to", help="the file that gets the calls of each test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Watch set-up, test and tear-down of one item; parameters of one test are one test."""
    file = item.path.relative_to(item.config.rootpath).as_posix()
    calls = _CALLS[f"{file}::{getattr(getattr(item, 'obj', None), '__qualname__', item.name)}"]

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            calls.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        return (yield)
    finally:
        sys.setprofile(before)


def pytest_sessionfinish(session: pytest.Session) -> None:
    root = session.config.rootpath
    shown = {test: sorted(_within(root, calls)) for test, calls in _CALLS.items()}
    Path(session.config.getoption("--calls-to")).write_text(json.dumps(shown), encoding="utf-8")


def _within(root: Path, calls: set[tuple[str, str]]) -> set[str]:
    """The calls that entered code below `root`, as places; a call enters what encloses it too."""
    places = set()
    for filename, name in calls:
        generated = _GENERATED.fullmatch(filename)
        if generated:
            file = f"{generated[1].replace('.', '/')}.py"
            parts = [generated[2], name]
        elif Path(filename).is_relative_to(root):
            file = Path(filename).relative_to(root).as_posix()
            parts = name.split(".")
        else:
            continue
        places |= {f"{file}::{'.'.join(parts[:end])}" for end in range(1, len(parts) + 1)}
    return places
