"""Scenarios: dialogues with their output inside, that teach, and are tests as well.

A line that begins with ``> `` is a command; the lines directly below it, up to the next blank
line or command, are its output; everything else is prose. See ``spec/guide/scenarios.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.engine.network import Comeback
from scuttle_check.gossip.bounds import LEAST, WORDS, Limit, limit_typed
from scuttle_check.gossip.experiment import DELTA_ORDERS, resolver_called
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.gossip.script import lines_of, parse_command, without_comment
from scuttle_check.gossip.stage import Stage
from scuttle_ref.messages import Exchange

PROMPT = "> "
INDENT = "    "


@frozen
class Played:
    """A scenario after it was played: its text with the output that came out."""

    name: str
    recorded: str
    played: str
    commands: int

    @property
    def as_recorded(self) -> bool:
        """Whether the output is the recorded one."""
        return self.recorded == self.played


def read_scenario(path: Path) -> str:
    """The text of a scenario. Raises UsageFault."""
    try:
        return text_given(path)
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageFault(f"cannot be read ({reason})", where=str(path)) from None


def play(text: str, name: str, stage: Stage | None = None) -> Played:
    """Play every command of a scenario in order. Raises UsageFault with the line at fault.

    A `stage` that is given is left as the last command leaves it.

    Spec: SCN-1, SCN-2.
    """
    stage = stage or Stage()
    lines: list[str] = []
    commands = 0
    recorded_output = False
    for number, line in enumerate(lines_of(text), start=1):
        if line.startswith(PROMPT):
            commands += 1
            lines.append(line)
            output = _performed(stage, line.removeprefix(PROMPT), f"{name}, line {number}")
            lines.extend(INDENT + told for told in output)
            recorded_output = True
        elif not line.strip():
            recorded_output = False
            lines.append(line)
        elif not recorded_output:
            lines.append(line)
    if commands == 0:
        raise UsageFault("has no command", where=name, expected="lines that begin with '> '")
    return Played(name, text, "\n".join(lines) + "\n", commands)


def _performed(stage: Stage, line: str, here: str) -> list[str]:
    """As :func:`perform`; every fault is said to be in this line."""
    try:
        return perform(stage, line, here)
    except Fault as fault:
        fault.where = here
        raise


def perform(stage: Stage, line: str, where: str) -> list[str]:
    """One command on the stage; its output. Raises UsageFault."""
    line = without_comment(line)
    words = line.split()
    if words and words[0] in _VERBS:
        return _VERBS[words[0]](stage, words[1:], where)
    node, command = parse_command(line, where)
    _known(stage, [node], where)
    if isinstance(command, Exchange):
        _known(stage, [command.peer], where)
    _awake(stage, node, where)
    return stage.command(node, command)


def _known(stage: Stage, names: Sequence[str], where: str) -> None:
    for name in names:
        if name not in stage.nodes:
            expected = " ".join(stage.nodes) or "a line '> nodes A B' first"
            raise UsageFault(f"no node {name!r} is on the stage", where=where, expected=expected)


def _need(good: bool, where: str, usage: str) -> None:
    if not good:
        raise UsageFault("cannot read this command", where=where, expected=usage)


def _profile(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 1 and not stage.nodes, where, "profile NAME, before any nodes")
    stage.profile = profile_called(words[0])
    return []


def _config(stage: Stage, words: list[str], where: str) -> list[str]:
    limit = "|".join(("N", *WORDS))
    usage = f"config max_history={limit} mtu={limit} resolver=NAME order=depth|breadth"
    _need(bool(words) and not stage.nodes, where, f"{usage}, before any nodes")
    for word in words:
        name, _, value = word.partition("=")
        if name in LEAST:
            limits: dict[str, Any] = {name: _typed(name, value, where)}
            stage.config = attrs.evolve(stage.config, **limits)
        elif name == "resolver":
            stage.config = attrs.evolve(stage.config, resolve=resolver_called(value))
        elif name == "order" and value in DELTA_ORDERS:
            stage.config = attrs.evolve(stage.config, delta_order=DELTA_ORDERS[value])
        else:
            _need(False, where, usage)
    return []


def _typed(name: str, value: str, where: str) -> Limit:
    try:
        return limit_typed(value, name)
    except ValueError as problem:
        raise UsageFault(f"{name} is {value!r}", where=where, expected=str(problem)) from None


def _nodes(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(bool(words) and not set(words) & stage.nodes.keys(), where, "nodes A B ..., each new")
    stage.add(words)
    return []


def _process(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) > 1, where, "process A B ...")
    _known(stage, words, where)
    stage.share_process(words)
    return [f"{' and '.join(words)} live in one process"]


def _index(stage: Stage, words: list[str], where: str, usage: str) -> tuple[str, str, int]:
    """The link and the frame that ``deliver A B last`` and its like name."""
    _need(len(words) in {2, 3} and (len(words) == 2 or words[2] == "last"), where, usage)  # noqa: PLR2004
    source, target = words[:2]
    _known(stage, [source, target], where)
    if not stage.flight.get((source, target)):
        held = "; ".join(stage.in_flight())
        raise UsageFault(
            f"nothing is in flight from {source} to {target}", where=where, expected=held
        )
    return source, target, -1 if words[2:] else 0


def _deliver(stage: Stage, words: list[str], where: str) -> list[str]:
    if words == ["all"]:
        return stage.deliver_all()[0]
    source, target, index = _index(stage, words, where, "deliver A B [last], or deliver all")
    _awake(stage, target, where)
    return stage.deliver(source, target, index, keep=False)


def _duplicate(stage: Stage, words: list[str], where: str) -> list[str]:
    source, target, index = _index(stage, words, where, "duplicate A B [last]")
    _awake(stage, target, where)
    return [
        *stage.deliver(source, target, index, keep=True),
        "and a copy of it stays in flight",
    ]


def _drop(stage: Stage, words: list[str], where: str) -> list[str]:
    return stage.drop(*_index(stage, words, where, "drop A B [last]"))


def _exchange(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 2, where, "exchange A B")  # noqa: PLR2004
    _known(stage, words, where)
    _awake(stage, words[0], where)
    return [*stage.command(words[0], Exchange(words[1])), *stage.deliver_all()[0]]


def _rounds(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 1 and words[0].isdecimal(), where, "rounds N")
    counts = []
    for _ in range(int(words[0])):
        moved = 0
        for source in sorted(stage.nodes.keys() - stage.down - stage.paused):
            for target in sorted(stage.nodes.keys() - {source}):
                stage.command(source, Exchange(target))
                moved += stage.deliver_all()[1]
        counts.append(moved)
    return _told_counts(counts)


def _told_counts(counts: list[int]) -> list[str]:
    """How many updates each round moved, equal neighbours together."""
    lines = []
    first = 1
    for moved, group in groupby(counts):
        last = first + len(list(group)) - 1
        rounds = f"round {first}" if first == last else f"rounds {first} to {last}"
        lines.append(f"{rounds}: {moved or 'no'} update{'' if moved == 1 else 's'} moved")
        first = last + 1
    return lines


def _awake(stage: Stage, node: str, where: str) -> None:
    """Raise UsageFault where a node can do nothing. Spec: FAULT-3, FAULT-5."""
    if node in stage.down:
        hint = f"restart {node} [persisted|amnesia|new-id] first"
        raise UsageFault(f"{node} is down", where=where, expected=hint)
    if node in stage.paused:
        raise UsageFault(f"{node} pauses", where=where, expected=f"resume {node} first")


def _cut(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 2 and words[0] != words[1], where, "cut A B")  # noqa: PLR2004
    _known(stage, words, where)
    _need(frozenset(words) not in stage.cut, where, f"heal {' '.join(words)} first")
    return stage.break_connection(*words)


def _heal(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(frozenset(words) in stage.cut, where, "heal A B, after cut A B")
    return stage.heal_connection(*words)


def _crash(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 1, where, "crash A")
    _known(stage, words, where)
    _awake(stage, words[0], where)
    return stage.crash(words[0])


def _restart(stage: Stage, words: list[str], where: str) -> list[str]:
    hows = {how.value: how for how in Comeback}
    usage = "restart A [persisted|amnesia|new-id], after crash A"
    node, how = (*words, Comeback.PERSISTED.value)[:2] if words else ("", "")
    _need(len(words) in {1, 2} and how in hows and node in stage.down, where, usage)
    return stage.restart(node, hows[how])


def _pause(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 1, where, "pause A")
    _known(stage, words, where)
    _awake(stage, words[0], where)
    return stage.pause(words[0])


def _resume(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(len(words) == 1 and words[0] in stage.paused, where, "resume A, after pause A")
    return stage.resume(words[0])


def _show(stage: Stage, words: list[str], where: str) -> list[str]:
    _known(stage, words, where)
    return stage.show(words)


def _flight(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(not words, where, "flight")
    return stage.in_flight()


def _agree(stage: Stage, words: list[str], where: str) -> list[str]:
    _need(not words and bool(stage.nodes), where, "agree?")
    return stage.agreement()


_VERBS: dict[str, Callable[[Stage, list[str], str], list[str]]] = {
    "agree?": _agree,
    "config": _config,
    "crash": _crash,
    "cut": _cut,
    "deliver": _deliver,
    "drop": _drop,
    "duplicate": _duplicate,
    "exchange": _exchange,
    "flight": _flight,
    "heal": _heal,
    "nodes": _nodes,
    "pause": _pause,
    "process": _process,
    "profile": _profile,
    "restart": _restart,
    "resume": _resume,
    "rounds": _rounds,
    "show": _show,
}
