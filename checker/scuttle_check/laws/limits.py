"""A limit on how long one call may take, also where the call never comes back.

On the main thread an interval timer interrupts even a busy loop. Elsewhere, and on systems
without such timers, the call runs on a thread of its own, which is left behind when time is up.
"""

from __future__ import annotations

import gc
import os
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


TICK = 0.05
"""How often it is looked whether a call has taken too long, around many calls. Unit: seconds."""


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
    if _alarm.ticks == os.getpid() and seconds >= TICK * 2:
        return _between_ticks(call, seconds)
    collects = gc.isenabled()
    gc.disable()
    outer, _alarm.began = _alarm.began, (time.monotonic(), time.thread_time(), seconds)
    handler = signal.signal(signal.SIGALRM, _alarm.rings)
    rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        began, _alarm.began = _alarm.began[0], outer
        if collects:
            gc.enable()
        signal.signal(signal.SIGALRM, handler)
        if rest:
            left = max(rest - (time.monotonic() - began), AGAIN)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _between_ticks(call: Callable[[], T], seconds: float) -> T:
    """With the timer that ticks around many calls: one is late by up to a tick."""
    outer = _alarm.began
    gc.disable()
    _alarm.began = (time.monotonic(), time.thread_time(), seconds)
    try:
        return call()
    finally:
        _alarm.began = outer
        gc.enable()


@define
class _Alarm:
    """What happens when time is up. `began`: when by the clock, by work done, and the limit.

    `ticks` is the process in which the timer ticks: a copy of it has none.
    """

    began: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ticks: int = 0

    def rings(self, _number: int, _frame: FrameType | None) -> None:
        began, worked, seconds = self.began
        if not seconds:  # it rang as the call returned, or between calls
            return
        passed = time.monotonic() - began
        if passed < seconds:
            return
        starved = time.thread_time() - worked < seconds / 2
        if not (starved and passed < seconds * PATIENCE):
            raise TooSlow


_alarm = _Alarm()


@contextmanager
def many_calls() -> Iterator[None]:
    """Around many calls: one timer ticks for all, since to set one takes longer than a quick call.

    Not where a timer is running already: its owner wants its own handler in between.
    """
    on_main = threading.current_thread() is threading.main_thread()
    able = on_main and hasattr(signal, "setitimer") and _alarm.ticks != os.getpid()
    if not able or signal.getitimer(signal.ITIMER_REAL)[0] or not gc.isenabled():
        yield
        return
    handler = signal.signal(signal.SIGALRM, _alarm.rings)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    _alarm.ticks = os.getpid()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _alarm.ticks = 0
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
