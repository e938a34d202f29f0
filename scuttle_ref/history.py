"""The history of updates: what a node remembers and can pass on.

Laws of this file: always in replay order; never changed in place; what is forgotten is handed
back, so that nothing disappears silently. How a history is kept is no part of its value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from typing import Final, TypeAlias

from attrs import field, frozen

from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import NEVER, UNBOUNDED, Key, Mark, NodeId, Version
from scuttle_ref.order import Comparator, by_version_and_source, replay_key
from scuttle_ref.pairs import Pairs, drop, get, put
from scuttle_ref.rows import By, among, find, insort, removed, row_of, without_first

Groups: TypeAlias = Pairs[NodeId, Sequence[Update]]
"""The updates of each source, by version."""

GROUPED_FROM: Final = 64
"""As many updates as make it worth while to group them. Unit: updates."""


@frozen(eq=False, repr=False)
class History:
    """Remembered updates, lowest in replay order first.

    A long history in the default order is kept by source, too, so that a new update and a line of
    a digest cost the logarithm of what is remembered.

    Spec: HIST-2.
    """

    _row: Sequence[Update] = field(default=(), alias="updates")
    _groups: Groups | None = None
    _told: Delta | None = field(default=None, init=False)

    @property
    def updates(self) -> Delta:
        """All of them, in replay order."""
        if self._told is None:
            object.__setattr__(self, "_told", tuple(self._row))
        return self._told or ()

    def __eq__(self, other: object) -> bool:
        return self.updates == other.updates if type(other) is History else NotImplemented

    def __hash__(self) -> int:
        return hash(self.updates)

    def __repr__(self) -> str:
        return f"History(updates={self.updates!r})"

    def __len__(self) -> int:
        return len(self._row)

    def at(self, place: int) -> Update:
        """The update at a place of the replay order, from 0. Spec: HIST-2."""
        return self._row[place]

    def of(self, source: NodeId) -> Delta:
        """The remembered updates of `source`, in replay order."""
        groups = self._grouped()
        if groups is None:
            return tuple(update for update in self.updates if update.source_id == source)
        return tuple(get(groups, source, ()))

    def to(self, source: NodeId, key: Key) -> Delta:
        """The remembered updates of `source` to `key`, in replay order.

        Spec: PAPER-7.
        """
        return tuple([update for update in self.of(source) if update.key == key])

    def knows(self, update: Update) -> bool:
        """Whether an update with the same source and version is remembered.

        Spec: HIST-6, MOD-6.
        """
        groups = self._grouped()
        if groups is None:
            return any(kept.version == update.version for kept in self.of(update.source_id))
        return _knows(get(groups, update.source_id, ()), update.version)

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
        row = self._row
        for old in instead_of:
            row, groups = _without(row, old, replay_key), _ungrouped(groups, old)
        group = insort(get(groups, update.source_id, ()), update, _version)
        return History(insort(row, update, replay_key), put(groups, update.source_id, group))

    def news(self, source: NodeId, above: Mark) -> Delta:
        """The remembered updates of `source` with a version above `above`, in replay order.

        Spec: HIST-4.
        """
        groups = self._grouped()
        if groups is not None:
            return _above(get(groups, source, ()), above)
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
            for source, group in groups
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
        forgotten = tuple(self._row[:cut])
        groups = self._groups
        if groups is not None:
            for source, gone in Counter(update.source_id for update in forgotten).items():
                left = without_first(get(groups, source, ()), gone)
                groups = put(groups, source, left) if left else drop(groups, source)
        return History(without_first(self._row, cut), groups), forgotten

    def _grouped(self) -> Groups | None:
        """The updates by source, or None where it is not worth while, or the order is another."""
        if self._groups is None and len(self._row) >= GROUPED_FROM:
            keys = map(replay_key, self._row)
            if all(one <= other for one, other in pairwise(keys)):
                by_source: dict[NodeId, list[Update]] = {}
                for update in self._row:
                    by_source.setdefault(update.source_id, []).append(update)
                groups = [(source, row_of(group)) for source, group in by_source.items()]
                object.__setattr__(self, "_groups", row_of(sorted(groups, key=itemgetter(0))))
                object.__setattr__(self, "_row", row_of(self._row))
        return self._groups


_version = attrgetter("version")


def _above(group: Sequence[Update], mark: Mark) -> Delta:
    """Of the updates of one source, by version, those above `mark`."""
    return tuple(group[find(group, mark + 1, _version) :])  # versions are whole numbers


def _knows(group: Sequence[Update], version: Version) -> bool:
    """Whether one of the updates of one source, by version, has this one."""
    few = among(group, version, _version)
    at = bisect_left(few, version, key=_version)
    return at < len(few) and few[at].version == version


def _without(row: Sequence[Update], old: Update, by: By) -> Sequence[Update]:
    """A row of updates, sorted `by` something, without one of them."""
    return removed(row, row.index(old, find(row, by(old), by)))


def _ungrouped(groups: Groups, old: Update) -> Groups:
    """The updates by source, without one of them."""
    left = _without(get(groups, old.source_id, ()), old, _version)
    return put(groups, old.source_id, left) if left else drop(groups, old.source_id)


def _exchanged(updates: Delta, update: Update, instead_of: Delta) -> Delta:
    """`updates`, by version and source, with one more and without some that are there."""
    changed = list(updates)
    for old in instead_of:
        at = bisect_left(changed, replay_key(old), key=replay_key)
        del changed[changed.index(old, at)]
    changed.insert(bisect_right(changed, replay_key(update), key=replay_key), update)
    return tuple(changed)
