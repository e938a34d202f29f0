"""What a command is asked to simulate: setups, each run with a row of seeds.

A plan and the results of its runs can be written as JSON and read again, so that what was begun
in one process can be ended in another, with the same bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar
from zlib import crc32

import attrs
from attrs import evolve, frozen
from attrs.validators import deep_iterable, ge, in_, instance_of, optional

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.network import Comeback
from scuttle_check.evidence.simulation import paper
from scuttle_check.evidence.simulation.estimates import sizes_of
from scuttle_check.evidence.simulation.experiments import EXPERIMENTS, setups
from scuttle_check.evidence.simulation.orders import ORDERS
from scuttle_check.evidence.simulation.reducing import ORDERS as REDUCED
from scuttle_check.evidence.simulation.spread import (
    MODES,
    Setup,
    Spread,
    Weather,
    neighbourhood,
    resized,
)
from scuttle_check.gossip.bounds import LEAST, limit_from
from scuttle_ref.profiles import PROFILES

AUTO = "auto"
"""The reducers where an order has them, and tables where it has none."""

S = TypeVar("S")
R = TypeVar("R")


@frozen(kw_only=True)
class Plan(ABC, Generic[S, R]):
    """Setups, and `seeds` seeds from `seed` on for each of them."""

    KIND: ClassVar[str]

    seed: int = attrs.field(validator=[instance_of(int), ge(0)])
    seeds: int = attrs.field(validator=[instance_of(int), ge(1)])

    @property
    @abstractmethod
    def name(self) -> str:
        """What is simulated: the word behind ``scuttle simulate``."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What a run folder of its own is called, without its number."""

    @property
    @abstractmethod
    def setups(self) -> tuple[S, ...]:
        """What is run with each seed. Raises UsageFault for what could not run."""

    @property
    @abstractmethod
    def setup_labels(self) -> tuple[str, ...]:
        """What each of the setups is called, without making sure that it could run."""

    @property
    def tasks(self) -> list[tuple[S, int]]:
        """Setups and seeds, in the order in which runs are told."""
        seeds = range(self.seed, self.seed + self.seeds)
        return [(setup, seed) for setup in self.setups for seed in seeds]

    @abstractmethod
    def weight(self, setup: S) -> float:
        """How long a run of it takes, beside the others."""

    @property
    def population(self) -> int:
        """A checksum of who may gossip with whom, where a file or a library decides that."""
        return 0

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON; :meth:`from_json` reads it back."""
        return attrs.asdict(self)

    @classmethod
    @abstractmethod
    def from_json(cls, document: dict[str, Any]) -> Plan[S, R]:
        """The plan again. Raises TypeError, ValueError or UsageFault for what is none."""

    @abstractmethod
    def written(self, run: R) -> Any:
        """What a run came to, as JSON; its task is known."""

    @abstractmethod
    def read(self, task: tuple[S, int], document: Any) -> R:
        """The run of a task again, to the last bit."""


@frozen
class PaperEnd:
    """A run that has ended; of one by the reducers, whether the tables take the same course."""

    run: paper.Run
    alike: bool | None = None


@frozen(kw_only=True)
class PaperPlan(Plan[paper.Setup, PaperEnd]):
    """An experiment of the paper under some orders; `nodes` is None for as many as the paper."""

    KIND: ClassVar[str] = "paper"

    experiment: str = attrs.field(validator=in_(tuple(EXPERIMENTS)))
    orders: tuple[str, ...] = attrs.field(validator=deep_iterable(in_(ORDERS)))
    nodes: int | None = attrs.field(validator=optional([instance_of(int), ge(2)]))
    engine: str = attrs.field(validator=in_((AUTO, *paper.ENGINES)))

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return self.experiment

    @property
    def label(self) -> str:
        """The experiment."""
        return self.experiment

    @property
    def setups(self) -> tuple[paper.Setup, ...]:
        """One for each order."""
        found = setups(EXPERIMENTS[self.experiment], self.orders, self.nodes)
        return tuple(evolve(setup, engine=self._engine_of(setup.order)) for setup in found)

    def _engine_of(self, order: str) -> str:
        if self.engine != AUTO:
            return self.engine
        return "reducers" if order in REDUCED else "tables"

    @property
    def setup_labels(self) -> tuple[str, ...]:
        """The orders."""
        return tuple(setup.order for setup in self.setups)

    def weight(self, setup: paper.Setup) -> float:
        """The reducers take some twenty times as long as the tables."""
        return 20.0 if setup.engine == "reducers" else 1.0

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> PaperPlan:
        """The plan again."""
        return cls(**{**document, "orders": tuple(document["orders"])})

    def written(self, run: PaperEnd) -> Any:
        """The samples, as rows, and how they compare."""
        samples = [list(attrs.astuple(sample)) for sample in run.run.samples]
        return {"samples": samples, "alike": run.alike}

    def read(self, task: tuple[paper.Setup, int], document: Any) -> PaperEnd:
        """The run of those samples."""
        samples = tuple(paper.Sample(*row) for row in document["samples"])
        return PaperEnd(paper.Run(*task, samples), document["alike"])


@frozen(kw_only=True)
class SpreadPlan(Plan[Setup, Spread]):
    """How updates spread; with `growth` in smaller and smaller populations, too."""

    KIND: ClassVar[str] = "spread"

    setup: Setup = attrs.field(validator=instance_of(Setup))
    growth: bool = attrs.field(validator=instance_of(bool))

    @property
    def name(self) -> str:
        """The word of the command."""
        return self.KIND

    @property
    def label(self) -> str:
        """The population."""
        return f"spread-{self.setup.topology}"

    @property
    def setups(self) -> tuple[Setup, ...]:
        """One for each size."""
        if not self.growth:
            return (self.setup,)
        return tuple(resized(self.setup, nodes) for nodes in sizes_of(self.setup))

    @property
    def setup_labels(self) -> tuple[str, ...]:
        """The populations."""
        return tuple(setup.topology for setup in self.setups)

    def weight(self, setup: Setup) -> float:
        """The number of nodes: each says about as much, whatever the size."""
        return float(neighbourhood(setup.topology).count)

    @property
    def population(self) -> int:
        """A checksum of the neighbours of every node, at each size. Raises UsageFault."""
        self.setup.checked()
        found = 0
        for setup in self.setups:
            found = crc32(repr(neighbourhood(setup.topology)).encode(), found)
        return found

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {**attrs.asdict(self, recurse=False), "setup": self.setup.to_json()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> SpreadPlan:
        """The plan again."""
        setup, weather = document["setup"], document["setup"]["weather"]
        _insist(setup, SETUP_TYPES)
        _insist(weather, WEATHER_TYPES)
        weather = Weather(**{**weather, "comeback": Comeback(weather["comeback"])})
        limits = {name: limit_from(setup[name], name, name) for name in LEAST}
        setup = Setup(**{**setup, **limits, "weather": weather})
        if setup.profile not in PROFILES or setup.mode not in MODES:
            raise ValueError(setup)
        return cls(**{**document, "setup": setup})

    def written(self, run: Spread) -> Any:
        """How it went."""
        return attrs.asdict(run)

    def read(self, task: tuple[Setup, int], document: Any) -> Spread:
        """How it went, again."""
        del task
        return Spread(**document)


SETUP_TYPES: dict[str, tuple[type, ...]] = {
    "topology": (str,),
    "profile": (str,),
    "mode": (str,),
    "updates": (int,),
    "mtu": (int, str, type(None)),
    "max_history": (int, str, type(None)),
    "rounds_max": (int,),
}
WEATHER_TYPES: dict[str, tuple[type, ...]] = {
    "latency": (str,),
    "loss": (int, float),
    "churn": (int, float),
    "down": (int, float),
}


def _insist(document: dict[str, Any], types: dict[str, tuple[type, ...]]) -> None:
    """Raises KeyError or TypeError where a member is missing or of another type."""
    for name, expected in types.items():
        if not isinstance(document[name], expected):
            raise TypeError(name)


AnyPlan: TypeAlias = PaperPlan | SpreadPlan

PLANS: dict[str, type[PaperPlan | SpreadPlan]] = {
    PaperPlan.KIND: PaperPlan,
    SpreadPlan.KIND: SpreadPlan,
}


def plan_from_json(document: dict[str, Any], where: str) -> AnyPlan:
    """The plan with its kind. Raises UsageFault for what is none."""
    rest = dict(document)
    kind = PLANS.get(str(rest.pop("kind", "")))
    try:
        if kind is not None:
            plan = kind.from_json(rest)
            if plan.setup_labels:
                return plan
    except (AttributeError, KeyError, TypeError, UsageFault, ValueError):
        pass
    raise UsageFault("is no plan of a simulation", where=where, hint="begin a new run")


def plan_json(plan: AnyPlan) -> dict[str, Any]:
    """The plan with its kind, as JSON."""
    return {"kind": plan.KIND, **plan.to_json()}
