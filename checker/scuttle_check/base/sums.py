"""Checksums of documents that are kept, so that what was changed on the disk is not believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from scuttle_check.base.errors import UsageFault

MEMBER = "sum"
"""The member of a document that holds the checksum of the others."""


def sum_of(*parts: object) -> str:
    """A checksum of JSON values, whatever the order of their members."""
    text = json.dumps(parts, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def summed(document: Mapping[str, Any], *before: str) -> dict[str, Any]:
    """A document with its checksum, which is one of what came `before` it, too."""
    return {**document, MEMBER: sum_of(*before, document)}


def intact(document: Mapping[str, Any], *before: str) -> bool:
    """Whether a document is the one that :func:`summed` made. Spec: RUN-9."""
    rest = {name: each for name, each in document.items() if name != MEMBER}
    return document.get(MEMBER) == sum_of(*before, rest)


def insist_on_sum(document: Mapping[str, Any], path: Path) -> None:
    """Raises UsageFault where the document of a file was changed. Spec: RUN-9."""
    if not intact(document):
        raise UsageFault(
            "is not what was written: its checksum is of something else",
            where=str(path),
            clause="RUN-9",
            hint="restore it, or begin a new run",
        )
