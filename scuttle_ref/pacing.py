"""Gossip under flow control: the reducer, and beside it the rates that participants exchange.

Laws of this file: the protocol below knows nothing of it; total and deterministic as the reducer.
The core has no clock, so how fast is written is the owner's affair: ``state.flow.rate`` is what it
may do. Source: the flow control of the Scuttlebutt paper (LADIS 2008).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TypeAlias, cast

import attrs
from attrs import frozen

from scuttle_ref.flow import DEFAULT_FLOW, Flow, FlowRules, Rates, adapted, asking, heard
from scuttle_ref.messages import DigestDone, Event, Exchange, Message, Received
from scuttle_ref.names import UNBOUNDED, NodeId
from scuttle_ref.outputs import Output, Rejected, Step
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState, highest
from scuttle_ref.validity import name_refusal, rate_refusal, rates_refusal


@frozen(cache_hash=True)
class Paced:
    """A node under flow control: what it knows, and what it may write. Spec: FLOW-4."""

    node: NodeState
    flow: Flow


@frozen(cache_hash=True)
class Tell:
    """`rates` go to the peer `to`, in the frame of what else is said to it. Spec: FLOW-7."""

    to: NodeId
    rates: Rates


@frozen(cache_hash=True)
class Want:
    """The owner wants to write `rate` updates per second from now on. Spec: FLOW-4."""

    rate: float


Said: TypeAlias = Message | Rates
"""What travels between nodes under flow control."""


@frozen
class PacedStep:
    """The result of reducing one event: the next state, and the outputs in order."""

    state: Paced
    outputs: tuple[Output | Tell, ...] = ()


@frozen
class Pacing:
    """`gossip` under flow control. Its profile answers digests as a whole, as the paper's does."""

    gossip: Gossip
    rules: FlowRules = DEFAULT_FLOW

    def start(self, node: NodeId, flow: Flow) -> Paced:
        """A node that knows nothing, with what its owner wants and what it may. Spec: FLOW-4.

        Raises InvalidConfig when `node` cannot name a source.
        """
        return Paced(self.gossip.start(node), flow)

    def step(self, state: Paced, event: Event | Want) -> PacedStep:
        """Reduce one event. Never raises, whatever the event carries.

        Spec: FLOW-4, FLOW-7, ERR-1.
        """
        kind = type(event)
        match event if kind is Want or kind is Received else None:
            case Want(rate=rate):
                refusal = rate_refusal("rate", rate, most=UNBOUNDED)
                if refusal is not None:
                    return PacedStep(state, (Rejected(refusal),))
                flow = attrs.evolve(state.flow, desired=rate)
                return PacedStep(attrs.evolve(state, flow=flow))
            case Received(sender=sender, message=message):
                return self.hear(state, sender, (message,))
            case _:
                return self._below(state, event)

    def _below(self, state: Paced, event: Event | Want) -> PacedStep:
        """What the protocol does by itself; who starts an exchange says its rates first."""
        step = self.gossip.step(state.node, event)  # type: ignore[arg-type] # or it is refused
        after = attrs.evolve(state, node=step.state)
        starts = type(event) is Exchange and not _rejects(step)
        told = (Tell(event.peer, asking(state.flow)),) if starts else ()  # type: ignore[union-attr]
        return PacedStep(after, (*told, *step.outputs))

    def hear(self, state: Paced, sender: NodeId, frame: Iterable[object]) -> PacedStep:
        """Reduce a frame: its messages in turn, as if each had been received by itself.

        Spec: NET-5, FLOW-5, FLOW-8, ERR-1.
        """
        refusal = name_refusal("sender", sender)
        if refusal is not None:
            return PacedStep(state, tuple(Rejected(refusal) for _ in frame))
        node, flow = state.node, state.flow
        outputs: list[Output | Tell] = []
        for kind, run in groupby(frame, key=_kind):
            if kind is Rates:
                for rates in run:
                    flow, said = self._rates(flow, sender, cast("Rates", rates))
                    outputs += said
            elif kind is DigestDone:
                for done in run:
                    answered = self._answering(node, flow, sender)
                    step = self.gossip.hear(node, sender, (done,))
                    node, flow = step.state, flow if _rejects(step) else answered
                    outputs += step.outputs
            else:
                step = self.gossip.hear(node, sender, run)
                node = step.state
                outputs += step.outputs
        return PacedStep(Paced(node, flow), tuple(outputs))

    def _rates(
        self, flow: Flow, sender: NodeId, rates: Rates
    ) -> tuple[Flow, tuple[Rejected | Tell, ...]]:
        """Take and give. Spec: FLOW-8, FLOW-9."""
        refusal = rates_refusal(rates)
        if refusal is not None:
            return flow, (Rejected(refusal),)
        after, said = heard(flow, rates)
        return after, (Tell(sender, said),) if said is not None else ()

    def _answering(self, node: NodeState, flow: Flow, sender: NodeId) -> Flow:
        """The flow after a digest was answered: did what the peer lacks fit? Spec: FLOW-5."""
        session = self.gossip.profile.session(sender)
        missing = len(node.history.above(highest(node.marks(session))))
        mtu = self.gossip.config.mtu or UNBOUNDED
        return adapted(flow, overflow=missing > mtu, mtu=mtu, rules=self.rules)


def _kind(message: object) -> type | None:
    """What flow control looks at; None for all else."""
    kind = type(message)
    return kind if kind is Rates or kind is DigestDone else None


def _rejects(step: Step) -> bool:
    return any(type(output) is Rejected for output in step.outputs)
