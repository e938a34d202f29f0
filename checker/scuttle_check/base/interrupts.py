"""Signals that ask a process to end, where its parent left them to it."""

from __future__ import annotations

import signal
import threading
from typing import Any


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
