"""Reductions at their limits: one write more than there is room for, and nodes by other names."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import attrs
import pytest

from scuttle_check.engine.actions import Deliver, Perform, Start
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions.admissible import answers_whole, history_keeps_all, refusals
from scuttle_check.gossip.reductions.claims import GossipFacets, GossipNaming
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.reductions.quotient import QuotientLayout
from scuttle_ref.messages import Digest, Update
from scuttle_ref.names import NEVER


def writing(count: int, **more: Any) -> Setup:
    """A line of two, in which one node writes so often."""
    graph = topology("line:2")
    lines = [f"A set k{at}={at}" for at in range(count)]
    return Experiment(graph, parse_script(lines, graph, "test"), **more).build()


@pytest.mark.parametrize(
    ("profile", "limit", "writes", "reason"),
    [
        ("documented", 3, 2, None),
        ("documented", 3, 3, None),
        ("documented", 3, 4, "max_history 3 for 4 writes"),
        ("documented", 1, 2, "max_history 1 for 2 writes"),
        ("as-shipped", 9, 1, "the rule retain_as_shipped, which forgets updates"),
    ],
)
def test_history_has_room_for_every_write_and_not_for_one_more(
    profile: str, limit: int, writes: int, reason: str | None
) -> None:
    """All scripts together count. Spec: RED-1."""
    setup = writing(writes, profile=profile, max_history=limit)
    assert history_keeps_all(setup.gossip, setup.system) == reason


@pytest.mark.parametrize(("writes", "reason"), [
    (10, None), (11, "max_history 10 for 11 writes"),
])  # fmt: skip
def test_a_history_of_no_given_length_has_the_default_one(writes: int, reason: str | None) -> None:
    """0 means ten. Spec: HIST-3, RED-1."""
    setup = writing(writes)
    config = attrs.evolve(setup.gossip.config, max_history=0)
    gossip = attrs.evolve(setup.gossip, config=config)
    assert history_keeps_all(gossip, setup.system) == reason


@pytest.mark.parametrize(
    ("limit", "writes", "reason"),
    [(2, 1, None), (2, 2, None), (2, 3, "mtu 2 for 3 writes"), (1, 2, "mtu 1 for 2 writes")],
)
def test_an_answer_has_room_for_every_write_and_not_for_one_more(
    limit: int, writes: int, reason: str | None
) -> None:
    """Else what is answered in excess takes another update's place. Spec: RED-1."""
    setup = writing(writes, mtu=limit)
    assert answers_whole(setup.gossip, setup.system) == reason
    if reason is not None:
        assert refusals(setup.gossip, setup.system)["version"] == reason


# --- what is left out -----------------------------------------------------------------------------


def update(source: str, version: int, key: str = "k") -> Update:
    """An update of a source."""
    return Update(source, key, version, version)


def test_what_a_quotient_leaves_out_and_what_not() -> None:
    """Of each claim the case beside it: another source, a newer version, one write to come.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6.
    """
    setup = writing(2, profile="textbook")
    facets = GossipFacets(setup.gossip, setup.system)
    assert facets.rules >= {"stale", "copy", "overtaken", "version", "finished", "saturated"}
    assert facets.outdated(update("A", 2), update("A", 1))
    assert facets.outdated(update("A", 1), update("A", 1))
    assert not facets.outdated(update("A", 1), update("A", 2))
    assert not facets.outdated(update("A", 2), update("B", 1))
    assert not facets.outdated(update("A", 2), Digest("A", 1))
    start, after = setup.gossip.start("B"), setup.gossip.start("B")
    for version, known in ((1, frozenset("B")), (2, frozenset("AB"))):
        heard = setup.system.actor.receive(after, "A", update("A", version))
        after = heard.local
        assert facets.canonical(after, "A", update("A", version)) is None
        assert facets.canonical(after, "A", update("A", version + 1)) == update("A", version + 1)
        assert facets.knowledge(after) == known
        assert facets.saturated(known) == (known == frozenset("AB"))
        assert facets.refreshed(after, Digest("A", NEVER)) == Digest("A", version)
    assert facets.knowledge(start) == frozenset("B")
    assert facets.canonical(start, "A", Digest("A", 2)) == Digest("A", NEVER)
    assert facets.pointless(frozenset("A"), Digest("A", 1))
    assert not facets.pointless(frozenset("A"), Digest("B", 1))
    assert not facets.pointless(frozenset("AB"), update("A", 1))


