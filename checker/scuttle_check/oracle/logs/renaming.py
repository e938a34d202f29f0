"""A map from the words of a foreign log to those of ours: names of fields, kinds of events.

Laws of this file: a map is a TOML file; whatever it does not mention keeps its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.reading import text_given

TABLES = ("trace", "fields", "events", "ignore")


@frozen
class Renaming:
    """How a foreign log is read.

    `header` stands in for, or over, the header of the log; `fields` leads from the path of a field
    of ours to that of theirs, `events` from their word for an event to ours.
    """

    header: Mapping[str, Any] = field(factory=dict)
    fields: Mapping[str, str] = field(factory=dict)
    events: Mapping[str, str] = field(factory=dict)
    ignored: frozenset[str] = frozenset()

    def renamed(self, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """The event in our words, or None for one that is to be ignored. Spec: OBS-4."""
        found = dict(document)
        for ours, theirs in self.fields.items():
            value = _at(document, theirs.split("."))
            if value is not None:
                _put(found, ours.split("."), value)
        word = found.get("ev")
        if isinstance(word, str):
            if word in self.ignored:
                return None
            found["ev"] = self.events.get(word, word)
        return found


def _at(document: object, path: list[str]) -> Any:
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _put(document: dict[str, Any], path: list[str], value: object) -> None:
    for name in path[:-1]:
        inner = document.get(name)
        document[name] = dict(inner) if isinstance(inner, Mapping) else {}
        document = document[name]
    document[path[-1]] = value


def read_renaming(path: Path) -> Renaming:
    """The map in a file. Raises UsageFault with the path of what is wrong."""
    try:
        document = tomllib.loads(text_given(path))
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=str(path)) from None
    except ValueError as fault:
        raise UsageFault(f"is no TOML ({fault})", where=str(path)) from None
    for name in document:
        if name not in TABLES or not isinstance(document[name], dict):
            expected = f"the tables {', '.join(TABLES)}"
            raise UsageFault("is no table of a map", where=f"{path}: {name}", expected=expected)
    events: dict[str, str] = {}
    for ours, words in document.get("events", {}).items():
        for word in words if isinstance(words, list) else [words]:
            events[str(word)] = ours
    fields = document.get("fields", {})
    for ours, theirs in fields.items():
        if not isinstance(theirs, str):
            where = f"{path}: fields.{ours}"
            raise UsageFault("is no text", where=where, expected="the path of their field")
    ignored = document.get("ignore", {}).get("events", [])
    if not isinstance(ignored, list):
        raise UsageFault("is no array", where=f"{path}: ignore.events", expected="their words")
    return Renaming(document.get("trace", {}), fields, events, frozenset(map(str, ignored)))
