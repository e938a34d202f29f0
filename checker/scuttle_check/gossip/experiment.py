"""An experiment: everything that decides what the checker explores, as data.

It is what the flags of ``scuttle check`` say, what the catalogue lists and what a
counterexample file stores; :meth:`Experiment.build` makes the model of it.

What may go wrong in an experiment, as data: budgets for a whole run.

The same names stand in flags, in the catalogue and in counterexample files.
"""

from __future__ import annotations

from typing import Any, cast

import attrs
from attrs import field, frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_check.engine.network import UNLIMITED, Comeback, Network, Outages, network, wiring
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import Topology
from scuttle_check.gossip.actor import GENERATION, GossipActor, actor_in
from scuttle_check.gossip.bounds import LEAST, Limit, limit_json
from scuttle_check.gossip.explain import GossipWords
from scuttle_check.gossip.javascript.naming import script_called
from scuttle_check.gossip.lasting import Heeded
from scuttle_check.gossip.own_profiles import Named, named_json, profile_called
from scuttle_check.gossip.own_properties import property_called
from scuttle_check.gossip.properties import properties_of
from scuttle_check.gossip.script import NodeCommand, command_text, value_text
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.messages import Put
from scuttle_ref.names import UNBOUNDED, NodeId, thawed_value
from scuttle_ref.order import DeltaOrder, scuttle_breadth, scuttle_depth
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import RESOLVERS, Resolver
from scuttle_ref.validity import name_refusal
from scuttle_ref.values import kind_of

ANY = "any"
"""How files and flags write a budget without a limit."""

RESTARTS = tuple(how.value for how in Comeback)


@frozen
class Misfortune:
    """How often each fault may happen in a whole run.

    Losses and duplicates that are None are as the network has them. `restart` says how crashed
    nodes come back; those that stop never do. `may_crash` are the nodes that may crash or stop;
    none are all.

    Spec: FAULT-1, FAULT-9.
    """

    losses: int | None = None
    duplicates: int | None = None
    overtakings: int = 0
    cuts: int = 0
    crashes: int = 0
    restart: str = Comeback.PERSISTED.value
    pauses: int = 0
    stops: int = 0
    may_crash: tuple[str, ...] = ()

    def links(self, network: Network) -> Network:
        """The network with the faults of links. Raises UsageFault."""
        if self.overtakings and not network.ordered:
            raise UsageFault(
                "every message may overtake on an unordered network",
                where="overtakings",
                expected="a budget of overtakings on an ordered network only",
            )
        return attrs.evolve(
            network,
            losses=network.losses if self.losses is None else self.losses,
            duplicates=network.duplicates if self.duplicates is None else self.duplicates,
            overtakings=self.overtakings,
            cuts=self.cuts,
        )

    def outages(self) -> Outages:
        """The faults of nodes."""
        how = Comeback(self.restart)
        return Outages(self.crashes, self.pauses, how, self.stops, self.may_crash)

    def to_json(self) -> dict[str, Any]:
        """What differs from a run without misfortune; :func:`misfortune_from` reads it back."""
        fields = attrs.asdict(self)
        default = attrs.asdict(NO_MISFORTUNE)
        given = {name: value for name, value in fields.items() if value != default[name]}
        written = {tuple: list, int: lambda value: ANY if value == UNLIMITED else value}
        return {name: written.get(type(each), str)(each) for name, each in given.items()}

    def __str__(self) -> str:
        budgets = {n: each for n, each in self.to_json().items() if n not in APART}
        told = [f"{name} {value}" for name, value in budgets.items()]
        if self.may_crash:
            told.append(f"of {' and '.join(self.may_crash)} only")
        if self.crashes:
            told.append(f"restart {self.restart}")
        return ", ".join(told)


APART = ("restart", "may_crash")
"""The members of a misfortune that are no budgets."""

NO_MISFORTUNE = Misfortune()


DELTA_ORDERS: dict[str, DeltaOrder] = {"depth": scuttle_depth, "breadth": scuttle_breadth}


