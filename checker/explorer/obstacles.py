"""Why an action cannot happen, in sentences: what a run that does not fit is told with."""

from __future__ import annotations

from checker.actions import (
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
)
from checker.actors import System, World
from checker.outages import DOWN, PAUSED, UP


def obstacle(system: System, world: World, action: Action) -> str | None:
    """Why `action` cannot happen in `world`, in a sentence without a full stop; None if it can.

    Spec: EXPL-3.
    """
    unknown = _unknown(system, action)
    if unknown is not None:
        return unknown
    match action:
        case Perform(node=node):
            at = system.topology.node_index[node]
            done = world.scripted[at] == len(system.script[at])
            return _asleep(system, world, node) or (
                f"the script of {node} has no further command" if done else None
            )
        case Start(source=source):
            return _asleep(system, world, source)
        case Deliver(target=target) | Duplicate(target=target) | Overtake(target=target):
            return _asleep(system, world, target) or _no_frame(system, world, action)
        case Drop():
            return _no_frame(system, world, action)
        case Cut(source=source, target=target) | Heal(source=source, target=target):
            at = system.topology.link_index[source, target]
            if world.cut[at] == isinstance(action, Cut):
                state = "broken already" if world.cut[at] else "not broken"
                return f"the connection of {source} and {target} is {state}"
            return None
        case Crash(node=node) | Pause(node=node):
            return _asleep(system, world, node)
        case Restart(node=node) | Resume(node=node):
            wanted = DOWN if isinstance(action, Restart) else PAUSED
            is_so = world.status[system.topology.node_index[node]] == wanted
            return None if is_so else f"{node} {'is up' if wanted == DOWN else 'is not paused'}"


def _unknown(system: System, action: Action) -> str | None:
    match action:
        case Perform() | Crash() | Restart() | Pause() | Resume():
            known = action.node in system.topology.node_index
            return None if known else f"there is no node {action.node}"
        case _:
            ends = action.source, action.target
            nodes = [node for node in ends if node not in system.topology.node_index]
            if nodes:
                return f"there is no node {nodes[0]}"
            known = ends in system.topology.link_index
            return None if known else f"there is no link from {ends[0]} to {ends[1]}"


def _asleep(system: System, world: World, node: str) -> str | None:
    status = world.status[system.topology.node_index[node]]
    return None if status == UP else f"{node} is {'down' if status == DOWN else 'paused'}"


def _no_frame(
    system: System, world: World, action: Deliver | Duplicate | Overtake | Drop
) -> str | None:
    channel = world.channels[system.topology.link_index[action.source, action.target]]
    flight = f"in flight from {action.source} to {action.target}"
    if not channel:
        return f"nothing is {flight}"
    if action.index >= len(channel):
        return f"only {len(channel)} {flight}"
    ahead = isinstance(action, Deliver) and system.network.ordered and action.index > 0
    return f"{action.index} are ahead of it; overtake lets it pass" if ahead else None
