"""The dialogue with the owner of a running node: what happens is told, commands are carried out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from math import inf

import click
from attrs import define, field

from scuttle_ref.errors import Refusal
from scuttle_ref.messages import Update
from scuttle_ref.names import NEVER, thawed_value
from scuttle_ref.node import Node
from scuttle_ref.node.journal import BURSTS, Journal, clause_of
from scuttle_ref.node.transport import Transport

PROGRAM = {"connected": inf, "disconnected": inf}
"""A program that follows who is connected hears of each."""

HELP = "set KEY VALUE | get KEY | gossip | show | peers | help | quit"


@define
class Shell:
    """The dialogue with the owner: what happens is told, and commands are carried out."""

    node: Node
    as_json: bool
    refused: bool = False
    """Whether the latest command was."""
    commanding: bool = False
    """Whether the owner has just asked for something."""
    unheard: Callable[[OSError], None] | None = None
    """Told once that the owner's output cannot be written; what raises it, if there is nobody."""
    journal: Journal = field(init=False)
    _silent: bool = False

    def __attrs_post_init__(self) -> None:
        self.journal = Journal(
            self._happened, time.monotonic, bursts=PROGRAM if self.as_json else BURSTS
        )
        self.node.on("update", self._updated)
        self.node.on("rejected", self._rejected)

    def say(self, event: str, text: str, **facts: object) -> None:
        """One line: JSON with the facts, or the text.

        Spec: NODE-19.
        """
        line = json.dumps({"event": event, **facts}, default=str) if self.as_json else _safe(text)
        if self._silent:
            return
        try:
            if line:
                click.echo(line)
            sys.stdout.flush()
        except OSError as fault:
            if self.unheard is None:
                raise
            self._silent = True
            self.unheard(fault)

    def happened(self, event: str, peer: str, says: str) -> None:
        """Something about a peer: told, or counted where the like has just been told.

        Spec: NODE-13.
        """
        self.journal(event, peer, says)

    def close(self) -> None:
        """Tell what was only counted."""
        self.journal.close()

    def _happened(self, event: str, peer: str, says: str) -> None:
        """On standard error unless it is for a program."""
        if self.as_json and event == "rejected":
            self.say(event, "", says=says, clause=clause_of(says))
        elif self.as_json:
            self.say(event, "", peer=peer, says=says)
        else:
            click.echo(_safe(f"{event} {peer}{': ' if says else ''}{says}"), err=True)

    def _updated(self, update: Update) -> None:
        value = thawed_value(update.value)
        facts = {"key": update.key, "value": value, "version": update.version}
        text = f"{update.key} = {_json(value)}, version {update.version} of {update.source_id}"
        self.say("update", text, source=update.source_id, **facts)

    def _rejected(self, refusal: Refusal) -> None:
        if not self.commanding:  # a peer said it
            self.happened("rejected", "", str(refusal))
            return
        self.refused = True
        self.say("rejected", f"refused: {refusal}", says=str(refusal), clause=refusal.clause)

    def carry_out(self, line: str, transport: Transport) -> bool:
        """One command. False when the owner wants to leave."""
        self.commanding = True
        try:
            return self._carried_out(line, transport)
        finally:
            self.commanding = False

    def _carried_out(self, line: str, transport: Transport) -> bool:
        words = line.strip().split(maxsplit=2)
        match words:
            case []:
                pass
            case ["set", key, text]:
                self._set(key, text)
            case ["get", key]:
                self._get(key)
            case ["gossip"]:
                transport.exchange()
            case ["show"]:
                self._show()
            case ["peers"]:
                names = sorted(transport.connections)
                self.say("peers", " ".join(names) or "nobody", peers=names)
            case ["quit" | "exit"]:
                return False
            case ["help"]:
                self.say("help", HELP, says=HELP)
            case _:
                says = f"{line.strip()[:80]!r} is no command; there are: {HELP}"
                self.say("help", says, says=says)
        return True

    def _set(self, key: str, text: str) -> None:
        self.refused = False
        room = self.node.set(key, _value(text))
        if not self.refused:
            self.say("set", "" if room else "the read buffer is full", key=key, room=room)

    def _get(self, key: str) -> None:
        held = self.node.get(key)
        if held["version"] == NEVER:
            self.say("get", f"nobody has written {key}", key=key, value=None, version=None)
        else:
            text = f"{_json(held['value'])}, version {held['version']}"
            self.say("get", text, key=key, **held)

    def _show(self) -> None:
        node = self.node
        held = " ".join(
            f"{key}={_json(entry['value'])}@{entry['version']}" for key, entry in node.state.items()
        )
        clock = " ".join(f"{source}:{mark}" for source, mark in node.clock.items())
        text = f"{node.id}  holds {held or 'nothing'} | clock {clock} | {len(node.history)} updates"
        if untaken := node.keeping.untaken:
            text += f" | {untaken} forgotten before all peers had them"
        self.say(
            "show",
            text,
            id=node.id,
            state=node.state,
            clock=node.clock,
            version=node.version,
            history=len(node.history),
            untaken=untaken,
        )


def _safe(text: str) -> str:
    """The text without what a terminal would obey; keys come from peers. Spec: NODE-10."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def _json(value: object) -> str:
    """A value as its owner typed it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _value(text: str) -> object:
    """JSON, or else a plain word."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
