"""Examples at the end of a command's help."""

from __future__ import annotations

HEAD = "\b\nExamples:"


def examples(*lines: str) -> str:
    """The epilog of a command, from lines that can be typed as they stand."""
    return "\n".join([HEAD, *(f"  {line}" for line in lines)])
