"""What a step puts out. Errors are outputs too: nothing a peer sends can stop a node."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from attrs import frozen

from scuttle_ref.errors import Refusal
from scuttle_ref.messages import Delta, Message, Update
from scuttle_ref.names import NodeId
from scuttle_ref.state import NodeState


@frozen(cache_hash=True)
class Send:
    """`message` goes to the peer `to`. A wiring that broadcasts may send it further.

    Spec: NET-1.
    """

    to: NodeId
    message: Message


@frozen(cache_hash=True)
class Recorded:
    """`update` was written to history: the event ``update`` of ``gossip.history``.

    Spec: HIST-1.
    """

    update: Update


@frozen(cache_hash=True)
class Applied:
    """`update` replaced the value in the store: the event ``update`` of the node.

    Spec: MERGE-1.
    """

    update: Update


@frozen(cache_hash=True)
class Declined:
    """The rule of preference kept the stored value; clock and history moved all the same.

    Spec: MERGE-3.
    """

    update: Update


class Reason(Enum):
    """Why a valid update was ignored."""

    DUPLICATE = "its source and version are already in history"
    STALE = "its version is not above the clock of its source"
    UNKNOWN = "its source has not been named to this node"


@frozen(cache_hash=True)
class Ignored:
    """A valid update that is no news; nothing changed.

    Spec: HIST-6.
    """

    update: Update
    reason: Reason


@frozen(cache_hash=True)
class Compacted:
    """History forgot `forgotten` to stay within ``max_history``: the event ``compaction``.

    Spec: HIST-5.
    """

    forgotten: Delta


@frozen
class Rejected:
    """The input was refused; the state is unchanged and the node lives on.

    Spec: ERR-1.
    """

    refusal: Refusal


Output: TypeAlias = Send | Recorded | Applied | Declined | Ignored | Compacted | Rejected


@frozen
class Step:
    """The result of reducing one event: the next state, and the outputs in order."""

    state: NodeState
    outputs: tuple[Output, ...] = ()
