"""Which program this is: what decides the meaning of a model, as a short digest."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PARTS = ("scuttle_ref", "checker")
"""What results mean is decided here. A list of the modules that matter would miss the next one."""

DATA = "_spec"
"""The specification, which an installed package holds and a checkout has beside it."""


@cache
def digest() -> str:
    """A digest of all sources of the package: equal programs search models equally.

    A version number would not do: between two releases a rule may have changed.

    Spec: RUN-3, SCALE-7.
    """
    return digest_of(tuple(map(_folder, PARTS)))


def digest_of(folders: tuple[Path, ...]) -> str:
    """A digest of the sources below some folders, each with its name and its length."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder)
            if DATA in name.parts:
                continue
            content = path.read_bytes()
            found.update(f"{folder.name}/{name.as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()[:16]


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent
