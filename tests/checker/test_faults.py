"""Each fault on actors that are no protocol: what it does, how often, and that both searches agree.

A postman's node state is what it has seen, so the set of last states tells every order of arrival.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import ModuleType
from typing import Any

import networkx as nx
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import (
    BUDGETED,
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
    Stop,
    actor_of,
)
from scuttle_check.engine.network import UNLIMITED, Comeback, Network, Outages, Wiring
from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Finding, Good
from scuttle_check.engine.rounds import FairRounds
from scuttle_check.engine.system import Scope, System, World
from scuttle_check.engine.topology import family, from_graph, topology
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind
from scuttle_check.engine.worlds import Gone
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first, depth_first

LINE = family("line:2")
MAIL = ("B", "one", "two", "three")
BACK = ("A", "re")


def chat(
    actors: ModuleType,
    a: tuple[tuple[str, ...], ...],
    b: tuple[tuple[str, ...], ...] = (),
    **settings: Any,
) -> System:
    """Two postmen and what their owners send."""
    links = settings.pop("links", Network("fifo"))
    return System(actors.Postman(), LINE, links, (a, b), settings.pop("exchanges", 0), **settings)


def after(system: System, *schedule: Action) -> World:
    """The world after a schedule whose every action must be enabled."""
    (world,) = system.initial()
    for action in schedule:
        assert action in system.actions(world), f"{action} is not enabled"
        world = system.next(world, action)
    return world


def worlds_of(system: System) -> set[World]:
    """Every reachable world."""
    known: set[World] = set()
    frontier = list(system.initial())
    while frontier:
        world = frontier.pop()
        if world not in known:
            known.add(world)
            frontier.extend(system.next(world, action) for action in system.actions(world))
    return known


def seen_by(system: System, node: str) -> set[str]:
    """What `node` has seen, in every world in which nothing is left to happen."""
    at = system.topology.node_index[node]
    ends = [world for world in worlds_of(system) if system.quiescent(world)]
    return {" ".join(str(each).partition(":")[2] for each in w.nodes[at][1:]) for w in ends}  # type: ignore[index]


# --- cuts -----------------------------------------------------------------------------------------


def test_a_cut_loses_what_is_in_flight_both_ways(actors: ModuleType) -> None:
    """A stream that breaks has no second chance for what was on it. Spec: FAULT-2."""
    system = chat(actors, (MAIL,), (BACK,), links=Network("x", cuts=1))
    world = after(system, Perform("A"), Perform("B"), Deliver("A", "B"), Cut("A", "B"))
    assert world.channels == ((), ())
    assert world.nodes == (("A",), ("B", "A:one"))


def test_what_is_sent_while_cut_goes_nowhere_and_afterwards_arrives(actors: ModuleType) -> None:
    """Nothing waits in front of a broken link. Spec: FAULT-2."""
    system = chat(actors, (("B", "x"), ("B", "y")), links=Network("x", cuts=1))
    world = after(system, Cut("A", "B"), Perform("A"), Heal("A", "B"), Perform("A"))
    assert world.channels == ((("y",),), ())


def test_a_cut_leaves_a_beginning_of_what_was_sent(actors: ModuleType) -> None:
    """Never a hole in the middle, which is why streams may break. Spec: FAULT-2."""
    system = chat(actors, (MAIL,), links=Network("x", cuts=1))
    assert seen_by(system, "B") == {"", "one", "one two", "one two three"}


def test_a_cut_connection_is_the_only_one(actors: ModuleType) -> None:
    """The others go on. Spec: FAULT-2."""
    graph = family("line:3")
    script = ((), (("A", "x"), ("C", "y")), ())
    system = System(actors.Postman(), graph, Network("x", cuts=1), script, 0)
    world = after(system, Perform("B"), Perform("B"), Cut("A", "B"))
    assert [bool(channel) for channel in world.channels] == [False, False, True, False]


def test_a_link_in_one_direction_can_be_cut(actors: ModuleType) -> None:
    """A directed graph has connections without a way back. Spec: FAULT-2."""
    from scuttle_check.engine.topology import from_links  # noqa: PLC0415 - only here

    graph = from_links(["A", "B"], [("B", "A")], "one way")
    system = System(actors.Postman(), graph, Network("x", cuts=1), ((), (("A", "x"),)), 0)
    world = after(system, Perform("B"), Cut("B", "A"), Heal("B", "A"))
    assert (world.channels, system.quiescent(world)) == (((),), True)
    agree(system)


# --- crashes --------------------------------------------------------------------------------------


def test_a_crash_loses_what_is_in_flight_to_and_from_the_node(actors: ModuleType) -> None:
    """Its connections die with it. Spec: FAULT-3."""
    system = chat(actors, (MAIL,), (BACK,), outages=Outages(crashes=1))
    world = after(system, Perform("A"), Perform("B"), Deliver("A", "B"), Crash("B"))
    assert world.channels == ((), ())


def test_a_crash_leaves_the_connections_of_others_alone(actors: ModuleType) -> None:
    """What A and B say to each other is not C's. Spec: FAULT-3."""
    graph = family("complete:3")
    script = ((("B", "x"), ("C", "x")), (), ())
    system = System(actors.Postman(), graph, Network("x"), script, 0, Outages(crashes=1))
    world = after(system, Perform("A"), Perform("A"), Crash("C"))
    assert [bool(channel) for channel in world.channels] == [True, *[False] * 5]


def test_a_node_that_is_down_does_nothing_and_hears_nothing(actors: ModuleType) -> None:
    """Only its return is possible, and what is sent to it is lost. Spec: FAULT-3."""
    system = chat(actors, (("B", "x"),), (BACK,), outages=Outages(crashes=1, pauses=1), exchanges=1)
    world = after(system, Crash("B"), Perform("A"))
    assert world.channels == ((), ())
    back = Restart("B", Comeback.PERSISTED)
    assert system.actions(world) == [Start("A", "B"), Pause("A"), back]


@pytest.mark.parametrize(("how", "state"), [
    (Comeback.PERSISTED, ("B", "A:one")),
    (Comeback.AMNESIA, ("B",)),
    (Comeback.NEW_ID, ("B'",)),
])  # fmt: skip
def test_a_node_comes_back_with_what_it_has_left(
    actors: ModuleType, how: Comeback, state: tuple[str, ...]
) -> None:
    """The actor says what that is; links and script stay with the name. Spec: FAULT-4."""
    system = chat(actors, (MAIL,), (BACK,), outages=Outages(crashes=1, comeback=how))
    back = Restart("B", how)
    world = after(system, Perform("A"), Deliver("A", "B"), Crash("B"), back)
    assert world.nodes[1] == state
    assert after(system, Crash("B"), back, Perform("B")).channels == ((), (("re",),))


# --- pauses, overtakings --------------------------------------------------------------------------


def test_a_paused_node_takes_no_step_and_what_arrives_waits(actors: ModuleType) -> None:
    """It may still lose what it has not heard. Spec: FAULT-5."""
    links = Network("x", losses=1, duplicates=1, overtakings=1)
    system = chat(actors, (MAIL,), (BACK,), links=links, outages=Outages(1, 1), exchanges=1)
    world = after(system, Perform("A"), Pause("B"))
    crash = Crash("A")
    assert system.actions(world) == [Start("A", "B"), Drop("A", "B"), crash, Resume("B")]
    assert Deliver("A", "B") in system.actions(system.next(world, Resume("B")))


def test_a_pause_is_only_slow(actors: ModuleType) -> None:
    """Without clocks nobody can tell, so nothing new can end. Spec: FAULT-5."""
    slow = chat(actors, (MAIL,), (BACK,), outages=Outages(pauses=2))
    assert seen_by(slow, "B") == seen_by(chat(actors, (MAIL,), (BACK,)), "B")


@pytest.mark.parametrize(("budget", "orders"), [
    (0, {"one two three"}),
    (1, {"one two three", "two one three", "three one two", "one three two"}),
    (2, {"one two three", "two one three", "three one two", "one three two", "two three one",
         "three two one"}),
])  # fmt: skip
def test_overtakings_stay_within_their_budget(
    actors: ModuleType, budget: int, orders: set[str]
) -> None:
    """One frame passes all ahead of it, and those keep their order. Spec: FAULT-7."""
    assert seen_by(chat(actors, (MAIL,), links=Network("x", overtakings=budget)), "B") == orders


