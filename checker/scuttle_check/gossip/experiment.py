"""An experiment: everything that decides what the checker explores, as data.

It is what the flags of ``scuttle check`` say, what the catalogue lists and what a
counterexample file stores; :meth:`Experiment.build` makes the model of it.

What may go wrong in an experiment, as data: budgets for a whole run.

The same names stand in flags, in the catalogue and in counterexample files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs
from attrs import field, frozen

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_check.engine.network import UNLIMITED, Comeback, Network, Outages, network, wiring
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import Topology, from_links
from scuttle_check.gossip.actor import GENERATION, GossipActor
from scuttle_check.gossip.bounds import LEAST, Limit, limit_from, limit_json
from scuttle_check.gossip.explain import GossipWords
from scuttle_check.gossip.lasting import Heeded
from scuttle_check.gossip.properties import properties_of
from scuttle_check.gossip.script import NodeCommand, command_text, parse_script
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import DeltaOrder, scuttle_breadth, scuttle_depth
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES
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
    nodes come back.

    Spec: FAULT-1.
    """

    losses: int | None = None
    duplicates: int | None = None
    overtakings: int = 0
    cuts: int = 0
    crashes: int = 0
    restart: str = Comeback.PERSISTED.value
    pauses: int = 0

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
        return Outages(self.crashes, self.pauses, Comeback(self.restart))

    def to_json(self) -> dict[str, Any]:
        """What differs from a run without misfortune; :func:`misfortune_from` reads it back."""
        fields = attrs.asdict(self)
        default = attrs.asdict(NO_MISFORTUNE)
        given = {name: value for name, value in fields.items() if value != default[name]}
        return {name: ANY if value == UNLIMITED else value for name, value in given.items()}

    def __str__(self) -> str:
        told = [f"{name} {value}" for name, value in self.to_json().items() if name != "restart"]
        if self.crashes:
            told.append(f"restart {self.restart}")
        return ", ".join(told)


NO_MISFORTUNE = Misfortune()


def misfortune_from(document: object, where: str) -> Misfortune:
    """The budgets that a JSON object or a TOML table names. Raises UsageFault."""
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {document!r}", where=where, expected="an object of budgets")
    known = attrs.asdict(NO_MISFORTUNE)
    found: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no fault {name!r}", where=where, expected=expected)
        found[name] = _budget(name, value, f"{where}.{name}")
    return Misfortune(**found)


def _budget(name: str, value: object, where: str) -> object:
    if name == "restart":
        if value not in RESTARTS:
            raise UsageFault(f"is {value!r}", where=where, expected=" or ".join(RESTARTS))
        return value
    if value == ANY and name == "losses":
        return UNLIMITED
    if type(value) is not int or value < 0:
        expected = "an integer from 0" + (f" or {ANY!r}" if name == "losses" else "")
        raise UsageFault(f"is {value!r}", where=where, expected=expected)
    return value


DELTA_ORDERS: dict[str, DeltaOrder] = {"depth": scuttle_depth, "breadth": scuttle_breadth}


@frozen
class Setup:
    """A model that is ready to be searched."""

    system: System
    gossip: Gossip
    properties: tuple[Property, ...]
    heeded: Heeded = field(factory=Heeded, eq=False)


@frozen
class Experiment:
    """What to explore. ``max_history`` and ``mtu`` count updates and mean what a Config's do.

    `processes` are groups of nodes in one process; the others have one each.

    Spec: CHK-1.
    """

    topology: Topology
    script: tuple[tuple[NodeCommand, ...], ...]
    profile: str = "documented"
    network: str = "fifo"
    exchanges: int = 1
    max_history: Limit = UNBOUNDED
    mtu: Limit = UNBOUNDED
    resolver: str = "lww_total"
    delta_order: str = field(default="depth")
    faults: Misfortune = NO_MISFORTUNE
    wiring: str = "addressed"
    processes: tuple[tuple[str, ...], ...] = ()

    def build(self) -> Setup:
        """The system, the protocol and the properties. Raises a Fault for what is no good."""
        profile = profile_called(self.profile)
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
        gossip = Gossip(profile, self.config())
        system = System(
            GossipActor(gossip, sum(self.processes, ())),
            self.topology,
            self.faults.links(network(self.network, whole_answers=profile.whole_answers)),
            self.script,
            self.exchanges,
            self.faults.outages(),
            wiring(self.topology, self.wiring, self.processes),
            GossipWords(profile),
        )
        heeded = Heeded()
        return Setup(system, gossip, properties_of(system, gossip, heeded), heeded)

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
            "profile": self.profile,
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
        }


def profile_called(name: str) -> Profile:
    """The profile of that name. Raises UsageFault."""
    if name not in PROFILES:
        known = ", ".join(PROFILES)
        raise UsageFault(f"no profile {name!r}", where="--profile", expected=known)
    return PROFILES[name]


def resolver_called(name: str) -> Resolver:
    """A resolver by name, or from ``package.module:function``. Raises a Fault."""
    if name in RESOLVERS:
        return RESOLVERS[name]
    refuse_foreign_code("resolver", name, ", ".join(RESOLVERS))
    where = f"--resolver {name}"
    if ":" not in name:
        known = ", ".join(RESOLVERS)
        raise UsageFault(
            f"no resolver {name!r}", where=where, expected=f"{known}, or package.module:function"
        )
    resolver = imported(name, where)
    if not callable(resolver):
        raise UnrunnableFault(f"is {kind_of(resolver)}", where=where, expected="a function")
    return cast("Resolver", resolver)


def processes_from(document: object, where: str) -> tuple[tuple[str, ...], ...]:
    """The processes that a list of lists of nodes names. Raises UsageFault."""
    found: list[tuple[str, ...]] = []
    for group in document if isinstance(document, list | tuple) else [document]:
        names: list[Any] = list(group) if isinstance(group, list | tuple) else [None]
        if not all(isinstance(node, str) for node in names):
            raise UsageFault(f"is {document!r}", where=where, expected="a list of lists of nodes")
        found.append(tuple(names))
    return tuple(found)


def _exchanges(number: object, where: str) -> int:
    if type(number) is not int or number < 0:
        raise UsageFault(f"is {number!r}", where=where, expected="an integer from 0")
    return number


def experiment_from_json(document: Mapping[str, Any], where: str) -> Experiment:
    """The experiment that a JSON object describes. Raises UsageFault with the path of a fault."""
    try:
        shape = document["topology"]
        links = tuple((str(one), str(other)) for one, other in shape["links"])
        topology = from_links(list(map(str, shape["nodes"])), links, str(shape["name"]))
        script = parse_script(list(document["script"]), topology, f"{where}: $.script")
        limits = {
            name: limit_from(document.get(name), name, f"{where}: $.{name}") for name in LEAST
        }
        return Experiment(
            topology=topology,
            script=script,
            profile=str(document["profile"]),
            network=str(document["network"]),
            exchanges=_exchanges(document["exchanges"], f"{where}: $.exchanges"),
            max_history=limits["max_history"],
            mtu=limits["mtu"],
            resolver=str(document.get("resolver", "lww_total")),
            delta_order=str(document.get("delta_order", "depth")),
            faults=misfortune_from(document.get("faults", {}), f"{where}: $.faults"),
            wiring=str(document.get("wiring", "addressed")),
            processes=processes_from(document.get("processes", ()), f"{where}: $.processes"),
        )
    except Fault:
        raise
    except KeyError as missing:
        raise UsageFault(f"{missing.args[0]!r} is missing", where=f"{where}: $") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as fault:
        raise UsageFault(
            f"does not have the shape of an experiment ({fault})", where=where
        ) from None
