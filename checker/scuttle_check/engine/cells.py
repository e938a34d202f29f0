"""Slots, gates, cells and moves: what a step is made of, and how one is taken.

A world is a row of *slots*. A *cell* is a small part of a step: it is given the values of a few
slots and an operand, and it answers with new values and with *posts*, operands for further cells.
A *gate* looks at one slot and says why a step may not happen. A *move* is an action as its gates
and the cells that begin it; the action is enabled where no gate refuses.

Laws of this file: a cell is given its slots and nothing else, so what a step depends on is what
its gates and cells declare; what a gate has let pass, no cell refuses. It knows of no fault.
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
    """A component of a world: the `kind` of thing that it holds, and of which node or link.

    `owner` is the node that it belongs to: that of a link is the node that it leads to, and that
    of the exchanges started on a link the one that starts them. A budget is nobody's.
    """

    kind: str
    of: Any
    owner: str | None = None


class Refused(str):
    """Why a step may not happen: a sentence without a full stop."""

    __slots__ = ()


USED_UP = Refused("its budget is used up")
EXCHANGED = Refused("its exchanges are used up")


@define(eq=False)
class Gate:
    """Says why a step may not happen, or None, of the value of one slot.

    A `limit` is one that only counts; who plays by hand may pass over it.
    """

    slot: int
    asks: Callable[[Any], Refused | None]
    limit: bool = False


class Done(NamedTuple):
    """What a cell does: the new values of its slots, and what it gives to further cells.

    `effects` are those on a node.
    """

    values: tuple[Any, ...]
    posts: tuple[tuple[Cell, Any], ...] = ()
    effects: Effects | None = None


Does: TypeAlias = Callable[..., Done]
"""What a cell does, of its operand and the values of its slots."""


@define(eq=False)
class Cell:
    """A part of a step. All that it depends on, besides its operand, is in `slots`.

    `kind` and `of` say which one it is: `send` of a link, say.
    """

    kind: str
    of: Any
    slots: tuple[int, ...]
    does: Does
    read: Callable[[Sequence[Any]], tuple[Any, ...]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        get = itemgetter(*self.slots)
        self.read = get if len(self.slots) > 1 else lambda row: (get(row),)


@define(eq=False)
class Move:
    """An action as its gates, and the cells that begin it, each with its operand."""

    action: Action
    gates: tuple[Gate, ...]
    roots: tuple[tuple[Cell, Any], ...]

    def obstacle(self, values: Values, *, limits: bool) -> Refused | None:
        """Why this may not happen in a world, if so; limits count where `limits` do."""
        for gate in self.gates:
            if limits or not gate.limit:
                said = gate.asks(values[gate.slot])
                if said is not None:
                    return said
        return None


@define(eq=False)
class After:
    """What a move comes to: the values after it, and its effects on the node it concerns."""

    values: Values
    effects: Effects | None = None


def taken(move: Move, values: Values) -> After:
    """What a move comes to that no gate refuses: cell by cell, posts before what comes after."""
    row = list(values)
    effects = None
    waiting = list(move.roots[::-1])
    while waiting:
        cell, operand = waiting.pop()
        after, posts, had = cell.does(operand, *cell.read(row))
        for at, value in zip(cell.slots, after, strict=True):
            row[at] = value
        effects = had or effects
        if posts:
            waiting += posts[::-1]
    return After(tuple(row), effects)
