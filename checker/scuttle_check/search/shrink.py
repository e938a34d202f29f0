"""Shrinking: a smaller input that still fails in the same way.

Generic: what the input is made of, and what failing means, is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def shrunk(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A part of `items` that still `fails` and of which no single item can be left out.

    Delta debugging: ever smaller chunks are left out while the rest still fails. `items` must
    fail as they are.
    """
    current = tuple(items)
    chunk = max(1, len(current) // 2)
    while True:
        at = 0
        removed = False
        while at < len(current):
            candidate = current[:at] + current[at + chunk :]
            if fails(candidate):
                current = candidate
                removed = True
            else:
                at += chunk
        if chunk == 1 and not removed:
            return current
        if chunk > 1:
            chunk //= 2
