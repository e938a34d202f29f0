"""WIRE: messages as JSON."""

from __future__ import annotations

import pytest
from nodes import upd

from scuttle_ref import NEVER, Digest, DigestDone, InvalidMessage, Message, Update
from scuttle_ref.names import frozen_value
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    SHIPPED_DIALECT,
    Dialect,
    line_from_message,
    mark_from_json,
    mark_to_json,
    message_from_json,
    message_from_line,
    message_to_json,
)

BOTH = [DOCUMENTED_DIALECT, SHIPPED_DIALECT]

WRITTEN: list[tuple[Message, str]] = [
    (
        Update("A", "k", frozen_value({"b": [1, None], "a": "é"}), 3),
        '{"key":"k","value":{"b":[1,null],"a":"\\u00e9"},"source_id":"A","version":3}',
    ),
    (Digest("A", 3), '{"digest":true,"source_id":"A","version":3}'),
    (Digest("A", 0), '{"digest":true,"source_id":"A","version":0}'),
    (DigestDone(), '{"digest":true,"done":true}'),
    (DigestDone(returned=True), '{"digest":true,"done":true,"returned":true}'),
]


@pytest.mark.parametrize(("message", "line"), WRITTEN, ids=lambda item: str(item)[:40])
def test_each_message_is_one_object_with_the_members_of_its_kind(
    message: Message, line: str
) -> None:
    """Written as in the README, and read back to the same message.

    Spec: WIRE-1.
    """
    assert line_from_message(message) == line
    assert message_from_line(line) == message
    assert message_from_json(message_to_json(message)) == message


def test_reading_looks_at_digest_first_then_at_done() -> None:
    """Members that a kind does not have are ignored.

    Spec: WIRE-1.
    """
    update = {"key": "k", "value": 1, "source_id": "A", "version": 1}

    assert message_from_json({**update, "done": True}) == upd("A", 1, value=1)
    assert message_from_json({**update, "digest": False}) == upd("A", 1, value=1)
    assert message_from_json({**update, "digest": True}) == Digest("A", 1)
    assert message_from_json({**update, "digest": True, "done": True}) == DigestDone()


def test_a_line_is_ascii_and_has_no_line_break_inside() -> None:
    """Some readers also break lines at U+2028.

    Spec: WIRE-1.
    """
    message = Update("A", "line\nbreak\u2028\x85", "\U0001f600", 1)

    line = line_from_message(message)

    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert message_from_line(line) == message


@pytest.mark.parametrize("value", [float("inf"), b"raw"], ids=repr)
def test_what_json_cannot_say_is_never_written_as_something_else(value: object) -> None:
    """The text ``"inf"`` would be a second value of one source and version.

    Spec: WIRE-1.
    """
    with pytest.raises((ValueError, TypeError), match="JSON"):
        line_from_message(Update("A", "k", value, 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740992", 2**53),
        ("9007199254740994", 9007199254740994.0),
        ("1152921504606847000", float(2**60)),
        ("1152921504606846976", float(2**60)),
        ("-1e300", -1e300),
    ],
)
def test_a_large_number_is_read_as_javascript_reads_it(text: str, value: float) -> None:
    """It writes 2**60 by its shortest digits, which are those of another integer.

    Spec: MOD-3.
    """
    message = message_from_line(f'{{"key":"k","value":{text},"source_id":"A","version":1}}')

    assert message == Update("A", "k", value, 1)
    assert message_from_line(line_from_message(message)) == message


@pytest.mark.parametrize("digits", ["9007199254740993", "-9007199254740993", "9" * 400])
def test_an_integer_that_javascript_would_round_is_refused(digits: str) -> None:
    """Rounded it would be a second value of one source and version.

    Spec: MOD-3.
    """
    with pytest.raises(InvalidMessage, match="not every reader of JSON can hold") as caught:
        message_from_line(f'{{"key":"k","value":[{digits}],"source_id":"A","version":1}}')

    assert caught.value.refusal.path == "$.value[0]"
    assert caught.value.refusal.clause == "MOD-3"


