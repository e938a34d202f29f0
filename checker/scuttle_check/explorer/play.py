"""Play: the worlds of an experiment, and more than its budgets allow, one labelled step at a time.

A label is a line of a schedule (``deliver A>B``) or a command of an owner that is in no script
(``A set k=2``). Labels are what a link and a saved run consist of, so they must read well and
outlive changes of the code.

Why an action cannot happen, in sentences: what a run that does not fit is told with.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TypeAlias

import attrs
from attrs import define, field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Drop,
    Duplicate,
    Overtake,
    Pause,
    Perform,
    Restart,
    Start,
    Stop,
)
from scuttle_check.engine.network import DOWN, UNLIMITED, Comeback, Outages
from scuttle_check.engine.system import System, World
from scuttle_check.gossip.actor import GENERATION
from scuttle_check.gossip.counterexample import EXPECTED, parse_action
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.script import NodeCommand, parse_command
from scuttle_ref.messages import Exchange

Script: TypeAlias = tuple[tuple[NodeCommand, ...], ...]
"""The commands of each node, in topology order."""


@frozen(cache_hash=True)
class Position:
    """Where a run stands: the world, and the script as commands given on the way have made it."""

    script: Script
    world: World


@frozen
class Move:
    """An action that is possible. `planned` ones are within the budgets of the experiment."""

    action: Action
    planned: bool

    @property
    def label(self) -> str:
        """The line by which a run names it."""
        return str(self.action)


@frozen
class Taken:
    """A step: its label, the system and action that were used, and the positions around it."""

    label: str
    system: System
    action: Action
    before: Position
    after: Position


@frozen
class Misfit:
    """A run does not fit: at `step`, counted from 1, `label` cannot happen, `because`."""

    step: int
    label: str
    because: str

    def __str__(self) -> str:
        return f"step {self.step}, {self.label!r}, cannot happen: {self.because}"


@define
class Play:
    """The steps of an experiment and beyond it: any write, exchange or fault, at any time.

    Spec: EXPL-1, EXPL-2.
    """

    experiment: Experiment
    _setups: dict[Script, tuple[Setup, System]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.setup(self.experiment.script)

    def start(self) -> Position:
        """The position before the first step."""
        setup = self.setup(self.experiment.script)
        return Position(self.experiment.script, next(iter(setup.system.initial())))

    def setup(self, script: Script) -> Setup:
        """The experiment with this script, its budgets as they are."""
        return self._built(script)[0]

    def system(self, script: Script) -> System:
        """The system with this script, in which no budget ends."""
        return self._built(script)[1]

    def _built(self, script: Script) -> tuple[Setup, System]:
        if script not in self._setups:
            setup = attrs.evolve(self.experiment, script=script).build()
            self._setups[script] = setup, _without_end(setup.system)
        return self._setups[script]

    def moves(self, position: Position) -> list[Move]:
        """What can happen: first what the experiment foresees, in its order, then the rest."""
        planned = self.setup(position.script).system.actions(position.world)
        system = self.system(position.script)
        rest = [*system.actions(position.world), *self._comebacks(position)]
        known = set(planned)
        extra = [each for each in dict.fromkeys(rest) if each not in known]
        return [Move(each, True) for each in planned] + [Move(each, False) for each in extra]

    def _comebacks(self, position: Position) -> list[Action]:
        """Every way in which a crashed node may come back."""
        nodes = self.experiment.topology.nodes
        ways = [how for how in Comeback if how is not Comeback.NEW_ID or _distinct(nodes)]
        pairs = zip(nodes, position.world.status, strict=True)
        return [Restart(node, how) for node, status in pairs if status == DOWN for how in ways]

    def take(self, position: Position, label: str, step: int = 1) -> Taken | Misfit:
        """The step that `label` names, or why it cannot be taken. Spec: EXPL-3."""
        try:
            action, script = self._read(position, label)
        except UsageFault as fault:
            return Misfit(step, label, str(fault).replace("\n ", ";"))
        system = self.system(script)
        because = system.obstacle(position.world, action)
        if because is not None:
            return Misfit(step, label, because)
        before = Position(script, position.world)
        return Taken(
            label, system, action, before, Position(script, system.next(position.world, action))
        )

    def _read(self, position: Position, label: str) -> tuple[Action, Script]:
        """The action of a label, and the script that is in force from there on."""
        try:
            return parse_action(label, ""), position.script
        except UsageFault:
            expected = f"{EXPECTED}; or A set KEY=VALUE, A gossip B, A restart"
        try:
            node, command = parse_command(label, "")
        except UsageFault:
            raise UsageFault("is no step", expected=expected) from None
        if node not in self.experiment.topology.node_index:
            raise UsageFault(f"there is no node {node}")
        if isinstance(command, Exchange):
            return Start(node, command.peer), position.script
        at = self.experiment.topology.node_index[node]
        done, own = position.world.scripted[at], position.script[at]
        longer = (*own[:done], command, *own[done:])
        return Perform(node), (*position.script[:at], longer, *position.script[at + 1 :])

    def run(self, labels: Sequence[str], start: Position | None = None) -> Ran:
        """Take the steps of a run one after the other, as far as they fit. Spec: EXPL-3."""
        position = start or self.start()
        taken: list[Taken] = []
        for number, label in enumerate(labels, start=1):
            step = self.take(position, label, number)
            if isinstance(step, Misfit):
                return Ran(tuple(taken), step)
            taken.append(step)
            position = step.after
        return Ran(tuple(taken))


@frozen
class Ran:
    """The steps of a run that could be taken, and the first that could not."""

    taken: tuple[Taken, ...]
    misfit: Misfit | None = None


def _without_end(system: System) -> System:
    """The system with budgets that are counted and never used up."""

    def much(budget: int) -> int:
        return budget if budget == UNLIMITED else sys.maxsize

    links = system.network
    network = attrs.evolve(
        links,
        losses=much(links.losses),
        duplicates=much(links.duplicates),
        overtakings=sys.maxsize if links.ordered else 0,
        cuts=sys.maxsize,
    )
    most, given = sys.maxsize, system.outages
    outages = Outages(most, most, given.comeback, most if given.stops else 0)
    return attrs.evolve(system, network=network, outages=outages, exchanges=sys.maxsize)


def _distinct(nodes: tuple[str, ...]) -> bool:
    return not any(node.endswith(GENERATION) for node in nodes)


def settled_experiment(play: Play, taken: Sequence[Taken]) -> tuple[Experiment, tuple[str, ...]]:
    """An experiment whose own budgets and script allow the run, and the run as its schedule.

    Commands given on the way stand in its script, so what was played can be checked and replayed.

    Spec: EXPL-2.
    """
    last = taken[-1].after if taken else play.start()
    exchanges = max((*last.world.exchanged, play.experiment.exchanges))
    schedule = tuple(str(each.action) for each in taken)
    faults = _faults(play.experiment, [each.action for each in taken])
    changed = attrs.evolve(play.experiment, script=last.script, exchanges=exchanges, faults=faults)
    return changed, schedule


def _faults(experiment: Experiment, actions: Sequence[Action]) -> Misfortune:
    """The budgets of an experiment, raised to what these actions use."""

    def used(kind: type[Action]) -> int:
        return sum(isinstance(action, kind) for action in actions)

    links = experiment.build().system.network
    given = experiment.faults
    losses, duplicates = used(Drop), used(Duplicate)
    comebacks = [each.how.value for each in actions if isinstance(each, Restart)]
    return attrs.evolve(
        given,
        losses=given.losses if links.losses == UNLIMITED else _at_least(given.losses, losses),
        duplicates=max(links.duplicates, duplicates) if duplicates else given.duplicates,
        overtakings=max(given.overtakings, used(Overtake)),
        cuts=max(given.cuts, used(Cut)),
        crashes=max(given.crashes, used(Crash)),
        pauses=max(given.pauses, used(Pause)),
        stops=max(given.stops, used(Stop)),
        restart=comebacks[0] if comebacks else given.restart,
    )


def _at_least(budget: int | None, used: int) -> int | None:
    return budget if not used else max(budget or 0, used)