def test_equal_frames_do_not_overtake_each_other(actors: ModuleType) -> None:
    """It would make no difference, and cost the budget. Spec: FAULT-7."""
    system = chat(actors, (("B", "x", "x", "y"),), links=Network("x", overtakings=1))
    offered = system.actions(after(system, Perform("A")))
    assert [each for each in offered if isinstance(each, Overtake)] == [Overtake("A", "B", 2)]


# --- wiring ---------------------------------------------------------------------------------------


def test_a_broadcast_reaches_every_neighbour_and_nobody_else(actors: ModuleType) -> None:
    """To whomever it is addressed, even to a node without a link. Spec: NET-1."""
    graph = family("line:3")
    script = ((), (("nobody", "x"),), (("B", "y"),))
    system = System(actors.Postman(), graph, Network("x"), script, 0, wiring=Wiring(broadcast=True))
    world = after(system, Perform("B"), Perform("C"))
    in_flight = dict(zip(graph.links, world.channels, strict=True))
    arrived = {link for link, channel in in_flight.items() if channel}
    assert arrived == {("B", "A"), ("B", "C"), ("C", "B")}


def test_nodes_of_one_process_share_and_others_do_not(actors: ModuleType) -> None:
    """What A hears, its housemate C has heard; B has not. Spec: FAULT-6."""
    graph = family("line:3")
    script = ((), (("A", "x"),), ())
    wiring = Wiring(processes=(("A", "C"),))
    system = System(actors.Postman(), graph, Network("x"), script, 0, wiring=wiring)
    world = after(system, Perform("B"), Deliver("B", "A"))
    assert world.nodes == (("A", "B:x"), ("B",), ("C", "B:x"))


def test_fair_rounds_are_wired_and_housed_as_the_system_is(actors: ModuleType) -> None:
    """A settles on the neighbour of another if all hear all; housemates agree. Spec: CONV-13."""
    graph = family("star:3")
    told = FairRounds(actors.Postman(), graph, Network("x"), bool, Wiring(broadcast=True))
    nodes, _ = told.exchange((("A",), ("B",), ("C",)), "A", "B")
    assert nodes == (("A",), ("B", "A:hello"), ("C", "A:hello"))
    housed = FairRounds(
        actors.Postman(), graph, Network("x"), bool, Wiring(processes=(("A", "B"),))
    )
    log: list[Any] = []
    nodes, moved = housed.exchange((("A",), ("B",), ("C",)), "A", "B", log)
    assert (nodes, moved) == ((("A", "A:hello"), ("B", "A:hello"), ("C",)), 1)
    assert log == [Start("A", "B"), Deliver("A", "B")]


# --- budgets and ends -----------------------------------------------------------------------------

EACH: dict[type[Action], dict[str, Any]] = {
    kind: {"links": Network("x", **{name: 1})}
    for kind, name in zip(BUDGETED, ("losses", "duplicates", "overtakings", "cuts"), strict=False)
} | {
    Crash: {"outages": Outages(crashes=1)},
    Pause: {"outages": Outages(pauses=1)},
    Stop: {"outages": Outages(stops=1)},
}


@pytest.mark.parametrize("kind", BUDGETED, ids=lambda kind: kind.verb)
def test_every_fault_happens_once_where_once_is_allowed(
    actors: ModuleType, kind: type[Action]
) -> None:
    """Somewhere it is offered, and nowhere after it has happened. Spec: FAULT-1."""
    system = chat(actors, (MAIL,), (BACK, BACK), **EACH[kind])
    offered = 0
    for world in worlds_of(system):
        found = [action for action in system.actions(world) if isinstance(action, kind)]
        assert not (found and sum(world.spent))
        assert all(sum(system.next(world, action).spent) == 1 for action in found)
        offered += len(found)
    assert offered


