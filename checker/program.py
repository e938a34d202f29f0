"""Which program this is: what decides the meaning of a model, as a short digest."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PARTS = ("scuttle_ref", "checker.search", "checker.scuttlebutt")
"""What a search means is decided here: the protocol, the engine and the bridge between them."""


@cache
def digest(parts: tuple[str, ...] = PARTS) -> str:
    """A digest of the sources of packages and modules: equal programs search models equally.

    A version number would not do: between two releases a rule may have changed.
    """
    found = hashlib.sha256()
    for part in parts:
        spec = importlib.util.find_spec(part)
        if spec is None:
            continue
        for folder in spec.submodule_search_locations or ():
            for path in sorted(Path(folder).rglob("*.py")):
                found.update(f"{part}/{path.relative_to(folder).as_posix()}".encode())
                found.update(path.read_bytes())
        if not spec.submodule_search_locations and spec.origin is not None:
            found.update(part.encode())
            found.update(Path(spec.origin).read_bytes())
    return found.hexdigest()[:16]
