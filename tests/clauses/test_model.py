"""MOD: nodes, keys, values."""

from __future__ import annotations

import json
from datetime import date

import pytest
from nodes import PEER, Node, upd

from scuttle_ref import (
    ABSENT,
    NEVER,
    Digest,
    Entry,
    Gossip,
    InvalidConfig,
    InvalidMessage,
    Put,
    Received,
    Refusal,
    Update,
)
from scuttle_ref.messages import Exchange
from scuttle_ref.names import (
    NESTING_MAX,
    PROTOTYPE_NAMES,
    Record,
    frozen_value,
    one_line,
    place_name,
    thawed_value,
)
from scuttle_ref.profiles import DOCUMENTED, PROFILES
from scuttle_ref.rules import place_shared
from scuttle_ref.wire import line_from_message, message_from_json


class Text(str):
    """A string that is not quite one."""

    __slots__ = ()


class Changing:
    """It can be hashed and equals itself, and may change all the same."""


class Quarrelsome:
    """Hashable, but never equal to anything, itself included."""

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        raise ValueError(other)


NOT_IDS = ["", 7, None, b"A", Text("A"), ("A",)]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_node_starts_knowing_nothing_but_its_own_zero(profile: object) -> None:
    """An empty store, an empty history, and no clock entry but its own at 0.

    Spec: MOD-1.
    """
    state = Gossip(profile).start("A")  # type: ignore[arg-type]

    assert state.clock.pairs == (("A", 0),)
    assert (tuple(state.store), state.history.updates) == ((), ())
    assert (state.named, state.version) == ((), 0)
    assert state.sources == ("A",)


@pytest.mark.parametrize("name", NOT_IDS, ids=repr)
def test_only_a_non_empty_string_can_be_a_node_id(name: object) -> None:
    """Whoever starts a node with another id is told at once.

    Spec: MOD-1.
    """
    with pytest.raises(InvalidConfig, match="node") as caught:
        Gossip(DOCUMENTED).start(name)  # type: ignore[arg-type]

    assert caught.value.refusal.clause == "MOD-1"


@pytest.mark.parametrize("name", NOT_IDS, ids=repr)
def test_only_non_empty_strings_name_sources_and_peers(name: object) -> None:
    """In an update, in a digest line, as the sender and as the peer of an exchange.

    Spec: MOD-1.
    """
    node = Node("A")
    events = [
        Received(PEER, Update(name, "k", 1, 1)),  # type: ignore[arg-type]
        Received(PEER, Digest(name, 1)),  # type: ignore[arg-type]
        Received(name, Digest("B", 1)),  # type: ignore[arg-type]
        Exchange(name),  # type: ignore[arg-type]
    ]

    clauses = [node.do(event).refusals()[0].clause for event in events]

    assert clauses == ["MOD-1"] * 4
    assert node.state == Node("A").state


def test_a_key_may_be_empty_but_must_be_a_string() -> None:
    """The empty key is a key like any other; a number is none.

    Spec: MOD-1.
    """
    node = Node("A").put("", "nameless")

    assert node.value("") == "nameless"
    assert node.do(Put(7, "seven")).refusals()[0].path == "key"  # type: ignore[arg-type]
    assert len(node.state.store) == 1


def test_sources_share_keys_and_the_entry_keeps_its_writer() -> None:
    """Two sources that write one key compete for one entry of value, version and source.

    Spec: MOD-7.
    """
    node = Node("A").hear(upd("B", 1), upd("C", 2))

    assert tuple(node.state.store) == ((("k",), Entry("C2", 2, "C")),)


def test_source_and_version_identify_an_update() -> None:
    """Another key or value under the same source and version is the same update again.

    Spec: MOD-6.
    """
    node = Node("A").hear(upd("B", 1))
    before = node.state

    node.hear(upd("B", 1, key="other", value="other"))

    assert node.state is before


def test_states_that_differ_in_the_type_of_a_value_differ() -> None:
    """1 and true are one value for Python and two for JSON; 1 and 1.0 are one number.

    Spec: MOD-2, MOD-10.
    """
    stored = {Node("A").put("k", value).state for value in (1, 1.0, True, (1,), (True,), (1.0,))}

    assert len(stored) == 4


