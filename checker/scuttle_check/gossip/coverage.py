"""Coverage: which rules a search asked, and what came out, by distinct local transitions.

The rules of a profile are wrapped while the search runs. The properties keep the profile as it is:
they compare rules by identity, and the fair rounds in which they judge are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, get_args

import attrs
from attrs import define, field, frozen

from scuttle_check.gossip.experiment import Setup
from scuttle_check.gossip.explain import clauses_of
from scuttle_ref.messages import Event
from scuttle_ref.outputs import Output, Step
from scuttle_ref.profile import Profile, decision_points, rule_of
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

OUTPUTS = tuple(kind.__name__ for kind in get_args(Output))


@define
class Tally:
    """In how many distinct local transitions each rule was asked and each kind of output came.

    A local transition is a node state and an event; it counts once, in however many worlds it
    happens and however often it asks one rule.
    """

    asked: dict[str, int] = field(factory=lambda: dict.fromkeys(decision_points(), 0))
    outputs: dict[str, int] = field(factory=lambda: dict.fromkeys(OUTPUTS, 0))
    steps: dict[Hashable, Step] = field(factory=dict)
    _now: set[str] = field(factory=set)

    def take(self, step: Callable[[], Step]) -> Step:
        """Run one local transition that is new, and count what it asks."""
        self._now.clear()
        taken = step()
        for point in self._now:
            self.asked[point] += 1
        for kind in {type(output).__name__ for output in taken.outputs}:
            self.outputs[kind] += 1
        return taken

    def counting(self, profile: Profile) -> Profile:
        """The profile, with rules that say when they are asked and keep their names."""
        counted: dict[str, Any] = {
            point: self._counted(point, rule_of(profile, point)) for point in decision_points()
        }
        return attrs.evolve(profile, **counted)

    def _counted(self, point: str, rule: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(rule)
        def counted(*arguments: Any) -> Any:
            self._now.add(point)
            return rule(*arguments)

        return counted


@frozen
class TalliedGossip(Gossip):
    """The protocol, each distinct step computed and counted once."""

    tally: Tally = field(factory=Tally, eq=False, repr=False)

    def step(self, state: NodeState, event: Event) -> Step:
        """As :meth:`~scuttle_ref.reducer.Gossip.step`. Spec: CHK-10."""
        known = self.tally.steps.get((state, event))
        if known is None:
            known = self.tally.take(lambda: Gossip.step(self, state, event))
            self.tally.steps[state, event] = known
        return known


def tallied(setup: Setup) -> tuple[Setup, Tally]:
    """The setup with a system that counts; its properties are the ones that were there."""
    tally = Tally()
    gossip = TalliedGossip(tally.counting(setup.gossip.profile), setup.gossip.config, tally)
    actor: Any = setup.system.actor
    system = attrs.evolve(setup.system, actor=attrs.evolve(actor, gossip=gossip))
    return attrs.evolve(setup, system=system), tally


@frozen
class RuleCoverage:
    """A decision point, its rule, the clauses that the rule cites, and when it was asked."""

    point: str
    rule: str
    clauses: tuple[str, ...]
    transitions: int


def rule_coverage(profile: Profile, tally: Tally) -> tuple[RuleCoverage, ...]:
    """Every rule of a profile, also those that were never asked. Spec: CHK-10."""
    return tuple(
        RuleCoverage(
            point,
            rule_of(profile, point).__name__,
            tuple(clauses_of(rule_of(profile, point), profile.name)),
            tally.asked[point],
        )
        for point in decision_points()
    )


def coverage_json(profile: Profile, tally: Tally) -> dict[str, Any]:
    """The coverage as JSON."""
    return {
        "transitions": len(tally.steps),
        "rules": [attrs.asdict(each) for each in rule_coverage(profile, tally)],
        "outputs": dict(tally.outputs),
    }


def coverage_text(profile: Profile, tally: Tally) -> str:
    """The coverage as a table; what never happened says so."""
    lines = [f"rules asked, in {len(tally.steps):,} distinct local transitions:"]
    lines.extend(
        f"  {each.point:<10} {each.rule:<26} {_count(each.transitions):>9}  "
        f"{', '.join(each.clauses)}".rstrip()
        for each in rule_coverage(profile, tally)
    )
    lines.append("outputs, in as many of them:")
    lines.extend(f"  {kind:<37} {_count(count):>9}" for kind, count in tally.outputs.items())
    return "\n".join(lines)


def _count(number: int) -> str:
    return f"{number:,}" if number else "never"
