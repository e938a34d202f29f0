"""What a simulated network and its machines do to nodes: delays, losses, and nodes that go down.

Unit of time: rounds, the time between two exchanges that one node starts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from attrs import frozen

from checker.faults import UsageFault
from checker.outages import Comeback

LATENCIES: dict[str, tuple[str, Callable[..., Callable[[Random], float]]]] = {
    "fixed": ("fixed:T", lambda time: lambda _random: time),
    "uniform": ("uniform:LEAST,MOST", lambda least, most: lambda r: r.uniform(least, most)),
    "exponential": ("exponential:MEAN", lambda mean: lambda r: r.expovariate(1) * mean),
}
"""Models of the time a frame is under way, with how to write them. Unit: rounds."""


def latency(text: str) -> Callable[[Random], float]:
    """The delay of each frame, drawn as `text` says; a number alone is fixed. Raises UsageFault."""
    name, _, numbers = text.partition(":") if ":" in text else ("fixed", ":", text)
    usage, model = LATENCIES.get(name, ("", None))
    try:
        times = [float(number) for number in numbers.split(",")]
    except ValueError:
        times = []
    fits = model is not None and len(times) == usage.count(",") + 1
    if model is None or not fits or not all(0 <= time < math.inf for time in times):
        expected = "rounds, from 0: T, " + ", ".join(usage for usage, _ in LATENCIES.values())
        raise UsageFault(f"{text[:40]!r} is no latency", where="--latency", expected=expected)
    return model(*times)


@frozen
class Weather:
    """What goes wrong, each with its chance.

    `loss` is the chance of a frame to be lost; `churn` how often a node goes down, per round;
    `down` how long it stays so on average, in rounds. Both times are exponential. A node that
    comes back does so as `comeback` says.

    Spec: SIM-5.
    """

    latency: str = "0"
    loss: float = 0.0
    churn: float = 0.0
    down: float = 5.0
    comeback: Comeback = Comeback.PERSISTED


FAIR = Weather()
