"""A schedule told in sentences that cite the clauses of the rules that fired.

Causes: what is left of a reason when names, keys, values and numbers are taken out of it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Hashable
from itertools import chain
from typing import TYPE_CHECKING

from attrs import frozen

from scuttle_check.engine.network import Comeback
from scuttle_check.engine.telling import Words
from scuttle_check.engine.worlds import Effects, Gone, Local
from scuttle_check.gossip.actor import GENERATION, GossipActor
from scuttle_check.gossip.actor import Restart as ScriptedRestart
from scuttle_check.gossip.agreement import as_if_so_already
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
from scuttle_ref.profiles import PROFILES
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState

if TYPE_CHECKING:
    from scuttle_check.gossip.experiment import Experiment


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

    def cause(told: str) -> str:
        reason = as_if_so_already(told)
        text = known.sub(lambda found: words[found.group(1)], reason) if known else reason
        text = re.sub(r"-?\d+(\.\d+)?|-Infinity|-inf", "#", text)
        text = text.replace("#@", "V@")
        return re.sub(r"\bN:#( N:#)+", "N:#", text)

    return cause


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
    """The clauses that a rule cites, without those that speak of other profiles.

    A profile of somebody's own may have rules of all, and is told with all that they cite.
    """
    found = re.search(r"Spec: ([A-Z0-9, -]+)\.", inspect.getdoc(rule) or "")
    others = set(chain(*PROFILE_AREAS.values())) - set(PROFILE_AREAS.get(profile, ()))
    others = others if profile in PROFILES else set()
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


@frozen
class GossipWords(Words):
    """How steps of Scuttlebutt are told: with the clauses of the rules that a node runs."""

    actor: GossipActor

    def command(self, command: Hashable) -> str:
        """What an owner asks for."""
        return command_text(command)  # type: ignore[arg-type]

    def performs(self, node: str, command: Hashable) -> str:
        """That the owner of a node asks for something."""
        if isinstance(command, ScriptedRestart):
            return f"{node} restarts with amnesia"
        return super().performs(node, command)

    def message(self, message: Hashable) -> str:
        """What is in flight."""
        return str(message)

    def state(self, local: Local) -> str:
        """What a node knows, in one line, which begins with its id."""
        return tell_node(local)  # type: ignore[arg-type]

    def held(self, local: Local) -> str:
        """What a node holds."""
        return tell_store(local)  # type: ignore[arg-type]

    def line(self, node: str, local: Local) -> str:
        """What a node knows, in one line."""
        del node
        return self.state(local)

    def comes_back(self, node: str, local: Local, how: Comeback) -> str:
        """That a node that crashed in a state is up again."""
        if how is Comeback.PERSISTED:
            return f"{node} comes back with its clock, history and store"
        if how is Comeback.NEW_ID:
            fresh = f"{local.id}{GENERATION}"  # type: ignore[attr-defined]
            return f"{node} comes back with nothing, under the new id {fresh}"
        return super().comes_back(node, local, how)

    def effects(
        self, node: str, before: Local, effects: Effects, heard: Hashable | None
    ) -> tuple[str, ...]:
        """What a node does, with the clause of the rule behind each output."""
        del before
        profile = self.actor.of(node).profile
        return tuple(tell_output(profile, output, heard) for output in effects.notes)  # type: ignore[arg-type]

    def hears(self, node: str, before: Local, after: Local) -> list[str]:
        """What a node has forgotten since it heard of a connection. Spec: FAULT-8."""
        del node
        return tell_apart(before, after)  # type: ignore[arg-type]


def tell_store(state: NodeState) -> str:
    """What a node holds."""
    held = " ".join(f"{one_line(place_name(place))}={entry}" for place, entry in state.store)
    return f"holds {held or 'nothing'}"


def tell_node(state: NodeState | Gone) -> str:
    """What a node knows, in one line."""
    if isinstance(state, Gone):
        return f"{state.id}  {state}"
    history = " ".join(map(str, state.history.updates))
    named = "; ".join(
        f"{session if session != PROCESS else 'its process'} named "
        + " ".join(source for source, _ in marks)
        for session, marks in state.named
    )
    text = f"{state.id}  {tell_store(state)} | clock {state.clock} | history {history or '-'}"
    sessions = " ".join(peer for peer, _ in state.open_sessions)
    text = f"{text} | {named}" if named else text
    return f"{text} | open sessions with {sessions}" if sessions else text
