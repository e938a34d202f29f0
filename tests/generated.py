"""What Hypothesis draws from: well-formed events, and everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from scuttle_ref import (
    NEVER,
    UNBOUNDED,
    VERSION_MAX,
    Config,
    Digest,
    DigestDone,
    Event,
    Exchange,
    Gossip,
    NodeState,
    Put,
    Received,
    Update,
)
from scuttle_ref.names import frozen_value
from scuttle_ref.order import by_arrival, by_version_and_source, scuttle_breadth, scuttle_depth
from scuttle_ref.resolvers import RESOLVERS

NODES = ["A", "B", "C", "10", "9"]
KEYS = ["k", "l", ""]

nodes = st.sampled_from(NODES)
keys = st.sampled_from(KEYS)
versions = st.integers(1, 8) | st.sampled_from([VERSION_MAX - 1, VERSION_MAX])
small_versions = st.integers(1, 8)
marks = st.integers(0, 9) | st.sampled_from([NEVER, VERSION_MAX])
plain = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -1.5, "", "x", "y", (), (1,), (True, ("x",))]
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-VERSION_MAX, VERSION_MAX)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
finite_json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-VERSION_MAX, VERSION_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
values = json_values.map(frozen_value)

updates = st.builds(Update, source_id=nodes, key=keys, value=plain, version=versions)
small_updates = st.builds(Update, source_id=nodes, key=keys, value=plain, version=small_versions)
digests = st.builds(Digest, source_id=nodes, version=marks)
dones = st.builds(DigestDone, returned=st.booleans())
messages = updates | digests | dones

puts = st.builds(Put, key=keys, value=plain, reading=st.none() | versions)
exchanges = st.builds(Exchange, peer=nodes, order=st.lists(nodes, max_size=4).map(tuple))
received = st.builds(Received, sender=nodes, message=messages)
events: st.SearchStrategy[Event] = received | puts | exchanges

configs = st.builds(
    Config,
    resolve=st.sampled_from(sorted(RESOLVERS)).map(RESOLVERS.__getitem__),
    sort=st.sampled_from([by_version_and_source, by_arrival]),
    max_history=st.sampled_from([None, 0, 1, 3, 10, UNBOUNDED]),
    mtu=st.sampled_from([None, 1, 2, 10, UNBOUNDED]),
    delta_order=st.sampled_from([scuttle_depth, scuttle_breadth]),
)


class Mine(str):
    """A string that is not quite one."""

    __slots__ = ()


class Explosive:
    """An object that raises at every touch."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


class Vague:
    """A hashable object whose comparisons return themselves and raise when asked for truth."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> Any:
        return Explosive()


def deep(depth: int) -> object:
    value: object = ()
    for _ in range(depth):
        value = (value,)
    return value


HOSTILE: dict[str, object] = {
    "huge": 10**5000,
    "negative": -(10**400),
    "nan": float("nan"),
    "infinity": float("inf"),
    "fraction": 1.5,
    "true": True,
    "bytes": b"A",
    "mine": Mine("A"),
    "prototype": "__proto__",
    "empty": "",
    "none": None,
    "list": ["A"],
    "dict": {"A": 1},
    "type": Update,
    "explosive": Explosive(),
    "vague": Vague(),
    "nested": (Explosive(), (1, ["x"])),
    "nested nan": ("x", (float("nan"),)),
    "deep": deep(40),
    "very deep": deep(5_000),
    "surrogate": "\ud800",
    "unfinished": Update.__new__(Update),
    "message": Digest("A", 1),
}
"""Objects that a hostile or clumsy caller may put anywhere. Drawn by name, see `anything`."""


class Hidden:
    """An object that Hypothesis cannot see, because to look at it is to touch it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Hidden({self.name!r})"


hidden = st.sampled_from(sorted(HOSTILE)).map(Hidden)


class Recipe:
    """An object to be made of parts, some of which may be hidden."""

    def __init__(self, kind: Callable[..., object], *parts: object) -> None:
        self.kind = kind
        self.parts = parts

    def __repr__(self) -> str:
        return f"Recipe({self.kind}, {self.parts})"


def revealed(part: object) -> Any:
    """A drawn part, with what was hidden in it."""
    if type(part) is Hidden:
        return HOSTILE[part.name]
    if type(part) is Recipe:
        return part.kind(*(revealed(each) for each in part.parts))
    return part


def recipes(
    kind: Callable[..., object], *parts: st.SearchStrategy[Any]
) -> st.SearchStrategy[Recipe]:
    """Recipes in which each part is a good one or anything at all."""
    return st.builds(Recipe, st.just(kind), *(hidden | part for part in parts))


orders = st.lists(nodes, max_size=3).map(tuple)
hostile_messages = st.one_of(
    hidden,
    recipes(Update, nodes, keys, plain, versions),
    recipes(Digest, nodes, marks),
    recipes(DigestDone, st.booleans()),
    messages,
)
hostile_events = st.one_of(
    hidden,
    recipes(Put, keys, plain),
    recipes(Exchange, nodes, orders),
    recipes(Received, nodes, hostile_messages),
    events,
)
"""Recipes of events, made by `revealed`: any field may hold anything."""


def run(gossip: Gossip, node: str, events: list[Event]) -> list[NodeState]:
    """The states that `node` goes through, the first one included."""
    states = [gossip.start(node)]
    for event in events:
        states.append(gossip.step(states[-1], event).state)
    return states
