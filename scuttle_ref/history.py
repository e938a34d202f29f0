"""The history of updates: what a node remembers and can pass on.

Laws of this file: always in replay order; never changed in place; what is forgotten is handed
back, so that nothing disappears silently. How a history is kept is no part of its value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from heapq import merge
from itertools import chain, islice, pairwise
from operator import attrgetter
from typing import Final, TypeAlias

from attrs import field, frozen

from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import NEVER, UNBOUNDED, Key, Mark, NodeId
from scuttle_ref.order import Comparator, by_version_and_source, replay_key

Groups: TypeAlias = Mapping[NodeId, Delta]
"""The updates of each source, by version."""

GROUPED_FROM: Final = 64
"""As many updates as make it worth while to group them. Unit: updates."""


@frozen(eq=False, repr=False)
class History:
    """Remembered updates, lowest in replay order first.

    A long history in the default order is kept by source, and its `updates` are put in one row
    only when somebody asks for the row. So a new update copies what is remembered of its source.

    Spec: HIST-2.
    """

    _row: Delta | None = field(default=(), alias="updates")
    _groups: Groups | None = None

    @property
    def updates(self) -> Delta:
        """All of them, in replay order."""
        if self._row is None:
            kept = chain.from_iterable((self._groups or {}).values())
            object.__setattr__(self, "_row", tuple(sorted(kept, key=replay_key)))
        return self._row or ()

    def __eq__(self, other: object) -> bool:
        return self.updates == other.updates if type(other) is History else NotImplemented

    def __hash__(self) -> int:
        return hash(self.updates)

    def __repr__(self) -> str:
        return f"History(updates={self.updates!r})"

    def __len__(self) -> int:
        if self._row is None:
            return sum(map(len, (self._groups or {}).values()))
        return len(self._row)

    def of(self, source: NodeId) -> Delta:
        """The remembered updates of `source`, in replay order."""
        groups = self._grouped()
        if groups is None:
            return tuple(update for update in self.updates if update.source_id == source)
        return groups.get(source, ())

    def to(self, source: NodeId, key: Key) -> Delta:
        """The remembered updates of `source` to `key`, in replay order.

        Spec: PAPER-7.
        """
        return tuple([update for update in self.of(source) if update.key == key])

    def knows(self, update: Update) -> bool:
        """Whether an update with the same source and version is remembered.

        Spec: HIST-6, MOD-6.
        """
        return any(kept.version == update.version for kept in self.of(update.source_id))

    def with_update(self, update: Update, sort: Comparator, instead_of: Delta = ()) -> History:
        """This history with `update` at its place in replay order, after its equals.

        The updates `instead_of` are remembered, and go.

        Spec: HIST-1, HIST-2.
        """
        if sort is not by_version_and_source:
            kept = [old for old in self.updates if old not in instead_of]
            at = len(kept)
            while at > 0 and sort(update, kept[at - 1]) < 0:
                at -= 1
            return History((*kept[:at], update, *kept[at:]))
        groups = self._grouped()
        if groups is None:
            return History(_exchanged(self.updates, update, instead_of))
        changed = dict(groups)
        for old in instead_of:
            left = _without(changed.pop(old.source_id), old)
            changed.update({old.source_id: left} if left else {})
        changed[update.source_id] = _with(changed.get(update.source_id, ()), update)
        return History(None, changed)

    def news(self, source: NodeId, above: Mark) -> Delta:
        """The remembered updates of `source` with a version above `above`, in replay order.

        Spec: HIST-4.
        """
        groups = self._grouped()
        if groups is not None:
            return _above(groups.get(source, ()), above)
        return tuple(update for update in self.of(source) if update.version > above)

    def above(self, marks: Mapping[NodeId, Mark]) -> Delta:
        """What is remembered of each source above its mark, in replay order.

        Everything of a source that has no mark.

        Spec: EXCH-5, HIST-2.
        """
        groups = self._grouped()
        if groups is None:
            seen = marks.get
            return tuple(u for u in self.updates if u.version > seen(u.source_id, NEVER))
        news = [
            _above(group, mark)
            for source, group in groups.items()
            if group[-1].version > (mark := marks.get(source, NEVER))
        ]
        return tuple(sorted(chain.from_iterable(news), key=replay_key))

    def newest(self, count: float) -> tuple[History, Delta]:
        """The last `count` updates in replay order, and those forgotten for it. Unit: updates.

        Spec: HIST-3, HIST-5.
        """
        if count == UNBOUNDED or len(self) <= count:
            return self, ()
        cut = len(self) - int(count)
        if self._groups is None:
            return History(self.updates[cut:]), self.updates[:cut]
        forgotten = tuple(islice(merge(*self._groups.values(), key=replay_key), cut))
        gone = Counter(update.source_id for update in forgotten)
        left = {source: group[gone[source] :] for source, group in self._groups.items()}
        return History(None, {source: group for source, group in left.items() if group}), forgotten

    def _grouped(self) -> Groups | None:
        """The updates by source, or None where it is not worth while, or the order is another."""
        if self._groups is None and self._row is not None and len(self._row) >= GROUPED_FROM:
            keys = map(replay_key, self._row)
            if all(one <= other for one, other in pairwise(keys)):
                groups: dict[NodeId, list[Update]] = {}
                for update in self._row:
                    groups.setdefault(update.source_id, []).append(update)
                complete = {source: tuple(group) for source, group in groups.items()}
                object.__setattr__(self, "_groups", complete)
        return self._groups


_version = attrgetter("version")


def _above(group: Delta, mark: Mark) -> Delta:
    """Of the updates of one source, by version, those above `mark`."""
    return group[bisect_right(group, mark, key=_version) :]


def _with(group: Delta, update: Update) -> Delta:
    """The updates of one source, by version, with one more, after its equals."""
    at = bisect_right(group, update.version, key=_version)
    return (*group[:at], update, *group[at:])


def _without(group: Delta, old: Update) -> Delta:
    """The updates of one source, by version, without one of them."""
    at = group.index(old, bisect_left(group, old.version, key=_version))
    return (*group[:at], *group[at + 1 :])


def _exchanged(updates: Delta, update: Update, instead_of: Delta) -> Delta:
    """`updates`, by version and source, with one more and without some that are there."""
    changed = list(updates)
    for old in instead_of:
        at = bisect_left(changed, replay_key(old), key=replay_key)
        del changed[changed.index(old, at)]
    changed.insert(bisect_right(changed, replay_key(update), key=replay_key), update)
    return tuple(changed)
