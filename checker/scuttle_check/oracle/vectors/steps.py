"""Conversations as data: what is done to a node, and what the reference answers.

A step's ``do`` is a request of the adapter protocol without its id; its ``expect`` is matched
with the reply.

What a profile leaves open in an answer of updates, as patterns of vectors.

Laws of this file: pure; the answer of the reference always matches; no pattern takes an update that
the reference would not send.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product
from typing import Any, Final, TypeAlias

import attrs
from attrs import frozen

from scuttle_check.oracle.contract import Contract
from scuttle_check.oracle.mutants.distinguish import Ask, Get, held
from scuttle_check.oracle.wire import encoded, object_of
from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.entries import Entry
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
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

ORDERS_MAX: Final = 12
"""With more possible answers, all of them are taken in any order instead of each being listed."""

Answer: TypeAlias = tuple[Update, ...]


def orders(updates: Sequence[Update], *, limit: int = ORDERS_MAX) -> list[Answer] | None:
    """Every order that keeps the updates of each source in theirs; None if there are too many.

    Spec: ORA-5.
    """
    queues: dict[str, list[Update]] = {}
    for update in updates:
        queues.setdefault(update.source_id, []).append(update)
    found: list[Answer] = []
    for order in _merged(list(queues.values())):
        found.append(order)
        if len(found) > limit:
            return None
    return found


def _merged(queues: Sequence[Sequence[Update]]) -> Iterator[Answer]:
    if not any(queues):
        yield ()
        return
    for at, queue in enumerate(queues):
        if queue:
            rest = [*queues[:at], queue[1:], *queues[at + 1 :]]
            for after in _merged(rest):
                yield (queue[0], *after)


def cuts(sent: Sequence[Update], whole: Sequence[Update]) -> Iterator[Answer]:
    """Every cut of `whole` that is no longer than `sent` and takes each source from its lowest.

    Spec: ORA-6, FLOW-2.
    """
    queues: dict[str, list[Update]] = {}
    for update in whole:
        queues.setdefault(update.source_id, []).append(update)
    lowest = {name: sorted(each.version for each in queue) for name, queue in queues.items()}
    for counts in product(*(range(len(queue) + 1) for queue in queues.values())):
        if not 0 < sum(counts) <= len(sent):
            continue
        kept = {name: lowest[name][:count] for name, count in zip(queues, counts, strict=True)}
        yield tuple(each for each in whole if each.version in kept[each.source_id])


Json: TypeAlias = dict[str, Any]


@frozen
class Talk:
    """A conversation with a node called `id`: what was asked, and the vector steps of it."""

    id: NodeId
    config: Config
    steps: tuple[Json, ...]

    @property
    def requires(self) -> list[str]:
        """The operations that an implementation must offer, sorted."""
        return sorted({step["do"]["op"] for step in self.steps})


def talk(
    gossip: Gossip, node: NodeId, asks: Sequence[Ask], follows: Contract | None = None
) -> Talk:
    """What the reference answers to `asks`, as the steps of a vector.

    With a contract, what it leaves open is left open: the order of sources, and a shorter answer.

    Spec: VEC-2, VEC-6.
    """
    state = gossip.start(node)
    steps: list[Json] = []
    for ask in asks:
        if isinstance(ask, Get):
            steps.append(
                {"do": _request(node, ask), "expect": _held(held(gossip.profile, state, ask))}
            )
            continue
        step = gossip.step(state, ask)
        expected = _answer(step)
        if follows is not None and isinstance(expected.get("out"), list):
            expected = _followed(step, _whole(gossip, state, ask), follows) or expected
        steps.append({"do": _request(node, ask), "expect": expected})
        state = step.state
    return Talk(node, gossip.config, tuple(steps))


def _request(node: NodeId, ask: Ask) -> Json:
    match ask:
        case Put(key=key, value=value, reading=reading):
            now = {} if reading is None else {"now": reading}
            return {"op": "set", "node": node, "key": key, "value": thawed_value(value), **now}
        case Exchange(peer=peer):
            return {"op": "gossip", "node": node, "peer": peer}
        case Received(sender=sender, message=message):
            heard = document(message)
            return {"op": "write", "node": node, "from": sender, "message": heard}
        case Lost(peer=peer):
            return {"op": "close", "node": node, "peer": peer}
        case Opened(peer=peer):
            return {"op": "open", "node": node, "peer": peer}
        case Get(key=key, source=source):
            owner = {} if source is None else {"source_id": source}
            return {"op": "get", "node": node, "key": key, **owner}


def document(message: object) -> Any:
    """A message, or whatever else a peer may send, as the adapter protocol writes it."""
    if isinstance(message, Update | Digest | DigestDone):
        return encoded(object_of(message))
    return encoded(message)


def _held(entry: Entry) -> Json:
    return {"result": {"value": thawed_value(entry.value), "version": encoded(entry.version)}}


def _answer(step: Step) -> Json:
    """What is expected of a step: all that is sent, or only that it is answered at all."""
    if any(isinstance(output, Rejected) for output in step.outputs):
        return {"$any": True}
    return {"out": _sent(_messages(step), step.state)}


def _whole(gossip: Gossip, state: NodeState, event: Event) -> Step:
    """The step that an event would have been if answers had no limit."""
    profile = attrs.evolve(gossip.profile, pace=rules.pace_everything)
    return Gossip(profile, gossip.config).step(state, event)


def _followed(step: Step, whole: Step, contract: Contract) -> Json | None:
    """The answers that may stand for this one, where they are updates; None if it has no others."""
    sent, uncut = _messages(step), _messages(whole)
    if not all(isinstance(each, Update) for each in sent):
        return None
    ours = [each for each in sent if isinstance(each, Update)]
    full = [each for each in uncut if isinstance(each, Update)]
    shorter = contract.may_cut and len(full) > len(ours)
    answers = list(cuts(ours, full)) if shorter else [tuple(ours)]
    found = [orders(each) for each in answers]
    listed = [order for some in found if some is not None for order in some]
    if None in found or len(listed) > ORDERS_MAX:
        return None if shorter else {"out": _any_order(ours)}
    if len(listed) < 2:  # noqa: PLR2004 - one answer
        return None
    return {"out": {"$oneOf": [[_exactly(each) for each in order] for order in listed]}}


def _messages(step: Step) -> list[Message]:
    return [output.message for output in step.outputs if isinstance(output, Send)]


def _sent(messages: Sequence[Message], state: NodeState) -> Any:
    """Messages as a pattern: exact, and digest lines in any order. Spec: EXCH-7."""
    lines = [message for message in messages if isinstance(message, Digest)]
    if len(lines) < 2:  # noqa: PLR2004 - one line has one order
        return [_exactly(message) for message in messages]
    first = messages.index(lines[0])
    before, after = messages[:first], messages[first + len(lines) :]
    if before:
        orders = permutations(lines)
        return {"$oneOf": [[_exactly(m) for m in (*before, *some, *after)] for some in orders]}
    if not after and len(lines) < len(state.sources):
        every = [Digest(source, state.clock.get(source)) for source in state.sources]
        return {"$oneOf": [_any_order(some) for some in combinations(every, len(lines))]}
    return {**_any_order(lines), **({"$then": [_exactly(m) for m in after]} if after else {})}


def _any_order(lines: Sequence[Message]) -> Json:
    return {"$unordered": [_exactly(line) for line in lines]}


def _exactly(message: Message) -> Json:
    return {"$exact": document(message)}
