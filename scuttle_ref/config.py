"""The configuration of a node: what the README calls ``config``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import Attribute, field, frozen

from scuttle_ref.errors import InvalidConfig, Refusal
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import Comparator, DeltaOrder, by_value, by_version_and_source, scuttle_depth
from scuttle_ref.resolvers import Resolver, lww_total


def _callable(_owner: object, attribute: Attribute[Any], value: object) -> None:
    if not callable(value):
        _refuse(attribute, value, "a function")


def _limit(least: int) -> Callable[[object, Attribute[Any], object], None]:
    def check(_owner: object, attribute: Attribute[Any], value: object) -> None:
        if value is None or (type(value) is float and value == UNBOUNDED):
            return
        if type(value) is not int or value < least:
            _refuse(attribute, value, f"an integer from {least}, None or UNBOUNDED")

    return check


def _refuse(attribute: Attribute[Any], value: object, expected: str) -> None:
    shown = repr(value) if type(value) in {int, float, str, bool} else f"a {type(value).__name__}"
    raise InvalidConfig(Refusal(f"config.{attribute.name}", f"is {shown[:40]}", expected, "CONF-1"))


@frozen
class Config:
    """How one node decides, orders and limits.

    `resolve` decides whether an update replaces the value (RES clauses); `sort` is the replay
    order of history; `max_history` (updates) bounds history and `mtu` (updates) an answer, each
    None (and 0 of `max_history`) meaning "not given" and :data:`~scuttle_ref.names.UNBOUNDED`
    no limit: what "not given" means is a rule of the profile; `value_order` is the
    ``gossip.sort`` that ``strictly_order_values`` asks for; `delta_order` orders a cut answer
    (paper).

    Raises InvalidConfig when a field cannot be used.

    Spec: CONF-1.
    """

    resolve: Resolver = field(default=lww_total, validator=_callable)
    sort: Comparator = field(default=by_version_and_source, validator=_callable)
    max_history: float | None = field(default=10, validator=_limit(0))
    mtu: float | None = field(default=10, validator=_limit(1))
    value_order: Comparator = field(default=by_value, validator=_callable)
    delta_order: DeltaOrder = field(default=scuttle_depth, validator=_callable)


DEFAULT_CONFIG = Config()
"""The README's default configuration, with a resolver that is a join.

The README leaves ``resolve`` to the user and demands one; none of its three samples makes
replicas agree on every network (see ``spec/decisions``).

Spec: CONF-2.
"""
