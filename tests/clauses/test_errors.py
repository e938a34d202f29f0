"""ERR: what happens to input that is no protocol."""

from __future__ import annotations

import pytest
from nodes import PEER, Node, upd

from scuttle_ref import (
    Config,
    Digest,
    DigestDone,
    Exchange,
    Gossip,
    InvalidMessage,
    Put,
    Received,
    Refusal,
    Rejected,
    ScuttleError,
    Update,
)
from scuttle_ref.flow import Flow
from scuttle_ref.pacing import Pacing
from scuttle_ref.profiles import PAPER
from scuttle_ref.wire import message_from_line


class Liar:
    """An object that raises whenever anybody asks for its class."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError


class HostileType(type):
    """A type that raises when compared or hashed."""

    def __hash__(cls) -> int:
        raise RuntimeError

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError


class Hostile(metaclass=HostileType):
    """An object whose type cannot even be compared."""

    def __hash__(self) -> int:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


class Impostor(Update):
    """A message class of somebody else."""


ODD: dict[str, object] = {
    "nothing": None,
    "a number": 5,
    "a text": "text",
    "a tuple": (),
    "a liar": Liar(),
    "a hostile object": Hostile(),
    "a hostile type": Hostile,
    "a message type": Update,
    "an unfinished message": Update.__new__(Update),
}
ODD_MESSAGES = {
    **ODD,
    "a look-alike": Impostor("B", "k", 1, 1),
    "an odd done": DigestDone(3),  # type: ignore[arg-type]
    "an unfinished line": Digest.__new__(Digest),
    "an unfinished done": DigestDone.__new__(DigestDone),
}
"""Called by name, because pytest touches parameters too."""


def test_a_frame_of_nothing_but_odd_messages_is_refused_message_by_message() -> None:
    """Also where two of them cannot be compared. Spec: ERR-1, NET-5."""
    node = Node("A")
    frame = [*ODD_MESSAGES.values(), upd("B", 1), *ODD_MESSAGES.values()]
    step = node.gossip.hear(node.state, PEER, frame)

    refused = [output for output in step.outputs if isinstance(output, Rejected)]
    assert len(refused) == 2 * len(ODD_MESSAGES)
    assert step.state.at(("k",)).value == "B1"
    paced = Pacing(Gossip(PAPER))
    both = paced.hear(paced.start("A", Flow(1, 1)), PEER, frame)
    assert len([each for each in both.outputs if isinstance(each, Rejected)]) == len(refused)


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_event_is_refused(name: str) -> None:
    """Nothing raises, whatever is handed to a step.

    Spec: ERR-1.
    """
    node = Node("A").put("k", 1)
    before = node.state

    node.do(ODD[name])

    assert [(refusal.path, refusal.clause) for refusal in node.refusals()] == [("event", "ERR-1")]
    assert node.state is before


@pytest.mark.parametrize("name", ODD_MESSAGES)
def test_what_is_no_message_is_refused(name: str) -> None:
    """Also an object that resembles a message.

    Spec: ERR-1.
    """
    node = Node("A").put("k", 1)
    before = node.state

    node.do(Received(PEER, ODD_MESSAGES[name]))

    assert [(refusal.path, refusal.clause) for refusal in node.refusals()] == [("message", "ERR-1")]
    assert node.state is before


@pytest.mark.parametrize("name", ["a liar", "a hostile object"])
def test_no_field_of_a_message_can_stop_a_node(name: str) -> None:
    """Each field in turn holds an object that raises at every touch.

    Spec: ERR-1.
    """
    odd, node = ODD[name], Node("A").put("k", 1)
    before = node.state
    events = [
        Received(odd, DigestDone()),  # type: ignore[arg-type]
        Received(PEER, Update(odd, "k", 1, 1)),  # type: ignore[arg-type]
        Received(PEER, Update("B", odd, 1, 1)),  # type: ignore[arg-type]
        Received(PEER, Update("B", "k", 1, odd)),  # type: ignore[arg-type]
        Received(PEER, Digest(odd, 1)),  # type: ignore[arg-type]
        Received(PEER, Digest("B", odd)),  # type: ignore[arg-type]
        Received(PEER, DigestDone(odd)),  # type: ignore[arg-type]
        Put(odd, 1),  # type: ignore[arg-type]
        Exchange(odd),  # type: ignore[arg-type]
        Exchange("B", odd),  # type: ignore[arg-type]
        Exchange("B", (odd,)),  # type: ignore[arg-type]
    ]

    for event in events:
        assert node.do(event).refusals()
        assert node.state is before
    assert node.put("k", 2).refusals() == []


def test_a_resolver_may_answer_with_such_an_object_too() -> None:
    """It is reported as anything else that is no bool.

    Spec: ERR-1.
    """
    node = Node("A", config=Config(resolve=lambda _gossip, _update: Liar()))  # type: ignore[arg-type,return-value]

    assert node.put("k", 1).refusals()[0].clause == "MERGE-4"


def test_an_order_of_deltas_that_raises_is_reported() -> None:
    """In the paper profile an answer is ordered by a function of the user.

    Spec: ERR-1, MERGE-4.
    """
    for order in (lambda _delta: 1 / 0, lambda _delta: None):
        node = Node("A", PAPER, Config(delta_order=order)).put("k", 1)  # type: ignore[arg-type]
        node.hear(Digest("A", 0))
        before = node.state

        refusal = node.hear(DigestDone()).refusals()[0]

        assert (refusal.path, refusal.clause) == ("config.delta_order", "MERGE-4")
        assert node.state is before


def test_a_refusal_says_where_what_and_what_instead() -> None:
    """A sentence for people, and its parts for programs.

    Spec: ERR-1.
    """
    (output,) = Node("A").hear(upd("B", 0)).outputs

    assert isinstance(output, Rejected)
    assert output.refusal == Refusal("version", "is 0", "an integer from 1 to 2**53", "VERS-1")
    assert str(output.refusal) == "version: is 0; expected an integer from 1 to 2**53 [VERS-1]"


@pytest.mark.parametrize(
    ("version", "shown"),
    [(10**5000, "an integer beyond 2**53"), ("x" * 99, "'" + "x" * 39), ((1,), "a tuple")],
    ids=["huge", "long", "tuple"],
)
def test_a_refusal_shows_a_value_in_few_characters(version: object, shown: str) -> None:
    """Printing what a peer sent must not be a way to hurt whoever reads it.

    Spec: ERR-1.
    """
    node = Node("A").hear(Update("B", "k", 1, version))  # type: ignore[arg-type]

    assert node.refusals()[0].problem == f"is {shown}"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("", "$: is no JSON"),
        ("{", "$: is no JSON"),
        ('{"key":"k","value":NaN,"source_id":"A","version":1}', "$: is no JSON (NaN)"),
        ("[" * 100_000, "$: is no JSON"),
        ("1" * 5000, "$: is no JSON"),
        (
            '{"key":"k","value":[1e999],"source_id":"A","version":1}',
            "$: holds 1e999, which is no number; expected finite numbers [MOD-3]",
        ),
        ('{"digest":true,"source_id":"A","version":-1e999}', "$: holds -1e999, which is no number"),
        (
            '{"key":"k","value":{"a":["\\ud800"]},"source_id":"A","version":1}',
            "$.value.a[0]: holds half a surrogate pair, U+D800, which is no character; expected",
        ),
        (
            '{"key":"\\udfff","value":1,"source_id":"A","version":1}',
            "$.key: holds half a surrogate pair, U+DFFF",
        ),
        ('{"digest":true,"source_id":"\\ud800","version":1}', "$.source_id: holds half a surr"),
        ("[]", "$: is a list; expected an object [ERR-2]"),
        ("null", "$: is a NoneType"),
        ("{}", "$.source_id: is missing; expected this member [WIRE-1]"),
        ('{"source_id":"A"}', "$.key: is missing"),
        ('{"source_id":"A","key":"k"}', "$.value: is missing"),
        ('{"source_id":"A","key":"k","value":1}', "$.version: is missing"),
        ('{"digest":true}', "$.source_id: is missing"),
        ('{"digest":true,"source_id":"A"}', "$.version: is missing"),
        ('{"digest":true,"source_id":7,"version":1}', "$.source_id: is an int"),
        ('{"digest":true,"source_id":"A","version":-1}', "$.version: is -1"),
        ('{"source_id":"A","key":"k","value":1,"version":"1"}', "$.version: is '1'"),
        ('{"source_id":"A","key":"toString","value":1,"version":1}', "$.key: is 'toString'"),
        (
            '{"source_id":"A","key":"k","value":' + "[" * 40 + "]" * 40 + ',"version":1}',
            "$.value[0][0]",
        ),
    ],
    ids=lambda text: text[:30],
)
def test_json_that_is_no_message_is_refused_with_its_path(line: str, text: str) -> None:
    """One exception with the place, the fault, what was expected and the clause.

    Spec: ERR-2.
    """
    with pytest.raises(InvalidMessage) as caught:
        message_from_line(line)

    assert str(caught.value).startswith(text)
    assert str(caught.value) == str(caught.value.refusal)
    assert isinstance(caught.value, ScuttleError)
