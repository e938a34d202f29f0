"""The history of updates: what a node remembers and can pass on.

Laws of this file: always in replay order; never changed in place; what is forgotten is handed
back, so that nothing disappears silently.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final, TypeAlias

from attrs import field, frozen

from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import UNBOUNDED, Mark, NodeId
from scuttle_ref.order import Comparator, by_version_and_source, replay_key

Groups: TypeAlias = Mapping[NodeId, Delta]
"""The updates of each source, in replay order."""

GROUPED_FROM: Final = 64
"""As many updates as make it worth while to group them. Unit: updates."""


@frozen(cache_hash=True)
class History:
    """Remembered updates, lowest in replay order first.

    Long histories group their updates by source, once they are asked for one; longer ones made
    of them take the groups over. That is a memory of what `updates` say and no part of the value.

    Spec: HIST-2.
    """

    updates: Delta = ()
    _groups: Groups | None = field(default=None, eq=False, repr=False)

    def __len__(self) -> int:
        return len(self.updates)

    def of(self, source: NodeId) -> Delta:
        """The remembered updates of `source`, in replay order."""
        if len(self.updates) < GROUPED_FROM:
            return tuple(update for update in self.updates if update.source_id == source)
        if self._groups is None:
            groups: dict[NodeId, list[Update]] = {}
            for update in self.updates:
                groups.setdefault(update.source_id, []).append(update)
            complete = {source: tuple(group) for source, group in groups.items()}
            object.__setattr__(self, "_groups", complete)
        return (self._groups or {}).get(source, ())

    def knows(self, update: Update) -> bool:
        """Whether an update with the same source and version is remembered.

        Spec: HIST-6, MOD-2.
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
        updates = _exchanged(self.updates, update, instead_of)
        if self._groups is None or any(old.source_id != update.source_id for old in instead_of):
            return History(updates)
        group = _exchanged(self._groups.get(update.source_id, ()), update, instead_of)
        return History(updates, {**self._groups, update.source_id: group})

    def news(self, source: NodeId, above: Mark) -> Delta:
        """The remembered updates of `source` with a version above `above`, in replay order.

        Spec: HIST-4.
        """
        return tuple(update for update in self.of(source) if update.version > above)

    def newest(self, count: float) -> tuple[History, Delta]:
        """The last `count` updates in replay order, and those forgotten for it. Unit: updates.

        Spec: HIST-3, HIST-5.
        """
        if count == UNBOUNDED or len(self.updates) <= count:
            return self, ()
        cut = len(self.updates) - int(count)
        return History(self.updates[cut:]), self.updates[:cut]


def _exchanged(updates: Delta, update: Update, instead_of: Delta) -> Delta:
    """`updates`, by version and source, with one more and without some that are there."""
    changed = list(updates)
    for old in instead_of:
        at = bisect_left(changed, replay_key(old), key=replay_key)
        del changed[changed.index(old, at)]
    changed.insert(bisect_right(changed, replay_key(update), key=replay_key), update)
    return tuple(changed)