def test_without_a_budget_no_fault_happens(actors: ModuleType) -> None:
    """The default is a world in order. Spec: FAULT-1."""
    system = chat(actors, (MAIL,), (BACK,), exchanges=1)
    kinds = {type(action) for world in worlds_of(system) for action in system.actions(world)}
    assert kinds == {Perform, Start, Deliver}


def test_a_system_with_anything_down_is_not_quiescent(actors: ModuleType) -> None:
    """It would be judged although somebody could not take part. Spec: CONV-12."""
    system = chat(actors, (), links=Network("x", cuts=1), outages=Outages(1, 1))
    back = Restart("A", Comeback.PERSISTED)
    ends: list[tuple[Action, ...]] = [(Cut("A", "B"),), (Crash("A"),), (Pause("A"),)]
    assert not any(system.quiescent(after(system, *schedule)) for schedule in ends)
    healed = (Cut("A", "B"), Heal("A", "B"), Crash("A"), back, Pause("A"), Resume("A"))
    assert system.quiescent(after(system, *healed))


# --- both searches --------------------------------------------------------------------------------


def held(most: int) -> Always:
    """No node sees more than `most` messages: refuted or not, it makes searches compare."""

    def check(local: Any) -> Finding:
        return Good.KEPT if len(local) <= most + 1 else Broken(f"{local[0]} has seen too much")

    return Always("held", "X-1", "few", lambda world: world.nodes, check, Scope.EACH_NODE)


def agree(system: System) -> None:
    """All exhaustive searches count the same worlds and find the same length."""
    properties = [held(2)]
    plain, fast = breadth_first(system, properties), compiled(system, properties)
    deep = depth_first(system, properties)
    counts = [
        (report.stats.states, report.stats.transitions, report.stats.terminal)
        for report in (plain, fast, deep)
    ]
    assert len(set(counts)) == 1
    one, two = plain.verdicts[0], fast.verdicts[0]
    assert one.kind is two.kind
    assert (one.schedule is None) == (two.schedule is None)
    assert len(one.schedule or ()) == len(two.schedule or ())
    assert (plain.stats.depth, plain.stats.complete) == (fast.stats.depth, fast.stats.complete)


