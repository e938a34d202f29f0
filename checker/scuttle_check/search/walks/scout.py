"""A scout: while a long search goes on, look for a bug at random and depth-first.

A breadth-first search finds the shortest counterexample, and finds it late. The scout hears the
progress of the search; once that takes long, it looks for a bounded time and says what it found.
It has its own judge, so nothing in the report of the search depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import define

from scuttle_check.base.errors import Fault
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property, Sometimes
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.plain import depth_first
from scuttle_check.search.walks.swarm import swarm, swarm_applies


@define
class Scout:
    """Looks once, when a search has taken `patience` seconds, for at most `seconds`.

    Half of the time it walks at random, and if that refutes nothing, it searches depth-first for
    the other half: walks see many worlds far apart, a depth-first search all of a corner. `say`
    hears what came of it: nothing of it belongs to the verdict.

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
        """Look if it is time."""
        if self.sent or progress.seconds < self.patience:
            return
        self.sent = True
        claims = [
            each
            for each in self.properties
            if not isinstance(each, Sometimes) and each.name not in progress.decided
        ]
        if not claims:
            return
        if not swarm_applies(self.model, claims):
            self.say("no scout was sent: random walks do not know this model")
            return
        try:
            self._look(claims)
        except Fault:  # the search comes upon it too, and tells it in its own words
            return

    def _look(self, claims: Sequence[Property]) -> None:
        """Walk, then search depth-first; say what either found."""
        quiet: list[str] = []
        for way, look in (("a random walk", self._walk), ("a depth-first search", self._dive)):
            report = look(claims, Budget(seconds_max=self.seconds / 2))
            refuted = told(report, way)
            if refuted:
                for line in refuted:
                    self.say(line)
                return
            stats = report.stats
            walks = "" if stats.walks is None else f"{stats.walks:,} random walks of "
            quiet.append(f"{walks}{stats.transitions:,} steps{'' if walks else ' depth-first'}")
        self.say(f"{' and '.join(quiet)} refuted nothing")

    def _walk(self, claims: Sequence[Property], budget: Budget) -> Report:
        model: Any = self.model
        return swarm(model, claims, budget, walks=None, seed=self.seed, until_refuted=True)

    def _dive(self, claims: Sequence[Property], budget: Budget) -> Report:
        return depth_first(self.model, claims, budget, until_refuted=True)


def told(report: Report, way: str) -> list[str]:
    """What a scout refuted in this way, in lines."""
    return [
        f"{verdict.property.name} refuted by {way} in {len(verdict.schedule)} steps; "
        "looking for a shortest schedule"
        for verdict in report.verdicts
        if verdict.kind is Kind.REFUTED and verdict.schedule is not None
    ]
