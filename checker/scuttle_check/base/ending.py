"""How a process of ours ends: every way that it can is an exit code and at most a few lines.

Exit code 1 says that something is refuted. So nothing that went wrong with the tool itself, with
the disk or with the reader of our output may end as 1, and that is what Python and click would do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from scuttle_check.base.errors import INTERRUPTED, PIPE_CLOSED, UNFORESEEN, UNRUNNABLE, USAGE, Fault

if TYPE_CHECKING:
    import click

DETAILS = "SCUTTLE_TRACEBACK"
"""An environment variable: when it is set, what nobody foresaw is shown with its traceback."""

STANDARD = (1, 2)
"""The descriptors of standard output and standard error, of whatever writes to them."""

_LEFT_BEHIND: list[str] = []
"""Threads that wait for what may never come: see :func:`leave_behind`."""

PACKAGE = Path(__file__).resolve().parents[1]
OURS = (PACKAGE, *(folder / "scuttle_ref" for folder in PACKAGE.parents[:2]))
"""Where our sources are, installed side by side or in a checkout."""


def leave_behind() -> None:
    """A thread is left that may never end: the process must not wait for it at its end."""
    _LEFT_BEHIND.append("a thread")


def leave(code: int) -> NoReturn:
    """End this process, at once if there is anything that may never end. Spec: END-1."""
    if _LEFT_BEHIND:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def ended(run: Callable[[], object]) -> int:
    """The exit code with which a process ends that does `run`, once all that it said is written.

    What `run` returns is the code, if it is a number; what it raises is told on standard error. A
    reader that has gone away ends a process that would have said more, and changes nothing in the
    code of one that was done.

    Spec: END-1, END-2, END-3.
    """
    code: int | None = None
    try:
        code = _done(run)
        _flush()
    except OSError as fault:
        _drop(sys.stdout)
        if fault.errno == errno.EPIPE:
            return PIPE_CLOSED if code is None else code
        return _say(f"error: {_environment(fault)}", UNRUNNABLE)
    return code


def _done(run: Callable[[], object]) -> int:
    """The code of what was done, or of what came instead of it."""
    try:
        found = run()
    except SystemExit as asked:
        if asked.code is None or isinstance(asked.code, int):
            return asked.code or 0
        return _say(str(asked.code), UNRUNNABLE)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Fault as fault:
        return _say(f"error: {fault}", fault.exit_code)
    except OSError:
        raise
    except MemoryError:
        hint = "  try: fewer workers, --max-memory, or a smaller model"
        return _say(f"error: there is no more memory\n{hint}", UNRUNNABLE)
    except BaseException as unforeseen:  # noqa: BLE001 - it must not look like a verdict
        return _other(unforeseen)
    return found if isinstance(found, int) else 0


def _other(found: BaseException) -> int:
    """What can show itself, as the errors of click can, and what nobody foresaw."""
    show = getattr(found, "show", None)
    if callable(show):
        show()
        return int(getattr(found, "exit_code", USAGE))
    if DETAILS in os.environ:
        with contextlib.suppress(OSError, ValueError):
            traceback.print_exception(found, file=sys.stderr)
    return _say(unforeseen_text(found), UNFORESEEN)


def unforeseen_text(found: BaseException) -> str:
    """One line: what happened, where in our sources, and who would like to know."""
    own = [
        frame
        for frame in traceback.extract_tb(found.__traceback__)
        if any(Path(frame.filename).is_relative_to(folder) for folder in OURS)
    ]
    where = ""
    if own:
        file = Path(own[-1].filename)
        folder = next(folder for folder in OURS if file.is_relative_to(folder))
        name = file.relative_to(folder.parent).as_posix()
        where = f" at {name}:{own[-1].lineno}"
    told = " ".join(f"{type(found).__name__}: {found}".split())[:200]
    said = f"error: nobody foresaw this ({told}{where}); it is no verdict"
    return f"{said}. {DETAILS}=1 shows more; please report it: {where_to_report()}"


def where_to_report() -> str:
    """Where faults of the tool are to be sent, as its package says."""
    from importlib.metadata import PackageNotFoundError, metadata  # noqa: PLC0415 - seldom needed

    try:
        urls = metadata("scuttle-ref").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    known = dict(each.split(", ", 1) for each in urls if ", " in each)
    return str(known.get("Issues", "to whoever gave you scuttle-ref"))


def _environment(fault: OSError) -> str:
    """What the system refused, and of which file."""
    where = f"{fault.filename}: " if fault.filename is not None else ""
    said = fault.strerror or type(fault).__name__
    full = fault.errno in {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
    if full:
        due = "\n  expected: a place to write to\n  try: make room, and do it again"
    else:  # which may have been read, written or made
        due = "\n  try: see to it, and do it again"
    return f"{where}the system says: {said}{due}"


def _say(text: str, code: int) -> int:
    """Tell it on standard error, if that can still be written; the code that was given."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        _flush()
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except UnicodeEncodeError:
        sys.stderr.write(f"{text.encode('ascii', 'backslashreplace').decode()}\n")
    except (OSError, ValueError, AttributeError):
        _drop(sys.stderr)
    return code


def _flush() -> None:
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _drop(stream: Any) -> None:
    """Forget what could not be written: Python would try it again at its end, and say so."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        number = stream.fileno()
        if number in STANDARD:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, number)
            os.close(nothing)


def carried_out(command: click.Command, arguments: Sequence[str], **context: Any) -> int:
    """Carry out a command; its exit code.

    As the command's own ``main`` does it, which would take the end of a file for an interruption
    and a reader that has gone away for exit code 1. Raises what the command raises.
    """
    from click.exceptions import Abort, Exit  # noqa: PLC0415 - this module needs only Python

    try:
        with command.make_context(command.name, list(arguments), **context) as opened:
            found = command.invoke(opened)
    except Exit as asked:
        return asked.exit_code
    except Abort:
        raise KeyboardInterrupt from None
    except SystemExit as asked:
        if asked.code is None or isinstance(asked.code, int):
            return asked.code or 0
        raise
    return found if isinstance(found, int) else 0
