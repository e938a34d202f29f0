"""The judge: evaluates properties on what a search shows it, each distinct part once."""

from __future__ import annotations

from collections.abc import Container, Hashable, Mapping, Sequence
from typing import Any

from scuttle_check.engine.properties import (
    Always,
    AlwaysStep,
    Broken,
    Eventually,
    Good,
    Property,
    Sometimes,
)
from scuttle_check.engine.verdict import Kind, Stats, Verdict
from scuttle_check.engine.worlds import Gone, Scope

OF_STEPS = (Scope.NODE_STEP, Scope.OWNER_STEP)


def _gone(scope: Hashable, part: Any) -> bool:
    """Whether a part is a node that is gone, or the step with which it went. Spec: FAULT-9."""
    if scope in OF_STEPS:
        return type(part[1]) is Gone
    return scope is Scope.EACH_NODE and type(part) is Gone


class Judge:
    """Keeps, for each property, the parts already judged and the first decision."""

    def __init__(self, properties: Sequence[Property]) -> None:
        """Raises ValueError for what would go unjudged: a name given twice, liveness."""
        names = [each.name for each in properties]
        if len(set(names)) < len(names):
            raise ValueError(f"two properties have the same name: {', '.join(sorted(names))}")
        lively = [each.name for each in properties if isinstance(each, Eventually)]
        if lively:
            raise ValueError(
                f"no single state decides {', '.join(lively)}: see scuttle_check.search.liveness"
            )
        self.properties = tuple(properties)
        self._always = [each for each in properties if isinstance(each, Always)]
        self._steps = [each for each in properties if isinstance(each, AlwaysStep)]
        self._sometimes = [each for each in properties if isinstance(each, Sometimes)]
        self._judged: dict[str, set[Hashable]] = {each.name: set() for each in properties}
        self._exercised = dict.fromkeys(self._judged, 0)
        self._decided: dict[str, tuple[str, tuple[Hashable, ...]]] = {}

    @property
    def decided(self) -> Container[str]:
        """The names of the properties that have their counterexample or witness."""
        return self._decided.keys()

    @property
    def undecided(self) -> bool:
        """Whether any property still lacks a counterexample or witness."""
        return len(self._decided) < len(self.properties)

    def see(self, state: Any) -> dict[str, str]:
        """Judge a state; the newly decided properties by name, with the reason."""
        news = {
            each.name: because
            for each in self._always
            if each.name not in self._decided
            and (because := self._broken(each, each.parts(state))) is not None
        }
        for each in self._sometimes:
            if each.name not in self._decided and any(
                self.part(each, part) is not None for part in each.parts(state)
            ):
                news[each.name] = "reached"
        return news

    def see_step(self, before: Any, action: Any, after: Any) -> dict[str, str]:
        """Judge a transition; the newly decided properties by name, with the reason."""
        return {
            each.name: because
            for each in self._steps
            if each.name not in self._decided
            and (because := self._broken(each, each.parts(before, action, after))) is not None
        }

    def _broken(self, each: Always | AlwaysStep, parts: Any) -> str | None:
        for part in parts:
            because = self.part(each, part)
            if because is not None:
                return because
        return None

    def part(self, each: Property, part: Hashable) -> str | None:
        """Judge one part, if it is new; why it decides the property, or None."""
        judged = self._judged[each.name]
        if part in judged:
            return None
        judged.add(part)
        return self.first(each, part)

    def first(self, each: Property, part: Hashable) -> str | None:
        """Judge a part that is known to be new; why it decides the property, or None."""
        if _gone(each.scope, part):
            return None
        finding = each.check(part)
        if isinstance(each, Sometimes):
            self._exercised[each.name] += bool(finding)
            return "reached" if finding else None
        self._exercised[each.name] += finding is not Good.VACUOUS
        return finding.because if isinstance(finding, Broken) else None

    def decide(self, name: str, because: str, schedule: tuple[Hashable, ...]) -> None:
        """Keep the schedule that decided a property. The first one stays."""
        self._decided.setdefault(name, (because, schedule))

    def memory(self) -> tuple[dict[str, int], dict[str, tuple[str, tuple[Hashable, ...]]]]:
        """What was exercised how often, and what is decided: reason and schedule by property."""
        return dict(self._exercised), dict(self._decided)

    def remember(
        self,
        exercised: Mapping[str, int],
        decided: Mapping[str, tuple[str, tuple[Hashable, ...]]],
    ) -> None:
        """Take over the :meth:`memory` of a judge of the same properties."""
        self._exercised = dict(exercised)
        self._decided = dict(decided)

    def verdicts(self, stats: Stats) -> tuple[Verdict, ...]:
        """The verdicts, given how far the search came. Spec: CONV-14."""
        return tuple(self._verdict(each, stats) for each in self.properties)

    def _verdict(self, each: Property, stats: Stats) -> Verdict:
        exercised = self._exercised[each.name]
        sought = isinstance(each, Sometimes)
        if each.name in self._decided:
            because, schedule = self._decided[each.name]
            kind = Kind.WITNESSED if sought else Kind.REFUTED
            return Verdict(each, kind, schedule, because, exercised)
        if not stats.complete:
            return Verdict(each, Kind.UNKNOWN, None, f"stopped: {stats.stop}", exercised)
        if sought:
            return Verdict(each, Kind.REFUTED, None, "no reachable state does", exercised)
        if exercised == 0:
            return Verdict(each, Kind.UNKNOWN, None, "never exercised", exercised)
        return Verdict(each, Kind.HOLDS, None, "", exercised)
