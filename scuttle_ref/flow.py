"""Flow control: how many updates a participant may write, learnt from the messages that overflow.

Laws of this file: pure and total; nothing is created when two participants share a rate.
Source: the flow control of the Scuttlebutt paper (LADIS 2008).
"""

from __future__ import annotations

import attrs
from attrs import frozen


@frozen
class FlowRules:
    """The constants of additive increase and multiplicative decrease. Spec: FLOW-5, FLOW-10."""

    decrease: float = 0.75
    """The factor on the rate after a trend of overflows."""
    increase: float = 0.2
    """What is added after a trend of answers that fit. Unit: updates per second."""
    overflows: int = 3
    """Answers that must overflow in a row before the rate falls."""
    fits: int = 10
    """Answers that must fit in a row before the rate grows."""


DEFAULT_FLOW = FlowRules()


@frozen(cache_hash=True)
class Flow:
    """What a participant knows of its own rate.

    Units: `desired` and `allowed` are updates per second, `desired` may be infinite; `overflowed`
    and `fitted` count own answers in a row, and one of them is 0.

    Spec: FLOW-4.
    """

    desired: float
    allowed: float
    overflowed: int = 0
    fitted: int = 0

    @property
    def rate(self) -> float:
        """What the participant writes: no more than it wants, nor than it may. Spec: FLOW-4."""
        return min(self.desired, self.allowed)


@frozen(cache_hash=True)
class Rates:
    """What one participant says to another of its rate, while they gossip.

    "I want `desired`; I hand you `given`, after which I may write `allowed`." Units: updates per
    second. With `asks` the other is to say its own.

    Spec: FLOW-7.
    """

    desired: float
    allowed: float
    given: float = 0.0
    asks: bool = False

    def __str__(self) -> str:
        gift = f", gives {self.given:g}" if self.given else ""
        return f"wants {self.desired:g}, may {self.allowed:g}{gift}{'?' if self.asks else ''}"


def adapted(flow: Flow, *, overflow: bool, mtu: float, rules: FlowRules = DEFAULT_FLOW) -> Flow:
    """The rate after one more answer that overflowed, or fitted. `mtu` unit: updates.

    Spec: FLOW-5, FLOW-10.
    """
    if overflow:
        if flow.overflowed + 1 < rules.overflows:
            return attrs.evolve(flow, overflowed=flow.overflowed + 1, fitted=0)
        return attrs.evolve(flow, allowed=flow.allowed * rules.decrease, overflowed=0, fitted=0)
    if flow.fitted + 1 < rules.fits:
        return attrs.evolve(flow, overflowed=0, fitted=flow.fitted + 1)
    allowed = max(flow.allowed, min(flow.allowed + rules.increase, mtu))
    return attrs.evolve(flow, allowed=allowed, overflowed=0, fitted=0)


def share(mine: Flow | Rates, other: Flow | Rates) -> float:
    """What the first of two should be allowed: who wants less leaves the rest to the other.

    The shares of both add up to what both are allowed. Unit: updates per second.

    Spec: FLOW-6, FLOW-11.
    """
    total = mine.allowed + other.allowed
    half = total / 2
    if mine.desired + other.desired <= total:
        return mine.desired + (total - mine.desired - other.desired) / 2
    if mine.desired < half:
        return mine.desired
    return total - other.desired if other.desired < half else half


def asking(flow: Flow) -> Rates:
    """What a participant says as it starts an exchange. Spec: FLOW-7."""
    return Rates(flow.desired, flow.allowed, asks=True)


def heard(flow: Flow, rates: Rates) -> tuple[Flow, Rates | None]:
    """The flow after `rates` of another were heard, and what is said in return, if anything.

    What was given is taken. Who was given nothing and has more than its share gives the rest
    away: the giver decides, and gives only what it has at that moment, so that nothing is created
    however messages interleave.

    Spec: FLOW-8, FLOW-9.
    """
    had = attrs.evolve(flow, allowed=flow.allowed + rates.given)
    surplus = 0.0 if rates.given else max(0.0, had.allowed - share(had, rates))
    kept = attrs.evolve(had, allowed=had.allowed - surplus)
    if not surplus and not rates.asks:
        return kept, None
    return kept, Rates(kept.desired, kept.allowed, given=surplus)
