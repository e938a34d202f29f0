"""The history of updates: what a node remembers and can pass on.

Laws of this file: always in replay order; never changed in place; what is forgotten is handed
back, so that nothing disappears silently.
"""

from __future__ import annotations

from attrs import frozen

from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import UNBOUNDED, Mark, NodeId
from scuttle_ref.order import Comparator


@frozen(cache_hash=True)
class History:
    """Remembered updates, lowest in replay order first.

    Spec: HIST-2.
    """

    updates: Delta = ()

    def __len__(self) -> int:
        return len(self.updates)

    def knows(self, update: Update) -> bool:
        """Whether an update with the same source and version is remembered.

        Spec: HIST-6, MOD-2.
        """
        identity = (update.source_id, update.version)
        return any((kept.source_id, kept.version) == identity for kept in self.updates)

    def with_update(self, update: Update, sort: Comparator) -> History:
        """This history with `update` at its place in replay order, after its equals.

        Spec: HIST-1, HIST-2.
        """
        at = len(self.updates)
        while at > 0 and sort(update, self.updates[at - 1]) < 0:
            at -= 1
        return History((*self.updates[:at], update, *self.updates[at:]))

    def news(self, source: NodeId, above: Mark) -> Delta:
        """The remembered updates of `source` with a version above `above`, in replay order.

        Spec: HIST-4.
        """
        return tuple(
            update
            for update in self.updates
            if update.source_id == source and update.version > above
        )

    def newest(self, count: float) -> tuple[History, Delta]:
        """The last `count` updates in replay order, and those forgotten for it. Unit: updates.

        Spec: HIST-3, HIST-5.
        """
        if count == UNBOUNDED or len(self.updates) <= count:
            return self, ()
        cut = len(self.updates) - int(count)
        return History(self.updates[cut:]), self.updates[:cut]
