"""A schedule told in sentences that cite the clauses of the rules that fired."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence

from attrs import frozen

from checker.actors import Action, Deliver, Drop, Duplicate, Perform, Start, System, World
from checker.model import Model
from checker.render.sequence import Row, sequence_diagram
from checker.scuttlebutt.actor import Restart
from checker.scuttlebutt.script import command_text
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.outputs import (
    Applied,
    Compacted,
    Declined,
    Ignored,
    Output,
    Recorded,
    Rejected,
    Send,
)
from scuttle_ref.profile import Profile, rule_of
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState


@frozen
class Told:
    """One action as people read it: a headline, and what the node then does."""

    headline: str
    details: tuple[str, ...]


PROFILE_AREAS = {"as-shipped": "DEV", "textbook": "TEXT", "paper": "PAPER"}
"""The clauses that speak of one profile only, by their area."""


def clauses_of(rule: Callable[..., object], profile: str) -> list[str]:
    """The clauses that a rule cites, without those that speak of other profiles."""
    found = re.search(r"Spec: ([A-Z0-9, -]+)\.", inspect.getdoc(rule) or "")
    others = set(PROFILE_AREAS.values()) - {PROFILE_AREAS.get(profile)}
    cited = found.group(1).split(", ") if found else []
    return [clause for clause in cited if clause.partition("-")[0] not in others]


def tell_output(profile: Profile, output: Output, heard: object = None) -> str:
    """What one output means, with the clause of the rule behind it.

    `heard` is the message that the output answers, if it answers one.
    """

    def cite(*points: str) -> str:
        rules = [rule_of(profile, point) for point in points]
        return "[" + ", ".join(c for rule in rules for c in clauses_of(rule, profile.name)) + "]"

    match output:
        case Send(to=to, message=message):
            if isinstance(message, Update):
                points: tuple[str, ...] = (
                    "answer" if isinstance(heard, Digest) else "fill",
                    "pace",
                )
            else:
                points = ("close",) if isinstance(heard, DigestDone) else ("advertise",)
            return f"sends {message} to {to} {cite(*points)}"
        case Recorded(update=update):
            return f"remembers {update} {cite('retain')}"
        case Applied(update=update):
            return f"now holds {update} {cite('prefer')}"
        case Declined(update=update):
            return f"keeps its value; {update} does not replace it {cite('prefer')}"
        case Ignored(update=update, reason=reason):
            return f"ignores {update}: {reason.value} {cite('admit')}"
        case Compacted(forgotten=forgotten):
            return f"forgets {', '.join(map(str, forgotten))} {cite('retain')}"
        case Rejected(refusal=refusal):
            return f"refuses: {refusal}"


def tell(system: System, profile: Profile, world: World, action: Action) -> Told:
    """What `action` is and what it does in `world`."""
    arrives = isinstance(action, Deliver | Duplicate)
    heard = system.frame(world, action)[-1] if arrives else None  # type: ignore[arg-type]
    details = tuple(
        tell_output(profile, output, heard)  # type: ignore[arg-type]
        for output in system.effects(world, action).notes
    )
    return Told(headline(system, world, action), details)


def headline(system: System, world: World, action: Action) -> str:
    """`action` in one line."""
    match action:
        case Perform(node=node):
            at = system.topology.node_index[node]
            command = system.script[at][world.scripted[at]]
            if isinstance(command, Restart):
                return f"{node} restarts with amnesia"
            return f"{node}: {command_text(command)}"  # type: ignore[arg-type]
        case Start(source=source, target=target):
            return f"{source} starts an exchange with {target}"
        case Deliver(source=source, target=target):
            return f"{target} receives {_frame(system, world, action)} from {source}"
        case Drop(source=source, target=target):
            return f"{_frame(system, world, action)} from {source} to {target} is lost"
        case Duplicate(source=source, target=target):
            frame = _frame(system, world, action)
            return f"{target} receives {frame} from {source}, and a copy stays in flight"


def _frame(system: System, world: World, action: Deliver | Drop | Duplicate) -> str:
    return " + ".join(map(str, system.frame(world, action)))


def worlds_of(
    model: Model[World, Action], schedule: Sequence[Action], start: World | None = None
) -> list[World]:
    """The worlds that a schedule passes through, `start` (or the initial one) included."""
    worlds = [start or next(iter(model.initial()))]
    for action in schedule:
        worlds.append(model.next(worlds[-1], action))
    return worlds


def story(
    system: System,
    profile: Profile,
    schedule: Sequence[Action],
    worlds: Sequence[World] | None = None,
    first: int = 1,
) -> str:
    """The schedule as sentences, numbered from `first`.

    `worlds` are those it passes through, if it does not begin at the start of `system`.
    """
    lines: list[str] = []
    worlds = worlds or worlds_of(system, schedule)
    for number, (world, action) in enumerate(zip(worlds, schedule, strict=False), start=first):
        told = tell(system, profile, world, action)
        lines.append(f"{number:>3}. {told.headline}")
        lines.extend(f"       {detail}" for detail in told.details)
    return "\n".join(lines)


def diagram(
    system: System,
    schedule: Sequence[Action],
    worlds: Sequence[World] | None = None,
    first: int = 1,
) -> str:
    """The schedule as a text sequence diagram; a message is drawn when it arrives.

    `worlds` are those it passes through, if it does not begin at the start of `system`.
    """
    rows = []
    worlds = worlds or worlds_of(system, schedule)
    for number, (world, action) in enumerate(zip(worlds, schedule, strict=False), start=first):
        match action:
            case Deliver(source=source, target=target) | Duplicate(source=source, target=target):
                text = _frame(system, world, action)
                extra = " (and again)" if isinstance(action, Duplicate) else ""
                rows.append(Row(str(number), source, text + extra, target))
            case Drop(source=source, target=target):
                text = f"{_frame(system, world, action)} (lost)"
                rows.append(Row(str(number), source, text, target, "x"))
            case Perform(node=node) | Start(source=node):
                text = headline(system, world, action)
                rows.append(Row(str(number), node, text))
    return sequence_diagram(system.topology.nodes, rows)


def tell_node(state: NodeState) -> str:
    """What a node knows, in one line."""
    held = " ".join(
        f"{'/'.join(place)}={entry.value}@{entry.source_id}{entry.version}"
        for place, entry in state.store
    )
    history = " ".join(map(str, state.history.updates))
    named = "; ".join(
        f"{session if session != PROCESS else 'its process'} named "
        + " ".join(source for source, _ in marks)
        for session, marks in state.named
    )
    text = f"{state.id}  holds {held or 'nothing'} | clock {state.clock} | history {history or '-'}"
    return f"{text} | {named}" if named else text
