"""What a few seeds tell: means with confidence intervals, and how a number grows with another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

import numpy as np
from attrs import frozen

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
