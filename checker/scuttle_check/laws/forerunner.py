"""A forerunner: a copy of this process that is asked first, and may die of it.

A resolver can end the process that asks it (``os._exit``, a crash in C), or freeze it where no
timer reaches. What does so to a copy is known by its last question, and is never asked here.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress

from attrs import define, field, frozen

from scuttle_check.laws.asking import Asking, GaveUp, Run
from scuttle_check.laws.calling import Answer, Caller, Failing, Failure, InProcess
from scuttle_check.laws.limits import PATIENCE, Allowance, many_calls
from scuttle_ref.messages import Update
from scuttle_ref.state import NodeState

ROOM = 1 << 20
"""Room for the last question. Unit: bytes."""

HEAD = struct.Struct("?QI")
"""In front of it: whether all was asked, how many questions were, and how long the last one is."""

GRACE = 2.0
"""A copy that stands still for so long beyond every limit is frozen. Unit: seconds."""

INTERRUPTED = 7
"""The exit code of a copy in which the resolver raised what Ctrl-C raises."""


@frozen
class Fatal:
    """A question that a copy of this process did not survive, if it could still be written down."""

    failure: Failure
    run: Run | None


@define
class _Noting(Asking):
    """Asks, and counts its questions; from number `writes` on it writes each down before."""

    board: mmap.mmap = field(kw_only=True)
    writes: int = field(kw_only=True)
    number: int = field(default=0, kw_only=True)

    def ask_again(self, state: NodeState, update: Update) -> Answer:
        self.number += 1
        question = b""
        if self.number >= self.writes:
            with suppress(Exception):  # the values are the user's objects
                question = pickle.dumps(Run(state.id, (*self.origins.get(state, ()), update)))
            question = question if len(question) <= ROOM else b""
            self.board[HEAD.size : HEAD.size + len(question)] = question
        self.board[: HEAD.size] = HEAD.pack(False, self.number, len(question))
        return super().ask_again(state, update)


def can_run(caller: Caller) -> bool:
    """Whether a copy can be asked: not where threads would be cut off in the middle."""
    return (
        isinstance(caller, InProcess)
        and hasattr(os, "fork")
        and threading.active_count() == 1
        and threading.current_thread() is threading.main_thread()
    )


def sent_ahead(caller: Caller, ask: Callable[[Asking], object], seconds: float) -> Fatal | None:
    """What `ask` came upon in a copy of this process that the copy did not survive, or None.

    The first copy only counts, which costs little; what ends it is written down by a second one.

    Spec: LAW-22.
    """
    if not can_run(caller):
        return None
    found, number = _copied(caller, ask, seconds, sys.maxsize)
    if found is not None:
        again, _ = _copied(caller, ask, seconds, number)
        found = again or found
    return found


def _copied(
    caller: Caller, ask: Callable[[Asking], object], seconds: float, writes: int
) -> tuple[Fatal | None, int]:
    """What ended a copy, if anything did, and the number of its last question."""
    with mmap.mmap(-1, HEAD.size + ROOM) as board:
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries in C
            copy = os.fork()
        if copy == 0:
            _run(
                _Noting(caller, time=Allowance(seconds), board=board, writes=writes),
                ask,
            )
        limit = getattr(caller, "limit", 0.0)
        code = _watched(copy, board, limit * PATIENCE + GRACE)
        finished, number, length = HEAD.unpack(board[: HEAD.size])
        if finished:
            return None, number
        question = board[HEAD.size : HEAD.size + length]
        run = pickle.loads(question) if question else None  # noqa: S301 - written by the copy
        return Fatal(_failure(code, limit), run), number


def _run(asking: _Noting, ask: Callable[[Asking], object]) -> None:
    """What the copy does. Never returns."""
    code = INTERRUPTED
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        with suppress(GaveUp), many_calls():
            ask(asking)
        asking.board[: HEAD.size] = HEAD.pack(True, asking.number, 0)
        code = 0
    finally:
        os._exit(code)


def _watched(copy: int, board: mmap.mmap, patience: float) -> int:
    """The wait status of `copy`, which is killed when it stands still for `patience` seconds."""
    number, since, pause = -1, time.monotonic(), 0.001
    try:
        while True:
            ended, status = os.waitpid(copy, os.WNOHANG)
            if ended:
                return status
            now = HEAD.unpack(board[: HEAD.size])[1]
            if now != number:
                number, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
    except BaseException:
        _killed(copy)
        raise
    _killed(copy)
    return -1


def _killed(copy: int) -> None:
    os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)


def _failure(status: int, limit: float) -> Failure:
    if status == -1:
        says = f"gave no answer within {limit:g} s, and cannot be interrupted"
        return Failure(Failing.TOO_SLOW, says)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return Failure(Failing.RAISED, f"ended the process that asked it, by {name}")
    if os.WEXITSTATUS(status) == INTERRUPTED:
        return Failure(Failing.RAISED, "raised a KeyboardInterrupt")
    code = os.WEXITSTATUS(status)
    return Failure(Failing.RAISED, f"ended the process that asked it, with exit code {code}")
