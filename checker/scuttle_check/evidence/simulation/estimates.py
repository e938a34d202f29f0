"""What a few seeds tell: means with confidence intervals, and how a number grows with another.

Whether rounds grow with the logarithm of the number of nodes, as epidemics do.

With push-pull the nodes that have an update grow by a factor a round until half have it, and those
that lack it shrink at least as fast. So each doubling of the nodes adds the same time. Source:
Demers et al., Epidemic algorithms for replicated database maintenance (PODC 1987).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

import numpy as np
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import FAMILIES
from scuttle_check.evidence.simulation.spread import FAIR, Setup, Spread, neighbourhood
from scuttle_ref.names import UNBOUNDED

STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""The 97.5 % quantile of Student's t for 1 to 30 degrees of freedom.

Source: the usual table; scipy would be a heavy dependency for thirty numbers.
"""


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t; beyond the table by the first terms of its expansion."""
    if freedom < 1:
        return math.inf
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    z = NormalDist().inv_cdf(0.975)
    return z + (z**3 + z) / (4 * freedom)


@frozen
class Estimate:
    """A number and half of its 95 % confidence interval, infinite where one value tells nothing."""

    value: float
    half: float

    @property
    def least(self) -> float:
        """The low end of the interval."""
        return self.value - self.half

    @property
    def most(self) -> float:
        """The high end of the interval."""
        return self.value + self.half


def estimate(samples: Sequence[float]) -> Estimate:
    """The mean of `samples`, which are independent."""
    if len(samples) < 2:  # noqa: PLR2004 - no spread without two
        return Estimate(samples[0] if samples else math.nan, math.inf)
    half = student(len(samples) - 1) * stdev(samples) / math.sqrt(len(samples))
    return Estimate(fmean(samples), half)


@frozen
class Growth:
    """A number over doublings of another: how much each doubling adds, and how that itself grows.

    A logarithm has a constant `slope` and no `bend`. Units: per doubling, per doubling squared.
    """

    slope: Estimate
    bend: Estimate


def growth(sizes: Sequence[int], values: Sequence[float]) -> Growth:
    """The least squares of `values` over log2 of `sizes`: a line, and a parabola for its bend."""
    doublings = np.log2(np.array(sizes, dtype=float))
    return Growth(_leading(doublings, values, 1), _leading(doublings, values, 2))


def _leading(at: np.ndarray, values: Sequence[float], degree: int) -> Estimate:
    """The coefficient of the highest power."""
    matrix = np.vander(at - at.mean(), degree + 1)
    heights = np.array(values, dtype=float)
    fitted, *_ = np.linalg.lstsq(matrix, heights, rcond=None)
    freedom = len(values) - degree - 1
    if freedom < 1:
        return Estimate(float(fitted[0]), math.inf)
    noise = float(((matrix @ fitted - heights) ** 2).sum()) / freedom
    error = math.sqrt(noise * float(np.linalg.inv(matrix.T @ matrix)[0, 0]))
    return Estimate(float(fitted[0]), student(freedom) * error)


SIZES_MAX = 8
"""As many sizes as are run."""

NODES_MIN = 16
"""In fewer nodes there are no crowds."""

BEND_MAX = 0.06
"""What a bend may be and still pass for none. Unit: rounds per doubling squared.

Rounds that grow as the square root of the nodes and reach 8 with 10,000 bend by 0.16 over 8 sizes.
"""

SLOPE = (0.3, 1.0)
"""What a doubling adds in a complete graph without faults. Unit: rounds.

Nodes that meet at random times would take ln N rounds, ln 2 = 0.69 a doubling; that each node
starts exactly one exchange a round helps.
"""


@frozen
class Judgement:
    """An expectation, what was found, and whether it holds; None where seeds are too few."""

    sentence: str
    found: Estimate
    holds: bool | None


def sizes_of(setup: Setup) -> list[int]:
    """The nodes of `setup` and halves of them, the fewest first. Raises UsageFault."""
    family, _, size = setup.topology.partition(":")
    if family not in FAMILIES or not size.isdigit():
        known = ", ".join(usage for usage, _ in FAMILIES.values() if usage.find(":N") > 0)
        raise UsageFault(
            "has no halves", where=f"--growth --topology {setup.topology}", expected=known
        )
    sizes = [neighbourhood(setup.topology).count]
    while len(sizes) < SIZES_MAX and sizes[0] // 2 >= max(NODES_MIN, setup.updates):
        half = sizes[0] // 2
        sizes.insert(0, half + half % 2 if family == "random-regular" else half)
    if len(sizes) < 3:  # noqa: PLR2004 - a bend needs three points
        raise UsageFault(
            "too few nodes to halve them",
            where="--growth",
            expected=f"at least {4 * max(NODES_MIN, setup.updates)} nodes",
        )
    return sizes


def grown(runs: Sequence[Spread]) -> Growth:
    """How rounds grow with the nodes, in runs that arrived."""
    found = [(run.nodes, run.rounds) for run in runs if run.rounds is not None]
    return growth([nodes for nodes, _ in found], [rounds for _, rounds in found])


def judged(setup: Setup, runs: Sequence[Spread]) -> tuple[Judgement, ...]:
    """What is expected of runs over sizes. Nothing is judged of runs that were given up.

    Spec: SIM-6.
    """
    if any(run.rounds is None for run in runs):
        return ()
    found = grown(runs)
    bend, slope = found.bend, found.slope
    straight = None if bend.least <= BEND_MAX < bend.value else bend.value <= BEND_MAX
    answers = [
        Judgement(
            "rounds grow with the logarithm of the nodes (bend per doubling squared, "
            f"at most {BEND_MAX})",
            bend,
            straight,
        )
    ]
    ideal = (
        setup.topology.startswith("complete:") and setup.weather == FAIR and setup.mtu == UNBOUNDED
    )
    if ideal and setup.mode == "push-pull":
        low, high = SLOPE
        sentence = f"each doubling of the nodes adds {low} to {high} rounds"
        answers.append(Judgement(sentence, slope, low <= slope.value <= high))
    return tuple(answers)
