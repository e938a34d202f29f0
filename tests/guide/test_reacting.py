"""The gallery's advice for values that merge: writers that react to what arrives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest
from attrs import frozen

from scuttle_check.engine.network import network
from scuttle_check.engine.properties import Always, Broken, Finding, Good
from scuttle_check.engine.rounds import FairRounds
from scuttle_check.engine.system import Effects, System, World
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.actor import GossipActor, moves_update
from scuttle_check.gossip.agreement import disagreement
from scuttle_check.search.plain import breadth_first
from scuttle_ref.config import Config
from scuttle_ref.messages import Put, Update
from scuttle_ref.profiles import DOCUMENTED
from scuttle_ref.reducer import Gossip

Merge = Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]


def union(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*mine, *theirs}))


def mine_first(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mine, *theirs)))


@frozen
class Merging(GossipActor):
    """An application that merges what an update replaced with what it brought."""

    merge: Merge = union
    only_if_different: bool = True

    def receive(self, local: Any, sender: str, message: Hashable) -> Effects:
        """Take a message; write the merged value, if one value of another source replaced one."""
        taken = super().receive(local, sender, message)
        if not isinstance(message, Update):
            return taken
        before, after = local.at((message.key,)), taken.local.at((message.key,))
        if not before.source_id or before == after or before.source_id == after.source_id:
            return taken
        value = self.merge(before.value, after.value)
        if self.only_if_different and value == after.value:
            return taken
        wrote = self.command(taken.local, Put(message.key, value))
        return Effects(wrote.local, taken.sends + wrote.sends, taken.notes + wrote.notes)


def explored(shape: str, writers: str, merge: Merge, *, only_if_different: bool) -> Report:
    """Whether every run ends with everything at every node, once exchanges go on fairly."""
    graph = topology(shape)
    actor = Merging(Gossip(DOCUMENTED, Config()), merge=merge, only_if_different=only_if_different)
    script = tuple((Put("k", (n,)),) if n in writers else () for n in graph.nodes)
    system = System(actor, graph, network("fifo"), script, 1)
    rounds = FairRounds(actor, graph, system.network, moves_update, system.wiring)

    def parts(world: World) -> tuple[Any, ...]:
        return (world.nodes,) if system.quiescent(world) else ()

    def judge(nodes: tuple[Any, ...]) -> Finding:
        settled = rounds.settle(nodes)
        if not settled.quiet:
            return Broken(f"still writing after {settled.rounds} rounds")
        if disagreement(settled.nodes):
            return Broken("they disagree")
        held = {node.at(("k",)).value for node in settled.nodes}
        whole = {frozenset(each) for each in held} == {frozenset(writers)}
        return Good.KEPT if whole else Broken("lost")

    merged = Always("merged", "-", "all end with everything", parts, judge)
    return breadth_first(system, [merged])


@pytest.mark.parametrize(
    ("shape", "writers", "worlds"), [("line:2", "AB", 140), ("line:3", "AC", 2_720)]
)
def test_what_is_written_only_if_different_ends_merged(
    shape: str, writers: str, worlds: int
) -> None:
    report = explored(shape, writers, union, only_if_different=True)
    assert (report.verdicts[0].kind, report.stats.states) == (Kind.HOLDS, worlds)


@pytest.mark.parametrize(
    ("merge", "only_if_different"),
    [(union, False), (mine_first, True)],
    ids=["always", "ordered"],
)
def test_what_is_written_always_or_by_an_order_of_one_s_own_never_ends(
    merge: Merge, only_if_different: bool
) -> None:
    """Both writes are made, nothing has been sent, and rounds go on writing."""
    (verdict,) = explored("line:2", "AB", merge, only_if_different=only_if_different).verdicts
    assert verdict.kind is Kind.REFUTED
    assert verdict.because == "still writing after 64 rounds"
    assert len(verdict.schedule or ()) == 2
