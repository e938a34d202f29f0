"""The shortest conversation with one node that tells a mutant from its profile.

A breadth-first search over pairs of states, one of each: the first conversation after which the
two say or show something different is a shortest one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from itertools import groupby
from typing import TypeAlias

from attrs import frozen

from scuttle_check.oracle.contract import reads_the_clock
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
from scuttle_ref.names import NEVER, VERSION_MAX, Key, NodeId
from scuttle_ref.outputs import Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


@frozen(cache_hash=True)
class Get:
    """The owner reads `key`, of `source` where sources own their keys. Nothing changes."""

    key: Key
    source: NodeId | None = None


Ask: TypeAlias = Event | Get
"""What can be done to a node under test."""

NODE: NodeId = "B"
"""The id of the node under test: of its peers, one sorts before and one after it."""


def conversation(profile: Profile) -> tuple[Ask, ...]:
    """What the search may do to the node, the simplest first."""
    keys = ("k", "j", "kk")
    readers = "ABC" if _owns(profile) else (None,)
    returned = (DigestDone(returned=True),) if _returns(profile) else ()
    heard: tuple[Message, ...] = (
        *(Update("A", "k", f"a{version}", version) for version in (1, 2)),
        *(Update("C", "k", f"c{version}", version) for version in (1, 2)),
        *(
            Update("A", "j", "a3", 3),
            Update("C", "kk", "c4", 4),
            Update("A", "k", "a9", VERSION_MAX),
        ),
        Update(NODE, "k", "b9", VERSION_MAX),
        *(Update(NODE, "k", "b1", 1), Update(NODE, "k", "b2", 2)),
        DigestDone(),
        *returned,
        *(Digest(source, mark) for source in (NODE, "A", "C") for mark in (0, 1, NEVER)),
    )
    return (
        *(Put("k", "b1"), Put("k", "b2"), Put("j", "b3"), Put("kk", "b4")),
        *((Put("k", "b5", 5), Put("k", "b6", 6)) if reads_the_clock(profile) else ()),
        *(Received("A", message) for message in heard),
        *(
            Received("C", message)
            for message in (DigestDone(), *(Digest(NODE, mark) for mark in (0, 1)), Digest("A", 0))
        ),
        Exchange("A"),
        Lost("A"),
        Opened("A"),
        *(Get(key, source) for key in keys for source in readers),
    )


def _returns(profile: Profile) -> bool:
    """Whether the profile pushes after it has pulled."""
    state = Gossip(profile).start(NODE)
    return bool(profile.close(state, "A", (), DigestDone(), ())[1])


def _owns(profile: Profile) -> bool:
    """Whether each source has its own keys."""
    return len(profile.place(Update("A", "k", None, 1))) > 1


def held(profile: Profile, state: NodeState, get: Get) -> Entry:
    """What the node holds where the rule of places looks for it. Spec: MOD-7, PAPER-1."""
    return state.at(profile.place(Update(get.source or state.id, get.key, None, 1)))


def said(messages: Sequence[Message]) -> tuple[Hashable, ...]:
    """Messages as a peer compares them: neighbouring digest lines have no order.

    Spec: EXCH-7.
    """
    runs = groupby(messages, key=lambda message: isinstance(message, Digest))
    return tuple(
        message for lines, run in runs for message in (sorted(run, key=repr) if lines else run)
    )


def shown(step: Step) -> Hashable:
    """What a peer can see of a step."""
    sends = [(each.to, each.message) for each in step.outputs if isinstance(each, Send)]
    return (tuple({to: None for to, _ in sends}), said([message for _, message in sends]))


def distinguish(
    right: Gossip, wrong: Gossip, asks: Sequence[Ask], pairs_max: int = 20_000
) -> tuple[Ask, ...] | None:
    """A shortest conversation whose last answer differs; None if none is found.

    Looks at `pairs_max` pairs of states at most.
    """
    step_right, step_wrong = _cached(right), _cached(wrong)
    first = (right.start(NODE), wrong.start(NODE))
    came: dict[tuple[NodeState, NodeState], tuple[Ask, ...]] = {first: ()}
    waiting = deque([first])
    while waiting and len(came) < pairs_max:
        pair = waiting.popleft()
        for ask in asks:
            if isinstance(ask, Get):
                if held(right.profile, pair[0], ask) != held(wrong.profile, pair[1], ask):
                    return (*came[pair], ask)
                continue
            one, other = step_right(pair[0], ask), step_wrong(pair[1], ask)
            if one[1] != other[1]:
                return (*came[pair], ask)
            after = (one[0], other[0])
            if after not in came:
                came[after] = (*came[pair], ask)
                waiting.append(after)
    return None


def _cached(gossip: Gossip) -> Callable[[NodeState, Event], tuple[NodeState, Hashable]]:
    @cache
    def taken(state: NodeState, event: Event) -> tuple[NodeState, Hashable]:
        step = gossip.step(state, event)
        return step.state, shown(step)

    return taken
