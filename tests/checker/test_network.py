"""What links do to messages, seen through actors that do nothing else."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.network import NETWORKS, UNLIMITED, Network, network
from scuttle_check.engine.system import Deliver, Drop, Duplicate, Perform, Start, System, World
from scuttle_check.engine.topology import family
from scuttle_check.search.plain import breadth_first

LINE = family("line:2")
"""Two nodes; the links are A>B, then B>A."""

MAIL = ("B", "one", "two", "three")


def posted(actors: ModuleType, links: Network, *commands: tuple[str, ...]) -> System:
    """A performs the commands, B only listens; nobody starts an exchange."""
    return System(actors.Postman(), LINE, links, (commands, ()), exchanges=0)


def arrivals(system: System) -> set[tuple[Any, ...]]:
    """What B has seen in the terminal worlds, the name left out."""
    seen: set[tuple[Any, ...]] = set()
    known: set[World] = set()
    frontier = list(system.initial())
    while frontier:
        world = frontier.pop()
        if world in known:
            continue
        known.add(world)
        actions = system.actions(world)
        if not actions:
            seen.add(world.nodes[1][1:])  # type: ignore[index]
        frontier.extend(system.next(world, action) for action in actions)
    return seen


def words(*orders: str) -> set[tuple[str, ...]]:
    """Orders of arrival, from ``one two`` and the like."""
    return {tuple(f"A:{word}" for word in order.split()) for order in orders}


def test_fifo_links_keep_the_order(actors: ModuleType) -> None:
    """The default is what Node's pipes give. Spec: NET-2."""
    assert arrivals(posted(actors, Network("fifo"), MAIL)) == words("one two three")


def test_unordered_links_deliver_in_any_order(actors: ModuleType) -> None:
    """All six orders, and nothing lost: reordering is a fault of its own. Spec: NET-2."""
    found = arrivals(posted(actors, Network("unordered", ordered=False), ("B", "a", "b", "c")))
    assert found == words("a b c", "a c b", "b a c", "b c a", "c a b", "c b a")


def test_unordered_links_are_one_state_whatever_was_sent_first(actors: ModuleType) -> None:
    """A bag has no order: sending a, b and sending b, a lead to one world."""
    links = Network("unordered", ordered=False)
    worlds = []
    for mail in (("B", "a", "b"), ("B", "b", "a")):
        system = posted(actors, links, mail)
        (start,) = system.initial()
        worlds.append(system.next(start, Perform("A")))
    assert worlds[0] == worlds[1]


def test_equal_frames_in_flight_are_offered_once(actors: ModuleType) -> None:
    """Two equal letters: which of them arrives first is no difference worth a branch."""
    system = posted(actors, Network("unordered", ordered=False), ("B", "x", "y", "x"))
    (start,) = system.initial()
    offered = system.actions(system.next(start, Perform("A")))
    assert offered == [Deliver("A", "B", 0), Deliver("A", "B", 2)]
    assert arrivals(system) == words("x x y", "x y x", "y x x")


@pytest.mark.parametrize(("losses", "orders"), [
    (0, ["one two three"]),
    (1, ["one two three", "two three", "one three", "one two"]),
    (UNLIMITED, [
        "one two three", "two three", "one three", "one two", "one", "two", "three", "",
    ]),
])  # fmt: skip
def test_losses_stay_within_their_budget(
    actors: ModuleType, losses: int, orders: list[str]
) -> None:
    """One loss is enough for a hole; more only cost states. Spec: NET-3."""
    assert arrivals(posted(actors, Network("lossy", losses=losses), MAIL)) == words(*orders)


def test_unlimited_losses_do_not_multiply_worlds(actors: ModuleType) -> None:
    """Without a budget nothing is counted, so a loss leaves the world of an ignored message."""
    report = breadth_first(posted(actors, Network("lossy", losses=UNLIMITED), MAIL), [])
    assert report.stats.states == 1 + sum(2**arrived for arrived in range(4))


@pytest.mark.parametrize(("duplicates", "orders"), [
    (0, ["one two"]),
    (1, ["one two", "one one two", "one two two"]),
    (2, ["one two", "one one two", "one two two", "one one two two", "one one one two",
         "one two two two"]),
])  # fmt: skip
def test_duplications_stay_within_their_budget(
    actors: ModuleType, duplicates: int, orders: list[str]
) -> None:
    """On an ordered link the copy stays in front of what was sent later. Spec: NET-4."""
    links = Network("duplicating", duplicates=duplicates)
    assert arrivals(posted(actors, links, ("B", "one", "two"))) == words(*orders)


