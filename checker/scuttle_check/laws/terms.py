"""What Python handles, as terms of a solver: values, numbers, texts, tuples, and how they compare.

Laws of this file: a comparison means here what it means in Python, exceptions included. A text is
its place in the order of all texts, so what holds here holds of every text.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import z3
from attrs import define, field, frozen

from scuttle_ref.names import VERSION_MAX

NONE, BOOL, NUMBER, TEXT, LIST, OBJECT = range(6)
"""What a value may be, in the value order of the node."""

KINDS: dict[str, tuple[int, ...]] = {
    "integers": (NUMBER,),
    "numbers": (NUMBER,),
    "booleans": (BOOL,),
    "text": (TEXT,),
    "json": (NONE, BOOL, NUMBER, TEXT, LIST, OBJECT),
}
"""The kinds of values that are proved about, by name, and what a value of each may be."""

LIKE = z3.Function("like", z3.RealSort(), z3.RealSort())
"""What Python takes for equal among lists and objects: ``[1]`` and ``[True]``, say."""

Term: TypeAlias = Any
"""A term of the solver."""


class Beyond(Exception):
    """The code does something of which the fragment knows nothing; it says what."""


@frozen
class Truth:
    """A truth value."""

    is_: Term


@frozen
class Number:
    """A number. `unset` says when it is minus infinity, the version of a key nobody has written."""

    is_: Term
    unset: Term = field(factory=lambda: z3.BoolVal(val=False))


@frozen
class Text:
    """A text, as its place in the order of all texts."""

    place: Term


@frozen
class Value:
    """A value of the application: what it is, and its number or its place in the order."""

    kind: Term
    number: Term
    place: Term


@frozen
class Several:
    """A tuple."""

    items: tuple[Thing, ...]


@frozen
class Entry:
    """What is stored, or an update: `unset` says when nothing is."""

    value: Value
    version: Number
    source: Text
    key: Text | None = None


@frozen
class Known:
    """A constant, a type, or a function."""

    thing: Any


@frozen
class Node:
    """The replica that is asked."""


Thing: TypeAlias = Truth | Number | Text | Value | Several | Entry | Known | Node


@define
class Texts:
    """The texts that code mentions, as their places in the order of all texts, and its `faults`.

    A fault is when the code raises, or answers in a way that is no answer.
    """

    texts: dict[str, Term] = field(factory=dict)
    faults: list[Term] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.text("")

    def text(self, text: str) -> Term:
        """The place of a text that the code mentions."""
        return self.texts.setdefault(text, z3.Real(f"text {len(self.texts)}"))

    def facts(self) -> list[Term]:
        """How the texts that were mentioned stand to each other; nothing lies before no text."""
        ordered = [self.texts[text] for text in sorted(self.texts)]
        return [one < two for one, two in pairwise(ordered)]


@frozen
class Comparison:
    """How things compare in Python. What raises is noted among the faults of `whole`."""

    whole: Texts

    def either(self, condition: Term, one: Thing, other: Thing) -> Thing:
        """One thing or another. Raises Beyond where they are of different kinds."""
        one, other = self.plain(one), self.plain(other)
        match one, other:
            case Truth(), Truth():
                return Truth(z3.If(condition, one.is_, other.is_))
            case Number(), Number():
                unset = z3.If(condition, one.unset, other.unset)
                return Number(z3.If(condition, *alike(one.is_, other.is_)), unset)
            case Text(), Text():
                return Text(z3.If(condition, one.place, other.place))
            case Value(), Value():
                pairs = zip(
                    (one.kind, one.number, one.place),
                    (other.kind, other.number, other.place),
                    strict=True,
                )
                return Value(*(z3.If(condition, *alike(*pair)) for pair in pairs))
            case Several(items), Several(others) if len(items) == len(others):
                pairs_of = zip(items, others, strict=True)
                return Several(tuple(self.either(condition, *pair) for pair in pairs_of))
            case Known(), Known() if one.thing is other.thing:
                return one
        raise Beyond("returns now one kind of thing, and now another")

    def plain(self, thing: Thing) -> Thing:
        """A constant as the symbol that it is."""
        if not isinstance(thing, Known):
            return thing
        constant = thing.thing
        if isinstance(constant, bool):
            return Truth(z3.BoolVal(constant))
        if isinstance(constant, int):
            return Number(z3.IntVal(constant))
        if isinstance(constant, float):
            if constant != constant or constant in (float("inf"), float("-inf")):  # noqa: PLR0124
                raise Beyond(f"mentions {constant}")
            return Number(z3.Q(*constant.as_integer_ratio()))
        if isinstance(constant, str):
            return Text(self.whole.text(constant))
        if isinstance(constant, tuple):
            return Several(tuple(self.plain(Known(each)) for each in constant))
        return thing

    def value_of(self, thing: Thing) -> Value | None:
        """A thing as a value of the application, if it is one."""
        zero, first = z3.RealVal(0), self.whole.text("")
        match self.plain(thing):
            case Value() as value:
                return value
            case Number(is_=number, unset=unset):
                if not z3.is_false(z3.simplify(unset)):
                    raise Beyond("takes the version of a key that may be unset for a value")
                return Value(z3.IntVal(NUMBER), number, first)
            case Truth(is_=truth):
                return Value(z3.IntVal(BOOL), z3.If(truth, z3.IntVal(1), z3.IntVal(0)), first)
            case Text(place=place):
                return Value(z3.IntVal(TEXT), zero, place)
            case Known(thing=None):
                return Value(z3.IntVal(NONE), zero, first)
        return None

    def equal(self, one: Thing, other: Thing) -> Term:
        """Whether Python takes two things for equal. Raises Beyond."""
        one, other = self.plain(one), self.plain(other)
        match one, other:
            case Number(), Number():
                both = z3.And(one.unset, other.unset)
                neither = z3.And(z3.Not(one.unset), z3.Not(other.unset))
                return z3.Or(both, z3.And(neither, same(one.is_, other.is_)))
            case Text(), Text():
                return one.place == other.place
            case Several(items), Several(others):
                if len(items) != len(others):
                    return z3.BoolVal(val=False)
                return z3.And([self.equal(*pair) for pair in zip(items, others, strict=True)])
        first, second = self.value_of(one), self.value_of(other)
        if first is None or second is None:
            raise Beyond("compares what is no value")
        counted = z3.And(is_counted(first), is_counted(second))
        return z3.Or(
            z3.And(counted, same(first.number, second.number)),
            z3.And(
                z3.Not(counted),
                first.kind == second.kind,
                z3.Or(
                    first.kind == NONE,
                    z3.And(first.kind == TEXT, first.place == second.place),
                    z3.And(first.kind > TEXT, LIKE(first.place) == LIKE(second.place)),
                ),
            ),
        )

    def less(self, one: Thing, other: Thing, path: Term) -> Term:
        """Whether one thing is less than another; where Python cannot say, that is a fault."""
        one, other = self.plain(one), self.plain(other)
        match one, other:
            case Number(), Number():
                finite = z3.And(z3.Not(one.unset), z3.Not(other.unset), before(one.is_, other.is_))
                return z3.Or(z3.And(one.unset, z3.Not(other.unset)), finite)
            case Text(), Text():
                return one.place < other.place
            case Several(items), Several(others):
                return self._less_several(items, others, path)
        first, second = self.value_of(one), self.value_of(other)
        if first is None or second is None:
            raise Beyond("compares what is no value")
        counted = z3.And(is_counted(first), is_counted(second))
        texts = z3.And(first.kind == TEXT, second.kind == TEXT)
        self.whole.faults.append(z3.And(path, z3.Not(z3.Or(counted, texts))))
        return z3.Or(
            z3.And(counted, before(first.number, second.number)),
            z3.And(texts, first.place < second.place),
        )

    def _less_several(
        self, items: tuple[Thing, ...], others: tuple[Thing, ...], path: Term
    ) -> Term:
        """As tuples are compared: by the first two that are not equal, and then by length."""
        found, before = [], z3.BoolVal(val=True)
        for one, other in zip(items, others, strict=False):
            differ = z3.And(before, z3.Not(self.equal(one, other)))
            found.append(z3.And(differ, self.less(one, other, z3.And(path, differ))))
            before = z3.And(before, self.equal(one, other))
        if len(items) < len(others):
            found.append(before)
        return z3.Or(found)

    def sorted_(self, one: Thing, other: Thing) -> Number:
        """What the value order of the node says: ``gossip.sort``."""
        first, second = self.value_of(one), self.value_of(other)
        if first is None or second is None:
            raise Beyond("sorts what is no value")
        inside = z3.If(
            z3.Or(first.kind == NUMBER, first.kind == BOOL),
            before(first.number, second.number),
            first.place < second.place,
        )
        alike = z3.And(first.kind == second.kind, first.kind != NONE)
        below = z3.Or(first.kind < second.kind, z3.And(alike, inside))
        equal = exactly(first, second)
        order = z3.If(below, z3.IntVal(-1), z3.If(equal, z3.IntVal(0), z3.IntVal(1)))
        return Number(order)


def is_whole(number: Term) -> Term:
    """Whether a number is held as an int: a larger one is a float. Spec: MOD-10."""
    if z3.is_int(number):
        return z3.BoolVal(val=True)
    return z3.And(z3.IsInt(number), number >= -VERSION_MAX, number <= VERSION_MAX)


def exactly(one: Value, other: Value) -> Term:
    """Whether two values are one value for JSON. Spec: MOD-10."""
    equal = z3.If(
        is_counted(one),
        same(one.number, other.number),
        z3.Or(one.kind == NONE, one.place == other.place),
    )
    return z3.And(one.kind == other.kind, equal)


def is_counted(value: Value) -> Term:
    """Whether a value counts as a number: a boolean does, in Python."""
    return z3.Or(value.kind == BOOL, value.kind == NUMBER)


def alike(one: Term, other: Term) -> tuple[Term, Term]:
    """Two numbers of one sort."""
    if z3.is_int(one) and z3.is_real(other):
        return z3.ToReal(one), other
    if z3.is_real(one) and z3.is_int(other):
        return one, z3.ToReal(other)
    return one, other


def same(one: Term, other: Term) -> Term:
    """Whether two numbers are equal."""
    one, other = alike(one, other)
    return one == other


def before(one: Term, other: Term) -> Term:
    """Whether one number is less than another."""
    one, other = alike(one, other)
    return one < other
