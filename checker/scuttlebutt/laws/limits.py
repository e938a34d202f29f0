"""A limit on how long one call may take, also where the call never comes back.

On the main thread an interval timer interrupts even a busy loop. Elsewhere, and on systems
without such timers, the call runs on a thread of its own, which is left behind when time is up.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

AGAIN = 0.05
"""How long after an interruption that was swallowed the next one comes. Unit: seconds."""


class TooSlow(BaseException):
    """The call took too long. Not an Exception, so that the callee does not catch it by habit."""


PATIENCE = 4
"""A call that did not get to work, on a busy machine or asleep, has so many times its limit."""


def limited(call: Callable[[], T], seconds: float) -> T:
    """What `call` returns. Raises what it raises, and TooSlow after `seconds`."""
    on_main = threading.current_thread() is threading.main_thread()
    if on_main and hasattr(signal, "setitimer"):
        return _interrupted(call, seconds)
    return _abandoned(call, seconds)


def _interrupted(call: Callable[[], T], seconds: float) -> T:
    """With a timer that interrupts. A timer that was running goes on afterwards."""
    began, worked = time.monotonic(), time.thread_time()

    def alarm(_number: int, _frame: FrameType | None) -> None:
        starved = time.thread_time() - worked < seconds / 2
        if not (starved and time.monotonic() - began < seconds * PATIENCE):
            raise TooSlow

    handler = signal.signal(signal.SIGALRM, alarm)
    rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if rest:
            left = max(rest - (time.monotonic() - began), AGAIN)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _abandoned(call: Callable[[], T], seconds: float) -> T:
    """On a thread that is left behind when time is up."""
    returned: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(call())
        except BaseException as fault:  # noqa: BLE001 - handed to the caller
            raised.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds * PATIENCE)
    if raised:
        raise raised[0]
    if not returned:
        raise TooSlow
    return returned[0]
