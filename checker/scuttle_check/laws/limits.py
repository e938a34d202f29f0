"""A limit on how long one call may take, also where the call never comes back.

On the main thread an interval timer interrupts even a busy loop. Elsewhere, and on systems
without such timers, the call runs on a thread of its own, which is left behind when time is up.
"""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from attrs import define, field, frozen

T = TypeVar("T")

AGAIN = 0.05
"""How long after an interruption that was swallowed the next one comes. Unit: seconds."""


class TooSlow(BaseException):
    """The call took too long. Not an Exception, so that the callee does not catch it by habit."""


PATIENCE = 4
"""A call that did not get to work, on a busy machine or asleep, has so many times its limit."""

PATIENCE_IN_ALL = 10


@frozen
class Allowance:
    """So many seconds for a whole run: of work where the work is done in this process.

    A machine that is busy with something else must not decide what is known. By the clock it is
    PATIENCE_IN_ALL times as much, for work that sleeps. `beside` is the work of a process of ours.
    """

    seconds: float
    here: bool = True
    beside: Callable[[], float] = lambda: 0.0
    began: float = field(factory=time.monotonic)
    worked: float = field(factory=time.process_time)

    @property
    def spent(self) -> bool:
        """Whether time is up."""
        by_clock = time.monotonic() - self.began
        if not self.here:
            return by_clock >= self.seconds
        worked = time.process_time() - self.worked + self.beside()
        return worked >= self.seconds or by_clock >= self.seconds * PATIENCE_IN_ALL


def limited(call: Callable[[], T], seconds: float) -> T:
    """What `call` returns. Raises what it raises, and TooSlow after `seconds`."""
    on_main = threading.current_thread() is threading.main_thread()
    if on_main and hasattr(signal, "setitimer"):
        return _interrupted(call, seconds)
    return _abandoned(call, seconds)


def _interrupted(call: Callable[[], T], seconds: float) -> T:
    """With a timer that interrupts. A timer that was running goes on afterwards.

    Garbage is collected between calls: in a large process that takes longer than some limits.
    """
    collects = gc.isenabled()
    gc.disable()
    outer, _alarm.began = _alarm.began, (time.monotonic(), time.thread_time(), seconds)
    handler = None if _alarm.kept else signal.signal(signal.SIGALRM, _alarm.rings)
    rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        began, _alarm.began = _alarm.began[0], outer
        if collects:
            gc.enable()
        if handler is not None:
            signal.signal(signal.SIGALRM, handler)
        if rest:
            left = max(rest - (time.monotonic() - began), AGAIN)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


@define
class _Alarm:
    """What happens when time is up. `began`: when by the clock, by work done, and the limit."""

    began: tuple[float, float, float] = (0.0, 0.0, 0.0)
    kept: bool = False

    def rings(self, _number: int, _frame: FrameType | None) -> None:
        began, worked, seconds = self.began
        if not seconds:  # it rang as the call returned
            return
        starved = time.thread_time() - worked < seconds / 2
        if not (starved and time.monotonic() - began < seconds * PATIENCE):
            raise TooSlow


_alarm = _Alarm()


@contextmanager
def many_calls() -> Iterator[None]:
    """Around many calls: the handler is set once, which takes longer than a quick call.

    Not where a timer is running already: its owner wants its own handler in between.
    """
    on_main = threading.current_thread() is threading.main_thread()
    able = on_main and hasattr(signal, "setitimer") and not _alarm.kept
    if not able or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    handler = signal.signal(signal.SIGALRM, _alarm.rings)
    _alarm.kept = True
    try:
        yield
    finally:
        _alarm.kept = False
        signal.signal(signal.SIGALRM, handler)


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
