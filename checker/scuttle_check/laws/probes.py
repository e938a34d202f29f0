"""Arguments that can be changed, so that a resolver which changes them is caught in the act.

The real ones are frozen, but an implementation in another language may hand out the real thing.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any

from scuttle_ref.entries import Entry
from scuttle_ref.messages import Update
from scuttle_ref.names import Key, Mark, NodeId, thawed_value
from scuttle_ref.resolvers import View
from scuttle_ref.version_vector import VersionVector


class _Open:
    """Lets its attributes be set and deleted, and remembers which."""

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)


class _OpenUpdate(_Open, Update):
    pass


class _OpenEntry(_Open, Entry):
    pass


class _OpenClock(_Open, VersionVector):
    def __setitem__(self, source: NodeId, mark: Mark) -> None:
        kept = tuple(pair for pair in self.pairs if pair[0] != source)
        raised = tuple(sorted((*kept, (source, mark)), key=lambda pair: pair[0]))
        object.__setattr__(self, "pairs", raised)

    def update(self, source: NodeId, mark: Mark) -> None:
        """As the library's own clock has it."""
        self[source] = mark


class _OpenView(_Open, View):
    def __init__(self, view: View) -> None:
        super().__init__(copy(view.state), view.sort, view.owner)
        self._clock = _OpenClock(view.clock.pairs)
        self._name = view.state.id
        self._entries: dict[Key, _OpenEntry] = {}

    @property
    def clock(self) -> _OpenClock:
        return self._clock

    @clock.setter
    def clock(self, clock: _OpenClock) -> None:
        self._clock = clock

    @property
    def id(self) -> NodeId:
        return self._name

    @id.setter  # noqa: A003 - the property above, not the function
    def id(self, name: NodeId) -> None:
        self._name = name

    def get(self, key: Key) -> _OpenEntry:
        if key not in self._entries:
            entry = View.get(self, key)
            self._entries[key] = _OpenEntry(entry.value, entry.version, entry.source_id)
        return self._entries[key]


def meddling(ask: Callable[[View, Update], object], view: View, update: Update) -> str | None:
    """What `ask` changes in open copies of its arguments, as a sentence, or None."""
    open_view = _OpenView(view)
    value = thawed_value(update.value)
    open_update = _OpenUpdate(update.source_id, update.key, value, update.version)
    watched: list[tuple[str, Any]] = [
        ("update", open_update),
        ("gossip", open_view),
        ("gossip.state", open_view.state),
        ("gossip.clock", open_view.clock),
        (f"gossip.get({update.key!r})", open_view.get(update.key)),
    ]
    lent: dict[int, str] = {}
    before = [_members(thing, lent) for _, thing in watched]
    ask(open_view, open_update)
    after = [_members(thing, lent) for _, thing in watched]
    for (name, _), one, two in zip(watched, before, after, strict=True):
        for member in sorted(one.keys() | two.keys()):
            if one.get(member) != two.get(member):
                was = f" from {one[member]} " if member in one else " "
                now = two.get(member, "nothing")
                return f"it sets {name}.{member.lstrip('_')}{was}to {now}"
    return None


_ASIDE = frozenset({"_entries", "_attrs_cached_hash"})
"""What a view adds to itself when it is read."""


@cache
def _slots(kind: type) -> tuple[str, ...]:
    """The slots of a class and of those that it is made of."""
    found = [name for each in kind.__mro__ for name in getattr(each, "__slots__", ())]
    return tuple(name for name in found if not name.startswith("__"))


def _members(thing: object, lent: dict[int, str]) -> dict[str, str]:
    """The attributes of an object, written out as deep as they go.

    A value is told as it was when it was `lent`: what is done within a copy harms nobody.
    """
    kind: Any = type(thing)
    names = {name for name in _slots(kind) if hasattr(thing, name)}
    names |= set(getattr(thing, "__dict__", ()))
    names -= _ASIDE
    found = {name: getattr(thing, name) for name in names}
    return {
        name: lent.setdefault(id(value), deep(value)) if name == "value" else deep(value)
        for name, value in found.items()
    }


def deep(value: object, depth: int = 8) -> str:
    """A text that differs when anything within `value` differs."""
    if isinstance(value, dict):
        items = (f"{deep(k, depth - 1)}: {deep(v, depth - 1)}" for k, v in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(deep(item, depth - 1) for item in value)})"
    own = getattr(value, "__dict__", None)
    if own and depth > 0 and not callable(value):
        return f"{type(value).__name__}{deep(own, depth - 1)}"
    return repr(value)
