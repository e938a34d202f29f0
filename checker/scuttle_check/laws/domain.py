"""The updates a resolver is tried on: small sets of them, exhaustively, simplest first.

Most mistakes show on two updates. What decides is rarely how large a value is, and often whether
two are equal, of one type, or null; and what the resolver's own code mentions.

A domain from a Hypothesis strategy of the user: its simplest values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import Any

import attrs
from attrs import field, frozen
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.gossip.strategies import some
from scuttle_check.laws.cases import Case
from scuttle_check.laws.mentioned import constants_of, members_of
from scuttle_ref.messages import Update
from scuttle_ref.names import VERSION_MAX, Key, NodeId, Value, exact, frozen_value
from scuttle_ref.validity import name_refusal
from scuttle_ref.values import value_refusal

KEY: Key = "k"
BESIDE: tuple[Key, ...] = ("j",)
SOURCES: tuple[NodeId, ...] = ("A", "B", "C")
OBSERVERS: tuple[NodeId, ...] = ("Z", "0")
"""Replicas that write nothing: one above every writer in the order of ids, one below."""

Identity = tuple[NodeId, int]
"""What makes an update the one it is: its source and its version."""

VALUES: dict[str, tuple[Value, ...]] = {
    "json": (
        *(1, 2, "a", "b", None, True, False, 0, -1, 1.5, ""),
        *((), (1, "a"), frozen_value({"at": 1}), 3, 1_700_000_000, 10**12),
        *("é", ((1,), frozen_value({"in": {"at": ()}}))),
    ),
    "integers": (1, 2, 3, 0, -1, 100, 10**6, 1_700_000_000, 10**12),
    "numbers": (1, 2, 1.5, 0, -1, 2.5, 0.1, 10**6, 1_700_000_000.5),
    "text": ("a", "b", "ab", "", "B", "é", "10", "9"),
    "booleans": (True, False),
    "lists": ((1,), (2,), (1, 2), (), (2, 1), (1, 1)),
    "sets": ((1,), (2,), (1, 2), (), (1, 3), (1, 2, 3)),
}
"""Values by the name of their kind, simplest first. JSON is what a peer can send.

JSON has no sets: a set is a list that holds nothing twice, in ascending order.
"""

THREES: dict[str, tuple[tuple[Value, ...], ...]] = {"json": ((1, 2, 3), ("a", "b", None))}
"""Values tried together in sets of three, where not the first three are."""

COMMON = 3
FEW = 8
"""So many of the first values are tried with each other, and COMMON of them with all others.

Under keys that only the code of the resolver mentions, no others are tried.
"""

FAR = (
    *((2, 3), (9, 10), (1, 100), (999, 1_000), (2**31 - 1, 2**31)),
    *((1, 2**31 + 1), (1, 2**32 + 1)),
)
"""Pairs of versions beyond 1 and 2.

A resolver that rounds versions, writes them as text or counts how far apart they are treats these
in another way.
"""

STEPS = (1, 2, 3)
"""Versions of three updates, of which the outer two are further apart than their neighbours."""

LIKE_A: NodeId = "a"
"""A source that who ignores case takes for another. Tried where the user names no sources."""

ALIKE: tuple[tuple[NodeId, NodeId], ...] = (
    *(("z", "\u00e4"), ("\u00e9", "e\u0301"), ("phone-1", "phone-01"), ("phone-2", "phone-10")),
)
"""Sources that are in another order in another language, or one to who folds or counts."""

LATE = 4 * 10**12
"""A time of day in milliseconds that is long to come."""

RELATED: dict[str, tuple[tuple[Value, Value], ...]] = {
    "text": (
        *(("a", "A"), ("a", " a"), ("a", "a "), ("ab", "abc"), ("ß", "ss"), ("10", "9")),
        *(("\u00e9", "e\u0301"), ("z", "\u00e4"), ("i", "I")),
    ),
    "integers": ((1, 2**32 + 1), (1, 257), (1, 65_537), (2**53 - 1, 2**53), (-1, 1)),
    "numbers": ((0.1, 0.10000000149011612), (1, 1.0000000000000002), (0.3, 0.1 + 0.2), (-0.5, 0.5)),
}
"""Pairs of values that are alike: in letter case, blanks, normal forms of Unicode, 32 bits.

