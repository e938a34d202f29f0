"""What was observed of nodes, and the worlds it may have come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.protocol import (
    NAMED_RESOLVERS,
    SORTS,
    AdapterError,
    ErrorKind,
    Reply,
    accept,
    reject,
)
from scuttle_check.oracle.wire import members_of, message_of, plain
from scuttle_ref.errors import InvalidMessage, Refusal
from scuttle_ref.messages import (
    Digest,
    DigestDone,
    Event,
    Exchange,
    Lost,
    Message,
    Opened,
    Put,
    Received,
    Update,
)
from scuttle_ref.names import NodeId
from scuttle_ref.outputs import Compacted, Step
from scuttle_ref.state import NodeState
from scuttle_ref.wire import Dialect


class Ambiguous(Exception):
    """More hidden choices than candidates can be kept for. Spec: ORA-7."""


@frozen
class World:
    """One way in which the implementation may be: a variant of the protocol, a state per node."""

    variant: int
    nodes: tuple[tuple[NodeId, NodeState], ...]

    def at(self, node: NodeId) -> NodeState:
        """The state of a node."""
        return dict(self.nodes)[node]

    def replaced(self, node: NodeId, state: NodeState) -> World:
        """The world with another state of one node."""
        pairs = tuple((name, state if name == node else old) for name, old in self.nodes)
        return World(self.variant, pairs)


@frozen
class Observed:
    """One event at a node and the checked answer to it: what a journal consists of."""

    node: NodeId
    event: Event
    reply: Reply


def lost_reply(failed: ProcessFailed) -> Reply:
    """What stands for an answer where the process was lost. Spec: ORA-1."""
    return Reply(ok=False, error=AdapterError(ErrorKind.INTERNAL, "", failed.told))


def configs(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The configurations that settings may mean: a resolver nobody knows decides either way."""
    known = {**settings}
    if known.get("sort") not in SORTS:
        known.pop("sort", None)
    if known.get("resolve") is None or known["resolve"] in NAMED_RESOLVERS:
        return [known]
    return [{**known, "resolve": each.__name__} for each in (accept, reject)]


def counterpart(event: Event) -> NodeId:
    """The peer that an event is about: whom a bare message goes to. Spec: ADP-4."""
    match event:
        case Received(sender=sender):
            return sender
        case Exchange(peer=peer) | Lost(peer=peer) | Opened(peer=peer):
            return peer
        case _:
            return ""


def followed(event: Event, got: list[tuple[NodeId, Message]]) -> Event:
    """The event with the order of digest lines that was seen. Spec: EXCH-7, ORA-5."""
    if not isinstance(event, Exchange):
        return event
    named = tuple(message.source_id for _, message in got if isinstance(message, Digest))
    return Exchange(event.peer, named)


def refusal_of(event: Event, dialect: Dialect) -> Refusal | None:
    """Why an object or a line that arrived is no message, more exactly than a node can say.

    Spec: ERR-2.
    """
    if not isinstance(event, Received) or isinstance(event.message, Update | Digest | DigestDone):
        return None
    try:
        message_of(event.message, dialect)
    except InvalidMessage as no:
        return no.refusal
    return None


def valid_clause(event: Event) -> str:
    """The clause that is broken when this valid event is refused."""
    match event:
        case Put():
            return "VERS-2"
        case Received(message=Update()):
            return "MERGE-1"
        case Received(message=Digest()):
            return "EXCH-3"
        case Received():
            return "EXCH-5"
        case Lost() | Opened():
            return "EXCH-8"
        case _:
            return "EXCH-1"


def exact_members(document: Mapping[str, Any], message: Message, dialect: Dialect) -> None:
    """On the wire an object has its members and no others. Raises InvalidMessage. Spec: WIRE-1."""
    wanted = members_of(message, dialect)
    extra = sorted(set(document) - wanted)
    if extra:
        expected = f"exactly {', '.join(sorted(wanted))}"
        raise InvalidMessage(
            Refusal(f"$.{extra[0]}", "is no member of this message", expected, "WIRE-1")
        )


def compaction_difference(step: Step, reply: Reply) -> Difference | None:
    """How what is told of forgetting differs from what was forgotten. Spec: HIST-5, ADP-4."""
    forgotten = sum(len(each.forgotten) for each in step.outputs if isinstance(each, Compacted))
    told = [each for each in reply.events if each["event"] == "compaction"]
    lengths = [each["length"] for each in told if type(each.get("length")) is int]
    counted = sum(lengths) if len(lengths) == len(told) else forgotten
    if bool(told) == bool(forgotten) and counted == forgotten:
        return None
    wanted = f"a compaction of {forgotten}" if forgotten else "no compaction"
    return Difference("$.events", wanted, plain(told), ("retain",), "HIST-5")
