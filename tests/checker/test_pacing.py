"""Every order in which rates can arrive: what all may write together stays what it was."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest
from attrs import frozen

from scuttle_check.engine.network import Comeback, Network
from scuttle_check.engine.properties import Always, Broken, Finding, Good, Sometimes, whole
from scuttle_check.engine.system import Effects, System, World
from scuttle_check.engine.topology import family
from scuttle_check.engine.verdict import Kind
from scuttle_check.search.plain import breadth_first
from scuttle_ref import PAPER, Config, Exchange, Gossip, Received, Send
from scuttle_ref.flow import Flow, FlowRules, Rates
from scuttle_ref.pacing import Paced, PacedStep, Pacing, Tell

NEVER_ADAPTS = FlowRules(overflows=99, fits=99)
PACING = Pacing(Gossip(PAPER, Config()), NEVER_ADAPTS)


@frozen
class PacedActor:
    """Participants under flow control; `flows` are what they start with."""

    flows: tuple[tuple[str, Flow], ...]

    def start(self, node: str) -> Paced:
        return PACING.start(node, dict(self.flows)[node])

    def command(self, local: Paced, command: Any) -> Effects:
        return effects(PACING.step(local, command))

    def receive(self, local: Paced, sender: str, message: Hashable) -> Effects:
        return effects(PACING.step(local, Received(sender, message)))

    def exchange(self, target: str) -> Exchange:
        return Exchange(target)

    def restarted(self, local: Paced, how: Comeback) -> Paced:
        raise NotImplementedError(how)

    def shared(self, local: Paced) -> Hashable:
        raise NotImplementedError(local)

    def with_shared(self, local: Paced, component: Any) -> Paced:
        raise NotImplementedError(local, component)


def effects(step: PacedStep) -> Effects:
    """What was said, rates among it."""
    sends = tuple(
        (each.to, each.rates if isinstance(each, Tell) else each.message)
        for each in step.outputs
        if isinstance(each, Tell | Send)
    )
    return Effects(step.state, sends, step.outputs)


def allowance(world: World) -> float:
    """What all are allowed, and what is under way to them. Unit: updates per second."""
    gifts = (
        message.given
        for channel in world.channels
        for frame in channel
        for message in frame
        if isinstance(message, Rates)
    )
    return sum(node.flow.allowed for node in world.nodes) + sum(gifts)  # type: ignore[attr-defined]


def conserved(total: float, *, lossy: bool) -> Always:
    """The property: nothing is created, and without loss nothing disappears."""

    def check(world: World) -> Finding:
        now = allowance(world)
        lowest = min(node.flow.allowed for node in world.nodes)  # type: ignore[attr-defined]
        if now > total or lowest < 0 or (now < total and not lossy):
            return Broken(f"{now:g} instead of {total:g}, the lowest {lowest:g}")
        return Good.KEPT

    return Always("rates-conserved", "FLOW-9", "nothing is created", whole, check)


def moved(flows: tuple[tuple[str, Flow], ...]) -> Sometimes:
    """The witness: somebody was given something."""

    def check(world: World) -> bool:
        pairs = zip(world.nodes, flows, strict=True)
        return any(node.flow.allowed > flow.allowed for node, (_, flow) in pairs)  # type: ignore[attr-defined]

    return Sometimes("given", "FLOW-9", "a gift arrives", check)


FLOWS = (("A", Flow(9, 8)), ("B", Flow(9, 2)), ("C", Flow(1, 4)))


@pytest.mark.parametrize(
    ("topology", "network", "exchanges", "worlds"),
    [
        ("line:3", Network("fifo", whole_answers=True), 1, 1_159),
        ("line:3", Network("lossy", whole_answers=True, losses=-1), 1, 3_718),
        ("line:2", Network("unordered", ordered=False, whole_answers=True), 2, 1_383),
        ("complete:3", Network("fifo", whole_answers=True), 1, 106_728),
    ],
)
def test_no_interleaving_creates_a_rate(
    topology: str, network: Network, exchanges: int, worlds: int
) -> None:
    """Sums of powers of two are exact, so equality is. Spec: FLOW-8, FLOW-9."""
    graph = family(topology)
    flows = FLOWS[: len(graph.nodes)]
    system = System(PacedActor(flows), graph, network, ((),) * len(flows), exchanges)
    total = sum(flow.allowed for _, flow in flows)
    properties = [conserved(total, lossy=network.losses != 0), moved(flows)]
    report = breadth_first(system, properties)
    assert [each.kind for each in report.verdicts] == [Kind.HOLDS, Kind.WITNESSED]
    assert report.stats.states == worlds


def test_a_gift_that_arrives_twice_creates_a_rate() -> None:
    """So the sum can be broken, and flow control presumes links that do not duplicate.

    Spec: FLOW-9.
    """
    links = Network("duplicating", whole_answers=True, duplicates=1)
    flows = FLOWS[:2]
    system = System(PacedActor(flows), family("line:2"), links, ((), ()), 1)
    report = breadth_first(system, [conserved(10, lossy=False)])

    assert [each.kind for each in report.verdicts] == [Kind.REFUTED]
    assert report.verdicts[0].schedule is not None