Who rounds, folds or cuts a value off takes them for one.
"""
RELATED["json"] = (
    *(pair for pairs in list(RELATED.values()) for pair in pairs),
    *(
        (frozen_value({"at": 1}), frozen_value({"at": 2})),
        (frozen_value({"at": 1}), frozen_value({})),
    ),
    *((frozen_value({"a": 1, "b": 2}), frozen_value({"a": 2, "b": 1})), ((1, 2), (1, 3))),
    *(((1, 2), (2, 1)), ((1,), (1, 1)), (0, False), (1, True), ("1", 1), ("", None)),
)

HARVEST_MAX = 8
MARKS_MAX = 4
MEMBERS_MAX = 3


@frozen(eq=False)
class Domain:
    """What updates are made of. `values` meet in pairs, those of one of `threes` in threes.

    Two that are `related` meet each other. `marks` are versions, and `names` sources, that the code
    of the resolver mentions.
    """

    values: tuple[Value, ...] = VALUES["json"]
    threes: tuple[tuple[Value, ...], ...] = THREES["json"]
    sources: tuple[NodeId, ...] = field(default=SOURCES)
    keys: tuple[Key, ...] = (KEY,)
    related: tuple[tuple[Value, Value], ...] = ()
    marks: tuple[int, ...] = ()
    names: tuple[NodeId, ...] = ()

    def __attrs_post_init__(self) -> None:
        for source in self.sources:
            refusal = name_refusal("source", source)
            if refusal is not None:
                raise UsageFault(
                    refusal.problem, where="sources", expected=refusal.expected, clause="MOD-4"
                )
        if len(set(self.sources)) < 2:  # noqa: PLR2004 - who would disagree?
            raise UsageFault("fewer than two sources", where="sources", expected="two or more")
        for value in self.values:
            refusal = value_refusal(value)
            if refusal is not None:
                raise UsageFault(
                    refusal.problem, where="values", expected=refusal.expected, clause="MOD-3"
                )
        if not self.values:
            raise UsageFault("no values", where="values", expected="one or more")

    @property
    def observers(self) -> tuple[NodeId, ...]:
        """Replicas that write nothing, in front the one that evidence names."""
        return tuple(name for name in OBSERVERS if name not in self.sources) or ("observer",)

    def case(self, updates: Iterable[Update]) -> Case:
        """A case of these updates."""
        everyone = (*self.observers, *self.sources)
        return Case(tuple(updates), self.observers, everyone, BESIDE)

    def cases(self, size: int) -> tuple[Case, ...]:
        """Every set of `size` updates, simplest first: of 1 and 2 with all values, of 3 with few.

        Then sets with unusual versions and ids.

        Spec: LAW-16.
        """
        return _cases(self, size)

    def _every(self, size: int) -> Iterator[Case]:
        for key, identified, group in self._identified(size):
            for values in _together(group, size):
                yield self._case(key, identified, values)
        for identified, group in self._unusual(size):
            few = (group * size)[:size]
            for values in (*permutations(few), few[:1] * size):
                yield self._case(self.keys[0], identified, values)

    def _case(self, key: Key, identified: Iterable[Identity], values: Iterable[Value]) -> Case:
        made = _made(self)
        updates = [
            Update(source, key, value, version)
            for (source, version), value in zip(identified, values, strict=True)
        ]
        return self.case(made.setdefault(update, update) for update in updates)

    def _identified(
        self, size: int
    ) -> Iterator[tuple[Key, tuple[Identity, ...], tuple[Value, ...]]]:
        """The usual keys, sources and versions of `size` updates, each with values to try."""
        versions = (1, 2, 3) if size == 1 else (1, 2)
        sources = self.sources[: max(2, size)]
        identities = [(source, version) for version in versions for source in sources]
        sets = list(combinations(identities, size))
        sets.sort(key=lambda chosen: size - len({source for source, _ in chosen}))
        if size > 2:  # noqa: PLR2004 - sets of three
            sets = [chosen for chosen in sets if chosen[0] == identities[0]]
        groups = (self.values,) if size <= 2 else self.threes  # noqa: PLR2004
        for at, key in enumerate(self.keys if size <= 2 else self.keys[:1]):  # noqa: PLR2004
            for group in groups if at == 0 else (self.values[:FEW],):
                for identified in sets:
                    yield key, identified, group

    def _unusual(self, size: int) -> Iterator[tuple[tuple[Identity, ...], tuple[Value, ...]]]:
        """Versions that lie elsewhere, and ids that look alike, each with values to try."""
        one, two, *more = self.sources
        if size == 2:  # noqa: PLR2004 - pairs
            yield from self._unusual_pairs(one, two)
        elif size == len(STEPS):
            for sources in ((one, two, (more or [one])[0]), (one, one, two), (two, one, two)):
                for group in self.threes:
                    yield tuple(zip(sources, STEPS, strict=True)), group

    def _unusual_pairs(
        self, one: NodeId, two: NodeId
    ) -> Iterator[tuple[tuple[Identity, ...], tuple[Value, ...]]]:
        """Of two sources, and of those that the code mentions."""
        for low, high in FAR:
            for first, then in ((one, one), (one, two), (two, one)):
                yield ((first, low), (then, high)), self.values
        if self.sources == SOURCES:
            yield ((one, 1), (LIKE_A, 1)), self.values
            for low_name, high_name in ALIKE:
                yield ((low_name, 1), (high_name, 1)), self.values[:2]
        for pair in self.related:
            for identity in ((two, 1), (two, 2), (one, 2)):
                yield ((one, 1), identity), pair
        yield from self._mentioned(one, two)

    def _mentioned(
        self, one: NodeId, two: NodeId
    ) -> Iterator[tuple[tuple[Identity, ...], tuple[Value, ...]]]:
        """Versions and sources that the code mentions."""
        for mark in self.marks:
            for low, high in ((mark, mark), (mark - 1, mark), (mark, mark + 1)):
                for first, then in ((one, two), (two, one)):
                    yield ((first, low), (then, high)), self.values
        for name in self.names:
            for low, high in ((1, 1), (1, 2), (2, 1)):
                yield ((name, low), (one, high)), self.values


def _together(values: tuple[Value, ...], size: int) -> Iterator[tuple[Value, ...]]:
    """Values to try in one set: all combinations of the first, and of the others those with them.

    A combination of two unusual values is tried if they are equal.
    """
    for chosen in product(range(len(values)), repeat=size):
        usual = sum(at < COMMON for at in chosen)
        if usual >= size - 1 or len(set(chosen)) == 1 or max(chosen) < FEW:
            yield tuple(values[at] for at in chosen)


@lru_cache(maxsize=16)
def _made(_domain: Domain) -> dict[Update, Update]:
    """The updates of a domain: equal ones are one object, which is quicker to compare."""
    return {}


@lru_cache(maxsize=64)
def _cases(domain: Domain, size: int) -> tuple[Case, ...]:
    """The cases of a domain, made once for all laws."""
    return tuple(domain._every(size))  # noqa: SLF001 - its own


def with_constants(domain: Domain, resolver: object, kind: str = "json") -> Domain:
    """The domain with what the code of `resolver` mentions of a kind, as values and as keys.

    A resolver that treats one value or one key in a way of its own would not meet it by chance, nor
    what is above a limit: of whole numbers the next one is tried, too.
    """
    found: dict[object, Value] = {}
    constants = list(constants_of(resolver))
    limits = [each + 1 for each in constants if type(each) is int and abs(each) > COMMON]
    for constant in (*constants, *limits):
        if value_refusal(constant) is None:
            found.setdefault(exact(constant), constant)
    known = {exact(value) for value in domain.values}
    fresh = [value for one, value in found.items() if one not in known]
    names = [value for value in found.values() if isinstance(value, str) and value]
    fresh = [value for value in fresh if _is_of(kind, value)]
    keys = [name for name in names if name_refusal("key", name) is None][:3]
    fresh = fresh[:HARVEST_MAX]
    values = (*domain.values[:5], *fresh, *domain.values[5:])
    threes = (*domain.threes, tuple(fresh[:4])) if fresh else domain.threes
    sources = [
        name
        for name in names
        if name_refusal("source", name) is None and name not in domain.sources
    ]
    related = (*domain.related, *(_objects(members_of(resolver)) if kind == "json" else ()))
    marks = {each for each in constants if type(each) is int and 3 < each < VERSION_MAX}  # noqa: PLR2004
    return attrs.evolve(
        domain,
        values=values,
        threes=threes,
        keys=(*domain.keys, *keys),
        related=related,
        marks=tuple(sorted(marks)[:MARKS_MAX]),
        names=tuple(sources[:MARKS_MAX]),
    )


def _objects(members: list[str]) -> Iterator[tuple[Value, Value]]:
    """Pairs of objects with members that the code reads: alike but for one, or late."""
    for name in members[:MEMBERS_MAX]:
        one, two, late = (frozen_value({name: each}) for each in (1, 2, LATE))
        yield from ((one, two), (two, late), (one, frozen_value({name: None})))
    if len(members) > 1:
        first, second = members[:2]
        yield tuple(frozen_value({first: one, second: 3 - one}) for one in (1, 2))  # type: ignore[misc]


_OF_KIND: dict[str, tuple[type, ...]] = {
    "integers": (int,),
    "numbers": (int, float),
    "text": (str,),
    "booleans": (bool,),
}


def _is_of(kind: str, value: Value) -> bool:
    """Whether a constant is a value of a kind that the user has named. Spec: LAW-16."""
    return kind == "json" or type(value) in _OF_KIND.get(kind, ())


def domain_of(kind: str, sources: tuple[NodeId, ...] = SOURCES) -> Domain:
    """The domain of a kind of values by name. Raises UsageFault."""
    if kind not in VALUES:
        expected = f"{', '.join(VALUES)}, or package.module:strategy"
        raise UsageFault(f"no values {kind!r}", where="--values", expected=expected)
    threes = THREES.get(kind, (VALUES[kind][:3],))
    return Domain(VALUES[kind], threes, sources, related=RELATED.get(kind, ()))


DRAWN = 100
KEPT = 12
TOGETHER = 3


def domain_from(strategy: Any, sources: tuple[NodeId, ...], seed: int) -> Domain:
    """The simplest values that a strategy draws, as a domain. Raises a Fault.

    Lists become tuples and dicts Records, as they do on the wire; sets become tuples
    in order.
    """
    if not isinstance(strategy, SearchStrategy):
        raise UnrunnableFault(
            f"is a {type(strategy).__name__}", where="values", expected="a Hypothesis strategy"
        )
    try:
        drawn = some(strategy.map(settled_value), DRAWN, seed)
    except HypothesisException as fault:
        raise UnrunnableFault(f"cannot be drawn from ({fault})", where="values") from None
    distinct: dict[object, Value] = {}
    try:
        for value in drawn:
            distinct.setdefault(exact(value), value)
    except TypeError:
        distinct = dict(enumerate(drawn))  # unhashable: the domain refuses it and says why
    simplest = sorted(distinct.values(), key=lambda value: (len(repr(value)), repr(value)))[:KEPT]
    return Domain(tuple(simplest), (tuple(simplest[:TOGETHER]),), sources)


def settled_value(value: Any) -> Value:
    """A value as a node may hold it: a set as the list of what it holds."""
    unordered = isinstance(value, set | frozenset)
    return frozen_value(sorted(value, key=repr) if unordered else value)