EVERYTHING = Network("x", losses=1, duplicates=1, overtakings=1, cuts=1)
SYSTEMS: dict[str, dict[str, Any]] = {
    **{kind.verb: settings for kind, settings in EACH.items()},
    "amnesia": {"outages": Outages(crashes=2, comeback=Comeback.AMNESIA)},
    "new id": {"outages": Outages(crashes=2, comeback=Comeback.NEW_ID)},
    "any losses": {"links": Network("x", losses=UNLIMITED, cuts=2)},
    "broadcast": {"wiring": Wiring(broadcast=True), "links": Network("x", overtakings=2)},
    "process": {"wiring": Wiring(processes=(("A", "B"),)), "links": Network("x", ordered=False)},
    "datagrams": {"links": Network("x", whole_answers=True, duplicates=2, cuts=1)},
    "all": {
        "links": EVERYTHING,
        "outages": Outages(1, 1),
        "wiring": Wiring(processes=(("A", "B"),)),
    },
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_all_searches_agree_on_every_fault(actors: ModuleType, name: str) -> None:
    """A fault that one search forgets would show in the counts. Spec: CHK-4."""
    a = (("B", "x"), ("B", "y")) if name == "all" else (("B", "x", "y"), ("B", "z"))
    agree(chat(actors, a, (BACK,), exchanges=0 if name == "all" else 1, **SYSTEMS[name]))


@pytest.mark.parametrize("name", SYSTEMS)
def test_all_searches_agree_between_three(actors: ModuleType, name: str) -> None:
    """Housemates without a link, and neighbours that are not the ones at fault. Spec: CHK-4."""
    settings = dict(SYSTEMS[name])
    links = settings.pop("links", Network("x"))
    if settings.get("wiring") and settings["wiring"].processes:
        settings["wiring"] = Wiring(processes=(("A", "C"),))
    script: tuple[tuple[Hashable, ...], ...] = ((("B", "x"),), (("C", "y"),), ())
    agree(System(actors.Postman(), family("line:3"), links, script, 0, **settings))


@pytest.mark.parametrize("shape", ["line:2", "line:3", "ring:3"])
@pytest.mark.parametrize(
    "settings",
    [
        {"links": Network("x", cuts=2)},
        {"outages": Outages(crashes=1)},
        {"outages": Outages(crashes=2, comeback=Comeback.AMNESIA)},
        {"outages": Outages(crashes=1, pauses=1), "links": Network("x", cuts=1)},
        {"outages": Outages(crashes=2, comeback=Comeback.NEW_ID), "links": Network("x", cuts=1)},
        {
            "outages": Outages(crashes=1),
            "links": Network("x", cuts=1),
            "wiring": Wiring(processes=(("A", "B"),)),
        },
    ],
    ids=["cuts", "a crash", "two crashes", "one of each", "new ids", "a process"],
)
def test_all_searches_tell_nodes_of_their_connections(
    actors: ModuleType, shape: str, settings: dict[str, Any]
) -> None:
    """In turn: what has opened is lost before it opens again, but for what memory lost.

    Spec: FAULT-8, CHK-4.
    """
    if shape != "line:2" and len(settings) > 1:
        pytest.skip("hundreds of thousands of worlds; two nodes have every case of it")
    topology = family(shape)
    script = ((("B", "x"),), *((),) * (len(topology.nodes) - 1))
    links = settings.get("links", Network("x"))
    rest = {name: value for name, value in settings.items() if name != "links"}
    agree(System(actors.Listening(), topology, links, script, 0, **rest))


def test_a_node_hears_of_a_connection_that_it_can_hear_on(actors: ModuleType) -> None:
    """At once, both ends; who is down hears nothing, and all is new to it when it is back.

    Spec: FAULT-8.
    """
    links, outages = Network("x", cuts=1), Outages(crashes=2)
    system = System(actors.Listening(), family("line:3"), links, ((), (), ()), 0, outages)
    back = Restart("B", Comeback.PERSISTED)

    world = after(system, Cut("A", "B"), Crash("B"))
    assert world.nodes == (("A", "lost B"), ("B", "lost A"), ("C", "lost B"))
    world = after(system, Cut("A", "B"), Crash("B"), Heal("A", "B"))
    assert world.nodes == (("A", "lost B"), ("B", "lost A"), ("C", "lost B"))
    world = after(system, Cut("A", "B"), Crash("B"), back)
    told = ("C", "lost B", "opened B")
    assert world.nodes == (("A", "lost B"), ("B", "lost A", "back", "opened C"), told)
    world = after(system, Crash("B"), Crash("A"), back)
    assert world.nodes == (("A", "lost B"), ("B", "back", "opened C"), told)
    world = after(system, Crash("B"), back, Cut("A", "B"), Heal("A", "B"))
    assert world.nodes[0] == ("A", *("lost B", "opened B") * 2)


def test_a_one_way_link_tells_the_end_that_hears(actors: ModuleType) -> None:
    """Spec: FAULT-8."""
    topology = from_graph(nx.DiGraph([("A", "B")]), "one way")
    system = System(actors.Listening(), topology, Network("x", cuts=1), ((), ()), 0)

    assert after(system, Cut("A", "B")).nodes == (("A",), ("B", "lost A"))
    agree(system)


def test_a_step_that_no_budget_allows_refutes_nothing(actors: ModuleType) -> None:
    """The compiled search computes steps ahead; it must not judge those that cannot happen.

    With one overtaking, two and three never both arrive before one. Spec: FAULT-1, CHK-4.
    """

    def check(step: Any) -> Finding:
        _, now = step
        return Broken("two in front") if now[1:] == ("A:two", "A:three") else Good.KEPT

    def parts(before: World, _action: object, now: World) -> list[Hashable]:
        pairs = zip(before.nodes, now.nodes, strict=True)
        return [(one, two) for one, two in pairs if one is not two]

    front = AlwaysStep("front", "X-1", "no", parts, check, Scope.NODE_STEP)
    for budget, kind in ((1, Kind.HOLDS), (2, Kind.REFUTED)):
        links = Network("x", overtakings=budget)
        for search in (breadth_first, compiled):
            verdict = search(chat(actors, (MAIL,), links=links), [front]).verdicts[0]
            assert verdict.kind is kind
            assert len(verdict.schedule or ()) == (3 if budget == 2 else 0)


def test_a_step_that_only_a_fault_allows_is_shown_with_a_schedule_that_runs(
    actors: ModuleType,
) -> None:
    """Steps are judged by region; the schedule must lead to a world that allows the fault.

    Spec: FAULT-1, CHK-3.
    """

    def check(step: Any) -> Finding:
        _, now = step
        return Broken("three came") if now[-1] == "A:three" else Good.KEPT

    def parts(before: World, _action: object, now: World) -> list[Hashable]:
        pairs = zip(before.nodes, now.nodes, strict=True)
        return [(one, two) for one, two in pairs if one is not two]

    came = AlwaysStep("came", "X-1", "no", parts, check, Scope.NODE_STEP)
    system = chat(actors, (MAIL,), links=Network("x", losses=1, overtakings=1))
    for search in (breadth_first, compiled):
        schedule = search(system, [came]).verdicts[0].schedule
        assert schedule is not None
        assert len(schedule) == 2
        after(system, *schedule)  # type: ignore[arg-type]


# --- for good -------------------------------------------------------------------------------------


def test_who_stops_for_good_is_gone(actors: ModuleType) -> None:
    """Nothing reaches it, nothing is left of it, and its owner asks for nothing. Spec: FAULT-9."""
    system = chat(actors, (MAIL, MAIL), (BACK,), outages=Outages(stops=1, crashes=1))
    world = after(system, Perform("A"), Stop("A"))
    assert world.nodes[0] == Gone("A")
    assert not any(world.channels)
    left = {type(action) for action in system.actions(world) if actor_of(action) == "A"}
    assert not left & {Perform, Restart, Crash, Stop, Pause, Start}
    done = after(system, Stop("A"), Perform("B"))
    assert not any(done.channels)
    assert system.quiescent(done)


def test_only_who_may_crash_does(actors: ModuleType) -> None:
    """`may_crash` names who crashes or stops; nobody named is everybody. Spec: FAULT-9."""
    outages = Outages(stops=1, crashes=1, may_crash=("B",))
    system = chat(actors, (MAIL,), (BACK,), outages=outages)
    found = {action for world in worlds_of(system) for action in system.actions(world)}
    assert {each.node for each in found if isinstance(each, Crash | Stop)} == {"B"}


def test_those_that_are_left_must_agree_and_no_property_asks_who_is_gone() -> None:
    """Agreement is of the survivors; a write of somebody gone is owed to nobody. Spec: FAULT-9."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "B set k=2"], graph, "")
    setup = Experiment(graph, script, faults=Misfortune(stops=1)).build()
    for search in (breadth_first, compiled):
        report = search(setup.system, setup.properties)
        assert {v.property.name for v in report.verdicts if v.kind.value == "refuted"} == set()
    both = Experiment(graph, script, faults=Misfortune(stops=2)).build()
    assert breadth_first(both.system, both.properties).verdict("agreement").kind.value == "holds"


def test_a_run_in_which_a_node_stops_is_told_drawn_and_replayed() -> None:
    """The picture has its last row, and the end says who is gone. Spec: FAULT-9."""
    graph = topology("line:2")
    script = parse_script(["A set k=1"], graph, "")
    setup = Experiment(graph, script, faults=Misfortune(stops=1, may_crash=("A",))).build()
    trace = Trace.of(setup.system, (Perform("A"), Stop("A")), setup.properties)
    assert trace.misfit is None
    assert "A stops for good" in trace.story()
    assert trace.ends()[0] == "A  is gone for good"
    assert parse_action("stop A", "") == Stop("A")
    assert "A stops for good" in trace.diagram()
    again = Experiment(graph, script, faults=Misfortune(stops=1, may_crash=("A",)))
    assert experiment_from_json(again.to_json(), "here") == again
    with pytest.raises(UsageFault, match="no node 'Z'"):
        Experiment(graph, script, faults=Misfortune(stops=1, may_crash=("Z",))).build()
