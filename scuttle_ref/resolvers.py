"""Resolvers: ``(gossip, update) -> bool``, "does this update replace the stored value?".

The first three are the samples of the README, faithful to what the library exports, flaws and
all. The last three are joins: whatever the order of arrival, the same update wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from attrs import frozen

from scuttle_ref.entries import Entry
from scuttle_ref.messages import Update
from scuttle_ref.names import Key, NodeId, Place, thawed_value
from scuttle_ref.order import Comparator, by_value
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector


class GossipView(Protocol):
    """What a resolver may look at: the node as it was before the update.

    ``get(key)`` gives an object with ``value``, ``version`` and ``source_id``; of a key that
    nobody has written the version is ``-Infinity`` and the value None.

    Spec: MERGE-2.
    """

    @property
    def id(self) -> NodeId: ...  # noqa: D102 - named in the README
    @property
    def clock(self) -> VersionVector: ...  # noqa: D102
    @property
    def sort(self) -> Comparator: ...  # noqa: D102
    def get(self, key: Key) -> Entry: ...  # noqa: D102


Resolver: TypeAlias = Callable[[GossipView, Update], bool]
"""The user's decision. It must return a bool and depend on its arguments only."""


@frozen
class View:
    """A :class:`GossipView` of one node state.

    `owner` is the source whose keys it shows, ``(source,)``, or ``()`` where keys are shared.
    """

    state: NodeState
    sort: Comparator = by_value
    owner: Place = ()

    @property
    def id(self) -> NodeId:
        """The id of the node that decides."""
        return self.state.id

    @property
    def clock(self) -> VersionVector:
        """Its clock before the update."""
        return self.state.clock

    def get(self, key: Key) -> Entry:
        """The entry of `key` before the update; its value is a copy, as ``json.loads`` gives it.

        Spec: MERGE-5.
        """
        return shown_entry(self.state.store.at((*self.owner, key)))


def shown_entry(entry: Entry) -> Entry:
    """An entry as a resolver sees it: lists and objects are its own to keep. Spec: MERGE-5."""
    value = thawed_value(entry.value)
    return entry if value is entry.value else Entry(value, entry.version, entry.source_id)


def shown_update(update: Update) -> Update:
    """An update as a resolver sees it: lists and objects are its own to keep. Spec: MERGE-5."""
    value = thawed_value(update.value)
    if value is update.value:
        return update
    return Update(update.source_id, update.key, value, update.version)


def strictly_order_values(gossip: GossipView, update: Update) -> bool:
    """The larger value wins, in the order ``gossip.sort``; anything replaces null.

    Monotone in the value and so convergent, but a source cannot take back what it wrote: its
    own newer, smaller value loses everywhere. (In the library ``gossip.sort`` does not exist.)

    Spec: RES-1.
    """
    stored = gossip.get(update.key)
    return stored.value is None or gossip.sort(stored.value, update.value) < 0


def lww_vs_current_vers(gossip: GossipView, update: Update) -> bool:
    """The larger version wins; a tie goes by comparing the writer with *this node's own id*.

    Two nodes with ids on either side of the writer's decide the same tie differently.

    Spec: RES-2.
    """
    current = gossip.get(update.key).version
    if update.version == current:
        return update.source_id >= gossip.id
    return update.version > current


def lww_vs_clock(gossip: GossipView, update: Update) -> bool:
    """The update wins if it is news from its source, whatever value is stored.

    This asks "have I heard this from that source?", not "is it newer than what I hold": the
    last arrival wins.

    Spec: RES-3.
    """
    seen = gossip.clock.get(update.source_id)
    if update.version == seen:
        return update.source_id >= gossip.id
    return update.version > seen


def lww_total(gossip: GossipView, update: Update) -> bool:
    """The larger (version, source) wins, compared with the *writer of the stored value*.

    A join: the pair identifies an update, so no two updates tie.

    Spec: RES-4.
    """
    stored = gossip.get(update.key)
    return (update.version, update.source_id) > (stored.version, stored.source_id)


def max_value(gossip: GossipView, update: Update) -> bool:
    """The larger value wins; equal values go to the larger (version, source). A join.

    Spec: RES-5.
    """
    order = by_value(update.value, gossip.get(update.key).value)
    if order == 0:
        return lww_total(gossip, update)
    return order > 0


def first_writer(gossip: GossipView, update: Update) -> bool:
    """The smallest (version, source) wins: the first write of a key stays. A join.

    Spec: RES-6.
    """
    stored = gossip.get(update.key)
    if not stored.source_id:
        return True
    return (update.version, update.source_id) < (stored.version, stored.source_id)


RESOLVERS: dict[str, Resolver] = {
    resolver.__name__: resolver
    for resolver in (
        strictly_order_values,
        lww_vs_current_vers,
        lww_vs_clock,
        lww_total,
        max_value,
        first_writer,
    )
}
"""The resolvers that have a name, on the command line and in counterexample files."""