@pytest.mark.parametrize(
    "value",
    [
        [1],
        {"a": 1},
        {1},
        float("nan"),
        (1, (float("nan"),)),
        ([],),
        frozen_value({"a": [float("nan")]}),
        b"raw",
        frozenset({1}),
        2**53 + 1,
        (-(2**53) - 1,),
        float("inf"),
        (1, -float("inf")),
        Quarrelsome(),
        Changing(),
        Text("a"),
        Record(("a", 1)),  # type: ignore[arg-type]
        Record((("a", Changing()),)),
        Record.__new__(Record),
        Record((("a", 1), ("a", 2))),
        date(2026, 11, 30),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_can_change_or_differs_from_itself_is_refused(value: object) -> None:
    """A list that its owner changes later would change in history, store and peers at once.

    Spec: MOD-3.
    """
    node = Node("A")
    before = node.state

    assert node.put("k", value).refusals()[0].clause == "MOD-3"
    assert node.hear(upd("B", 1, value=value)).refusals()[0].path.startswith("value")
    assert node.state is before


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -0.0, 2**53, -(2**53), 1e308, "", (), (1, (None,)), Record(())],
    ids=repr,
)
def test_a_value_of_a_kind_that_is_listed_is_taken(value: object) -> None:
    """Spec: MOD-3."""
    assert Node("A").put("k", value).value("k") == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.0, -0.0),
        ((0.0,), (-0.0,)),
        (Record((("a", 0.0),)), Record((("a", -0.0),))),
    ],
    ids=repr,
)
def test_the_two_zeros_are_one_number(one: object, other: object) -> None:
    """JavaScript writes both as 0. Spec: MOD-2, MOD-10."""
    assert Node("A").put("k", one).state == Node("A").put("k", other).state
    assert json.dumps(thawed_value(one)) == json.dumps(thawed_value(other))


@pytest.mark.parametrize(
    ("read", "held"),
    [("6.0", "6"), ("-0.0", "0"), ("1e3", "1000"), ("6.5", "6.5"), ("1e300", "1e+300")],
)
def test_a_number_is_an_integer_where_it_is_one(read: str, held: str) -> None:
    """However it was written, and in a list, too. Spec: MOD-10."""
    value = frozen_value([json.loads(read)])

    assert json.dumps(thawed_value(value)) == f"[{held}]"
    assert repr(value) == repr(frozen_value([json.loads(held)]))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("plain words", "plain words"),
        ("", ""),
        (" x", '" x"'),
        ("a\nb\x1b\u202e\U0001f600", '"a\\u000ab\\u001b\\u202e\U0001f600"'),
        ("\U000e0001", '"\\udb40\\udc01"'),
        ((1, -0.5, None, True, "x"), '[1, -0.5, null, true, "x"]'),
        (Record((("a", False), ('"', ()))), '{"a": false, "\\"": []}'),
        (Changing(), "<Changing>"),
    ],
    ids=lambda text: ascii(text) if type(text) is str else type(text).__name__,
)
def test_a_value_is_told_in_one_line(value: object, told: str) -> None:
    """Spec: MOD-2."""
    assert one_line(value) == told
    assert str(upd("B", 7, key="k", value=value)) == f"k={told}@B7"
    assert str(Entry(value, 7, "B")) == f"{told}@B7"


def test_a_place_is_named_in_one_text() -> None:
    r"""``a/b`` of c and b/c of ``a`` are two places. Spec: MOD-7."""
    assert place_name(place_shared(upd("B", 1, key="a/b\\"))) == "a/b\\"
    assert place_name(("a", "b/c")) == "a/b\\/c"
    assert place_name(("a/b", "c")) == "a\\/b/c"
    assert place_name(("a\\", "c")) == "a\\\\/c"


def test_lists_become_tuples_and_objects_records_in_their_order() -> None:
    """What comes from JSON is made immutable, and can be turned back.

    Spec: MOD-3.
    """
    document = {"b": [1, {"c": None}], "a": True}

    value = frozen_value(document)

    assert value == Record((("b", (1, Record((("c", None),)))), ("a", True)))
    assert thawed_value(value) == document
    assert value != frozen_value({"a": True, "b": [1, {"c": None}]})


def test_a_record_tells_its_values_apart_as_json_does() -> None:
    """Two stores that hold ``{"a": 1}`` and ``{"a": true}`` do not agree.

    Spec: MOD-3, MOD-10.
    """
    values = [frozen_value({"a": [item]}) for item in (1, 1.0, True)]

    assert len(set(values)) == 2
    assert frozen_value({"a": [1]}) == values[0]


HALF = "holds half a surrogate pair, U+D83D, which is no character"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("\ud83d", "value"),
        (("a", ("\ud83d",)), "value[1][0]"),
        (frozen_value({"a": {"b": "\ud83d"}}), "value.a.b"),
        (frozen_value({"\ud83d": 1}), "value.'\\ud83d'"),
    ],
    ids=ascii,
)
def test_half_a_surrogate_pair_is_no_text(value: object, path: str) -> None:
    """UTF-8 has no form for it, so no store, terminal or file could hold it.

    Spec: MOD-8.
    """
    expected = Refusal(path, HALF, "a text of Unicode characters", "MOD-8")

    assert Node("A").put("k", value).refusals() == [expected]
    assert Node("A").hear(upd("B", 1, value=value)).refusals() == [expected]
    assert Node("A").put("k", "\U0001f600").value("k") == "\U0001f600"


