"""What a link may do to messages: order, loss, duplication, and what travels as one piece."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeAlias

import attrs
from attrs import frozen

from checker.faults import UsageFault

Frame: TypeAlias = tuple[Hashable, ...]
"""The messages that travel as one piece."""

Channel: TypeAlias = tuple[Frame, ...]
"""The frames in flight on one link. On an ordered link the oldest is first."""

UNLIMITED = -1


@frozen
class Network:
    """The semantics of every link of a system.

    `ordered`: frames arrive in the order sent. `whole_answers`: all that one step sends to one
    target is one frame (datagrams), otherwise each message is (streams). The others are budgets
    for a whole run: frames lost, frames that arrive twice, frames that overtake all that are
    ahead of them on an ordered link, and connections cut. An UNLIMITED budget needs no counter,
    so it does not multiply states.

    Spec: NET-2, NET-3, NET-4, NET-5, FAULT-2.
    """

    name: str
    ordered: bool = True
    whole_answers: bool = False
    losses: int = 0
    duplicates: int = 0
    overtakings: int = 0
    cuts: int = 0

    def framed(self, messages: tuple[Hashable, ...]) -> Channel:
        """The frames in which `messages`, sent in one step to one target, travel."""
        if self.whole_answers:
            return (messages,) if messages else ()
        return tuple((message,) for message in messages)

    def joined(self, channel: Channel, frames: Channel) -> Channel:
        """The channel with `frames` sent into it; unordered channels are kept sorted."""
        if self.ordered:
            return channel + frames
        return tuple(sorted(channel + frames, key=_frame_key))

    def deliverable(self, channel: Channel) -> range | tuple[int, ...]:
        """Which frames may arrive next: the oldest, or any (equal ones once)."""
        if self.ordered:
            return range(min(1, len(channel)))
        return tuple(at for at, frame in enumerate(channel) if at == 0 or channel[at - 1] != frame)

    def overtaking(self, channel: Channel) -> tuple[int, ...]:
        """Which frames could arrive before those ahead of them; of equal ones in a row, one."""
        if not self.ordered:
            return ()
        return tuple(at for at in range(1, len(channel)) if channel[at - 1] != channel[at])


def _frame_key(frame: Frame) -> str:
    return "|".join(map(repr, frame))


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("fifo"),
        Network("unordered", ordered=False),
        Network("lossy", losses=UNLIMITED),
        Network("duplicating", duplicates=1),
    )
}
"""The networks by name: first in first out unless said otherwise."""


def network(name: str, *, whole_answers: bool = False) -> Network:
    """The network called `name`. Raises UsageFault."""
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise UsageFault(f"no network {name!r}", where="--network", expected=known)
    return attrs.evolve(NETWORKS[name], whole_answers=whole_answers)