def test_a_budget_counts_for_the_whole_run(actors: ModuleType) -> None:
    """Two links and one loss: at most one message is missing, wherever."""
    chat = System(
        actors.Postman(), LINE, Network("lossy", losses=1), ((("B", "x"),), (("A", "y"),)), 0
    )
    ends = {
        (len(world.nodes[0]) - 1, len(world.nodes[1]) - 1)  # type: ignore[arg-type]
        for world in _worlds(chat)
        if not chat.actions(world)
    }
    assert ends == {(1, 1), (0, 1), (1, 0)}


def _worlds(system: System) -> set[World]:
    known: set[World] = set()
    frontier = list(system.initial())
    while frontier:
        world = frontier.pop()
        if world not in known:
            known.add(world)
            frontier.extend(system.next(world, action) for action in system.actions(world))
    return known


def test_a_datagram_is_lost_or_arrives_whole(actors: ModuleType) -> None:
    """What one step sends to one peer is one frame, so no hole can open in it. Spec: NET-5."""
    links = Network("datagrams", whole_answers=True, losses=UNLIMITED)
    assert arrivals(posted(actors, links, MAIL)) == words("one two three", "")
    links = Network("bag", whole_answers=True, ordered=False)
    assert arrivals(posted(actors, links, ("B", "a", "b"), ("B", "c"))) == words("a b c", "c a b")


def test_a_step_that_sends_nothing_sends_no_frame(actors: ModuleType) -> None:
    """An empty datagram would be a message that no protocol sent. Spec: NET-5."""
    links = Network("datagrams", whole_answers=True)
    system = posted(actors, links, ("B",))
    (start,) = system.initial()
    assert system.quiescent(system.next(start, Perform("A")))


def test_whole_frames_are_received_message_by_message(actors: ModuleType) -> None:
    """An actor sees no frames: sends and notes of all its messages come together."""
    links = Network("datagrams", whole_answers=True)
    graph = family("line:2")
    system = System(actors.Relay(), graph, links, ((), (("A", "x", "y"),)), exchanges=0)
    (start,) = system.initial()
    sent = system.next(start, Perform("B"))
    effects = system.effects(sent, Deliver("B", "A"))
    assert effects.notes == ("got x", "got y")
    after = system.next(sent, Deliver("B", "A"))
    assert after.channels == ((("x", "y"),), ())


def test_what_is_sent_where_no_link_leads_goes_nowhere(actors: ModuleType) -> None:
    """A node may know peers it cannot reach. Spec: NET-1."""
    system = System(actors.Relay(), LINE, Network("fifo"), ((), (("A", "x"),)), exchanges=0)
    (start,) = system.initial()
    world = system.next(system.next(start, Perform("B")), Deliver("B", "A"))
    assert world.channels == ((("x",),), ())


def test_actions_come_in_a_fixed_order(actors: ModuleType) -> None:
    """Commands, exchanges, arrivals, losses, duplications: searches try them in this order."""
    links = Network("all", losses=1, duplicates=1)
    system = System(actors.Postman(), LINE, links, ((("B", "x"), ("B", "y")), ()), exchanges=1)
    (start,) = system.initial()
    assert system.actions(system.next(start, Perform("A"))) == [
        Perform("A"),
        Start("A", "B"),
        Start("B", "A"),
        Deliver("A", "B"),
        Drop("A", "B"),
        Duplicate("A", "B"),
    ]


def test_a_loss_concerns_no_node(actors: ModuleType) -> None:
    """Whoever explains a run must not tell what a lost message did."""
    system = posted(actors, Network("lossy", losses=1), ("B", "x"))
    (start,) = system.initial()
    sent = system.next(start, Perform("A"))
    assert system.effects(sent, Drop("A", "B")).notes == ()
    after = system.next(sent, Drop("A", "B"))
    assert (after.nodes, after.channels, after.spent[0]) == (sent.nodes, ((), ()), 1)


def test_quiescent_means_scripts_done_and_nothing_in_flight(actors: ModuleType) -> None:
    """Exchanges that could still start do not count: gossip never ends. Spec: CONV-12."""
    system = System(actors.Postman(), LINE, Network("fifo"), ((("B", "x"),), ()), exchanges=3)
    (start,) = system.initial()
    sent = system.next(start, Perform("A"))
    done = system.next(sent, Deliver("A", "B"))
    assert [system.quiescent(world) for world in (start, sent, done)] == [False, False, True]


def test_an_unknown_network_is_answered_with_the_known_ones() -> None:
    """A mistyped name must not silently become the default."""
    with pytest.raises(UsageFault) as caught:
        network("fofi")
    assert all(name in caught.value.expected for name in NETWORKS)
