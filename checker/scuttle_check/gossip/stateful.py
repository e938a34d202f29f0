"""Stateful testing of whole worlds: Hypothesis chooses what owners, messages and faults do.

A public interface. What the checker explores within bounds, this wanders through without them:
values, keys, numbers of writes and of exchanges are drawn, and a failure shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import Action, Deliver, Perform, Start
from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Property, cited
from scuttle_check.engine.system import System, World
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.agreement import settled
from scuttle_check.gossip.experiment import NO_MISFORTUNE, Experiment, Misfortune
from scuttle_check.gossip.own_properties import Replica
from scuttle_check.gossip.properties import properties_of
from scuttle_check.gossip.strategies import VALUES
from scuttle_ref.config import Config
from scuttle_ref.messages import Put
from scuttle_ref.names import UNBOUNDED, frozen_value, one_line, place_name
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import Resolver, lww_total
from scuttle_ref.state import NodeState

Invariant = Callable[[tuple[Replica, ...]], object]
"""A check of all replicas: it raises AssertionError, or answers False or a sentence, where broken.

What it is shown is a Replica for each node, in the order of the topology: ``id``, ``values`` (a
dict), ``get(key)`` and ``key in replica``; ``state`` is the node with its clock and its history.
"""

Command = Callable[[Replica], "st.SearchStrategy[Mapping[str, Any]] | Mapping[str, Any] | None"]
"""What an application may do at a replica, from what that holds: keys to set, with values.

