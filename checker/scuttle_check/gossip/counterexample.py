"""Counterexamples as files: an experiment and the schedule that decides a property.

The schedule is a list of readable actions, so a file outlives changes of the code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import checked_members, read_members, write_json
from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
    Stop,
)
from scuttle_check.engine.network import Comeback
from scuttle_check.engine.properties import Property
from scuttle_check.engine.topology import Topology
from scuttle_check.engine.trace import Trace, fitting
from scuttle_check.gossip.experiment import RESTARTS, Experiment, Setup
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.search.shrink import shrunk
from scuttle_ref.messages import Exchange

FORMAT = "scuttle-counterexample/1"

_AT_NODES: dict[str, type[Perform | Crash | Pause | Resume | Stop]] = {
    kind.verb: kind for kind in (Perform, Crash, Pause, Resume, Stop)
}
_ON_LINKS: dict[str, type[Start | Cut | Heal]] = {kind.verb: kind for kind in (Start, Cut, Heal)}
_OF_FRAMES: dict[str, type[Deliver | Drop | Duplicate | Overtake]] = {
    kind.verb: kind for kind in (Deliver, Drop, Duplicate, Overtake)
}


EXPECTED = (
    "perform A, exchange A>B, deliver A>B, drop A>B, duplicate A>B or overtake A>B, maybe with #N, "
    "cut A>B, heal A>B, crash A, restart A persisted (or amnesia, new-id), stop A, pause A or "
    "resume A"
)
"""The lines of a schedule."""


@frozen
class Counterexample:
    """A schedule of an experiment that refutes (or witnesses) a property."""

    experiment: Experiment
    property: str
    clause: str
    because: str
    schedule: tuple[Action, ...]

    def to_json(self) -> dict[str, Any]:
        """The content of a counterexample file."""
        return {
            "format": FORMAT,
            "property": self.property,
            "clause": self.clause,
            "because": self.because,
            "experiment": self.experiment.to_json(),
            "schedule": [str(action) for action in self.schedule],
        }

    def save(self, path: Path) -> None:
        """Write the file. Raises UsageFault if it exists or cannot be written."""
        write_json(path, self.to_json())


MEMBERS: dict[str, type] = {"experiment": dict, "schedule": list, "property": str}


def load(path: Path) -> Counterexample:
    """Read a counterexample file. Raises UsageFault with the path of a fault. Spec: CHK-3."""
    return _counterexample(read_members(path, FORMAT, MEMBERS), f"{path}: $")


def from_json(document: object, where: str) -> Counterexample:
    """The counterexample in a document that stands at `where`. Raises UsageFault."""
    return _counterexample(checked_members(document, where, FORMAT, MEMBERS), where)


def _counterexample(document: dict[str, Any], where: str) -> Counterexample:
    experiment = experiment_from_json(document["experiment"], f"{where}.experiment")
    schedule = tuple(
        parse_action(line, f"{where}.schedule[{at}]")
        for at, line in enumerate(document["schedule"])
    )
    return Counterexample(
        experiment,
        document["property"],
        str(document.get("clause", "")),
        str(document.get("because", "")),
        schedule,
    )


def parse_action(line: object, where: str) -> Action:
    """The action that a line of a schedule names. Raises UsageFault."""
    words = line.split(" ") if isinstance(line, str) else []
    match words:
        case [verb, node] if verb in _AT_NODES and node:
            return _AT_NODES[verb](node)
        case ["restart", node, how] if node and how in RESTARTS:
            return Restart(node, Comeback(how))
    found = re.fullmatch(r"([a-z]+) ([^\s>]+)>(\S+)( #(\d+))?", " ".join(words))
    if found:
        verb, source, target, place, index = found.groups()
        if verb in _OF_FRAMES:
            return _OF_FRAMES[verb](source, target, int(index or 0))
        if verb in _ON_LINKS and place is None:
            return _ON_LINKS[verb](source, target)
    raise UsageFault(f"cannot read {line!r}", where=where, expected=EXPECTED)


def shrink(found: Counterexample, *, script_too: bool = True) -> Counterexample:
    """A counterexample to the same property with no action, command or node to spare.

    Without `script_too` the experiment stays as it is.
    """
    smaller = _with_fewer_actions(found)
    if not script_too:
        return smaller
    smaller = _with_fewer_nodes(_with_fewer_commands(smaller))
    return _with_fewer_actions(smaller)


def _with_fewer_actions(found: Counterexample) -> Counterexample:
    setup = found.experiment.build()
    judged = _judged(setup, found.property)

    def fails(schedule: Sequence[Action]) -> bool:
        fitted = fitting(setup.system, schedule)
        return found.property in Trace.of(setup.system, fitted, judged).decided

    if not judged or not fails(found.schedule):
        return found
    kept = shrunk(found.schedule, fails)
    schedule: tuple[Action, ...] = fitting(setup.system, kept)  # type: ignore[assignment]
    because = Trace.of(setup.system, schedule, judged).decided[found.property]
    return attrs.evolve(found, schedule=schedule, because=because)


def _with_fewer_commands(found: Counterexample) -> Counterexample:
    """Leave out commands of the script that the failure does not need."""
    for node_at, commands in enumerate(found.experiment.script):
        for at in reversed(range(len(commands))):
            script = list(found.experiment.script)
            script[node_at] = script[node_at][:at] + script[node_at][at + 1 :]
            found = _if_refuted(found, attrs.evolve(found.experiment, script=tuple(script)))
    return found


def _with_fewer_nodes(found: Counterexample) -> Counterexample:
    """Leave out nodes, with their links and scripts, that the failure does not need.

    What is connected stays so: nodes without a path would disagree for want of it.
    """
    for node in reversed(found.experiment.topology.nodes):
        graph = found.experiment.topology
        if len(graph.nodes) == 1:
            break
        at = graph.node_index[node]
        smaller = Topology(
            f"part of {graph.name.removeprefix('part of ')}",
            tuple(name for name in graph.nodes if name != node),
            tuple(link for link in graph.links if node not in link),
        )
        script = found.experiment.script[:at] + found.experiment.script[at + 1 :]
        gone = any(isinstance(c, Exchange) and c.peer == node for cs in script for c in cs)
        if not gone and (smaller.connected or not graph.connected):
            processes = tuple(
                tuple(name for name in process if name != node)
                for process in found.experiment.processes
            )
            candidate = attrs.evolve(
                found.experiment, topology=smaller, script=script, processes=processes
            )
            found = _if_refuted(found, candidate)
    return found


def _if_refuted(found: Counterexample, candidate: Experiment) -> Counterexample:
    """`found` with the experiment `candidate` if that fails in the same way, else `found`."""
    setup = candidate.build()
    schedule: tuple[Action, ...] = fitting(setup.system, found.schedule)  # type: ignore[assignment]
    decided = Trace.of(setup.system, schedule, _judged(setup, found.property)).decided
    if found.property not in decided:
        return found
    because = decided[found.property]
    return attrs.evolve(found, experiment=candidate, schedule=schedule, because=because)


def _judged(setup: Setup, name: str) -> list[Property]:
    return [each for each in setup.properties if each.name == name]