@pytest.mark.parametrize(
    ("more", "lossless", "in_turn"),
    [
        ({}, True, True),
        ({"network": "lossy"}, False, False),
        ({"network": "unordered"}, True, False),
        ({"faults": Misfortune(overtakings=1)}, True, False),
        ({"faults": Misfortune(losses=1)}, False, False),
        ({"network": "duplicating"}, True, True),
    ],
)
def test_whether_both_frames_of_a_link_arrive_and_in_which_order(
    more: dict[str, Any], lossless: bool, in_turn: bool
) -> None:
    """What is left out because of another frame rests on it. Spec: RED-4."""
    setup = writing(2, profile="textbook", **more)
    layout = QuotientLayout(setup.system, GossipFacets(setup.gossip, setup.system))
    assert (layout.lossless, layout.in_turn) == (lossless, in_turn)


def test_a_copy_is_left_out_and_another_update_is_not() -> None:
    """Nor is anything left out where one of two may be lost. Spec: RED-4."""
    for network, left in (("fifo", 2), ("lossy", 3)):
        setup = writing(3, profile="textbook", network=network)
        layout = QuotientLayout(setup.system, GossipFacets(setup.gossip, setup.system))
        local = setup.gossip.start("B")
        channel = ((update("A", 1, "a"),), (update("A", 1, "a"),), (update("A", 2, "b"),))
        kept = layout.kept(local, "A", channel)
        assert len(kept) == left
        assert [frame for frame, _ in kept][-1] == channel[-1]
        assert next(at for _, at in kept) == 0


# --- other names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["textbook", "documented", "paper"])
def test_a_node_by_another_name_does_the_same_by_other_names(profile: str) -> None:
    """Whatever a step does, it does to the image. Spec: SYM-2, SYM-3."""
    graph = topology("star:4")
    script = parse_script(["A set k=1"], graph, "test")
    setup = Experiment(graph, script, profile, faults=Misfortune(crashes=1)).build()
    naming = GossipNaming(setup.gossip, setup.system)
    system, actor = setup.system, setup.system.actor
    assert naming.distinguished() == ("A",)
    worlds = list(system.initial())
    moved = 0
    for world in worlds:
        for action in system.actions(world):
            after = system.next(world, action)
            if len(worlds) < 150:
                worlds.append(after)
        for three in list(permutations("BCD"))[1:]:
            names = {"A": "A", **dict(zip("BCD", three, strict=True))}
            back = {new: old for old, new in names.items()}
            for node in world.nodes:
                image: Any = naming.renamed(node, names)
                assert naming.renamed(image, back) == node
                assert image.id == names[node.id]  # type: ignore[attr-defined]
                moved += image != node
            for (source, target), channel in zip(graph.links, world.channels, strict=True):
                for message in (said for frame in channel for said in frame):
                    local = world.nodes[graph.node_index[target]]
                    plain = actor.receive(local, source, message)
                    other = actor.receive(
                        naming.renamed(local, names),
                        names[source],
                        naming.renamed(message, names),
                    )
                    assert other.local == naming.renamed(plain.local, names)
                    sent = [(names[to], naming.renamed(said, names)) for to, said in plain.sends]
                    assert sorted(map(repr, other.sends)) == sorted(map(repr, sent))
    assert moved


def test_who_writes_and_who_is_named_is_nobody_else() -> None:
    """An owner with a single command, one with an exchange, and the peer of it. Spec: SYM-1."""
    graph = topology("star:5")
    script = parse_script(["A set k=1", "B gossip A", "A gossip C"], graph, "test")
    setup = Experiment(graph, script, "textbook").build()
    assert set(GossipNaming(setup.gossip, setup.system).distinguished()) == {"A", "B", "C"}
    kinds = {type(action) for action in setup.system.actions(next(iter(setup.system.initial())))}
    assert kinds == {Perform, Start}
    assert Deliver not in kinds
