"""Flow control: how many updates a participant may write, learnt from the messages that overflow.

Laws of this file: pure and total; nothing is created when two participants share a rate.
Source: the flow control of the Scuttlebutt paper (LADIS 2008).
"""

from __future__ import annotations

import attrs
from attrs import frozen


@frozen
class FlowRules:
    """The constants of additive increase and multiplicative decrease. Spec: FLOW-5."""

    decrease: float = 0.75
    """The factor on the rate after a trend of overflows."""
    increase: float = 0.2
    """What is added after a trend of messages that fit. Unit: updates per second."""
    overflows: int = 4
    """Messages that must overflow in a row before the rate falls."""
    fits: int = 5
    """Messages that must fit in a row before the rate grows."""


DEFAULT_FLOW = FlowRules()


@frozen
class Flow:
    """What a participant knows of its own rate.

    Units: `desired` and `allowed` are updates per second, `desired` may be infinite; `overflowed`
    and `fitted` count messages in a row, and one of them is 0.

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


def adapted(flow: Flow, *, overflow: bool, mtu: float, rules: FlowRules = DEFAULT_FLOW) -> Flow:
    """The rate after one more exchange that overflowed, or fitted. `mtu` unit: updates.

    Spec: FLOW-5.
    """
    if overflow:
        if flow.overflowed + 1 < rules.overflows:
            return attrs.evolve(flow, overflowed=flow.overflowed + 1, fitted=0)
        return attrs.evolve(flow, allowed=flow.allowed * rules.decrease, overflowed=0, fitted=0)
    if flow.fitted + 1 < rules.fits:
        return attrs.evolve(flow, overflowed=0, fitted=flow.fitted + 1)
    allowed = min(flow.allowed + rules.increase, mtu)
    return attrs.evolve(flow, allowed=allowed, overflowed=0, fitted=0)


def shared(one: Flow, other: Flow) -> tuple[Flow, Flow]:
    """Both rates after the two have gossiped: who wants less leaves the rest to the other.

    Spec: FLOW-6.
    """
    total = one.allowed + other.allowed
    half = total / 2
    if one.desired + other.desired <= total:
        mine = one.desired + (total - one.desired - other.desired) / 2
    elif one.desired < half:
        mine = one.desired
    elif other.desired < half:
        mine = total - other.desired
    else:
        mine = half
    return attrs.evolve(one, allowed=mine), attrs.evolve(other, allowed=total - mine)
