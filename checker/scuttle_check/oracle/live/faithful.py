"""Scenes about what must travel unchanged: values, names, and the order of ids.

Random scenes are about the protocol and use few values and names; an implementation that cuts a
text, drops a null or takes two names for one passes them all. These scenes are tried first.

Laws of this file: data; a scene holds nothing that its profile refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from scuttle_check.oracle.live.scene import (
    NODES,
    PEERS,
    News,
    Operation,
    Put,
    Read,
    Scene,
    Setting,
    Tell,
)

_DONE: Final = {"digest": True, "done": True}

VALUES: Final[tuple[Any, ...]] = (
    None, False, True, 0, -1, 1.5, 1e-7, 2**53, "", " ", "0", "null", "\u0000", "caf\u00e9",
    "cafe\u0301", "\u65e5\u672c", "\U0001f600", "\u2028", "a\nb", [], [[]], [0, None, False], {},
    {"": 0}, {"a": {"b": [1, {"c": None}]}}, {"value": 1, "version": 2}, {"digest": True},
    "x" * 70_000,
)  # fmt: skip
"""Values of every kind that JSON has, and some that programs take for others."""

KEYS: Final = (
    "", " ", "k", "K", " k", "k ", "k.l", "k/l", "k:l", "k,l", "0", "00", "1e3", "null",
    "caf\u00e9", "cafe\u0301", "\u0130", "\u65e5\u672c", "\U0001f600", "a\nb",
    "x" * 300, "x" * 299 + "y",
)  # fmt: skip
"""Keys that are all different, though some programs take them for one another."""

SOURCES: Final = (
    " ", "#A", "0", "00", "10", "2", "C", "D", "Ca", "_", "a", "ab", "b", "caf\u00e9",
    "cafe\u0301", "\u65e5",
)  # fmt: skip
"""Ids that are all different; :func:`in_order` puts them as HIST-2 and RES-4 do."""

NODE: Final = NODES[0]
PEER: Final = PEERS[0]


def faithful_scenes(resolver: str | None, *, timed: bool, exact: bool = False) -> tuple[Scene, ...]:
    """What must travel unchanged, in scenes of one kind each. Spec: ORA-16."""
    setting = Setting(mtu=1_000, max_history=1_000, resolve=resolver)
    told = [_values_heard(), _keys_heard(), _sources_heard(), _ties()]
    told += [_values_written(timed), _keys_written(timed)]
    told += [_clock_steps_back()] if timed else []
    told += [_unknown_members()] if exact else []
    return tuple(Scene(setting, tuple(steps)) for steps in told)


def _heard(key: str, value: Any, source: str, version: int) -> Operation:
    update = {"key": key, "value": value, "source_id": source, "version": version}
    return Tell(PEER, NODE, (update,))


def _asked(sources: Sequence[str]) -> Operation:
    """A digest that names `sources` at 0 and nobody else, so that everything is answered."""
    lines = [{"digest": True, "source_id": each, "version": 0} for each in sources]
    return Tell(PEERS[1], NODE, (*lines, _DONE))


def _values_heard() -> Iterator[Operation]:
    for version, value in enumerate(VALUES, 1):
        yield _heard(f"k{version}", value, PEER, version)
    for version, _value in enumerate(VALUES, 1):
        yield Read(NODE, PEER, f"k{version}")
    yield News(NODE, PEER, 0)
    yield _asked((PEER,))


def _keys_heard() -> Iterator[Operation]:
    for version, key in enumerate(KEYS, 1):
        yield _heard(key, version, PEER, version)
    for key in KEYS:
        yield Read(NODE, PEER, key)
    yield _asked(())


def _sources_heard() -> Iterator[Operation]:
    for source in SOURCES:
        yield _heard(f"of {source}", source, source, 1)
    yield _asked(SOURCES)
    yield _asked(SOURCES[::2])


def in_order(sources: Sequence[str]) -> list[str]:
    """Ids by code points, which is the order of their UTF-8."""
    return sorted(sources)


def _ties() -> Iterator[Operation]:
    """Neighbours in the order of ids write one key at one version, the lower first, then last."""
    for version, (low, high) in enumerate(pairwise(in_order(SOURCES)), 2):
        yield _heard(f"up {version}", low, low, version)
        yield _heard(f"up {version}", high, high, version)
        again = version + len(SOURCES)
        yield _heard(f"down {version}", high, high, again)
        yield _heard(f"down {version}", low, low, again)
    yield _asked(())


def _values_written(timed: bool) -> Iterator[Operation]:
    for at, value in enumerate(VALUES, 1):
        yield Put(NODE, f"k{at}", value, at if timed else None)
        yield Read(NODE, NODE, f"k{at}")
    yield _asked((NODE,))


def _keys_written(timed: bool) -> Iterator[Operation]:
    for at, key in enumerate(KEYS, 1):
        yield Put(NODE, key, at, at if timed else None)
    for key in KEYS:
        yield Read(NODE, NODE, key)
    yield _asked((NODE,))


def _clock_steps_back() -> Iterator[Operation]:
    """A wall clock that is set back between two writes."""
    for at in (2, 1, 1, 3):
        yield Put(NODE, "k", at, at)


def _unknown_members() -> Iterator[Operation]:
    """What a later version may say more must not be passed on as if it were known. Spec: WIRE-1."""
    yield Tell(PEER, NODE, ({"key": "k", "value": 1, "source_id": PEER, "version": 1, "ttl": 9},))
    yield Tell(PEER, NODE, ({"digest": True, "source_id": NODE, "version": 0, "ttl": 9},))
    yield Tell(PEER, NODE, ({**_DONE, "ttl": 9},))
    yield _asked((PEER,))
