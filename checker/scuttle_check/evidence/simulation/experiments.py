"""The experiments by name: what runs, what the paper shows, and what must hold of the outcome.

The paper's figures were read off its plots, to some 3 %, and show one participant; a run's number
of stale mappings is the mean over all. Source: figures of the Scuttlebutt paper (LADIS 2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from scuttle_check.evidence.simulation.orders import ORDERS
from scuttle_check.evidence.simulation.paper import Run, Sample, Setup

Runs = Mapping[str, Run]
"""The runs of one seed, by order."""


@frozen
class Column:
    """One number of a run; the paper's by number of participants and order, where it has any."""

    title: str
    of: Callable[[Run], float]
    paper: Mapping[int, Mapping[str, float]]

    def published(self, nodes: int) -> Mapping[str, float]:
        """The paper's figure with so many participants, by order."""
        return self.paper.get(nodes, {})


@frozen
class Panel:
    """One curve over time: what is drawn of each sample. Columns called NAME@T belong to NAME."""

    name: str
    label: str
    of: Callable[[Sample], float]


@frozen
class Expectation:
    """What must hold of the runs of each seed; orders that did not run leave it untested."""

    sentence: str
    orders: tuple[str, ...]
    holds: Callable[[Runs], bool]


@frozen
class Experiment:
    """A setup to run under each order, what is shown of it and what is expected.

    `text` is a sentence about ``{nodes}`` participants.
    """

    setup: Setup
    text: str
    orders: tuple[str, ...]
    columns: tuple[Column, ...]
    expectations: tuple[Expectation, ...]
    panels: tuple[Panel, ...]

    def summary(self, nodes: int) -> str:
        """What is run, with so many participants."""
        return self.text.format(nodes=nodes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of participants that the expectations are about."""
        published = {nodes for column in self.columns for nodes in column.paper}
        return tuple(sorted({self.setup.nodes, *published}))

    def figures_of_the_paper(self, panel: Panel, order: str, nodes: int) -> list[tuple[int, float]]:
        """What the paper shows of a panel under an order: seconds and values."""
        named = [each.title.partition("@") for each in self.columns]
        return [
            (int(second), column.published(nodes)[order])
            for (name, _, second), column in zip(named, self.columns, strict=True)
            if name == panel.name and order in column.published(nodes)
        ]


STALE = Panel("stale", "stale mappings of a participant", lambda each: each.stale)
LATE = Panel("late", "oldest missed update (s)", lambda each: each.staleness)
LIGHT_LATE = Panel(
    "light late", "oldest missed of a light writer (s)", lambda each: each.staleness_light
)
RATE = Panel("rate", "allowed rate (updates a second)", lambda each: each.rate)


def _stale(second: int, **paper: float) -> Column:
    return Column(f"stale@{second}", lambda run: run.at(second).stale, {128: paper})


def _late(second: int, **paper: float) -> Column:
    return Column(f"late@{second}", lambda run: run.at(second).staleness, {128: paper})


def _zero(run: Run) -> float:
    """The first second after the writes with nothing stale left; infinite if there is none."""
    done = (each.second for each in run.samples if each.second > 120 and not each.stale)
    return next(done, math.inf)


def _back(run: Run) -> float:
    """The first second after the doubled load with less than 500 stale mappings."""
    low = (each.second for each in run.samples if each.second > 75 and each.stale < 500)
    return next(low, math.inf)


def _most(run: Run, of: Callable[[Sample], float], since: int = 15) -> float:
    return max(of(each) for each in run.samples if each.second >= since)


def _mean_rate(run: Run, since: int, until: int) -> float:
    rates = [each.rate for each in run.samples if since <= each.second < until]
    return sum(rates) / len(rates)


def _lowest_rate(run: Run) -> float:
    return min(each.rate for each in run.samples if each.second > run.setup.halved)


def _slope(run: Run, since: int, until: int) -> float:
    """How fast staleness grows. Unit: seconds a second."""
    return (run.at(until).staleness - run.at(since).staleness) / (until - since)


def _ordered(runs: Runs) -> bool:
    stale = [runs[order].at(75).stale for order in ("oldest", "breadth", "depth", "newest")]
    return stale == sorted(stale, reverse=True) and stale[0] >= 1.4 * stale[-1]


PAPER_1 = Experiment(
    setup=Setup("paper-1", "depth"),
    text="{nodes} participants, mtu 100 from t = 15, the load doubled in 25..75, off at t = 120",
    orders=ORDERS,
    columns=(
        _stale(40, newest=1600, depth=1650, breadth=1850, oldest=1900),
        _stale(75, newest=2080, depth=2190, breadth=3050, oldest=3240),
        _stale(98, newest=430, depth=600, breadth=1650, oldest=2050),
        _stale(119, newest=400, depth=400, breadth=780, oldest=1070),
        _late(75, newest=51, depth=20, breadth=37, oldest=30),
        _late(98, newest=73, depth=9, breadth=59, oldest=44),
        Column(
            "zero at", _zero, {128: {"newest": 125, "depth": 125, "breadth": 127, "oldest": 129}}
        ),
    ),
    expectations=(
        Expectation(
            "at 75 s oldest has most stale mappings, then breadth, depth, newest; 1.4-fold",
            ORDERS,
            _ordered,
        ),
        Expectation(
            "newest starves: its staleness grows 0.9 to 1.1 seconds a second from 40 to 75 s",
            ("newest",),
            lambda runs: 0.9 <= _slope(runs["newest"], 40, 75) <= 1.1,
        ),
        Expectation(
            "depth never leaves an update out for more than 45 s",
            ("depth",),
            lambda runs: _most(runs["depth"], lambda each: each.staleness) <= 45,
        ),
        Expectation(
            "newest and depth are back below 500 stale mappings before 110 s",
            ("newest", "depth"),
            lambda runs: max(_back(runs["newest"]), _back(runs["depth"])) < 110,
        ),
        Expectation(
            "breadth and oldest are not back below 500 before 115 s",
            ("breadth", "oldest"),
            lambda runs: min(_back(runs["breadth"]), _back(runs["oldest"])) >= 115,
        ),
        *(
            Expectation(
                f"{order}: nothing is stale at 135 s",
                (order,),
                lambda runs, order=order: _zero(runs[order]) <= 135,  # type: ignore[misc]
            )
            for order in ORDERS
        ),
        *(
            Expectation(
                f"{order}: the invariant (equation 2) holds at every second",
                (order,),
                lambda runs, order=order: _most(runs[order], lambda each: each.holes, 0) == 0,  # type: ignore[misc]
            )
            for order in ("breadth", "depth")
        ),
    ),
    panels=(STALE, LATE),
)

_CONTROLLED = ("newest", "depth", "oldest")


def _controlled(order: str) -> tuple[Expectation, ...]:
    def per_mtu(run: Run) -> float:
        """Updates per second of all participants, for each delta of the mtu."""
        return _mean_rate(run, 70, 90) * run.setup.nodes / run.setup.mtu

    def halves(run: Run) -> bool:
        return 0.4 <= _mean_rate(run, 140, 180) / _mean_rate(run, 70, 90) <= 0.65

    return (
        Expectation(
            f"{order}: the rates of all add up to 1.0 to 1.5 mtu a second before 90 s",
            (order,),
            lambda runs: 1.0 <= per_mtu(runs[order]) <= 1.5,
        ),
        Expectation(
            f"{order}: half the mtu leaves 0.4 to 0.65 of the rate",
            (order,),
            lambda runs: halves(runs[order]),
        ),
        Expectation(
            f"{order}: from 140 s on no update is more than 12 s late",
            (order,),
            lambda runs: _most(runs[order], lambda each: each.staleness, 140) <= 12,
        ),
    )


def _alike(of_128: float, of_64: float) -> dict[int, dict[str, float]]:
    """Figures that the paper shows under every order alike."""
    sizes = {128: of_128, 64: of_64}
    return {nodes: dict.fromkeys(_CONTROLLED, figure) for nodes, figure in sizes.items()}


PAPER_2 = Experiment(
    setup=Setup("paper-2", "depth", seconds=180, rates=((0, 1.0),), halved=90, flow=True),
    text="flow control: {nodes} participants that want to write more, the mtu halved at t = 90",
    orders=_CONTROLLED,
    columns=(
        Column("rate 70-89", lambda run: _mean_rate(run, 70, 90), _alike(1.0, 1.95)),
        Column("lowest", _lowest_rate, _alike(0.33, 0.65)),
        Column("rate 140-179", lambda run: _mean_rate(run, 140, 180), _alike(0.5, 1.0)),
        Column(
            "late after 90",
            lambda run: _most(run, lambda each: each.staleness, 90),
            {
                128: {"newest": 21, "depth": 9.5, "oldest": 12.5},
                64: {"newest": 14, "depth": 9.5, "oldest": 9.5},
            },
        ),
    ),
    expectations=tuple(each for order in _CONTROLLED for each in _controlled(order)),
    panels=(RATE, LATE),
)


def _light_late(second: int) -> Column:
    title = f"light late@{second}"
    return Column(title, lambda run: run.at(second).staleness_light, {})


SKEW = Experiment(
    setup=Setup("light-writers", "depth", seconds=120, rates=((0, 4.0),), light=0.05),
    text="half of {nodes} participants write 4 updates a second, half one in 20 s: who waits?",
    orders=ORDERS,
    columns=tuple(_light_late(second) for second in (40, 60, 90, 119)),
    expectations=(
        Expectation(
            "depth starves light writers: an update of one is 60 s late or more at 119 s",
            ("depth",),
            lambda runs: runs["depth"].at(119).staleness_light >= 60,
        ),
        Expectation(
            "breadth serves light writers within 10 s",
            ("breadth",),
            lambda runs: _most(runs["breadth"], lambda each: each.staleness_light) <= 10,
        ),
    ),
    panels=(LIGHT_LATE, STALE),
)

EXPERIMENTS = {each.setup.name: each for each in (PAPER_1, PAPER_2, SKEW)}


def setups(experiment: Experiment, orders: tuple[str, ...], nodes: int | None) -> list[Setup]:
    """What to run, one setup for each order."""
    base = experiment.setup if nodes is None else evolve(experiment.setup, nodes=nodes)
    return [evolve(base, order=order) for order in orders or experiment.orders]
