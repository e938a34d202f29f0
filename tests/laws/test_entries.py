"""Finite maps as sorted tuples, and the store that is made of them."""

from __future__ import annotations

from generated import nodes
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import ABSENT, Entry, pairs
from scuttle_ref.entries import Entries, entries_of

names = st.text("abc", max_size=2)
maps = st.dictionaries(names, st.integers() | st.none(), max_size=8)
entries = st.builds(Entry, value=st.integers(0, 3), version=st.integers(1, 5), source_id=nodes)
shared = st.dictionaries(st.tuples(names), entries, max_size=8)
owned = st.dictionaries(st.tuples(nodes, names), entries, max_size=12)


@given(maps, names, st.integers() | st.none())
def test_pairs_are_a_map(held: dict[str, object], name: str, said: object) -> None:
    """Whatever is said, also what cannot be compared. Spec: MOD-1."""
    as_pairs = tuple(sorted(held.items(), key=lambda pair: pair[0]))

    assert pairs.get(as_pairs, name, "nothing") == held.get(name, "nothing")
    assert pairs.put(as_pairs, name, said) == tuple(
        sorted({**held, name: said}.items(), key=lambda pair: pair[0])
    )
    assert pairs.drop(as_pairs, name) == tuple(pair for pair in as_pairs if pair[0] != name)


@given(shared | owned, st.data())
def test_a_store_is_a_map_by_place(held: dict[tuple[str, ...], Entry], data: st.DataObject) -> None:
    """Sorted, without repetition, and the same whatever the order in which it was filled.

    Spec: MOD-7, MOD-5.
    """
    store = entries_of(held.items())
    assert list(store) == sorted(held.items(), key=lambda pair: pair[0])
    assert len(store) == len(held)
    assert all(store.at(place) == entry for place, entry in held.items())
    assert store.at(("nobody", "wrote")) == ABSENT == store.at(("nowhere",))

    again = data.draw(st.permutations(sorted(held.items(), key=lambda pair: pair[0])))
    other = Entries()
    for place, entry in again:
        before = tuple(other)
        filled = other.with_entry(place, entry)
        assert tuple(other) == before
        other = filled
    assert (other, hash(other)) == (store, hash(store))
    assert entries_of(store) is store


@given(owned, entries)
def test_an_entry_replaces_the_one_at_its_place(
    held: dict[tuple[str, ...], Entry], entry: Entry
) -> None:
    """And no other. Spec: MERGE-1."""
    store = entries_of(held.items())
    for place in held:
        assert dict(store.with_entry(place, entry)) == {**held, place: entry}
