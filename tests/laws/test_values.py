"""Values: told apart as JSON does, ordered totally, and unharmed by the wire."""

from __future__ import annotations

import json

import pytest
from generated import finite_json_values, marks, nodes, values, versions
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import Digest, DigestDone, Entry, InvalidMessage, Message, Put, Update
from scuttle_ref.names import exact, frozen_value, thawed_value
from scuttle_ref.order import by_value
from scuttle_ref.validity import message_refusal, value_refusal
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    SHIPPED_DIALECT,
    Dialect,
    line_from_message,
    message_from_line,
)

DIALECTS = pytest.mark.parametrize(
    "dialect", [DOCUMENTED_DIALECT, SHIPPED_DIALECT], ids=lambda dialect: dialect.name
)
LOOKALIKES = st.recursive(
    st.sampled_from([0, False, 0.0, 1, True, 1.0, "1", None]),
    lambda inner: (
        st.lists(inner, max_size=2).map(tuple)
        | st.lists(inner, max_size=2).map(lambda items: frozen_value({"in": items}))
    ),
    max_leaves=4,
)


def as_json(value: object) -> str:
    return json.dumps(thawed_value(value))


@given(LOOKALIKES, LOOKALIKES)
def test_two_values_are_the_same_exactly_when_their_json_is(one: object, other: object) -> None:
    """Python takes 1, 1.0 and True for one value, also inside of tuples and records.

    Spec: MOD-2, MOD-3.
    """
    assert (exact(one) == exact(other)) == (as_json(one) == as_json(other))


@pytest.mark.parametrize(
    "kind",
    [
        lambda value: Update("A", "k", value, 1),
        lambda value: Put("k", value),
        lambda value: Entry(value, 1, "A"),
    ],
    ids=["Update", "Put", "Entry"],
)
@given(one=LOOKALIKES, other=LOOKALIKES)
def test_what_holds_a_value_is_equal_and_hashed_accordingly(
    kind: object, one: object, other: object
) -> None:
    """Equal objects have equal hashes, and objects with different values are different.

    Spec: MOD-2.
    """
    first, second = kind(one), kind(other)  # type: ignore[operator]

    assert (first == second) == (as_json(one) == as_json(other))
    assert first != second or hash(first) == hash(second)


@given(values, values, values)
def test_values_are_totally_ordered(one: object, two: object, three: object) -> None:
    """Antisymmetric, transitive, and equal only to what is the same.

    Spec: RES-1.
    """
    assert by_value(one, two) == -by_value(two, one)
    assert by_value(one, one) == 0
    if by_value(one, two) <= 0 and by_value(two, three) <= 0:
        assert by_value(one, three) <= 0


@given(finite_json_values)
def test_every_json_value_can_be_held_and_given_back(value: object) -> None:
    """Freezing loses nothing.

    Spec: MOD-3.
    """
    frozen = frozen_value(value)

    assert value_refusal(frozen) is None
    assert thawed_value(frozen) == value
    assert hash(exact(frozen)) == hash(exact(frozen_value(value)))


names = st.text(min_size=1)
wire_messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Update, names, st.text(), finite_json_values.map(frozen_value), versions),
    st.builds(Digest, names | nodes, marks),
    st.builds(DigestDone, st.booleans()),
)


@DIALECTS
@given(message=wire_messages)
def test_a_message_survives_the_wire(dialect: Dialect, message: Message) -> None:
    """Including bottom, nested values, and every character that Python can hold.

    Spec: WIRE-1, WIRE-2, WIRE-3.
    """
    if message_refusal(message) is None:
        line = line_from_message(message, dialect)
        assert line.isascii()
        assert message_from_line(line, dialect) == message


JSON_TEXT = st.recursive(
    st.sampled_from(["1", "0", "-1", "1e999", "1.5", "NaN", "-Infinity", '"A"', "null", "true"])
    | st.sampled_from(['"-Infinity"', '"\\ud800"', "9" * 400, '"toString"', '""']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.dictionaries(
            st.sampled_from(
                ["digest", "done", "returned", "source_id", "id", "key", "value", "version"]
            ),
            inner,
            max_size=6,
        ).map(lambda pairs: "{" + ",".join(f'"{name}":{v}' for name, v in pairs.items()) + "}")
    ),
    max_leaves=10,
)


@DIALECTS
@given(line=st.text() | JSON_TEXT)
def test_any_text_is_a_valid_message_or_an_invalid_message(dialect: Dialect, line: str) -> None:
    """Nothing else is raised, and what is accepted is valid.

    Spec: ERR-2.
    """
    try:
        message = message_from_line(line, dialect)
    except InvalidMessage as fault:
        refusal = fault.refusal
    else:
        assert message_refusal(message) is None
        return
    assert refusal.path.startswith("$")
    assert refusal.clause


@pytest.mark.parametrize("depth", [31, 32, 33, 200, 900, 1_100, 5_000, 50_000, 1_000_000])
@pytest.mark.parametrize("bracket", ["[]", '{"a":}'])
def test_nesting_of_any_depth_is_answered(depth: int, bracket: str) -> None:
    """Neither the parser nor what follows it runs out of stack.

    Spec: ERR-2, MOD-3.
    """
    opened, closed = bracket[:-1], bracket[-1]
    value = opened * depth + "1" + closed * depth
    line = f'{{"source_id":"A","key":"k","value":{value},"version":1}}'

    if depth <= 32:
        assert isinstance(message_from_line(line), Update)
    else:
        with pytest.raises(InvalidMessage):
            message_from_line(line)