@pytest.mark.parametrize(
    ("name", "problem", "clause"),
    [("k\ud83d", HALF, "MOD-8"), ("k" * 1025, "is 1025 characters long", "MOD-9")],
    ids=["half", "long"],
)
def test_names_that_no_shell_could_hold_are_refused_wherever_they_stand(
    name: str, problem: str, clause: str
) -> None:
    """As a key, a source, a sender or a peer, and as the id of a node.

    Spec: MOD-8, MOD-9.
    """
    node = Node("A")
    events = {
        "key": Put(name, 1),
        "source_id": Received(PEER, Update(name, "k", 1, 1)),
        "sender": Received(name, Digest("B", 1)),
        "peer": Exchange(name),
    }

    for path, event in events.items():
        refusal = node.do(event).refusals()[0]
        assert (refusal.path, refusal.problem, refusal.clause) == (path, problem, clause)
    assert node.do(Received(PEER, Digest(name, 1))).refusals()[0].clause == clause
    assert node.state == Node("A").state
    with pytest.raises(InvalidConfig) as caught:
        Gossip(DOCUMENTED).start(name)
    assert caught.value.refusal.clause == clause


@pytest.mark.parametrize(
    ("letter", "most"), [("a", 2**19 - 2), ("\n", 87_381), ("\u20ac", 87_381)], ids=ascii
)
def test_a_value_takes_no_more_bytes_than_a_line_has_room_for(letter: str, most: int) -> None:
    """Half a mebibyte as JSON in ASCII, where most characters take six bytes.

    Spec: MOD-9.
    """
    longest = letter * most

    assert Node("A").put("k", longest).value("k") == longest
    assert len(line_from_message(upd("B", 1, value=longest))) < 2**19 + 100
    refusal = Node("A").put("k", longest + letter).refusals()[0]
    assert (refusal.path, refusal.clause) == ("value", "MOD-9")
    assert refusal.expected == "at most 524288 bytes"
    assert not Node("A").put("k", (0,) * 29_127).refusals()
    assert Node("A").put("k", (0,) * 30_000).refusals()[0].clause == "MOD-9"


def nested(depth: int) -> object:
    value: object = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


def test_values_are_nested_no_deeper_than_can_be_compared() -> None:
    """Comparing and hashing recurse; a value without bound would stop the node that holds it.

    Spec: MOD-3.
    """
    node = Node("A").put("k", frozen_value(nested(NESTING_MAX)))
    assert thawed_value(node.value("k")) == nested(NESTING_MAX)

    node.put("k", frozen_value(nested(NESTING_MAX + 1)))
    assert node.refusals()[0].clause == "MOD-3"
    for depth in (NESTING_MAX + 1, NESTING_MAX + 2, 300):
        document = {"source_id": "B", "key": "k", "value": nested(depth), "version": 1}
        with pytest.raises(InvalidMessage, match="nested at most 32"):
            message_from_json(document)


@pytest.mark.parametrize("name", sorted(PROTOTYPE_NAMES))
def test_names_of_every_javascript_object_are_refused_and_the_node_lives_on(name: str) -> None:
    """As a key or a source one such name wedges the shipped library for good.

    Spec: MOD-4.
    """
    node = Node("A")
    before = node.state
    events = [
        Put(name, 1),
        Received(PEER, upd("B", 1, key=name)),
        Received(PEER, upd(name, 1)),
        Received(PEER, Digest(name, 1)),
        Received(name, upd("B", 1)),
        Exchange(name),
    ]

    assert [node.do(event).refusals()[0].clause for event in events] == ["MOD-4"] * 6
    assert node.state is before
    with pytest.raises(InvalidConfig, match="MOD-4"):
        Gossip(DOCUMENTED).start(name)
    assert node.put("k", 1).value("k") == 1


def test_there_are_twelve_such_names() -> None:
    """Names that only look like them are free.

    Spec: MOD-4.
    """
    assert len(PROTOTYPE_NAMES) == 12
    assert Node("A").put("prototype", 1).put("__proto", 2).refusals() == []


def test_what_nobody_has_written_reads_as_null_with_version_bottom() -> None:
    """A resolver compares with it without asking first whether it exists.

    Spec: MOD-5.
    """
    entry = Node("A").put("other", 1).state.at(("k",))

    assert entry is ABSENT
    assert (entry.value, entry.version, entry.source_id) == (None, NEVER, "")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("A", "k=1@A3"),
        ("\u00e9", "k=1@\u00e93"),
        ("phone-1", "k=1 from phone-1, version 3"),
        ("phone\u0661", "k=1 from phone\u0661, version 3"),
        ("a@b", "k=1 from a@b, version 3"),
        ("my phone", "k=1 from my phone, version 3"),
    ],
)
def test_the_source_and_the_version_can_be_read_in_one_way_only(source: str, told: str) -> None:
    """Spec: MOD-11."""
    assert str(Update(source, "k", 1, 3)) == told
    assert f"k={Entry(1, 3, source)}" == told
