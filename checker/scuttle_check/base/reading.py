"""Text files that users give us, read whole, but never without end."""

from __future__ import annotations

import errno
from pathlib import Path

READ_MAX = 256 << 20
"""The largest file that is read. Unit: bytes."""


def text_given(path: Path) -> str:
    """The text of a file of somebody else's, in UTF-8; a byte order mark in front is no text.

    Line ends are as Python reads them: newlines. A device may have no end, so what is larger than
    the limit is an OSError, as for every file that cannot be read. Raises UnicodeDecodeError, too.

    Spec: FILE-5.
    """
    with path.open("rb") as file:
        content = file.read(READ_MAX + 1)
    if len(content) > READ_MAX:
        problem = f"it is larger than {READ_MAX >> 20} MiB"
        raise OSError(errno.EFBIG, problem, str(path))
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
