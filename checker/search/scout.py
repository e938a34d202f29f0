"""A scout: while a long search goes on, look for a bug by walking at random.

A breadth-first search finds the shortest counterexample, and finds it late. The scout hears the
progress of the search; once that takes long, it walks for a bounded time and says what it found.
It has its own judge, so nothing in the report of the search depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import define

from checker.faults import Fault
from checker.model import Model
from checker.properties import Property, Sometimes
from checker.search.budget import Budget, Progress
from checker.search.swarm import swarm, swarm_applies
from checker.verdict import Kind, Report


@define
class Scout:
    """Walks once, when a search has taken `patience` seconds, for at most `seconds`.

    `say` hears what came of it: nothing of it belongs to the verdict.

    Spec: CHK-7.
    """

    model: Model[Any, Any]
    properties: Sequence[Property]
    say: Callable[[str], None]
    seed: int = 0
    patience: float = 1.0
    seconds: float = 1.0
    sent: bool = False

    def __call__(self, progress: Progress) -> None:
        """Walk if it is time."""
        if self.sent or progress.seconds < self.patience:
            return
        self.sent = True
        claims = [
            each
            for each in self.properties
            if not isinstance(each, Sometimes) and each.name not in progress.decided
        ]
        if not claims or not swarm_applies(self.model, claims):
            return
        try:
            report = swarm(
                self.model,  # type: ignore[arg-type]
                claims,
                Budget(seconds_max=self.seconds),
                walks=None,
                seed=self.seed,
                until_refuted=True,
            )
        except Fault:  # the search comes upon it too, and tells it in its own words
            return
        if report.stats.stop == "interrupted":
            raise KeyboardInterrupt
        for line in told(report):
            self.say(line)


def told(report: Report) -> list[str]:
    """What the walks of a scout found, in lines."""
    refuted = [
        f"{verdict.property.name} refuted by a random walk in {len(verdict.schedule)} steps; "
        "looking for a shortest schedule"
        for verdict in report.verdicts
        if verdict.kind is Kind.REFUTED and verdict.schedule is not None
    ]
    stats = report.stats
    quiet = f"{stats.walks:,} random walks of {stats.transitions:,} steps refuted nothing"
    return refuted or [quiet]
