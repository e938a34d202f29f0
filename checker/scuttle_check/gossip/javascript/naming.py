"""Names of functions in files of JavaScript and TypeScript: ``path/to/resolver.mjs:newest``."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

from scuttle_check.base.errors import UsageFault

_NAMED = re.compile(r"(?P<path>.+\.(?P<ending>[mc]?[jt]s))(?::(?P<member>[\w$]+(?:\.[\w$]+)*))?")

TYPED = ("ts", "mts", "cts")
"""Endings of files whose types Node has to strip."""


@frozen
class Script:
    """A function in a file that Node can load. `member` is an export, or a member of one."""

    path: Path
    member: str

    @property
    def typed(self) -> bool:
        """Whether it is TypeScript."""
        return self.path.suffix.lstrip(".") in TYPED


def script_called(name: str, *beside: Path) -> Script | None:
    """The function of that name, or None for a name of another kind. Raises UsageFault.

    Without ``:member`` it is the default export. A path is one from the current folder; where there
    is no such file, from a folder of `beside`, or one above it.
    """
    found = _NAMED.fullmatch(name)
    if found is None:
        return None
    path = Path(found["path"])
    folders = [Path.cwd(), *(up for each in beside for up in (each, *each.resolve().parents))]
    for folder in folders:
        if (folder / path).is_file():
            return Script((folder / path).resolve(), found["member"] or "default")
    raise UsageFault("there is no such file", where=str(path), expected="FILE.mjs:FUNCTION")
