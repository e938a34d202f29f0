"""Premises: under which rules of a node an argument was made, for every decision there is.

A claim about the protocol is true of the rules that were in mind when it was argued. So it says for
every decision point of a profile, and for every function of a configuration, which rules those are;
or that any rule will do, and why. What is not declared, or not known, is refused: a new decision
point refuses every claim until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from scuttle_ref.config import DEFAULT_CONFIG, Config
from scuttle_ref.profile import decision_points, rule_of
from scuttle_ref.reducer import Gossip


@frozen
class Anything:
    """Any rule will do, `because` the argument never asks what it says."""

    because: str


Choice: TypeAlias = tuple[Callable[..., object], ...] | Anything
"""The rules that are known to do, or any."""

Premise: TypeAlias = Mapping[str, Choice]
"""One choice for each of :func:`decisions`."""


ADMIT = "admit"
"""The decision whether an update is news, on which most arguments rest."""


def config_functions() -> tuple[str, ...]:
    """The fields of a configuration that hold a function of the user."""
    names = [attribute.name for attribute in attrs.fields(Config)]
    return tuple(name for name in names if callable(getattr(DEFAULT_CONFIG, name)))


def decisions() -> tuple[str, ...]:
    """Every place at which a node asks a function: decision points first, then the user's."""
    return (*decision_points(), *config_functions())


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called."""
    return getattr(function, "__name__", repr(function))


def unmet(premises: Sequence[Premise], gossip: Gossip) -> str | None:
    """Why the rules of `gossip` are those of none of the premises, or None. Spec: RED-1.

    The reason is that of the premise that the rules come nearest to; of two that are as near, of
    the one that knows by what rule a node tells news.
    """
    problems = [dict(_problems(premise, gossip)) for premise in premises]
    nearest = min(problems, key=lambda found: (len(found), ADMIT in found))
    return next(iter(nearest.values()), None)


def _problems(premise: Premise, gossip: Gossip) -> Iterator[tuple[str, str]]:
    own = config_functions()
    for point in decisions():
        known = premise.get(point)
        rule = getattr(gossip.config, point) if point in own else rule_of(gossip.profile, point)
        if known is None:
            yield point, f"the decision {point}, of which nothing is declared"
        elif isinstance(known, tuple) and rule not in known:
            where = f"config.{point}" if point in own else f"profile {gossip.profile.name}"
            yield point, f"the rule {name_of(rule)} of {where}"