A strategy of them, or a mapping; None where it may do nothing now. They are set one by one.
"""

DEFAULT = ("clock-within-issued", "entries-below-clock", "history-sound", "clocks-monotone")
"""What holds whatever the resolver and the network, as long as nobody loses its memory."""

OF_A_SCRIPT = frozenset({"agreement", "data-moved", "provenance"})
"""Properties that need a script known before, or that are asked at the end."""

CHANCES = 10_000
"""So many exchanges a link may start in one run: no bound."""


class GossipMachine(RuleBasedStateMachine):
    """A world of nodes; its rules are writes, exchanges, deliveries and the faults allowed.

    Made by :func:`gossip_machine`. After each step the invariants are checked, and at the end
    what is in flight is delivered, everything comes up again, and the replicas must agree.

    Spec: LAW-20.
    """

    system: ClassVar[System]
    judged: ClassVar[tuple[str, ...]]
    values: ClassVar[st.SearchStrategy[Any]]
    keys: ClassVar[tuple[str, ...]]
    invariants_of: ClassVar[Callable[[System], tuple[Property, ...]]]
    extra: ClassVar[tuple[Invariant, ...]]
    agrees: ClassVar[bool]
    commands: ClassVar[Mapping[str, Command]]
    at_end: ClassVar[tuple[Invariant, ...]]

    def __init__(self) -> None:
        super().__init__()
        kind = type(self)
        script: tuple[tuple[Put, ...], ...] = tuple(() for _ in kind.system.topology.nodes)
        self.own = attrs.evolve(kind.system, script=script)
        self.properties = kind.invariants_of(self.own)
        self.world: World = next(iter(self.own.initial()))
        self.before: tuple[World, Action] | None = None

    @initialize(data=st.data())
    def first_write(self, data: st.DataObject) -> None:
        """Somebody writes: a world without data satisfies everything."""
        self.write(data)

    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """An owner sets a key, or the application does what it may do there."""
        nodes = self.own.topology.nodes
        node = data.draw(st.sampled_from(nodes), label="node")
        if not self.commands:
            key = data.draw(st.sampled_from(self.keys))
            self._put(node, Put(key, frozen_value(data.draw(self.values))))
            return
        replica = self.replicas[self.own.topology.node_index[node]]
        offers = {name: command(replica) for name, command in self.commands.items()}
        able = {name: offer for name, offer in offers.items() if offer is not None}
        if able:
            name = data.draw(st.sampled_from(sorted(able)), label="command")
            found = able[name]
            if isinstance(found, st.SearchStrategy):
                found = data.draw(found, label=name)
            for key, value in found.items():
                self._put(node, Put(key, frozen_value(value)))

    def _put(self, node: str, put: Put) -> None:
        at = self.own.topology.node_index[node]
        script = tuple(
            (*commands, put) if number == at else commands
            for number, commands in enumerate(self.own.script)
        )
        self.own.script = script
        if Perform(node) in self.own.actions(self.world):
            self._take(Perform(node))
        else:  # the node is down: its owner cannot write
            self.own.script = tuple(
                commands[:-1] if number == at else commands
                for number, commands in enumerate(script)
            )

    @rule(data=st.data())
    def exchange(self, data: st.DataObject) -> None:
        """A node starts an exchange."""
        self._one_of(data, [each for each in self._enabled() if isinstance(each, Start)])

    @precondition(lambda self: any(self.world.channels))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """A message arrives."""
        self._one_of(data, [each for each in self._enabled() if isinstance(each, Deliver)])

    @precondition(lambda self: any(self.own.budgets))
    @rule(data=st.data())
    def fault(self, data: st.DataObject) -> None:
        """Something goes wrong, or comes right again."""
        usual = (Perform, Start, Deliver)
        self._one_of(data, [each for each in self._enabled() if not isinstance(each, usual)])

    @invariant()
    def properties_hold(self) -> None:
        """What holds of the world, and of the step that led to it."""
        for each in self.properties:
            for part in self._parts(each):
                finding = each.check(part)
                if isinstance(finding, Broken):
                    told = f"{cited(each.name, each.clause)}: {finding.because}"
                    raise AssertionError(told)  # noqa: TRY004 - it fails the test
        for check in self.extra:
            _checked(check, self.replicas)

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """What the application sees of the nodes, in the order of the topology."""
        return tuple(map(Replica, self.nodes))

    @property
    def nodes(self) -> tuple[NodeState, ...]:
        """What all nodes know now, in the order of the topology."""
        return self.world.nodes  # type: ignore[return-value]

    def teardown(self) -> None:
        """Deliver what is in flight, heal and restart, then settle: all replicas agree.

        Then what must be so at the end of a run is checked.
        """
        if not self.agrees and not self.at_end:
            return
        self.before = None
        while True:
            wanted = [each for each in self._enabled() if str(each).split()[0] in _MENDING]
            if not wanted:
                break
            self.world = self.own.next(self.world, wanted[0])
        outcome = settled(self.own, self.nodes)
        ended: tuple[NodeState, ...] = outcome.nodes  # type: ignore[assignment]
        if self.agrees:
            self._agreed(ended)
        for check in self.at_end:
            _checked(check, tuple(map(Replica, ended)))

    @staticmethod
    def _agreed(ended: tuple[NodeState, ...]) -> None:
        stores = [(node.id, node.store) for node in ended]
        for name, store in stores[1:]:
            seen, first = _seen(store), _seen(stores[0][1])
            if seen != first:
                told = f"{stores[0][0]} has {first}, {name} has {seen}"
                raise AssertionError(f"agreement [CONV-1]: {told}")

    def _enabled(self) -> list[Action]:
        return list(self.own.actions(self.world))

    def _one_of(self, data: st.DataObject, actions: list[Action]) -> None:
        if actions:
            self._take(data.draw(st.sampled_from(actions), label="action"))

    def _take(self, action: Action) -> None:
        self.before = (self.world, action)
        self.world = self.own.next(self.world, action)

    def _parts(self, each: Property) -> Iterable[Any]:
        if isinstance(each, Always):
            return each.parts(self.world)
        if isinstance(each, AlwaysStep) and self.before is not None:
            world, action = self.before
            return each.parts(world, action, self.world)
        return ()


_MENDING = frozenset({"deliver", "heal", "restart", "resume"})


def _checked(check: Invariant, replicas: tuple[Replica, ...]) -> None:
    """Raises AssertionError where an invariant is broken."""
    answer = check(replicas)
    if answer is False or isinstance(answer, str):
        name = getattr(check, "__name__", "an invariant")
        told = answer or f"is not so of {' and '.join(map(str, replicas))}"
        raise AssertionError(f"{name}: {told}")


def _seen(store: Any) -> dict[str, str]:
    return {place_name(place): f"{one_line(entry.value)}@{entry.version}" for place, entry in store}


def _named(commands: Mapping[str, Command] | Iterable[Command]) -> dict[str, Command]:
    """Commands by name: their own, where none is given."""
    if isinstance(commands, Mapping):
        return {str(name): each for name, each in commands.items()}
    return {getattr(each, "__name__", str(at)): each for at, each in enumerate(commands)}


def gossip_machine(  # noqa: PLR0913 - each keyword is a choice of its own
    resolver: Resolver = lww_total,
    *,
    profile: str = "documented",
    on: str = "line:3",
    network: str = "fifo",
    faults: Misfortune = NO_MISFORTUNE,
    max_history: float = UNBOUNDED,
    mtu: float = UNBOUNDED,
    values: str | st.SearchStrategy[Any] = "integers",
    keys: Iterable[str] = ("k", "j"),
    properties: Iterable[str] = DEFAULT,
    commands: Mapping[str, Command] | Iterable[Command] = (),
    invariants: Iterable[Invariant] = (),
    at_end: Iterable[Invariant] = (),
    agrees: bool = True,
) -> type[GossipMachine]:
    """A state machine of whole worlds, whose ``TestCase`` pytest runs as a test.

    `on` is a topology as on the command line, `faults` are budgets for one run, `properties` the
    names of those to check after each step. `commands` are what the application does, in place of
    writes of `values` to `keys`: functions of a replica, so that an order comes after its user.
    `invariants` are further checks of all replicas after each step, `at_end` checks of them when
    everything has arrived, and `agrees` says whether they must then agree. Losses and short
    histories are no reason to agree: with them say ``agrees=False``. Raises a Fault for what is no
    good.

    Spec: LAW-20.
    """
    graph = topology(on)
    nothing: tuple[tuple[Put, ...], ...] = tuple(() for _ in graph.nodes)
    setup = Experiment(graph, nothing, profile=profile, network=network, faults=faults).build()
    config = Config(resolve=resolver, max_history=max_history, mtu=mtu)
    gossip = Gossip(setup.gossip.profile, config)
    system = attrs.evolve(setup.system, actor=GossipActor(gossip), exchanges=CHANCES)
    known = [each.name for each in properties_of(system) if each.name not in OF_A_SCRIPT]
    chosen = tuple(properties)
    for name in chosen:
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no property {name!r}", where="properties", expected=expected)

    def judged(own: System) -> tuple[Property, ...]:
        return tuple(each for each in properties_of(own) if each.name in chosen)

    return type(
        "Gossip",
        (GossipMachine,),
        {
            "__doc__": f"{profile} on {on}, {network}",
            "system": system,
            "judged": chosen,
            "values": VALUES[values] if isinstance(values, str) else values,
            "keys": tuple(keys),
            "invariants_of": staticmethod(judged),
            "extra": tuple(invariants),
            "at_end": tuple(at_end),
            "commands": _named(commands),
            "agrees": agrees,
        },
    )
