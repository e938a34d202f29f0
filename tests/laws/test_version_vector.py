"""The version vector is a join-semilattice."""

from __future__ import annotations

from functools import reduce

from generated import marks, nodes
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import NEVER, VersionVector

BOTTOM = VersionVector()

entries = st.tuples(nodes, marks)
vectors = st.lists(entries, max_size=6).map(
    lambda pairs: reduce(lambda vector, pair: vector.raised(*pair), pairs, BOTTOM)
)


@given(vectors, vectors, vectors)
def test_join_is_associative(one: VersionVector, two: VersionVector, three: VersionVector) -> None:
    """So it does not matter who told whom first.

    Spec: VERS-3.
    """
    assert (one | two) | three == one | (two | three)


@given(vectors, vectors)
def test_join_is_commutative(one: VersionVector, two: VersionVector) -> None:
    """So it does not matter in which order news arrives.

    Spec: VERS-3.
    """
    assert one | two == two | one
    assert hash(one | two) == hash(two | one)


@given(vectors)
def test_join_is_idempotent_and_the_empty_vector_is_bottom(vector: VersionVector) -> None:
    """So repetition does no harm.

    Spec: VERS-3, VERS-5.
    """
    assert vector | vector == vector
    assert vector | BOTTOM == BOTTOM | vector == vector
    assert vector >= BOTTOM


@given(vectors, vectors)
def test_the_order_is_the_order_of_the_join(one: VersionVector, two: VersionVector) -> None:
    """``one <= two`` says that joining teaches `two` nothing.

    Spec: VERS-3.
    """
    assert (one <= two) == (one | two == two)
    assert one <= one | two
    assert (one <= two <= one) == (one == two)


@given(vectors, entries)
def test_raising_is_a_join_with_one_entry(vector: VersionVector, entry: tuple[str, float]) -> None:
    """And touches no other entry.

    Spec: VERS-3, VERS-5.
    """
    source, mark = entry
    raised = vector.raised(source, mark)

    assert raised == vector | BOTTOM.raised(source, mark)
    assert raised.get(source) == max(vector.get(source), mark)
    assert all(raised.get(s) == vector.get(s) for s in vector.sources if s != source)
    assert (raised is vector) == (vector.get(source) >= mark)


@given(vectors)
def test_pairs_are_sorted_by_source_and_hold_no_bottom(vector: VersionVector) -> None:
    """So equal vectors are equal tuples.

    Spec: VERS-5.
    """
    assert list(vector.sources) == sorted(set(vector.sources))
    assert NEVER not in dict(vector.pairs).values()
    assert vector.get("nobody") == NEVER
