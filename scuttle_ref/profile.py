"""A profile: one rule for each decision point.

Laws of this file: a profile is a frozen record of functions. The reducer asks it, and never
asks which profile it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
from attrs import frozen

from scuttle_ref.config import Config
from scuttle_ref.errors import Refusal
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Digest, DigestDone, Message, Update
from scuttle_ref.names import NodeId, Place, Reading, Version
from scuttle_ref.outputs import Reason, Send
from scuttle_ref.resolvers import GossipView
from scuttle_ref.state import Marks, NodeState
from scuttle_ref.version_vector import VersionVector

Said: TypeAlias = tuple[NodeState, tuple[Message, ...]]
"""The node after it has spoken to one peer, and what it says."""

Relayed: TypeAlias = tuple[Send, ...]
"""What a node passes on, to any peers."""

Told: TypeAlias = Callable[[NodeState, NodeId], NodeState]
"""What becomes of a node that hears of its connection to a peer. It speaks when it exchanges."""


@frozen
class Profile:
    """A variant of the protocol, as data.

    The fields after `summary` are the decision points: first those of a write and of an update
    that is taken, then those of an exchange. `whole_answers` is no decision of a node but what
    the protocol presumes of its links: all that one step sends to one peer travels as one frame.

    Spec: PROF-1, NET-5.
    """

    name: str
    summary: str
    stamp: Callable[[NodeState, Reading], Version | Refusal]
    witness: Callable[[NodeState, Update], VersionVector]
    admit: Callable[[NodeState, Update], Reason | None]
    place: Callable[[Update], Place]
    prefer: Callable[[GossipView, Update, Config], object]
    retain: Callable[[History, Update, Config], tuple[History, Delta]]
    enlist: Callable[[Sequence[NodeId], NodeId], Sequence[NodeId]]
    relay: Callable[[NodeState, Update, bool], Relayed]
    advertise: Callable[[NodeState, NodeId, tuple[NodeId, ...], Config], Said]
    session: Callable[[NodeId], NodeId]
    mention: Callable[[Marks, Digest], Marks]
    answer: Callable[[NodeState, Digest], tuple[Delta, ...]]
    fill: Callable[[NodeState, Marks, Config], tuple[Delta, ...]]
    pace: Callable[[tuple[Delta, ...], Config], Delta]
    close: Callable[[NodeState, NodeId, Marks, DigestDone, Delta], Said]
    connect: Told
    disconnect: Told
    whole_answers: bool = False


@frozen
class Deviation:
    """One decision point at which two profiles differ. The rules are given by name."""

    point: str
    one: str
    other: str


_NO_DECISIONS = {"name", "summary", "whole_answers"}


def decision_points() -> tuple[str, ...]:
    """The names of the slots, in the order of the record. Spec: PROF-1."""
    names = [attribute.name for attribute in attrs.fields(Profile)]
    return tuple(name for name in names if name not in _NO_DECISIONS)


def rule_of(profile: Profile, point: str) -> Callable[..., object]:
    """The rule that `profile` has chosen at a decision point. Spec: PROF-1."""
    rule: Callable[..., object] = getattr(profile, point)
    return rule


def deviations(one: Profile, other: Profile) -> tuple[Deviation, ...]:
    """Where two profiles differ, as data: the source of every difference table.

    Spec: PROF-2.
    """
    pairs = ((point, rule_of(one, point), rule_of(other, point)) for point in decision_points())
    return tuple(
        Deviation(point, first.__name__, second.__name__)
        for point, first, second in pairs
        if first is not second
    )
