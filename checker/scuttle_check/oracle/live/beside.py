"""What was done to an implementation step by step, with the answer of the reference beside each.

A scene says what the oracle meant to do; these steps are what really happened at each node, so
that a finding can be read, drawn and walked through without the implementation.

Laws of this file: pure; data of one form for every level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from scuttle_check.oracle.adapters.reference import store_document
from scuttle_check.oracle.contract import shares_process
from scuttle_check.oracle.live.observation import Observed, configs, counterpart, followed
from scuttle_check.oracle.protocol import Reply, config_from
from scuttle_check.oracle.wire import encoded, mark_value, message_of, object_of
from scuttle_ref.errors import InvalidMessage
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
from scuttle_ref.names import NodeId, thawed_value
from scuttle_ref.outputs import Rejected, Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState
from scuttle_ref.wire import Dialect

Json: TypeAlias = dict[str, Any]
Journal: TypeAlias = Sequence[tuple[str, Any]]
"""What a stage has seen: ("event", Observed), and looks, reads and news behind it; or ("lost",
Observed) for a request that ended the process."""

STEPS_MAX: Final = 1_000
"""So many steps of a finding are kept, the last ones. Unit: events."""


def steps_of(
    profile: Profile, settings: Mapping[str, Any], journal: Journal, dialect: Dialect
) -> tuple[Json, ...]:
    """Each event of a journal: what was done, what was answered, and what the reference does.

    The reference hears the very messages that were sent, follows the order of the digest lines,
    and prefers as the first resolver that the settings may mean.

    Spec: ORA-15.
    """
    gossip = Gossip(profile, config_from(configs(settings)[0]))
    states: dict[NodeId, NodeState] = {}
    told: list[Json] = []
    for kind, what in journal:
        if kind not in {"event", "lost"}:
            if told:
                told[-1].setdefault("looked", []).append(_look(kind, what))
            continue
        state = states.get(what.node) or gossip.start(what.node)
        step = gossip.step(state, followed(what.event, _sent(what, dialect)))
        states[what.node] = step.state
        if shares_process(profile):
            share(states, step.state)
        did = {"node": what.node, **_done(what.event)}
        told.append({**did, "got": _got(what, dialect), "expected": _expected(step)})
    return tuple(told[-STEPS_MAX:])


def share(states: dict[NodeId, NodeState], state: NodeState) -> None:
    """Nodes of one process remember one list of named sources. Spec: DEV-9."""
    marks = state.marks(PROCESS)
    for name, other in states.items():
        states[name] = attrs.evolve(other, named=other.with_marks(PROCESS, marks))


def _sent(seen: Observed, dialect: Dialect) -> list[tuple[NodeId, Message]]:
    """The messages of an answer that are messages."""
    found = []
    for sent in seen.reply.out:
        try:
            message = message_of(sent.message, dialect)
        except InvalidMessage:
            continue
        found.append((counterpart(seen.event) if sent.to is None else sent.to, message))
    return found


def _done(event: Event) -> Json:
    match event:
        case Put(key=key, value=value, reading=reading):
            now = {} if reading is None else {"now": reading}
            return {"do": "set", "key": key, "value": encoded(thawed_value(value)), **now}
        case Exchange(peer=peer):
            return {"do": "gossip", "peer": peer}
        case Lost(peer=peer):
            return {"do": "close", "peer": peer}
        case Opened(peer=peer):
            return {"do": "open", "peer": peer}
        case Received(sender=sender, message=message):
            return {"do": "write", "from": sender, "message": _document(message)}


def _document(message: Any) -> Any:
    if isinstance(message, Update | Digest | DigestDone):
        return encoded(object_of(message))
    return encoded(message)


def _got(seen: Observed, dialect: Dialect) -> Json:
    """The answer; a message of it is spelt as documented where it is a message at all."""
    reply: Reply = seen.reply
    out = []
    for sent in reply.out:
        try:
            shown = _document(message_of(sent.message, dialect))
        except InvalidMessage:
            shown = encoded(sent.message)
        out.append(
            {"to": counterpart(seen.event) if sent.to is None else sent.to, "message": shown}
        )
    return {"out": out} if reply.error is None else {"out": out, "error": str(reply.error)}


def _expected(step: Step) -> Json:
    sends = [each for each in step.outputs if isinstance(each, Send)]
    refused = [each.refusal for each in step.outputs if isinstance(each, Rejected)]
    out = [{"to": each.to, "message": _document(each.message)} for each in sends]
    shown = _shown(step.state, out)
    return {**shown, "refused": str(refused[0])} if refused else shown


def _shown(state: NodeState, out: list[Json]) -> Json:
    return {
        "out": out,
        "state": encoded(store_document(state)),
        "clock": {name: encoded(mark_value(mark)) for name, mark in state.clock.pairs},
        "history": [_document(update) for update in state.history.updates],
    }


def _look(kind: str, what: Any) -> Json:
    match kind, what:
        case "look", (node, body):
            return {"node": node, "inspect": encoded(body)}
        case "read", (node, source, key, result):
            return {"node": node, "get": key, "source_id": source, "result": encoded(result)}
        case "news", (node, source, version, result):
            asked = {"node": node, "news": source, "version": encoded(version)}
            return {**asked, "result": encoded(result)}
        case _:  # pragma: no cover - a stage has no other kinds
            raise AssertionError(kind)
