"""The version vector: for each source, the highest version a node has seen.

Laws of this file: a join-semilattice. ``|`` is associative, commutative and idempotent, ``<=``
is its order, the empty vector is bottom. Pairs are sorted by source, so equal vectors are
equal tuples.
"""

from __future__ import annotations

from attrs import frozen

from scuttle_ref.names import NEVER, Mark, NodeId
from scuttle_ref.pairs import Pairs, get, put


@frozen(cache_hash=True)
class VersionVector:
    """What a node has seen, as ``(source, mark)`` pairs sorted by source.

    Spec: VERS-3, VERS-5.
    """

    pairs: Pairs[NodeId, Mark] = ()

    def get(self, source: NodeId) -> Mark:
        """The highest version seen of `source`, or :data:`~scuttle_ref.names.NEVER`."""
        return get(self.pairs, source, NEVER)

    @property
    def sources(self) -> tuple[NodeId, ...]:
        """The known sources, sorted."""
        return tuple(source for source, _ in self.pairs)

    def raised(self, source: NodeId, mark: Mark) -> VersionVector:
        """This vector with the entry of `source` at `mark` or above: a join with one entry."""
        if get(self.pairs, source, NEVER) >= mark:
            return self
        return VersionVector(put(self.pairs, source, mark))

    def __or__(self, other: VersionVector) -> VersionVector:
        """The join: entry by entry the larger mark."""
        joined = self
        for source, mark in other.pairs:
            joined = joined.raised(source, mark)
        return joined

    def __le__(self, other: VersionVector) -> bool:
        """Whether everything seen here was seen there too."""
        return all(mark <= other.get(source) for source, mark in self.pairs)

    def __str__(self) -> str:
        return " ".join(f"{source}:{mark}" for source, mark in self.pairs) or "nothing"
