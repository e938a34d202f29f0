"""How much a node puts up with from its peers."""

from __future__ import annotations

from attrs import frozen

from scuttle_ref.node.keeping import HISTORY_BYTES


@frozen
class Limits:
    """Bounds that keep one peer from harming the others.

    `line_max`: bytes of a line. `peers_max`: connections at once. `outgoing_max`: bytes that wait
    to be sent to one peer before it is heard no further. `malformed_max`: lines that are no
    message before a peer is let go. `idle_seconds`: silence after which a connection counts as
    half open. `stalled_seconds`: how long a peer may not read what it was sent.
    `lines_per_turn` and `turn_seconds`: what of one peer is taken before the others, and whoever
    wants to end the node, have their turn. `lines_per_second`: what is heard of one peer in the
    long run; the rest waits. `peers_per_address`: connections of one machine that called us.
    `sources_max`: sources that a node knows at all, and `sources_per_peer` those that it comes to
    know by one connection; updates of further ones are not taken. `names_max`: sources that one
    digest names; further lines are not answered. `history_bytes`: history that is kept, beyond what
    the configuration says, because a connected peer has not taken it.

    Spec: NODE-8, NODE-14, NODE-17.
    """

    line_max: int = 1 << 20
    peers_max: int = 64
    peers_per_address: int = 16
    outgoing_max: int = 1 << 20
    malformed_max: int = 10
    idle_seconds: float = 60.0
    stalled_seconds: float = 30.0
    lines_per_turn: int = 100
    turn_seconds: float = 0.05
    lines_per_second: int = 20_000
    sources_max: int = 20_000
    sources_per_peer: int = 10_000
    names_max: int = 20_000
    history_bytes: int = HISTORY_BYTES


DEFAULT_LIMITS = Limits()
