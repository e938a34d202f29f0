"""Text as it may be given to a terminal: nothing in it is obeyed."""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # what reorders or breaks a line
    "\ud800-\udfff]"  # halves of surrogate pairs, which have no encoding
)


def shown(text: str) -> str:
    r"""The text with ``\u0007`` where a terminal would ring. Inside JSON it is the same text."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
