"""Slots, cells and moves: what a step is made of, and how one is taken.

A world is a row of *slots*. A *cell* is a small part of a step: it is given the values of a few
slots and an operand, and it answers with new values and with *posts*, operands for further
cells, or it refuses and says why. A *move* is an action as the cells that begin it; the action is
enabled where none of all its cells refuses.

Laws of this file: a cell is given its slots and nothing else, so what a step depends on is what
its cells declare. It knows of no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from attrs import define, field, frozen

from scuttle_check.engine.actions import Action
from scuttle_check.engine.network import Channel
from scuttle_check.engine.worlds import Effects


class Link(NamedTuple):
    """The value of a link: why it is `broken`, if it is, and what is in flight on it."""

    broken: int
    queue: Channel


Values: TypeAlias = tuple[Any, ...]
"""A world as the values of its slots."""


@frozen
class Slot:
    """A component of a world: the `kind` of thing that it holds, and of which node or link."""

    kind: str
    of: Any


class Refused(str):
    """Why a cell does nothing: a sentence without a full stop."""

    __slots__ = ()


USED_UP = Refused("its budget is used up")
EXCHANGED = Refused("its exchanges are used up")


class Done(NamedTuple):
    """What a cell does: the new values of its slots, and what it gives to further cells.

    `effects` are those on a node. Where there is a `limit`, only who passes over limits may do it.
    """

    values: tuple[Any, ...]
    posts: tuple[tuple[Cell, Any], ...] = ()
    effects: Effects | None = None
    limit: Refused | None = None


Does: TypeAlias = Callable[..., Done | Refused]
"""What a cell does, of its operand and the values of its slots."""


@define(eq=False)
class Cell:
    """A part of a step. All that it depends on, besides its operand, is in `slots`."""

    slots: tuple[int, ...]
    does: Does
    read: Callable[[Sequence[Any]], tuple[Any, ...]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        get = itemgetter(*self.slots)
        self.read = get if len(self.slots) > 1 else lambda row: (get(row),)


@define(eq=False)
class Move:
    """An action as the cells that begin it, each with its operand; the first one is last."""

    action: Action
    roots: tuple[tuple[Cell, Any], ...]
    waits: int = field(init=False, repr=False)
    refused: set[Any] = field(init=False, factory=set, repr=False)

    def __attrs_post_init__(self) -> None:
        self.waits = self.roots[-1][0].slots[0]

    def learn(self, values: Values) -> None:
        """Note with which value of the one slot of its first cell the move is refused anyway."""
        cell, operand = self.roots[-1]
        if len(cell.slots) == 1:
            done = cell.does(operand, values[self.waits])
            if isinstance(done, Refused) or done.limit:
                self.refused.add(values[self.waits])


@define(eq=False)
class After:
    """What a move comes to: the values after it, and its effects on the node it concerns."""

    values: Values
    effects: Effects | None = None


def taken(move: Move, values: Values, *, limits: bool) -> After | Refused:
    """What a move comes to, or why one of its cells refuses: cell by cell, each before the next."""
    row: Values | list[Any] = values
    effects = None
    waiting = list(move.roots)
    while waiting:
        cell, operand = waiting.pop()
        done = cell.does(operand, *cell.read(row))
        if isinstance(done, Refused):
            return done
        after, posts, had, limit = done
        if limit is not None and limits:
            return limit
        if row is values:
            row = list(values)
        for at, value in zip(cell.slots, after, strict=True):
            row[at] = value  # type: ignore[index]
        effects = had or effects
        if posts:
            waiting += posts[::-1]
    return After(tuple(row), effects)
