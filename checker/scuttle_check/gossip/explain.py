"""A schedule told in sentences that cite the clauses of the rules that fired.

Causes: what is left of a reason when names, keys, values and numbers are taken out of it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from itertools import chain

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
)
from scuttle_check.engine.model import Model
from scuttle_check.engine.network import Comeback
from scuttle_check.engine.pictures.text import Row, sequence_diagram
from scuttle_check.engine.system import System, World
from scuttle_check.gossip.actor import GENERATION
from scuttle_check.gossip.actor import Restart as ScriptedRestart
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import command_text
from scuttle_ref.messages import Digest, DigestDone, Put, Update
from scuttle_ref.names import one_line, place_name
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


def cause_in(experiment: Experiment) -> Callable[[str], str]:
    """The function from a reason to its cause, for the words of one experiment.

    Two reasons are one cause when they differ only in which nodes, keys, values and numbers they
    name, or in how many entries a clock has. Node names become N, keys K, values V, numbers #.

    Spec: CHK-8.
    """
    puts = [
        command for script in experiment.script for command in script if isinstance(command, Put)
    ]
    words = {command.key: "K" for command in puts}
    words |= {text: "V" for text in (str(command.value) for command in puts) if not text.isdigit()}
    words |= dict.fromkeys(experiment.topology.nodes, "N")
    ordered = sorted((word for word in words if word), key=lambda word: (-len(word), word))
    names = "|".join(map(re.escape, ordered))
    known = re.compile(rf"(?<![^\W_])({names})(?=\d*(?![^\W_]))") if ordered else None

    def cause(reason: str) -> str:
        text = known.sub(lambda found: words[found.group(1)], reason) if known else reason
        text = re.sub(r"-?\d+(\.\d+)?|-Infinity|-inf", "#", text)
        text = text.replace("#@", "V@")
        return re.sub(r"\bN:#( N:#)+", "N:#", text)

    return cause


@frozen
class Told:
    """One action as people read it: a headline, and what the node then does."""

    headline: str
    details: tuple[str, ...]


PROFILE_AREAS = {
    "as-shipped": ("DEV",),
    "textbook": ("TEXT",),
    "paper": ("PAPER",),
    "scuttlebutt": ("TEXT", "PAPER", "NPM"),
    "plasmid": ("PAPER", "TEXT", "PLAS"),
    "gossiper": ("PAPER", "TEXT", "GOSS"),
    "txgossip": ("PAPER", "TEXT", "GOSS"),
}
"""The areas whose clauses speak of some profiles only. Relatives keep some rules of two."""


def clauses_of(rule: Callable[..., object], profile: str) -> list[str]:
    """The clauses that a rule cites, without those that speak of other profiles."""
    found = re.search(r"Spec: ([A-Z0-9, -]+)\.", inspect.getdoc(rule) or "")
    others = set(chain(*PROFILE_AREAS.values())) - set(PROFILE_AREAS.get(profile, ()))
    cited = found.group(1).split(", ") if found else []
    return [clause for clause in cited if clause.partition("-")[0] not in others]


_POINTS_OF_AN_UPDATE: dict[type, tuple[str, ...]] = {
    Digest: ("answer", "pace"),
    DigestDone: ("fill", "pace"),
}
"""Whose decision it is that an update is sent, by the message that made the node send it."""


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
                points = _POINTS_OF_AN_UPDATE.get(type(heard), ("relay",))
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
    arrives = isinstance(action, Deliver | Duplicate | Overtake)
    heard = system.frame(world, action)[-1] if arrives else None  # type: ignore[arg-type]
    details = tuple(
        tell_output(profile, output, heard)  # type: ignore[arg-type]
        for output in system.effects(world, action).notes
    )
    return Told(headline(system, world, action), (*_consequences(system, world, action), *details))


def _consequences(system: System, world: World, action: Action) -> tuple[str, ...]:
    """What a fault of a node or a connection brings with it, with the clause that says so."""
    match action:
        case Cut(source=source, target=target):
            lost = sum(
                len(world.channels[at]) for at in system.topology.links_between(source, target)
            )
            said = f"{_in_flight(lost)}; what is sent meanwhile goes nowhere [FAULT-2]"
            return (said, *_hearing(system, world, action))
        case Crash(node=node):
            pairs = zip(system.topology.links, world.channels, strict=True)
            lost = sum(len(channel) for link, channel in pairs if node in link)
            said = f"{_in_flight(lost)}; what is sent to it meanwhile goes nowhere [FAULT-3]"
            return (said, *_hearing(system, world, action))
        case Heal() | Restart():
            return _hearing(system, world, action)
        case _:
            return ()


def _hearing(system: System, world: World, action: Cut | Heal | Crash | Restart) -> tuple[str, ...]:
    """What becomes of the nodes that hear of a connection, with the clause that says so."""
    after = system.next(world, action)
    lines: list[str] = []
    for name, one, two in zip(system.topology.nodes, world.nodes, after.nodes, strict=True):
        if not (isinstance(action, Restart) and action.node == name):
            lines += tell_apart(one, two)  # type: ignore[arg-type]
    return tuple(lines)


def tell_apart(before: NodeState, after: NodeState) -> list[str]:
    """What a node has forgotten since it heard of a connection. Spec: FAULT-8."""
    kept = dict(after.named)
    halves = [session for session, _ in before.named if session not in kept]
    open_now = {peer for peer, _ in after.open_sessions}
    closed = [peer for peer, _ in before.open_sessions if peer not in open_now]
    return [
        *(f"{after.id} forgets what {peer} had named of its digest [EXCH-8]" for peer in halves),
        *(f"{after.id} closes its session with {peer} [NPM-9]" for peer in closed),
    ]


def _in_flight(lost: int) -> str:
    messages = "1 message" if lost == 1 else f"{lost} messages"
    return f"{messages} in flight lost" if lost else "nothing was in flight"


_COMEBACKS = {
    Comeback.PERSISTED: "comes back with its clock, history and store",
    Comeback.AMNESIA: "comes back with nothing, under its old id",
    Comeback.NEW_ID: "comes back with nothing, under the new id ",
}


def headline(system: System, world: World, action: Action) -> str:
    """`action` in one line."""
    match action:
        case Perform(node=node):
            at = system.topology.node_index[node]
            command = system.script[at][world.scripted[at]]
            if isinstance(command, ScriptedRestart):
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
        case Overtake(source=source, target=target, index=index):
            frame = _frame(system, world, action)
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
        case Restart(node=node, how=how):
            old: str = world.nodes[system.topology.node_index[node]].id  # type: ignore[attr-defined]
            fresh = old + GENERATION if how is Comeback.NEW_ID else ""
            return f"{node} {_COMEBACKS[how]}{fresh}"
        case Pause(node=node):
            return f"{node} pauses"
        case Resume(node=node):
            return f"{node} goes on"
        case _:
            return str(action)


def _frame(system: System, world: World, action: FrameAction) -> str:
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


def _row(system: System, world: World, action: Action, number: str) -> Row:
    """The row of a diagram for one action."""
    match action:
        case Deliver() | Duplicate() | Overtake():
            more = {Duplicate: " (and again)", Overtake: " (overtakes)"}.get(type(action), "")
            text = _frame(system, world, action) + more
            return Row(number, action.source, text, action.target)
        case Drop(source=source, target=target):
            return Row(number, source, f"{_frame(system, world, action)} (lost)", target, "x")
        case Cut(source=source, target=target):
            return Row(number, source, headline(system, world, action), target, "x")
        case Start(source=node) | Heal(source=node):
            return Row(number, node, headline(system, world, action))
        case Perform() | Crash() | Restart() | Pause() | Resume():
            return Row(number, action.node, headline(system, world, action))


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
        rows.append(_row(system, world, action, str(number)))
    return sequence_diagram(system.topology.nodes, rows)


def tell_node(state: NodeState) -> str:
    """What a node knows, in one line."""
    held = " ".join(f"{one_line(place_name(place))}={entry}" for place, entry in state.store)
    history = " ".join(map(str, state.history.updates))
    named = "; ".join(
        f"{session if session != PROCESS else 'its process'} named "
        + " ".join(source for source, _ in marks)
        for session, marks in state.named
    )
    text = f"{state.id}  holds {held or 'nothing'} | clock {state.clock} | history {history or '-'}"
    sessions = " ".join(peer for peer, _ in state.open_sessions)
    text = f"{text} | {named}" if named else text
    return f"{text} | open sessions with {sessions}" if sessions else text
