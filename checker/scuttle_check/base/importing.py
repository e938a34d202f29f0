"""Code of somebody else by its name: ``package.module:name``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from scuttle_check.base.errors import UnrunnableFault, UsageFault

_MAY_IMPORT: ContextVar[bool] = ContextVar("_MAY_IMPORT", default=True)
"""Whether a name may be code of somebody else; where not, no format is a way round it."""


@contextmanager
def no_foreign_code() -> Iterator[None]:
    """In this block a name of other code is refused, wherever it comes from. Spec: EXPL-10."""
    before = _MAY_IMPORT.set(False)
    try:
        yield
    finally:
        _MAY_IMPORT.reset(before)


def refuse_foreign_code(kind: str, name: str, expected: str) -> None:
    """Raises UsageFault where no code of others may be loaded. Spec: EXPL-10."""
    if not _MAY_IMPORT.get():
        raise UsageFault(
            f"names the {kind} {name!r}, and a page may not load code",
            expected=expected,
            hint="open it with scuttle explore FILE",
        )


@contextmanager
def here_first() -> Iterator[None]:
    """In this block modules are looked for in the current folder first, as ``python -m`` does.

    Behind it, last: a file there may have the name of something that we still have to load.

    Spec: SCALE-10.
    """
    here = str(Path.cwd())
    had = here in sys.path
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
        if not had:
            sys.path.append(here)


def imported(name: str, where: str) -> Any:
    """What ``package.module:name`` names, looked for in the current folder first.

    Raises UnrunnableFault for what cannot be imported, whatever its module does.
    """
    module, _, member = name.partition(":")
    try:
        with here_first():
            found: Any = importlib.import_module(module)
        for part in member.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - a foreign module may raise anything
        raise UnrunnableFault(
            f"cannot be imported ({type(fault).__name__}: {fault})",
            where=where,
            hint="run from the folder that holds the module, or install it",
        ) from None
    return found