@frozen
class Setup:
    """A model ready to be searched. `gossip` runs where nodes have no settings of their own."""

    system: System
    gossip: Gossip
    properties: tuple[Property, ...]
    heeded: Heeded = field(factory=Heeded, eq=False)
    own: tuple[tuple[str, str], ...] = ()

    def called(self, name: str) -> str:
        """A property's name, by the name of the code that makes it, where that was given."""
        return dict(self.own).get(name, name)

    @property
    def mixed(self) -> bool:
        """Whether some node has settings of its own. Spec: CHK-17."""
        actor = actor_in(self.system)
        return bool(actor.others or actor.written)


SETTINGS = ("profile", "max_history", "mtu", "resolver", "delta_order")
"""What nodes may have of their own, as members of an experiment."""


@frozen
class Own:
    """What one node has of its own: settings, and what its owner wrote before the run begins.

    Spec: CHK-17.
    """

    settings: tuple[tuple[str, Any], ...] = ()
    values: tuple[Put, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a model file has it; what is not given is left out."""
        given = {name: _setting_json(name, value) for name, value in self.settings}
        held = {put.key: thawed_value(put.value) for put in self.values}
        return {**given, "values": held} if held else given

    def __str__(self) -> str:
        told = [f"{name} {_setting_text(value)}" for name, value in self.settings]
        held = [f"{put.key}={value_text(put.value)}" for put in self.values]
        return ", ".join([*told, *([f"begins with {' '.join(held)}"] if held else [])])


def _setting_json(name: str, value: Any) -> Any:
    if name in LEAST:
        return limit_json(value)
    return named_json(value) if name == "profile" else value


def _setting_text(value: Any) -> str:
    if value == UNBOUNDED:
        return "unlimited"
    return "not given" if value is None else str(value)


@frozen
class Experiment:
    """What to explore. ``max_history`` and ``mtu`` count updates and mean what a Config's do.

    `processes` are groups of nodes in one process; the others have one each. `nodes` are those
    with something of their own, and `properties` those of somebody's own, by name.

    Spec: CHK-1, CHK-17, CHK-18.
    """

    topology: Topology
    script: tuple[tuple[NodeCommand, ...], ...]
    profile: Named = "documented"
    network: str = "fifo"
    exchanges: int = 1
    max_history: Limit = UNBOUNDED
    mtu: Limit = UNBOUNDED
    resolver: str = "lww_total"
    delta_order: str = field(default="depth")
    faults: Misfortune = NO_MISFORTUNE
    wiring: str = "addressed"
    processes: tuple[tuple[str, ...], ...] = ()
    nodes: tuple[tuple[NodeId, Own], ...] = ()
    properties: tuple[str, ...] = ()

    def at(self, node: NodeId) -> Experiment:
        """The experiment as one node sees it: its own settings are those of everybody."""
        own = dict(self.nodes).get(node)
        return self if own is None else attrs.evolve(self, nodes=(), **dict(own.settings))

    def profiles(self) -> tuple[Profile, ...]:
        """The profiles that nodes run, each once; first that of nodes with none of their own."""
        others = (profile_called(self.at(node).profile) for node, _ in self.nodes)
        return tuple(dict.fromkeys((profile_called(self.profile), *others)))

    def _runs(self, node: NodeId) -> Gossip:
        at = self.at(node)
        return Gossip(profile_called(at.profile), at.config())

    def _actor(self, gossip: Gossip) -> GossipActor:
        own = [(node, each) for node, each in self.nodes if each.settings]
        others = tuple((node, self._runs(node)) for node, _ in own)
        written = tuple((node, each.values) for node, each in self.nodes if each.values)
        return GossipActor(gossip, sum(self.processes, ()), others, written)

    def _network(self) -> Network:
        """The network, with the frames that all profiles presume. Raises UsageFault."""
        whole = {profile.whole_answers: profile.name for profile in reversed(self.profiles())}
        if len(whole) > 1:
            raise UsageFault(
                f"{whole[True]} presumes that an answer is one frame, and {whole[False]} does not",
                where="nodes",
                expected="profiles that presume the same of their links",
                clause="NET-5",
                hint="a rule file can say whole_answers = true, or false",
            )
        return self.faults.links(network(self.network, whole_answers=True in whole))

    def build(self) -> Setup:
        """The system, the protocol and the properties. Raises a Fault for what is no good."""
        for node in self.topology.nodes:
            refusal = name_refusal("topology", node)
            if refusal is not None:
                problem = f"{node[:40]!r} cannot name a node: it {refusal.problem}"
                raise UsageFault(
                    problem,
                    where="--topology",
                    expected=refusal.expected,
                    clause=refusal.clause,
                )
            if node.endswith(GENERATION) and self.faults.restart == Comeback.NEW_ID.value:
                problem = f"{node!r} looks like the new id of another node"
                raise UsageFault(problem, where="--topology", expected="no ' at the end of a name")
        for node in self.faults.may_crash:
            if node not in self.topology.node_index:
                known = ", ".join(self.topology.nodes)
                raise UsageFault(f"no node {node!r}", where="--may-crash", expected=known)
        gossip = Gossip(profile_called(self.profile), self.config())
        actor = self._actor(gossip)
        system = System(
            actor,
            self.topology,
            self._network(),
            self.script,
            self.exchanges,
            self.faults.outages(),
            wiring(self.topology, self.wiring, self.processes),
            GossipWords(actor),
        )
        heeded = Heeded()
        own = self._own_properties(system)
        every = (*properties_of(system, heeded), *own)
        names = tuple(each.name for each in own)
        return Setup(system, gossip, every, heeded, tuple(zip(self.properties, names, strict=True)))

    def _own_properties(self, system: System) -> tuple[Property, ...]:
        found = tuple(property_called(name, system) for name in self.properties)
        known = [each.name for each in (*properties_of(system), *found)]
        for each, name in zip(found, self.properties, strict=True):
            if known.count(each.name) > 1:
                problem = f"is called {each.name}, as another property is"
                raise UsageFault(problem, where=f"--property {name}", clause="CHK-18")
        return found

    def config(self) -> Config:
        """How every node is configured. Raises a Fault for what is no good."""
        if self.delta_order not in DELTA_ORDERS:
            expected = ", ".join(DELTA_ORDERS)
            raise UsageFault(f"no delta order {self.delta_order!r}", expected=expected)
        try:
            return Config(
                resolve=resolver_called(self.resolver),
                max_history=self.max_history,
                mtu=self.mtu,
                delta_order=DELTA_ORDERS[self.delta_order],
            )
        except InvalidConfig as fault:
            refusal = fault.refusal
            raise UsageFault(
                refusal.problem,
                where=refusal.path,
                expected=refusal.expected,
                clause=refusal.clause,
            ) from None

    def to_json(self) -> dict[str, Any]:
        """The experiment as JSON; :func:`experiment_from_json` reads it back."""
        pairs = zip(self.topology.nodes, self.script, strict=True)
        return {
            "profile": named_json(self.profile),
            "topology": {
                "name": self.topology.name,
                "nodes": list(self.topology.nodes),
                "links": [list(link) for link in self.topology.links],
            },
            "network": self.network,
            "script": [f"{node} {command_text(c)}" for node, script in pairs for c in script],
            "exchanges": self.exchanges,
            "max_history": limit_json(self.max_history),
            "mtu": limit_json(self.mtu),
            "resolver": self.resolver,
            "delta_order": self.delta_order,
            "faults": self.faults.to_json(),
            "wiring": self.wiring,
            "processes": [list(process) for process in self.processes],
            **({"properties": list(self.properties)} if self.properties else {}),
            **({"nodes": {node: own.to_json() for node, own in self.nodes}} if self.nodes else {}),
        }


def resolver_called(name: str) -> Resolver:
    """A resolver by name, ``package.module:function`` or ``file.mjs:function``. Raises a Fault."""
    if name in RESOLVERS:
        return RESOLVERS[name]
    refuse_foreign_code("resolver", name, ", ".join(RESOLVERS))
    where = f"--resolver {name}"
    script = script_called(name)
    if script is not None:
        # It wants processes, which no browser has and few models need.
        from scuttle_check.gossip.javascript.resolving import scripted  # noqa: PLC0415

        return scripted(script, name)
    if ":" not in name:
        known = ", ".join(RESOLVERS)
        raise UsageFault(
            f"no resolver {name!r}",
            where=where,
            expected=f"{known}, package.module:function, or file.mjs:function",
        )
    resolver = imported(name, where)
    if not callable(resolver):
        raise UnrunnableFault(f"is {kind_of(resolver)}", where=where, expected="a function")
    return cast("Resolver", resolver)
