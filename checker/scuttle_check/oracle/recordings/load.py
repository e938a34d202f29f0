"""Recorded traces on disk: found, read, and judged by their shape.

Whatever is wrong with a file becomes one UsageFault with the place and the way on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.oracle.recordings.contract import Json
from scuttle_check.oracle.recordings.shape import At, check_trace

NESTING_MAX = 100
"""How deep a trace may be nested. Unit: objects and arrays."""


@frozen
class Recording:
    """One trace, and the file in which it stands."""

    file: str
    trace: Json


def load(paths: Sequence[Path]) -> list[Recording]:
    """All traces of the files, and of the ``.json`` files anywhere in the folders, sorted.

    Raises UsageFault for a path that is not there, a folder without traces, and any file that
    cannot be read as one trace or an array of them.
    """
    return [each for path in paths for file in _files(path) for each in _read(file)]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*.json") if file.is_file())
    if not found:
        raise UsageFault(
            "has no .json file, here or below",
            where=str(path),
            expected="a folder of recorded traces",
            hint="name the folder that holds them, or one file",
        )
    return found


def _read(file: Path) -> list[Recording]:
    document = _parsed(file, _text(file))
    traces: list[Any] = document if isinstance(document, list) else [document]
    top = At(str(file))
    if not traces:
        top.refuse("is an empty array", "a trace, or an array of traces")
    recordings = []
    for number, trace in enumerate(traces):
        check_trace(trace, top / number if isinstance(document, list) else top)
        recordings.append(Recording(str(file), trace))
    return recordings


def _text(file: Path) -> str:
    try:
        return text_given(file)
    except FileNotFoundError:
        problem, hint = "is not there", "check the path"
    except UnicodeDecodeError:
        problem, hint = "is no UTF-8 text", "save it as UTF-8"
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        problem, hint = f"cannot be read ({reason})", "check the path and its permissions"
    raise UsageFault(problem, where=str(file), expected="a file of recorded traces", hint=hint)


def _parsed(file: Path, text: str) -> object:
    try:
        document = json.loads(text, parse_constant=_refused_number, parse_float=_finite)
    except (ValueError, RecursionError) as fault:
        raise UsageFault(
            f"is no JSON ({str(fault)[:80]})",
            where=str(file),
            expected="one trace, or an array of traces, as JSON",
            hint='numbers that JSON cannot hold are strings: "-Infinity", "Infinity", "NaN"',
        ) from None
    if any(depth > NESTING_MAX for depth in _depths(document)):
        At(str(file)).refuse("is nested too deep", f"at most {NESTING_MAX} objects and arrays")
    return document


def _refused_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        _refused_number(text[:40])
    return number


def _depths(document: object) -> Iterator[int]:
    """The depth of every part of a document, without recursion."""
    rest: list[tuple[int, Any]] = [(0, document)]
    while rest:
        depth, part = rest.pop()
        yield depth
        below: Iterable[Any] = ()
        if isinstance(part, dict):
            below = part.values()
        elif isinstance(part, list):
            below = part
        rest.extend((depth + 1, each) for each in below)
