"""A domain from a Hypothesis strategy of the user: its simplest values."""

from __future__ import annotations

from typing import Any

from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from checker.faults import UnrunnableFault
from checker.scuttlebutt.laws.domain import Domain
from checker.scuttlebutt.strategies import some
from scuttle_ref.names import NodeId, Value, exact
from scuttle_ref.wire import frozen_value

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
