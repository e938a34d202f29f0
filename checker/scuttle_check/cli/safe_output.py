"""What a terminal is shown: text, and nothing that it would obey.

Keys, values and names come from peers, files and implementations under test. Whatever command
prints them, what is not printable is escaped here, at the last door; colours pass.
"""

from __future__ import annotations

import io
import re
import sys

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f"  # control characters but tab, newline and escape
    "\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # what reorders or breaks a line
    "\ud800-\udfff]"  # halves of surrogate pairs, which have no encoding
    r"|\x1b(?!\[[0-9;]*m)"
)


def shown(text: str) -> str:
    r"""The text with ``\u0007`` where a terminal would ring. Inside JSON it is the same text."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class SafeText(io.TextIOWrapper):
    """A standard stream that shows every text and obeys none.

    Spec: NODE-10.
    """

    def write(self, text: str, /) -> int:
        """Write the text as it may be shown; what is returned counts the given one."""
        super().write(shown(text))
        return len(text)

    def move(self, text: str) -> None:
        """Write a text of our own that may move the cursor."""
        super().write(text)


def guard_streams() -> None:
    """Put the guard before the standard streams of this process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is io.TextIOWrapper:
            encoding, buffered = stream.encoding, stream.line_buffering
            guarded = SafeText(
                stream.detach(),
                encoding=encoding,
                errors="backslashreplace",
                line_buffering=buffered or name == "stderr",
            )
            setattr(sys, name, guarded)
