"""VERS: how updates are numbered, and what the clock remembers."""

from __future__ import annotations

import attrs
import pytest
from nodes import Node, upd

from scuttle_ref import NEVER, VERSION_MAX, Applied, Update, VersionVector


@pytest.mark.parametrize(
    "version",
    [0, -1, 1.0, True, "7", None, float("inf"), NEVER, float("nan"), 2**53 + 1, (1,), 10**400],
    ids=lambda version: str(version)[:20],
)
def test_anything_but_an_integer_from_1_to_2_to_the_53_is_no_version(version: object) -> None:
    """Fractions, texts and infinities have been seen to silence nodes for good.

    Spec: VERS-1.
    """
    node = Node("A")
    before = node.state

    node.hear(Update("B", "k", 1, version))  # type: ignore[arg-type]

    assert [refusal.clause for refusal in node.refusals()] == ["VERS-1"]
    assert node.state is before


@pytest.mark.parametrize("version", [1, 2**53])
def test_the_smallest_and_the_largest_version_are_versions(version: int) -> None:
    """The bounds belong to the range.

    Spec: VERS-1.
    """
    assert VERSION_MAX == 2**53
    assert Node("A").hear(upd("B", version)).clock()["B"] == version


def test_a_local_write_is_stamped_one_above_the_own_clock_entry() -> None:
    """1, 2, 3, and after an update with version 7 the own entry is 8 and the next stamp 9.

    Spec: VERS-2.
    """
    node = Node("A").put("a", 1).put("b", 1).put("a", 2)
    assert node.remembers() == [("A", 1), ("A", 2), ("A", 3)]

    node.hear(upd("B", 7)).put("a", 3)

    assert node.remembers()[-1] == ("A", 9)
    assert node.clock() == {"A": 9, "B": 7}


def test_an_update_raises_its_entry_and_lowers_none() -> None:
    """The clock is a join: a late or repeated update leaves it where it is.

    Spec: VERS-3.
    """
    node = Node("A").hear(upd("B", 5))
    assert node.clock() == {"A": 6, "B": 5}

    node.hear(upd("B", 2), upd("B", 5), upd("C", 1))

    assert node.clock() == {"A": 6, "B": 5, "C": 1}


def test_an_own_update_that_comes_back_is_adopted_and_never_counted() -> None:
    """So a restarted node regains its own count; an echo of what it knows changes nothing.

    Spec: VERS-3.
    """
    node = Node("A").hear(upd("A", 9))
    assert node.clock() == {"A": 9}
    assert node.value("k") == "A9"

    node.hear(upd("A", 9), upd("A", 4))
    assert node.clock() == {"A": 9}
    assert node.put("k", "new").remembers()[-1] == ("A", 10)


def test_a_foreign_update_raises_the_own_entry_above_it() -> None:
    """The Lamport step: the next local write is above everything its writer could know of.

    Spec: VERS-4.
    """
    node = Node("A").hear(upd("B", 41))
    assert node.clock()["A"] == 42

    assert node.put("k", "answer").value("k") == "answer"
    node.hear(upd("C", 3))
    assert node.clock()["A"] == 43


def test_the_own_entry_is_not_raised_above_the_largest_version() -> None:
    """One above 2**53 is 2**53 here, because there is nothing above it.

    Spec: VERS-4.
    """
    assert Node("A").hear(upd("B", VERSION_MAX)).clock() == {"A": VERSION_MAX, "B": VERSION_MAX}


def test_the_mark_of_an_unknown_source_is_below_every_mark() -> None:
    """Bottom compares with every version, so no rule needs a special case.

    Spec: VERS-5.
    """
    clock = Node("A").state.clock

    assert clock.get("B") == NEVER
    assert NEVER < 0
    assert str(NEVER) == "-inf"
    assert clock.raised("B", NEVER) is clock
    assert str(VersionVector()) == "nothing"
    assert str(clock.raised("B", 2)) == "A:0 B:2"


def test_a_node_at_the_largest_version_refuses_further_writes_and_lives_on() -> None:
    """Going on would stamp two updates alike.

    Spec: VERS-6.
    """
    node = Node("A").hear(upd("B", VERSION_MAX))
    before = node.state

    refusal = node.put("k", "too late").refusals()[0]

    assert str(refusal) == (
        "version: would be above 2**53: this node has used its last version; "
        "expected a restart of this node under a new id [VERS-6]"
    )
    assert node.state is before
    assert Applied(upd("B", 3, key="x")) in node.hear(upd("B", 3, key="x")).outputs


def test_the_largest_version_itself_can_be_stamped_once() -> None:
    """Exhaustion begins after the last version, not before it.

    Spec: VERS-6.
    """
    node = Node("A")
    almost = VersionVector((("A", VERSION_MAX - 1),))
    node.state = attrs.evolve(node.state, clock=almost)

    assert node.put("k", "last").remembers() == [("A", VERSION_MAX)]
    assert node.put("k", "one more").refusals()[0].clause == "VERS-6"


def test_a_node_knows_the_highest_version_of_any_update_it_has_taken() -> None:
    """The property `version` of the README, which is not the own clock entry.

    Spec: VERS-7.
    """
    node = Node("A").put("a", 1)
    assert node.state.version == 1

    node.hear(upd("B", 7), upd("C", 2))

    assert node.state.version == 7
    assert node.clock()["A"] == 8
