"""The store of a node: what its places hold.

Laws of this file: sorted by place; equal contents are equal values; never changed in place. The
entries of one owner lie together, so that a new one copies that owner's and no other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from attrs import field, frozen

from scuttle_ref.names import NEVER, Key, Mark, NodeId, Place, Value, exact, one_line, stamped
from scuttle_ref.pairs import Pairs, get, put


@frozen(cache_hash=True)
class Entry:
    """What a place holds: the value, its version and the source that wrote it.

    Spec: MOD-7.
    """

    value: Value = field(eq=exact)
    version: Mark
    source_id: NodeId

    def __str__(self) -> str:
        return stamped(one_line(self.value), self.source_id, self.version)


ABSENT = Entry(value=None, version=NEVER, source_id="")
"""What a place holds that nobody has written: version ``-Infinity``, value null (README, get).

Spec: MOD-5.
"""

Owner: TypeAlias = Place
"""A place without its key: ``()`` where keys are shared, ``(source,)`` where they are owned."""


@frozen(cache_hash=True)
class Entries:
    """The places that hold something, with their entries. Iteration is by place.

    `shelves` are sorted by owner, what is on each by key; no shelf is empty.

    Spec: MOD-7.
    """

    shelves: Pairs[Owner, Pairs[Key, Entry]] = ()

    def __iter__(self) -> Iterator[tuple[Place, Entry]]:
        return (((*owner, key), held) for owner, shelf in self.shelves for key, held in shelf)

    def __len__(self) -> int:
        return sum(len(shelf) for _, shelf in self.shelves)

    def at(self, place: Place) -> Entry:
        """The entry at `place`, or :data:`ABSENT`."""
        return get(get(self.shelves, place[:-1], ()), place[-1], ABSENT)

    def with_entry(self, place: Place, entry: Entry) -> Entries:
        """These entries with `entry` at `place`."""
        owner = place[:-1]
        shelf = put(get(self.shelves, owner, ()), place[-1], entry)
        return Entries(put(self.shelves, owner, shelf))


def entries_of(pairs: Iterable[tuple[Place, Entry]]) -> Entries:
    """The entries that `pairs` say, one for each place, in any order."""
    if isinstance(pairs, Entries):
        return pairs
    made = Entries()
    for place, entry in pairs:
        made = made.with_entry(place, entry)
    return made
