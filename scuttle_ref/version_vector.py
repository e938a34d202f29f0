"""The version vector: for each source, the highest version a node has seen.

Laws of this file: a join-semilattice. ``|`` is associative, commutative and idempotent, ``<=``
is its order, the empty vector is bottom. Pairs are sorted by source, so equal vectors are
equal tuples.
"""

from __future__ import annotations

from bisect import bisect_left

from attrs import frozen

from scuttle_ref.names import NEVER, Mark, NodeId


@frozen(cache_hash=True)
class VersionVector:
    """What a node has seen, as ``(source, mark)`` pairs sorted by source.

    Spec: VERS-3, VERS-5.
    """

    pairs: tuple[tuple[NodeId, Mark], ...] = ()

    def get(self, source: NodeId) -> Mark:
        """The highest version seen of `source`, or :data:`~scuttle_ref.names.NEVER`."""
        at = bisect_left(self.pairs, (source,))
        found = self.pairs[at : at + 1]
        return found[0][1] if found and found[0][0] == source else NEVER

    @property
    def sources(self) -> tuple[NodeId, ...]:
        """The known sources, sorted."""
        return tuple(source for source, _ in self.pairs)

    def raised(self, source: NodeId, mark: Mark) -> VersionVector:
        """This vector with the entry of `source` at `mark` or above: a join with one entry."""
        if self.get(source) >= mark:
            return self
        at = bisect_left(self.pairs, (source,))
        held = self.pairs[at : at + 1]
        after = at + 1 if held and held[0][0] == source else at
        return VersionVector((*self.pairs[:at], (source, mark), *self.pairs[after:]))

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
