"""What can happen in a system: one class per kind of action, each with its line of text."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from attrs import frozen

from scuttle_check.engine.network import Comeback


@frozen(cache_hash=True)
class OfNode:
    """Something that happens at `node`."""

    node: str
    verb: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.node}"


@frozen(cache_hash=True)
class OfLink:
    """Something that happens between `source` and `target`."""

    source: str
    target: str
    verb: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.source}>{self.target}"


@frozen(cache_hash=True)
class OfFrame:
    """Something that happens to the frame at `index` of a link; the oldest has index 0."""

    source: str
    target: str
    index: int = 0
    verb: ClassVar[str] = ""

    def __str__(self) -> str:
        place = f" #{self.index}" if self.index else ""
        return f"{self.verb} {self.source}>{self.target}{place}"


@frozen(cache_hash=True)
class Perform(OfNode):
    """The owner of `node` performs the next command of its script."""

    verb = "perform"


@frozen(cache_hash=True)
class Start(OfLink):
    """`source` starts an exchange with `target`."""

    verb = "exchange"


@frozen(cache_hash=True)
class Deliver(OfFrame):
    """The frame at `index` of a link arrives; on an ordered link the index is 0."""

    verb = "deliver"


@frozen(cache_hash=True)
class Drop(OfFrame):
    """The frame at `index` of a link is lost. Spec: NET-3."""

    verb = "drop"


@frozen(cache_hash=True)
class Duplicate(OfFrame):
    """The frame at `index` of a link arrives, and a copy stays in flight. Spec: NET-4."""

    verb = "duplicate"


@frozen(cache_hash=True)
class Overtake(OfFrame):
    """The frame at `index` of an ordered link arrives before all that are ahead. Spec: FAULT-7."""

    verb = "overtake"


@frozen(cache_hash=True)
class Cut(OfLink):
    """The connection of two nodes breaks, both ways. Spec: FAULT-2."""

    verb = "cut"


@frozen(cache_hash=True)
class Heal(OfLink):
    """The connection of two nodes is whole again. Spec: FAULT-2."""

    verb = "heal"


@frozen(cache_hash=True)
class Crash(OfNode):
    """`node` stops, and all its connections break. Spec: FAULT-3."""

    verb = "crash"


@frozen(cache_hash=True)
class Restart:
    """`node` comes back with what `how` leaves it. Spec: FAULT-4."""

    node: str
    how: Comeback

    def __str__(self) -> str:
        return f"restart {self.node} {self.how.value}"


@frozen(cache_hash=True)
class Pause(OfNode):
    """`node` does nothing until it resumes; what arrives waits. Spec: FAULT-5."""

    verb = "pause"


@frozen(cache_hash=True)
class Resume(OfNode):
    """`node` goes on. Spec: FAULT-5."""

    verb = "resume"


@frozen(cache_hash=True)
class Stop(OfNode):
    """`node` stops for good, and all its connections break. Spec: FAULT-9."""

    verb = "stop"


Arrival: TypeAlias = Deliver | Duplicate | Overtake
FrameAction: TypeAlias = Deliver | Drop | Duplicate | Overtake
NodeAction: TypeAlias = Perform | Crash | Restart | Pause | Resume | Stop
LinkAction: TypeAlias = Start | Cut | Heal
Action: TypeAlias = FrameAction | NodeAction | LinkAction

BUDGETED: tuple[type[Drop | Duplicate | Overtake | Cut | Crash | Pause | Stop], ...] = (
    *(Drop, Duplicate, Overtake),
    *(Cut, Crash, Pause, Stop),
)
"""The kinds of action that have a budget for a whole run, in the order of their counters."""


def actor_of(action: Action) -> str:
    """The node whose state an action may change; of a cut, either end."""
    match action:
        case Perform() | Crash() | Restart() | Pause() | Resume() | Stop():
            return action.node
        case Start():
            return action.source
        case _:
            return action.target
