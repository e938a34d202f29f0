"""Long immutable rows, of which a changed copy shares all but a path with the old one.

Laws of this file: a row is equal to the tuple of its items, and cannot be told from it by what it
answers; never changed in place; work logarithmic in its length, but where all of it is asked for.
A tuple is copied whole for each item that comes: nothing, for a few items, and for those of
thousands of sources the work of an attacker's choice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, Final, TypeAlias, TypeVar, overload

from attrs import field, frozen

Item = TypeVar("Item", covariant=True)  # noqa: PLC0105 - a row of strings is a row of objects
Any_ = TypeVar("Any_")

PART_MAX: Final = 64
"""How many items, or parts, lie side by side. What is no longer than that is a tuple."""

By: TypeAlias = Callable[[Any], Any]
"""What a row is sorted by: something that never falls along it."""

Change: TypeAlias = Callable[[tuple[Any_, ...]], tuple[Any_, ...]]
"""What becomes of the few items among which something belongs."""


@frozen(eq=False, repr=False)
class Row(Sequence[Item]):
    """A row of more items than PART_MAX: a tree whose leaves are tuples, all at one depth.

    `firsts` is the first item of each part, `size` the number of all items.
    """

    parts: tuple[Sequence[Item], ...]
    firsts: tuple[Item, ...]
    size: int
    _ends: tuple[int, ...] | None = field(default=None, init=False)

    @property
    def ends(self) -> tuple[int, ...]:
        """The numbers of items up to the end of each part."""
        if self._ends is None:
            object.__setattr__(self, "_ends", tuple(accumulate(map(len, self.parts))))
        return self._ends or ()

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(at, slice):
            first, end, step = at.indices(self.size)
            return tuple(self._between(first, end)) if step == 1 else tuple(self)[at]
        place = at + self.size if at < 0 else at
        if not 0 <= place < self.size:
            raise IndexError(at)
        part = bisect_right(self.ends, place)
        return self.parts[part][place - self.start(part)]

    def _between(self, first: int, end: int) -> Iterator[Item]:
        part = bisect_right(self.ends, first)
        while first < end:
            start, stop = self.start(part), min(end, self.ends[part])
            yield from self.parts[part][first - start : stop - start]
            first, part = stop, part + 1

    def start(self, part: int) -> int:
        """How many items come before a part."""
        return self.ends[part - 1] if part else 0

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return tuple(self) == tuple(other) if isinstance(other, Row | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def row_of(items: Iterable[Any_]) -> Sequence[Any_]:
    """A row of these items, or a tuple if they are few."""
    few = tuple(items)
    if len(few) <= PART_MAX:
        return few
    parts: tuple[Sequence[Any_], ...] = tuple(_pieces(few))
    while len(parts) > PART_MAX:
        parts = tuple(map(_over, _pieces(parts)))
    return _over(parts)


def _pieces(row: tuple[Any_, ...]) -> Iterator[tuple[Any_, ...]]:
    return (row[at : at + PART_MAX] for at in range(0, len(row), PART_MAX))


def _over(parts: tuple[Sequence[Any_], ...]) -> Row[Any_]:
    """The row of these parts."""
    return Row(parts, tuple([part[0] for part in parts]), sum(map(len, parts)))


def _rooted(parts: tuple[Sequence[Any_], ...]) -> Sequence[Any_]:
    """These parts, of one depth, as a row, or as what is left of one."""
    if len(parts) == 1:
        (only,) = parts
        return _rooted(only.parts) if isinstance(only, Row) and len(only.parts) == 1 else only
    return _over(parts) if parts else ()


def changed(row: Sequence[Any_], probe: Any, by: By, change: Change[Any_]) -> Sequence[Any_]:
    """The row with a `change` among the few items where what is sorted like `probe` belongs.

    That is after all that are lower and, where there are such, among or after its equals.
    """
    if type(row) is not tuple:
        return _rooted(_changed(row, probe, by, change))
    few = change(row)
    return few if len(few) <= PART_MAX else _rooted(_fitting(few))


def _changed(
    row: Sequence[Any_], probe: Any, by: By, change: Change[Any_]
) -> tuple[Sequence[Any_], ...]:
    """The parts that stand for a part in which something was changed: none, one or two."""
    if not isinstance(row, Row):
        return _fitting(change(row))  # type: ignore[arg-type] # or else it is a tuple
    part = max(bisect_right(row.firsts, probe, key=by) - 1, 0)
    return _instead(row, part, _changed(row.parts[part], probe, by, change))


def _fitting(few: tuple[Any_, ...]) -> tuple[tuple[Any_, ...], ...]:
    """Items side by side, in two if they are too many, and in none if there are none."""
    half = len(few) // 2
    return (few[:half], few[half:]) if len(few) > PART_MAX else (few,) if few else ()


def _instead(row: Row[Any_], part: int, parts: tuple[Sequence[Any_], ...]) -> tuple[Row[Any_], ...]:
    """The row with others instead of one part, in two if they are too many."""
    every = (*row.parts[:part], *parts, *row.parts[part + 1 :])
    if not every:
        return ()
    if len(every) > PART_MAX:
        half = len(every) // 2
        return (_over(every[:half]), _over(every[half:]))
    firsts = (*row.firsts[:part], *[each[0] for each in parts], *row.firsts[part + 1 :])
    return (Row(every, firsts, row.size - len(row.parts[part]) + sum(map(len, parts))),)


def among(row: Sequence[Any_], probe: Any, by: By) -> tuple[Any_, ...]:
    """The few items of a row among which the last that is not above `probe` is, if there is one."""
    while isinstance(row, Row):
        row = row.parts[max(bisect_right(row.firsts, probe, key=by) - 1, 0)]
    return row  # type: ignore[return-value] # or else it is a tuple


def find(row: Sequence[Any_], probe: Any, by: By) -> int:
    """How many items are lower than `probe`."""
    passed = 0
    while isinstance(row, Row):
        part = max(bisect_left(row.firsts, probe, key=by) - 1, 0)
        passed, row = passed + row.start(part), row.parts[part]
    return passed + bisect_left(row, probe, key=by)


def differing(row: Sequence[Any_], before: Sequence[Any_]) -> list[Any_]:
    """The items of a row that an earlier one lacks; what both share is passed over whole."""
    new, old = [row], [before]
    while True:
        known = {id(each) for each in old}
        both = known.intersection(id(each) for each in new)
        new = [each for each in new if id(each) not in both]
        old = [each for each in old if id(each) not in both]
        if not any(isinstance(each, Row) for each in (*new, *old)):
            break
        new, old = _opened(new), _opened(old)
    gone = set(chain.from_iterable(old))
    return [item for item in chain.from_iterable(new) if item not in gone]


def _opened(rows: list[Sequence[Any_]]) -> list[Sequence[Any_]]:
    """The parts of rows, and what has no parts."""
    return [part for row in rows for part in (row.parts if isinstance(row, Row) else (row,))]


def insort(row: Sequence[Any_], item: Any_, by: By) -> Sequence[Any_]:
    """The row with one more item at its place, after its equals."""
    probe = by(item)

    def one_more(few: tuple[Any_, ...]) -> tuple[Any_, ...]:
        at = bisect_right(few, probe, key=by)
        return (*few[:at], item, *few[at:])

    return changed(row, probe, by, one_more)


def appended(row: Sequence[Any_], item: Any_) -> Sequence[Any_]:
    """The row with one more item at its end."""
    return changed(row, 0, _nothing, lambda few: (*few, item))


def _nothing(_item: object) -> int:
    return 0


def removed(row: Sequence[Any_], at: int) -> Sequence[Any_]:
    """The row without the item at place `at`."""
    return _rooted(_removed(row, at))


def _removed(row: Sequence[Any_], at: int) -> tuple[Sequence[Any_], ...]:
    if not isinstance(row, Row):
        return _fitting((*row[:at], *row[at + 1 :]))
    part = bisect_right(row.ends, at)
    return _instead(row, part, _removed(row.parts[part], at - row.start(part)))


def without_first(row: Sequence[Any_], count: int) -> Sequence[Any_]:
    """The row without its first `count` items: whole parts go at once."""
    return _rooted(_cut(row, count)) if isinstance(row, Row) else row[count:]


def _cut(row: Sequence[Any_], count: int) -> tuple[Sequence[Any_], ...]:
    """The part that stands for a part without its first items, or none if nothing is left."""
    if not isinstance(row, Row):
        return _fitting(tuple(row[count:]))
    if count >= row.size:
        return ()
    part = bisect_right(row.ends, count)
    left = _cut(row.parts[part], count - row.start(part))
    return (_over((*left, *row.parts[part + 1 :])),)
