"""Findings remembered by content are those that would be computed anew."""

from __future__ import annotations

from attrs import evolve

from scuttle_check.engine.properties import Finding, Good
from scuttle_check.gossip.properties import by_content
from scuttle_ref.messages import Digest, Put, Received
from scuttle_ref.profiles import TEXTBOOK
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

GOSSIP = Gossip(TEXTBOOK)


def test_a_finding_is_computed_once_for_what_replicas_contain() -> None:
    """What is remembered of a digest does not count; everything a replica contains does."""
    asked: list[tuple[NodeState, ...]] = []

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        asked.append(nodes)
        return Good.KEPT

    a, b = GOSSIP.start("A"), GOSSIP.start("B")
    naming = GOSSIP.step(a, Received("B", Digest("C", 1))).state
    wrote = GOSSIP.step(a, Put("k", 1)).state
    assert naming != a
    remembered = by_content(check)

    for nodes in ((a, b), (naming, b), (a, b), (b, a)):
        assert remembered(nodes) is Good.KEPT
    assert asked == [(a, b), (b, a)]
    for changed in (
        wrote,
        evolve(wrote, store=()),
        evolve(a, clock=wrote.clock),
        evolve(a, id="Z"),
    ):
        remembered((changed, b))
    assert len(asked) == 6