def test_a_dialect_spells_the_source_of_a_digest_line() -> None:
    """Only there: an update says ``source_id`` in every dialect.

    Spec: WIRE-2.
    """
    other = Dialect("other", digest_source="from")

    assert message_to_json(Digest("A", 1), other) == {"digest": True, "from": "A", "version": 1}
    assert message_from_json({"digest": True, "from": "A", "version": 1}, other) == Digest("A", 1)
    assert message_to_json(upd("A", 1), other)["source_id"] == "A"


def test_the_documented_dialect_says_source_id() -> None:
    """As the README does.

    Spec: WIRE-2.
    """
    assert message_to_json(Digest("A", 1))["source_id"] == "A"
    assert message_to_json(Digest("A", 1), DOCUMENTED_DIALECT)["source_id"] == "A"


def test_the_shipped_library_says_id_and_does_not_understand_the_readme() -> None:
    """A refusal in a dialect names the member of that dialect.

    Spec: DEV-11.
    """
    assert message_to_json(Digest("A", 1), SHIPPED_DIALECT) == {
        "digest": True,
        "id": "A",
        "version": 1,
    }
    with pytest.raises(InvalidMessage, match=r"\$\.id: is missing"):
        message_from_json(message_to_json(Digest("A", 1)), SHIPPED_DIALECT)
    with pytest.raises(InvalidMessage, match=r"\$\.id: is empty"):
        message_from_json({"digest": True, "id": "", "version": 1}, SHIPPED_DIALECT)
    with pytest.raises(InvalidMessage, match=r"\$\.source_id: is empty"):
        message_from_json({**message_to_json(upd("A", 1)), "source_id": ""}, SHIPPED_DIALECT)


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
def test_bottom_is_written_as_the_text_of_negative_infinity(dialect: Dialect) -> None:
    """JSON has no number for it, and null would be read as 0.

    Spec: WIRE-3.
    """
    line = line_from_message(Digest("A", NEVER), dialect)

    assert '"version":"-Infinity"' in line
    assert message_from_line(line, dialect) == Digest("A", NEVER)
    assert mark_to_json(NEVER) == "-Infinity"
    assert mark_to_json(7) == 7
    assert mark_from_json("-Infinity") == NEVER
    assert mark_from_json(7) == 7


def test_bottom_is_no_version_of_an_update() -> None:
    """It stands in digests only.

    Spec: VERS-1.
    """
    document = {"key": "k", "value": 1, "source_id": "A", "version": "-Infinity"}

    with pytest.raises(InvalidMessage, match="VERS-1"):
        message_from_json(document)


@pytest.mark.parametrize("wrong", ["no", "true", "", 0, 1, None, [], {}, "x" * 90])
@pytest.mark.parametrize("member", ["digest", "done", "returned"])
def test_what_is_neither_true_nor_false_is_refused_where_it_stands(
    member: str, wrong: object
) -> None:
    """`{"digest": "no", "done": "false"}` asks for nothing.

    Spec: WIRE-1.
    """
    document = {"digest": True, "done": True, "returned": True, member: wrong}

    with pytest.raises(InvalidMessage) as refused:
        message_from_json(document)

    assert (refused.value.refusal.path, refused.value.refusal.clause) == (f"$.{member}", "WIRE-1")
    assert refused.value.refusal.expected == "true, or no such member"
    assert len(refused.value.refusal.problem) < 50


def test_false_is_as_if_it_had_been_left_out() -> None:
    """Spec: WIRE-1."""
    update = message_to_json(upd("A", 1)) | {"digest": False}
    line = {"digest": True, "done": False, "source_id": "A", "version": 1}
    done = {"digest": True, "done": True, "returned": False}

    assert message_from_json(update) == upd("A", 1)
    assert message_from_json(line) == Digest("A", 1)
    assert message_from_json(done) == DigestDone(returned=False)
