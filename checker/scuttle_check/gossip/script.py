"""Scripts: what owners do, as text. The same lines stand in scenarios and script files.

::

    # a comment
    A set k=1          the value is JSON, or else a plain word
    A set "a=b"=1      a key in quotes is JSON too
    A set@5 k=1        the same, while A's wall clock shows 5
    A gossip B         start an exchange with B
    A restart          lose all memory, keep the id

Lines of one node happen in the order given; lines of different nodes in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.engine.topology import Topology
from scuttle_check.gossip.actor import RESTART, Restart
from scuttle_ref.messages import Exchange, Put
from scuttle_ref.names import frozen_value, one_line, quoted
from scuttle_ref.validity import put_refusal, reading_refusal
from scuttle_ref.wire import NoDoubleError, json_of

NodeCommand: TypeAlias = Put | Exchange | Restart

USAGE = "NODE set KEY=VALUE, NODE set@READING KEY=VALUE, NODE gossip PEER or NODE restart"


def parse_command(line: str, where: str) -> tuple[str, NodeCommand]:
    """The node and command of one line. Raises UsageFault. Spec: SCN-1."""
    words = line.split(None, 2)
    match words:
        case [node, verb, assignment] if _SET.fullmatch(verb) and "=" in assignment:
            key, text = _assigned(assignment)
            reading = int(verb[4:]) if "@" in verb else None
            return node, Put(key, parse_value(text), reading)
        case [node, "gossip", peer] if len(peer.split()) == 1:
            return node, Exchange(peer)
        case [node, "restart"]:
            return node, RESTART
    raise UsageFault(f"cannot read {line!r}", where=where, expected=USAGE)


_SET = re.compile(r"set(@[1-9]\d{0,15})?")
_KEY_IN_QUOTES = re.compile(r'("(?:[^"\\]|\\.)*")\s*=')


def _assigned(assignment: str) -> tuple[str, str]:
    """The key and the text of the value. A key in quotes is JSON; any other ends at the first =."""
    quoted = _KEY_IN_QUOTES.match(assignment)
    key = parse_value(quoted[1]) if quoted else None
    if quoted and isinstance(key, str):
        return key, assignment[quoted.end() :].strip()
    plain, _, text = assignment.partition("=")
    return plain.strip(), text.strip()


def without_comment(line: str) -> str:
    """The line up to a `` #`` that stands outside of quotes, without the spaces around it."""
    quoted = escaped = False
    for at, letter in enumerate(line):
        if letter == '"' and not escaped:
            quoted = not quoted
        if letter == "#" and not quoted and (at == 0 or line[at - 1].isspace()):
            return line[:at].strip()
        escaped = letter == "\\" and not escaped
    return line.strip()


def parse_value(text: str) -> object:
    """A JSON value, made immutable; anything that is no JSON is a plain string."""
    try:
        return frozen_value(json_of(text))
    except NoDoubleError as fault:
        return float(str(fault))  # infinite, and refused as the value that it is
    except ValueError:
        return text


def command_text(command: NodeCommand) -> str:
    """The text of a command, without the node; :func:`parse_command` reads it back."""
    match command:
        case Put(key=key, value=value, reading=reading):
            at = "" if reading is None else f"@{reading}"
            return f"set{at} {key_text(key)}={value_text(value)}"
        case Exchange(peer=peer):
            return f"gossip {peer}"
        case _:
            return "restart"


def value_text(value: object) -> str:
    """A value as a script shows it: a plain word if that reads back, else JSON."""
    plain = isinstance(value, str) and _is_plain(value) and parse_value(value) == value
    return str(value) if plain else quoted(value)


def key_text(key: str) -> str:
    """A key as a script shows it: plain if that reads back, else in quotes."""
    return key if _is_plain(key) and "=" not in key else quoted(key)


def _is_plain(text: str) -> bool:
    return one_line(text) == text and not set(text) & set('#"')


def parse_script(
    lines: Iterable[str], topology: Topology, where: str
) -> tuple[tuple[NodeCommand, ...], ...]:
    """The commands of each node, in topology order. Raises UsageFault with the line number."""
    scripts: dict[str, list[NodeCommand]] = {node: [] for node in topology.nodes}
    for number, line in enumerate(lines, start=1):
        text = without_comment(line)
        if not text or text.startswith("#"):
            continue
        here = f"{where}, line {number}"
        node, command = parse_command(text, here)
        named = {node, command.peer} if isinstance(command, Exchange) else {node}
        for name in sorted(named - scripts.keys()):
            known = ", ".join(topology.nodes)
            raise UsageFault(f"no node {name!r} in {topology.name}", where=here, expected=known)
        if isinstance(command, Exchange) and (node, command.peer) not in topology.link_index:
            raise UsageFault(f"{node} has no link to {command.peer}", where=here)
        if isinstance(command, Put):
            _refuse_bad_put(command, here)
        scripts[node].append(command)
    return tuple(tuple(scripts[node]) for node in topology.nodes)


def _refuse_bad_put(put: Put, where: str) -> None:
    refusal = put_refusal(put.key, put.value) or reading_refusal(put.reading)
    if refusal is not None:
        raise UsageFault(
            f"{refusal.path} {refusal.problem}",
            where=where,
            expected=refusal.expected,
            clause=refusal.clause,
        )


def read_script(path: Path, topology: Topology) -> tuple[tuple[NodeCommand, ...], ...]:
    """The script of a file. Raises UsageFault."""
    try:
        text = text_given(path)
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageFault(f"cannot be read ({reason})", where=str(path)) from None
    return parse_script(lines_of(text), topology, str(path))


def lines_of(text: str) -> list[str]:
    """The lines of a file. What else Python breaks lines at may stand inside of a JSON text."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def generated_script(
    topology: Topology, writers: Iterable[str], writes: int, keys: int
) -> tuple[tuple[NodeCommand, ...], ...]:
    """Every writer sets `writes` times, cycling through `keys` keys; every value is distinct."""
    chosen = set(writers)
    return tuple(
        tuple(Put(f"k{at % keys + 1}", f"{node.lower()}{at + 1}") for at in range(writes))
        if node in chosen
        else ()
        for node in topology.nodes
    )
