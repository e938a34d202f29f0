"""A step told: a headline, what it did, and its row in a diagram.

What a node knows, says and does is told in the words of its protocol; without any, in those that
Python has for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    FrameAction,
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
from scuttle_check.engine.pictures.text import Row
from scuttle_check.engine.worlds import Effects, Local, World

if TYPE_CHECKING:
    from scuttle_check.engine.system import System

COMEBACKS = {
    Comeback.PERSISTED: "comes back with what it had",
    Comeback.AMNESIA: "comes back with nothing, under its old id",
    Comeback.NEW_ID: "comes back with nothing, under a new id",
}


class Words:
    """How a protocol tells of its nodes. A subclass says it better than Python does."""

    def command(self, command: Hashable) -> str:
        """What an owner asks for."""
        if isinstance(command, tuple):
            return " ".join(map(str, command))
        return str(command)

    def performs(self, node: str, command: Hashable) -> str:
        """That the owner of a node asks for something."""
        return f"{node}: {self.command(command)}"

    def message(self, message: Hashable) -> str:
        """What is in flight."""
        return _short(recorded(message))

    def frame(self, frame: Sequence[Hashable]) -> str:
        """What arrives, or is lost, as one."""
        return " + ".join(map(self.message, frame))

    def state(self, local: Local) -> str:
        """What a node knows."""
        members = _members(local)
        if members is None:
            return str(local)
        told = (f"{name} {_short(value)}" for name, value in members.items() if name != "id")
        return ", ".join(told)

    def held(self, local: Local) -> str:
        """What a node holds, in a few words: what an owner would look at."""
        return self.state(local)

    def line(self, node: str, local: Local) -> str:
        """What a node knows, after its name, in one line."""
        return f"{node}  {self.state(local)}"

    def comes_back(self, node: str, local: Local, how: Comeback) -> str:
        """That a node that crashed in a state is up again."""
        del local
        return f"{node} {COMEBACKS[how]}"

    def effects(
        self, node: str, before: Local, effects: Effects, heard: Hashable | None
    ) -> tuple[str, ...]:
        """What a node does; `heard` is the message that made it do so, if it was one."""
        del heard
        sent = [f"{node} sends {self.message(what)} to {to}" for to, what in effects.sends]
        return (*_changes(node, before, effects.local), *sent, *map(str, effects.notes))

    def hears(self, node: str, before: Local, after: Local) -> list[str]:
        """What becomes of a node that hears of a connection."""
        return _changes(node, before, after)

    def record(self, local: Local) -> Any:
        """A node state as values of a trace in ITF."""
        return recorded(local)


PLAIN_WORDS = Words()


def recorded(value: Any) -> Any:
    """A value of Python as texts, numbers, lists and maps; what is none of these is its text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if attrs.has(type(value)):
        return {
            each.name: recorded(getattr(value, each.name)) for each in attrs.fields(type(value))
        }
    if isinstance(value, Mapping):
        return {str(name): recorded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [recorded(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((recorded(item) for item in value), key=repr)
    return str(value)


def _members(value: Any) -> dict[str, Any] | None:
    """The members of a value that has such, by name."""
    found = recorded(value)
    return found if isinstance(found, dict) else None


def _changes(node: str, before: Local, after: Local) -> list[str]:
    """What of a node state is another than before."""
    if before == after:
        return []
    one, two = _members(before), _members(after)
    if one is None or two is None:
        return [f"{node} is now {after}"]
    changed = [name for name in two if one.get(name) != two[name]]
    return [f"{node}: {name} is now {_short(two[name])}" for name in changed]


def _short(value: Any) -> str:
    """A recorded value in few characters."""
    if isinstance(value, list):
        return " ".join(map(_short, value)) or "empty"
    if isinstance(value, dict):
        return " ".join(f"{name}={_short(item)}" for name, item in value.items()) or "empty"
    return str(value)


@frozen
class Told:
    """One action as people read it: a headline, and what the node then does."""

    headline: str
    details: tuple[str, ...]


def tell(system: System, world: World, action: Action) -> Told:
    """What `action` is and what it does in `world`."""
    arrives = isinstance(action, Deliver | Duplicate | Overtake)
    heard = system.frame(world, action)[-1] if arrives else None  # type: ignore[arg-type]
    effects = system.effects(world, action)
    details: tuple[str, ...] = ()
    if effects.local is not None or effects.notes:
        node = concerned(action)
        before = world.nodes[system.topology.node_index[node]]
        details = system.words.effects(node, before, effects, heard)
    return Told(headline(system, world, action), (*_consequences(system, world, action), *details))


def concerned(action: Action) -> str:
    """The node at which an action happens."""
    match action:
        case Start() | Cut() | Heal():
            return action.source
        case Deliver() | Drop() | Duplicate() | Overtake():
            return action.target
        case _:
            return action.node


def _consequences(system: System, world: World, action: Action) -> tuple[str, ...]:
    """What a fault of a node or a connection brings with it, with the clause that says so."""
    match action:
        case Cut(source=source, target=target):
            lost = sum(
                len(world.channels[at]) for at in system.topology.links_between(source, target)
            )
            said = f"{_in_flight(lost)}; what is sent meanwhile goes nowhere [FAULT-2]"
            return (said, *_hearing(system, world, action))
        case Crash(node=node) | Stop(node=node):
            pairs = zip(system.topology.links, world.channels, strict=True)
            lost = sum(len(channel) for link, channel in pairs if node in link)
            still = "from now on" if isinstance(action, Stop) else "meanwhile"
            clause = "FAULT-9" if isinstance(action, Stop) else "FAULT-3"
            said = f"{_in_flight(lost)}; what is sent to it {still} goes nowhere [{clause}]"
            return (said, *_hearing(system, world, action))
        case Heal() | Restart():
            return _hearing(system, world, action)
        case _:
            return ()


def _hearing(
    system: System, world: World, action: Cut | Heal | Crash | Restart | Stop
) -> tuple[str, ...]:
    """What becomes of the nodes that hear of a connection, with the clause that says so."""
    after = system.next(world, action)
    lines: list[str] = []
    for name, one, two in zip(system.topology.nodes, world.nodes, after.nodes, strict=True):
        if not (isinstance(action, Restart | Stop) and action.node == name):
            lines += system.words.hears(name, one, two)
    return tuple(lines)


def _in_flight(lost: int) -> str:
    messages = "1 message" if lost == 1 else f"{lost} messages"
    return f"{messages} in flight lost" if lost else "nothing was in flight"


def headline(system: System, world: World, action: Action) -> str:
    """`action` in one line."""
    match action:
        case Perform(node=node):
            at = system.topology.node_index[node]
            return system.words.performs(node, system.script[at][world.scripted[at]])
        case Start(source=source, target=target):
            return f"{source} starts an exchange with {target}"
        case Deliver(source=source, target=target):
            return f"{target} receives {frame_text(system, world, action)} from {source}"
        case Drop(source=source, target=target):
            return f"{frame_text(system, world, action)} from {source} to {target} is lost"
        case Duplicate(source=source, target=target):
            frame = frame_text(system, world, action)
            return f"{target} receives {frame} from {source}, and a copy stays in flight"
        case Overtake(source=source, target=target, index=index):
            frame = frame_text(system, world, action)
            return f"{target} receives {frame} from {source}, ahead of {index} sent before"
        case _:
            return _failure(system, world, action)


def _failure(system: System, world: World, action: Action) -> str:
    """A fault of a connection or a node, or its end, in one line."""
    match action:
        case Cut(source=source, target=target):
            return f"the connection of {source} and {target} breaks"
        case Heal(source=source, target=target):
            return f"{source} and {target} are connected again"
        case Crash(node=node):
            return f"{node} crashes"
        case Stop(node=node):
            return f"{node} stops for good"
        case Restart(node=node, how=how):
            local = world.nodes[system.topology.node_index[node]]
            return system.words.comes_back(node, local, how)
        case Pause(node=node):
            return f"{node} pauses"
        case Resume(node=node):
            return f"{node} goes on"
        case _:
            return str(action)


def frame_text(system: System, world: World, action: FrameAction) -> str:
    """The frame that an action concerns."""
    return system.words.frame(system.frame(world, action))


def row_of(system: System, world: World, action: Action, number: str) -> Row:
    """The row of a diagram for one action."""
    match action:
        case Deliver() | Duplicate() | Overtake():
            more = {Duplicate: " (and again)", Overtake: " (overtakes)"}.get(type(action), "")
            text = frame_text(system, world, action) + more
            return Row(number, action.source, text, action.target)
        case Drop(source=source, target=target):
            text = f"{frame_text(system, world, action)} (lost)"
            return Row(number, source, text, target, "x")
        case Cut(source=source, target=target):
            return Row(number, source, headline(system, world, action), target, "x")
        case _:
            return Row(number, concerned(action), headline(system, world, action))
