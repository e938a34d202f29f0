"""A trace: the one noun for a run. The states that it passes through, and the actions between.

It tells itself in sentences, draws itself in every form that a picture takes, and says which
properties it decides. Whoever has a schedule makes a trace of it once and reads the rest off it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any

import attrs
from attrs import field, frozen

from scuttle_check.engine.actions import Deliver, Drop, Duplicate, Overtake
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.pictures.space_time import svg
from scuttle_check.engine.pictures.text import mermaid, sequence_diagram, shiviz
from scuttle_check.engine.pictures.timeline import Fate, Happening, Timeline, followed
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.telling import Told, concerned, headline, row_of, tell
from scuttle_check.engine.worlds import Gone


@frozen
class Misfit:
    """A schedule does not fit the model: at `step`, counted from 1, `action` is not enabled."""

    step: int
    action: Hashable
    enabled: tuple[Hashable, ...]


@frozen
class Step:
    """One step of a trace: its number, the action, and the states around it."""

    number: int
    action: Hashable
    before: Any
    after: Any


@frozen(slots=False)
class Trace:
    """A run of a model.

    `states` has one more than `actions`. The first step has the number `first`. `decided` are the
    properties that the run decides, by name with the reason; with a `misfit` it ends where the next
    action was not enabled. The `rest` is what undisturbed exchanges then come to, where that is the
    evidence. A run without end repeats the actions from `cycle` on for ever.
    """

    model: Any = field(repr=False, eq=False)
    states: tuple[Any, ...] = field(repr=False)
    actions: tuple[Hashable, ...] = ()
    first: int = 1
    decided: dict[str, str] = field(factory=dict)
    misfit: Misfit | None = None
    rest: Trace | None = None

    @classmethod
    def of(
        cls,
        model: Model[Any, Any],
        schedule: Sequence[Hashable],
        properties: Sequence[Property] = (),
        *,
        start: Any = None,
        first: int = 1,
    ) -> Trace:
        """Take the actions of a schedule one after the other, as far as they are enabled."""
        judge = Judge(properties)
        state = next(iter(model.initial())) if start is None else start
        states, decided = [state], dict(judge.see(state))
        for number, action in enumerate(schedule, start=1):
            enabled = model.actions(state)
            if action not in enabled:
                misfit = Misfit(number, action, tuple(enabled))
                taken = tuple(schedule[: number - 1])
                return cls(model, tuple(states), taken, first, decided, misfit)
            after = model.next(state, action)
            for name, because in (judge.see_step(state, action, after) | judge.see(after)).items():
                decided.setdefault(name, because)
            state = after
            states.append(state)
        return cls(model, tuple(states), tuple(schedule), first, decided)

    @classmethod
    def beyond(
        cls, model: Model[Any, Any], schedule: Sequence[Any], *, start: Any = None, first: int = 1
    ) -> Trace:
        """Take the actions of a schedule whatever budgets say. Raises what forbids one."""
        states = [next(iter(model.initial())) if start is None else start]
        for action in schedule:
            states.append(model.next(states[-1], action))
        return cls(model, tuple(states), tuple(schedule), first)

    @property
    def system(self) -> System | None:
        """The system whose worlds these are, if they are any: the model, or what it is made of."""
        found = getattr(self.model, "system", self.model)
        return found if isinstance(found, System) else None

    @property
    def last(self) -> Any:
        """The state in which the run ends."""
        return self.states[-1]

    @property
    def steps(self) -> Iterator[Step]:
        """The steps in turn."""
        pairs = zip(self.actions, self.states, self.states[1:], strict=False)
        for number, (action, before, after) in enumerate(pairs, start=self.first):
            yield Step(number, action, before, after)

    def told(self, step: Step) -> Told:
        """A step as people read it."""
        if self.system is not None:
            return tell(self.system, step.before, step.action)  # type: ignore[arg-type]
        return Told(str(step.action), (f"then {step.after}",))

    def story(self) -> str:
        """The run in numbered sentences."""
        lines: list[str] = []
        for step in self.steps:
            told = self.told(step)
            lines.append(f"{step.number:>3}. {told.headline}")
            lines.extend(f"       {detail}" for detail in told.details)
        return "\n".join(lines)

    def ends(self) -> list[str]:
        """What each node knows in the end; of other models the last state."""
        if self.system is not None:
            pairs = zip(self.system.topology.nodes, self.last.nodes, strict=True)
            words = self.system.words
            return [
                f"{node}  {local}" if type(local) is Gone else words.line(node, local)
                for node, local in pairs
            ]
        return [str(self.last)]

    def held(self) -> list[str]:
        """What each node holds in the end, in a few words."""
        system = self.system
        if system is None:
            return [str(self.last)]
        words = system.words
        return [
            str(local) if type(local) is Gone else words.held(local) for local in self.last.nodes
        ]

    def diagram(self) -> str:
        """The run as a text sequence diagram; a message is drawn when it arrives."""
        system = self.system
        if system is None:
            return "\n".join(f"{step.number:>3}  {step.action}" for step in self.steps)
        rows = [
            row_of(system, step.before, step.action, str(step.number))  # type: ignore[arg-type]
            for step in self.steps
        ]
        return sequence_diagram(system.topology.nodes, rows)

    @cached_property
    def timeline(self) -> Timeline:
        """What happened where, and every message from its sending to its end."""
        system = self.system
        if system is None:
            steps = [Happening("model", str(step.action), ()) for step in self.steps]
            return followed(("model",), (), steps)
        steps = [_happening(system, step) for step in self.steps]
        whole, undisturbed = self, None
        if self.rest is not None and self.rest.system is not None:
            whole, undisturbed = self.rest, len(steps) + 1
            steps += [_happening(self.rest.system, step) for step in self.rest.steps]
        drawn = followed(system.topology.nodes, system.topology.links, steps)
        if undisturbed is None:
            return drawn
        return attrs.evolve(drawn, undisturbed=undisturbed, ends=tuple(whole.held()))

    def draw(self, form: str = "text", title: str = "") -> str:
        """The run as a picture: "text", "svg", "mermaid" or "shiviz". Raises KeyError."""
        drawn: dict[str, Callable[[], str]] = {
            "text": self.diagram,
            "svg": lambda: svg(self.timeline, title),
            "mermaid": lambda: mermaid(self.timeline),
            "shiviz": lambda: shiviz(self.timeline),
        }
        return drawn[form]()

    def __str__(self) -> str:
        return "\n".join([self.story(), "", *self.ends()])

    def _repr_svg_(self) -> str:
        return self.draw("svg")


def _happening(system: System, step: Step) -> Happening:
    action: Any = step.action
    flight = [[*map(system.words.frame, queue)] for queue in step.after.channels]
    if not isinstance(action, Deliver | Drop | Duplicate | Overtake):
        return Happening(concerned(action), headline(system, step.before, action), flight)
    link = system.topology.link_index[action.source, action.target]
    fate = Fate.LOST if isinstance(action, Drop) else Fate.ARRIVED
    stays = isinstance(action, Duplicate)
    return Happening(action.target, "", flight, link, action.index, fate, stays)


def fitting(model: Model[Any, Any], schedule: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """The actions of `schedule` that are enabled when their turn comes; the others left out."""
    state = next(iter(model.initial()))
    kept = []
    for action in schedule:
        if action in model.actions(state):
            state = model.next(state, action)
            kept.append(action)
    return tuple(kept)
