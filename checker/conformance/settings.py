"""How a node is configured in the adapter protocol, and what the reference makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from scuttle_ref.config import Config
from scuttle_ref.messages import Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import by_arrival, by_version_and_source, scuttle_breadth, scuttle_depth
from scuttle_ref.resolvers import RESOLVERS, GossipView


def accept(_gossip: GossipView, _update: Update) -> bool:
    """Every update replaces the value: the last arrival wins."""
    return True


def reject(_gossip: GossipView, _update: Update) -> bool:
    """No update replaces the value."""
    return False


NAMED_RESOLVERS: Final = {**RESOLVERS, "accept": accept, "reject": reject}
"""The resolvers that the protocol calls by name. Spec: ADP-8."""


def version_desc(one: Update, other: Update) -> float:
    """The higher version first: legal, and unkind to whoever cuts answers."""
    return other.version - one.version


SORTS: Final = {
    "default": by_version_and_source,
    "none": by_arrival,
    "version_desc": version_desc,
}
"""The orders of history that the protocol calls by name. Spec: ADP-8."""

DELTA_ORDERS: Final = {"depth": scuttle_depth, "breadth": scuttle_breadth}

FIELDS: Final = frozenset({"mtu", "max_history", "resolve", "sort", "delta_order"})


class UnknownName(Exception):
    """A setting names a function that is not known here."""


def config_from(settings: Mapping[str, Any]) -> Config:
    """The configuration that `settings` describe.

    Raises UnknownName for a name nobody knows and InvalidConfig for a limit nobody can keep.

    Spec: ADP-8.
    """
    given: dict[str, Any] = {}
    tables = (
        ("resolve", NAMED_RESOLVERS),
        ("sort", SORTS),
        ("delta_order", DELTA_ORDERS),
    )
    for name, table in tables:
        if settings.get(name) is None:
            continue
        if settings[name] not in table:
            raise UnknownName(f"config.{name} is {settings[name]!r}; known: {', '.join(table)}")
        given[name] = table[settings[name]]
    for name in ("mtu", "max_history"):
        limit = settings.get(name)
        given[name] = UNBOUNDED if limit == UNBOUNDED else limit
    return Config(**given)
