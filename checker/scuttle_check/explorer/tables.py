"""All worlds of a model as tables of numbers: what a file of worlds holds instead of a program.

A world is what each node knows, what is on each link, and its condition; each of these is stored
once, and a world is a row of numbers. What a step says of itself depends on few things too.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import attrs
from attrs import define, field

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import Action
from scuttle_check.engine.system import System, World
from scuttle_check.explorer.explorable import Modelled, NamedRun
from scuttle_check.explorer.fixed import SILENT, Fixed
from scuttle_check.explorer.play import settled_experiment
from scuttle_check.explorer.views import (
    Findings,
    Json,
    channel_json,
    condition_json,
    node_json,
    tell_step,
)
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Setup

WORLDS_MAX = 20_000
"""Up to so many worlds a file holds a whole model. Unit: worlds."""

NEIGHBOURS_MAX = 3_000
"""How many worlds a file holds of a larger model: runs and what is near them. Unit: worlds."""

BEYOND = -1
"""Where a step leads that the file does not hold."""


@define
class Table:
    """Things that are stored once and then named by their number."""

    rows: list[Any] = field(factory=list)
    _numbers: dict[Hashable, int] = field(factory=dict)

    def number(self, key: Hashable, row: Any) -> int:
        """The number of `row`, which `key` stands for."""
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            self.rows.append(row)
        return self._numbers[key]

    @property
    def keys(self) -> list[Any]:
        """What the numbers stand for, in order."""
        return list(self._numbers)


def worlds_within(
    system: System, starts: Iterable[World], states_max: int
) -> tuple[list[World], bool]:
    """Worlds in breadth-first order from `starts`, at most so many; and whether that is all."""
    found = dict.fromkeys(starts)
    waiting = deque(found)
    while waiting:
        world = waiting.popleft()
        for action in system.actions(world):
            after = system.next(world, action)
            if after not in found:
                if len(found) >= states_max:
                    return list(found), False
                found[after] = None
                waiting.append(after)
    return list(found), True


def tabulated(
    modelled: Modelled, worlds_max: int = WORLDS_MAX, neighbours_max: int = NEIGHBOURS_MAX
) -> Json:
    """The document of a file of worlds: all of the model, or its runs and what is near them.

    Spec: EXPL-9.
    """
    modelled = _settled(modelled)
    setup = modelled.play.setup(modelled.source.experiment.script)
    document = modelled.init()
    first = next(iter(setup.system.initial()))
    runs = [run["labels"] for run in document["runs"]]
    runs.extend(each["labels"] for each in document["shortest"].values() if each["labels"])
    taken = {pair: None for run in runs for pair in _passed(setup.system, run)}
    passed = dict.fromkeys([first, *(world for world, _ in taken)])
    passed |= dict.fromkeys(setup.system.next(world, action) for world, action in taken)
    worlds, complete = worlds_within(setup.system, [first], worlds_max)
    if complete:
        worlds = list(dict.fromkeys([*worlds, *passed]))
    else:
        worlds, _ = worlds_within(setup.system, passed, max(neighbours_max, len(passed)))
    return {
        **document,
        "free": False,
        "complete": complete,
        "start": 0,
        **_tables(setup, worlds, taken),
    }


def _settled(modelled: Modelled) -> Modelled:
    """The model with a script and budgets that allow its run, as far as any can."""
    source = modelled.source
    if not source.runs:
        return modelled
    ran = modelled.play.run(source.runs[0].labels)
    if ran.misfit is not None:
        raise UsageFault(str(ran.misfit), where="the run")
    if all(str(taken.action) == taken.label for taken in ran.taken):
        return modelled
    experiment, schedule = settled_experiment(modelled.play, ran.taken)
    runs = (NamedRun(source.runs[0].name, schedule),)
    return Modelled(attrs.evolve(source, experiment=experiment, runs=runs), modelled.budget)


def _passed(system: System, labels: Sequence[str]) -> Iterator[tuple[World, Action]]:
    """The steps of a run: the worlds in which they are taken, and the actions."""
    world = next(iter(system.initial()))
    for label in labels:
        action = parse_action(label, "the run")
        yield world, action
        world = system.next(world, action)


def _tables(setup: Setup, worlds: Sequence[World], taken: Iterable[tuple[World, Action]]) -> Json:
    """The tables of these worlds; `taken` are steps that a run takes, whatever the budgets say."""
    nodes, channels, conditions = Table(), Table(), Table()
    labels, texts, told, findings = Table(), Table(), Table(), Table()
    telling: dict[Hashable, int] = {}
    judged = Findings(setup.properties)
    numbers = {world: at for at, world in enumerate(worlds)}
    rows: list[list[int]] = []
    steps: list[list[int]] = []
    forced: dict[World, list[Action]] = {}
    for world, action in taken:
        forced.setdefault(world, []).append(action)
    for world in worlds:
        condition = condition_json(setup.system, world)
        row = [nodes.number(node, None) for node in world.nodes]
        row.extend(channels.number(channel, None) for channel in world.channels)
        row.append(conditions.number(json.dumps(condition), condition))
        row.append(_fares(findings, judged.of_world(world)))
        rows.append(row)
        leaving: list[int] = []
        for action in dict.fromkeys([*setup.system.actions(world), *forced.get(world, ())]):
            after = setup.system.next(world, action)
            key = _what_it_tells(setup.system, world, action)
            if key not in telling:
                told_step = tell_step(setup.system, world, action)
                sentences = [texts.number(each, each) for each in (told_step[0], *told_step[1])]
                telling[key] = told.number(tuple(sentences), sentences)
            fares = _fares(findings, judged.of_step(world, action, after))
            label = labels.number(action, str(action))
            leaving.extend((label, telling[key], numbers.get(after, BEYOND), fares))
        steps.append(leaving)
    return {
        "locals": [node_json(node) for node in nodes.keys],
        "channels": [channel_json(channel) for channel in channels.keys],
        "conditions": conditions.rows,
        "labels": labels.rows,
        "texts": texts.rows,
        "told": told.rows,
        "findings": findings.rows,
        "worlds": rows,
        "steps": steps,
    }


def _fares(findings: Table, fares: list[int | str | None]) -> int:
    return findings.number(tuple(fares), fares)


def _what_it_tells(system: System, world: World, action: Any) -> Hashable:
    """All that the sentences of a step depend on."""
    node = system.topology.node_index
    where: str = getattr(action, "node", "") or getattr(action, "source", "")
    who: str = getattr(action, "target", where)
    link = system.topology.link_index.get((where, who))
    lost = tuple(map(len, world.channels)) if link is None or not world.channels[link] else ()
    return (
        action,
        world.nodes[node[where]],
        world.nodes[node[who]],
        world.scripted[node[where]],
        world.channels[link] if link is not None else (),
        lost,
    )


def chains(one: Fixed) -> Json:
    """The document of a file that holds runs only, as the worlds they pass through."""
    document = one.init()
    labels, texts, findings, conditions = Table(), Table(), Table(), Table()
    nodes, channels = Table(), Table()
    told: list[list[int]] = []
    rows: list[list[int]] = []
    leaving: list[list[int]] = []

    def add(view: Json) -> int:
        condition = {name: view[name] for name in SILENT}
        row = [nodes.number(json.dumps(node), node) for node in view["nodes"]]
        row.extend(channels.number(json.dumps(queue), queue) for queue in view["flight"])
        row.append(conditions.number(json.dumps(condition), condition))
        row.append(_fares(findings, view["findings"]))
        rows.append(row)
        leaving.append([])
        return len(rows) - 1

    start = add(one.start)
    for run in one.runs:
        world = start
        for step in run.steps:
            sentences = [step["headline"], *step["details"]]
            told.append([texts.number(each, each) for each in sentences])
            label = labels.number(step["label"], step["label"])
            after = add(step["view"])
            leaving[world].extend((label, len(told) - 1, after, rows[after][-1]))
            world = after
    return {
        **document,
        "start": start,
        "locals": nodes.rows,
        "channels": channels.rows,
        "conditions": conditions.rows,
        "labels": labels.rows,
        "texts": texts.rows,
        "told": told,
        "findings": findings.rows,
        "worlds": rows,
        "steps": leaving,
    }
