"""JSON files that people keep: written once, never over another, read with a path to any fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.kept_files import write_new
from scuttle_check.base.reading import text_given

KINDS: dict[type, str] = {
    dict: "a JSON object",
    list: "a JSON array",
    str: "a string",
    int: "an integer",
}


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a new file. Raises a Fault if it exists or cannot be written. Spec: CONVERT-4."""
    write_new(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def format_of(path: Path) -> str:
    """The format that a file says it has; empty where it says none."""
    try:
        document = json.loads(text_given(path))
    except (OSError, ValueError, RecursionError):
        return ""
    form = document.get("format") if isinstance(document, dict) else None
    return form if isinstance(form, str) else ""


def read_members(
    path: Path, form: str, members: Mapping[str, type], earlier: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The document of a file of that format, its `members` of the types given.

    What the format was called `earlier` is read too. Raises UsageFault with the path of the fault.
    """
    where = str(path)
    try:
        document = json.loads(text_given(path))
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=where) from None
    except (ValueError, RecursionError) as fault:
        raise UsageFault(f"is no JSON ({fault})", where=where) from None
    return checked_members(document, where, form, members, earlier)


def checked_members(
    document: object,
    where: str,
    form: str,
    members: Mapping[str, type],
    earlier: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The document, of that format and with its `members` of the types given.

    `where` is its place, with the path of what it is inside of. Raises UsageFault.
    """
    where = where if "$" in where else f"{where}: $"
    if not isinstance(document, dict) or document.get("format") not in (form, *earlier):
        got = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise UsageFault(f"is {got!r}", where=f"{where}.format", expected=form)
    for name, kind in members.items():
        if not isinstance(document.get(name), kind):
            raise UsageFault(
                "is missing or of another type",
                where=f"{where}.{name}",
                expected=KINDS[kind],
            )
    return document
