"""Signals that ask a process to end, where its parent left them to it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AGAIN_SECONDS = 0.05
"""When an interruption that was dropped is raised again."""


def ignored(number: int) -> bool:
    """Whether a signal is ignored: by who started this process, as nothing here ignores any."""
    return signal.getsignal(number) is signal.SIG_IGN


def heed(number: int, handler: Any) -> Any:
    """Take a signal to `handler`, unless it is ignored; what took it before.

    A shell without job control starts what runs in the background with SIGINT ignored, so that
    Ctrl-C ends what stands in front only; POSIX asks programs to leave that as it is. SIGTERM that
    was ignored with ``trap "" TERM`` is left the same way. Outside the main thread, where Python
    hears no signals, nothing happens and None is returned.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.SIG_IGN if ignored(number) else signal.signal(number, handler)


@contextmanager
def put_off() -> Iterator[None]:
    """In this block nothing is interrupted; what asks for it meanwhile is heard behind it.

    For code of others that takes signals to itself, or is left half made by an exception.

    Spec: END-5.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows has no such thing
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def lose_none() -> None:
    """Raise an interruption again that arrived where Python drops whatever is raised.

    That is inside of a finaliser, or of a callback of the garbage collector, as Hypothesis has one.

    Spec: END-5.
    """
    told = sys.unraisablehook

    def dropped(what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            told(what)
            return
        heard = [
            number
            for number in (signal.SIGTERM, signal.SIGINT)
            if signal.getsignal(number) is signal.default_int_handler
        ]
        if heard:  # not here, where it would be dropped again
            main = threading.main_thread().ident
            again = threading.Timer(AGAIN_SECONDS, signal.pthread_kill, (main, heard[0]))
            again.daemon = True
            again.start()

    sys.unraisablehook = dropped
