"""What an implementation sent and shows is compared to the letter: who, what, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scuttle_check.oracle.live.compare import (
    Difference,
    entry_difference,
    same,
    sent_difference,
    state_difference,
)
from scuttle_ref.entries import Entry
from scuttle_ref.history import History
from scuttle_ref.messages import Digest, DigestDone, Message, Update
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector


def up(key: str, value: Any, version: int, source: str = "A") -> Update:
    return Update(source, key, value, version)


ONE, TWO, THREE = up("k", 1, 1), up("k", 2, 2), up("j", 3, 3)
OTHER = up("k", 9, 1, "B")
LINE, DONE = Digest("A", 3), DigestDone()

ROWS: dict[str, tuple[list[Message], list[Message], str | None]] = {
    "as it is": ([ONE, TWO], [ONE, TWO], None),
    "sources mixed": ([ONE, OTHER, TWO], [OTHER, ONE, TWO], None),
    "one source turned round": ([ONE, TWO], [TWO, ONE], "the updates stand in another order"),
    "true for 1": ([ONE], [up("k", True, 1)], "not to be sent: k=true@A1"),
    "1 for true": ([up("k", True, 1)], [ONE], "not to be sent: k=1@A1"),
    "false for 0, in a list": (
        [up("k", (0, "a"), 1)],
        [up("k", (False, "a"), 1)],
        'not to be sent: k=[false, "a"]@A1',
    ),
    "another writer": ([ONE], [up("k", 1, 1, "B")], "not to be sent: k=1@B1"),
    "another version": ([ONE], [up("k", 1, 2)], "not to be sent: k=1@A2"),
    "one of them twice": ([ONE, TWO], [ONE, TWO, TWO], "not to be sent: k=2@A2"),
    "nothing for one": ([ONE], [], "missing: k=1@A1"),
    "a digest": ([LINE, DONE], [LINE, DONE], None),
    "a digest line more": ([DONE], [LINE, DONE], "the sources differ"),
    "another mark": ([LINE, DONE], [Digest("A", 2), DONE], "the marks differ"),
    "no done": ([LINE, DONE], [LINE], "done is missing, or not wanted"),
    "a line behind done": ([LINE, DONE], [DONE, LINE], "a digest line stands behind done"),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_was_sent_is_compared_update_by_update(name: str) -> None:
    """The difference says where, and what. Spec: ORA-5, ORA-6."""
    expected, got, note = ROWS[name]

    found = sent_difference(expected, expected, got, exact=False, may_cut=True)

    assert (found and found.note) == note
    if found is not None:
        assert found.path == "$.out"
        assert found.clause == ("EXCH-2" if name == "a line behind done" else "")


WHOLE = [ONE, TWO, THREE]
CUTS: dict[str, tuple[Sequence[Update], str | None]] = {
    "nothing": ([], "missing: k=1@A1, k=2@A2"),
    "one": ([ONE], None),
    "the limit": ([ONE, TWO], None),
    "one beyond": ([ONE, TWO, THREE], "3 updates, at most 2 allowed"),
    "from the other end": ([TWO, THREE], "another cut; missing k=1@A1"),
    "with a hole": ([ONE, THREE], "another cut; missing k=2@A2"),
    "turned round": ([TWO, ONE], "the updates stand in another order"),
    "of another value": ([up("k", True, 1)], "not to be sent: k=true@A1"),
}


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", CUTS)
def test_a_cut_has_something_and_not_too_much_and_takes_the_lowest(name: str, exact: bool) -> None:
    """None, one, the limit, one beyond: an empty answer is no cut. Spec: ORA-6, FLOW-1."""
    got, note = CUTS[name]

    found = sent_difference(WHOLE[:2], WHOLE, got, exact=exact, may_cut=True)
    strict = sent_difference(WHOLE[:2], WHOLE, got, exact=exact, may_cut=False)

    assert (found and (found.path, found.note)) == (note and ("$.out", note))
    assert (strict is None) == (name == "the limit")


@pytest.mark.parametrize("exact", [False, True])
def test_a_cut_as_long_as_the_limit_may_take_other_sources(exact: bool) -> None:
    """Which sources come first is free, unless it is followed to the letter. Spec: ORA-6."""
    whole = [ONE, TWO, OTHER]

    found = sent_difference([ONE, TWO], whole, [ONE, OTHER], exact=exact, may_cut=True)

    assert found is None
    turned = sent_difference([ONE, TWO], whole, [OTHER, ONE], exact=exact, may_cut=True)
    assert (turned is not None) == exact


def test_another_choice_of_the_same_length_is_only_a_cut_where_one_was_made() -> None:
    """Else something is missing, and the note says what. Spec: ORA-6."""
    found = sent_difference([ONE, TWO], [ONE, TWO], [ONE, THREE], exact=False, may_cut=True)

    assert found is not None
    assert found.note == "not to be sent: j=3@A3"
    other = sent_difference([ONE, TWO], [ONE, TWO], [ONE], exact=False, may_cut=True)
    assert other is not None
    assert other.note == "missing: k=2@A2"


def test_two_digests_may_follow_each_other() -> None:
    """A line behind done is one of the next digest, if that ends, too. Spec: EXCH-2."""
    twice: list[Message] = [LINE, DONE, LINE, DONE]

    assert sent_difference(twice, twice, twice, exact=False, may_cut=False) is None


def test_where_nothing_was_cut_nothing_may_be_missing() -> None:
    """A freedom that is not given is none. Spec: ORA-6."""
    found = sent_difference(WHOLE, WHOLE, WHOLE[:2], exact=False, may_cut=True)

    assert found is not None
    assert found.note == "missing: j=3@A3"


ENTRY = {"value": 1, "version": 2, "source_id": "A"}


@pytest.mark.parametrize(
    ("got", "path"),
    [
        ({"value": 1, "version": 2, "source_id": "A"}, None),
        ({"value": 1}, None),
        ({"value": True, "version": 2, "source_id": "A"}, "$.value"),
        ({"value": 1, "version": 3, "source_id": "A"}, "$.version"),
        ({"value": 1, "version": 2, "source_id": "B"}, "$.source_id"),
        ({"value": 1, "version": 2, "source_id": None}, "$.source_id"),
        ({"version": 2}, "$"),
        (1, "$"),
    ],
)
def test_an_entry_has_a_value_a_version_and_a_writer(got: Any, path: str | None) -> None:
    """Each is compared where it is shown. Spec: ORA-5."""
    found = entry_difference("$", ENTRY, got)

    assert (found and found.path) == path


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"state": {"k": {"value": 1, "version": 1, "source_id": "A"}}}, None),
        ({"state": {"k": {"value": 1, "version": 1, "source_id": "B"}}}, "$.state.k.source_id"),
        ({"state": {"k": {"value": True, "version": 1, "source_id": "A"}}}, "$.state.k.value"),
        ({"state": {"k": {"value": 1}, "j": {"value": 1}}}, "$.state.j"),
        ({"state": {}}, "$.state.k"),
        ({"clock": {"A": 1}}, None),
        ({"clock": {"A": 1, "B": 0}}, None),
        ({"clock": {"A": 2}}, "$.clock"),
        ({"version": 1}, None),
        ({"version": True}, "$.version"),
        ({"history": [{"source_id": "A", "key": "k", "value": 1, "version": 1}]}, None),
        ({"history": [{"source_id": "A", "key": "k", "value": 2, "version": 1}]}, "$.history"),
        ({"history": []}, "$.history"),
        ({"state": 1}, "$.state"),
        ({"state": {"k": {"value": 1}, "j": {}, "i": None}}, None),
        ({"clock": {"A": 1, "B": float("-inf"), "C": None}}, None),
        ({"clock": {"A": 1, "B": False}}, "$.clock"),
        ({"clock": 1}, "$.clock"),
    ],
)
def test_what_a_node_shows_is_compared_part_by_part(
    answer: dict[str, Any], path: str | None
) -> None:
    """Parts that it does not show are skipped. Spec: ORA-5."""
    state = NodeState(
        id="A",
        clock=VersionVector((("A", 1), ("Z", 0))),
        sources=("A",),
        version=1,
        history=History((ONE,)),
        store=((("k",), Entry(1, 1, "A")),),
    )

    found = state_difference(state, answer, frozenset(answer))

    assert (found and found.path) == path
    assert state_difference(state, answer, frozenset()) is None
    assert state_difference(state, {}, frozenset(answer)) is None


def test_owned_keys_are_compared_source_by_source() -> None:
    """The names of two layers must be the same, and below them what is shown. Spec: PAPER-1."""
    entries = ((("A", "k"), Entry(1, 1, "A")), (("B", "k"), Entry(2, 1, "B")))
    state = NodeState(id="A", clock=VersionVector((("A", 1),)), sources=("A",), store=entries)
    right = {"A": {"k": {"value": 1}}, "B": {"k": {"value": 2, "more": 0}}}

    def path(shown: Any) -> str | None:
        found = state_difference(state, {"state": shown}, frozenset({"state"}))
        return None if found is None else found.path

    assert path(right) is None
    assert path({**right, "B": {"k": {"value": 1}}}) == "$.state.B.k.value"
    assert path({"A": right["A"]}) == "$.state.B"
    assert path({**right, "C": {"k": {"value": 1}}}) == "$.state.C"
    assert path({**right, "C": {}}) is None


def test_a_difference_is_told_in_a_line_that_tells_values_apart() -> None:
    """Where both sides read alike, their kinds are shown. Spec: ORA-9."""
    assert str(Difference("$.a", 1, 2)) == "$.a: expected 1, got 2"
    assert str(Difference("$.a", 1, "1")) == "$.a: expected 1, got '1'"
    assert str(Difference("$.a", 1, 2, note="why")) == "$.a: expected 1, got 2 (why)"
    for length, end in ((200, "x"), (201, "...")):
        assert str(Difference("$", "", "x" * length)) == f"$: expected , got {'x' * 200}" + (
            "" if end == "x" else end
        )


def test_what_a_version_differs_in_is_blamed_on_who_stamps() -> None:
    """The decision points that could be behind it, likeliest first. Spec: ORA-9."""
    for got, points in (
        ({**ENTRY, "version": 3}, ("stamp", "prefer")),
        ({**ENTRY, "value": 3}, ("prefer", "place", "admit")),
    ):
        found = entry_difference("$", ENTRY, got)
        assert found is not None
        assert found.points == points


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (True, 1, False),
        (False, 0, False),
        (1, 1.0, True),
        (None, False, False),
        ("1", 1, False),
        ([1, [True]], [1, [1]], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": True}, {"a": 1}, False),
        ([1, 2], [2, 1], False),
        ([], {}, False),
    ],
)
def test_json_is_equal_to_itself_and_to_nothing_else(one: Any, other: Any, equal: bool) -> None:
    """Python takes true for 1. Spec: ORA-5."""
    assert same(one, other) is equal
    assert same(other, one) is equal
