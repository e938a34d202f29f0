"""What nodes say to each other, and what a node can be asked to do.

Laws of this file: every class is frozen and compares by value; none validates, because a
message is what a peer sent, right or wrong. :mod:`scuttle_ref.validity` judges it.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from scuttle_ref.names import Key, Mark, NodeId, Reading, Value, Version, exact, one_line, stamped


@frozen(cache_hash=True)
class Update:
    """One write of one source: `key` was set to `value`, as the source's `version`-th stamp.

    The pair (`source_id`, `version`) identifies it. Field names are those of the README.

    Spec: MOD-2, MOD-6.
    """

    source_id: NodeId
    key: Key
    value: Value = field(eq=exact)
    version: Version

    def __str__(self) -> str:
        what = f"{one_line(self.key)}={one_line(self.value)}"
        return stamped(what, self.source_id, self.version)


@frozen(cache_hash=True)
class Digest:
    """One digest line: "of `source_id` I have seen everything up to `version`".

    Spec: EXCH-1.
    """

    source_id: NodeId
    version: Mark

    def __str__(self) -> str:
        version = self.version if isinstance(self.version, int) else "nothing"
        return f"digest {one_line(self.source_id)}:{version}"


@frozen(cache_hash=True)
class DigestDone:
    """The end of a digest: "I have named every source I know".

    `returned` is true on a digest sent back in answer to a digest (push-pull); it asks for
    updates and for no further digest.

    Spec: EXCH-2.
    """

    returned: bool = False

    def __str__(self) -> str:
        return "done (returned)" if self.returned else "done"


Message: TypeAlias = Update | Digest | DigestDone
"""What travels between nodes."""

Delta: TypeAlias = tuple[Update, ...]
"""The updates of one answer, in the order in which they are sent."""


@frozen(cache_hash=True)
class Put:
    """The owner of a node sets `key` to `value`: ``set(key, value)`` of the README.

    `reading` is what the node's wall clock shows at that moment. A node has no clock of its own
    to look at, so the time is part of the event; only a rule that stamps by the wall clock reads
    it (NPM-1).
    """

    key: Key
    value: Value = field(eq=exact)
    reading: Reading = None

    def __str__(self) -> str:
        at = "" if self.reading is None else f"@{self.reading}"
        return f"set{at} {one_line(self.key)}={one_line(self.value)}"


@frozen(cache_hash=True)
class Exchange:
    """A node starts a round of anti-entropy with `peer`: ``gossip()`` of the README.

    The library shuffles the digest lines. Here the order is part of the command: sources in
    `order` come first, in that order; the others follow in the node's own order.

    Spec: EXCH-7.
    """

    peer: NodeId
    order: tuple[NodeId, ...] = ()

    def __str__(self) -> str:
        return f"gossip {one_line(self.peer)}"


@frozen(cache_hash=True)
class Received:
    """`message` arrived from `sender`. It may be anything at all."""

    sender: NodeId
    message: object


@frozen(cache_hash=True)
class Opened:
    """The connection to `peer` is open. Nothing has been said on it yet.

    Spec: FAULT-8.
    """

    peer: NodeId

    def __str__(self) -> str:
        return f"connected to {one_line(self.peer)}"


@frozen(cache_hash=True)
class Lost:
    """The connection to `peer` is gone, and with it whatever was half said on it.

    Spec: FAULT-8.
    """

    peer: NodeId

    def __str__(self) -> str:
        return f"lost {one_line(self.peer)}"


Command: TypeAlias = Put | Exchange
"""What the owner of a node may ask of it."""

Event: TypeAlias = Put | Exchange | Received | Opened | Lost
"""The inputs of the reducer."""
