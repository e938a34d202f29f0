"""What a recorded trace must look like before it is replayed.

Judged here is the shape alone: what a reader of the trace will reach for is there and has the type
it must have. Whether the inputs are inside the contract is judged in
:mod:`scuttle_check.oracle.recordings.contract`, whether the outputs are right in
:mod:`scuttle_check.oracle.recordings.replay`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from attrs import frozen

from scuttle_check.base.errors import UsageFault

FORMAT = "simple-scuttle-trace/1"
KINDS = ("single", "multi")
GUIDE = "see spec/guide/recorded-traces.md for the format"
ROUNDS_MAX = 10_000
"""How many repair rounds a trace may ask for. Unit: rounds."""

NEEDED: dict[str, tuple[str, ...]] = {
    "set": ("key", "value"),
    "write": ("object",),
    "get": ("key",),
    "news": ("id",),
    "clock.get": ("id",),
    "deliver": ("msg",),
    "drop": ("msg",),
    "random": ("mode",),
}
"""The members that an operation cannot do without, of those that are replayed."""

NODELESS = {"drop", "random"}
"""Operations that act on no node."""

_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


@frozen
class At:
    """A place in a file, as the person who must mend it finds it."""

    file: str
    path: str = "$"

    def __truediv__(self, step: str | int) -> At:
        """The place of a member or an item below this one."""
        below = f"[{step}]" if isinstance(step, int) else f".{step}"
        return At(self.file, self.path + below)

    def refuse(self, problem: str, expected: str, hint: str = GUIDE) -> NoReturn:
        """Say what is wrong here. Raises UsageFault."""
        raise UsageFault(problem, where=f"{self.file}: {self.path}", expected=expected, hint=hint)


Check: TypeAlias = Callable[[Any, At], None]


def check_trace(trace: object, at: At) -> None:
    """Refuse what cannot be replayed as a trace.

    Raises UsageFault with the file, the path of the fault, what was expected and how to go on.
    """
    known = _object(trace, at)
    written = _member(known, "format", at)
    if written != FORMAT:
        (at / "format").refuse(
            f"is {shown(written)}, another format", shown(FORMAT), "record it again in this format"
        )
    kind = _one_of(KINDS)
    kind(_member(known, "kind", at), at / "kind")
    _string(_member(known, "name", at), at / "name")
    _optional(known, "input_class", at, _string)
    _optional(known, "random", at, _random)
    nodes = _nodes(known, at)
    _Steps(nodes).check(_list(_member(known, "steps", at), at / "steps"), at / "steps")
    _optional(known, "initial", at, _snapshot)
    if known["kind"] == "multi":
        _end(known, at, nodes)


def shown(value: object) -> str:
    """A short, printable picture of a JSON value."""
    if value is None or isinstance(value, str | int | float):
        text = ascii(value) if type(value) in {str, int, float} else json.dumps(value)
        return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - fits a line
    return _TYPES.get(type(value), "something else")


# --- the parts of a trace ----------------------------------------------------------------------


def _nodes(trace: Mapping[str, Any], at: At) -> tuple[str, ...]:
    """The names of the nodes; those that are no strings are left to the contract."""
    if trace["kind"] == "single":
        configs, places = [_member(trace, "config", at)], [at / "config"]
    else:
        configs = _list(_member(trace, "nodes", at), at / "nodes")
        places = [at / "nodes" / number for number in range(len(configs))]
        if not configs:
            (at / "nodes").refuse("is empty", "at least one node")
        _optional(trace, "shared_sofar", at, _boolean)
    names: list[str] = []
    for config, place in zip(configs, places, strict=True):
        name = _member(_object(config, place), "id", place)
        if name in names:
            (place / "id").refuse(f"is {shown(name)} again", "an id of its own for each node")
        if isinstance(name, str):
            names.append(name)
    return tuple(names) if len(names) == len(configs) else ()


class _Steps:
    """The steps of one trace, read in order, with the messages put out so far."""

    def __init__(self, nodes: tuple[str, ...]) -> None:
        self.nodes = nodes
        self.emitted: set[str] = set()
        self.all_emitted_known = True

    def check(self, steps: list[Any], at: At) -> None:
        for number, step in enumerate(steps):
            place = at / number
            known = _object(step, place)
            op = _object(_member(known, "op", place), place / "op")
            _string(_member(op, "op", place / "op"), place / "op" / "op")
            self._op(op, place / "op")
            result = _object(_member(known, "result", place), place / "result")
            self._result(op["op"], result, place / "result")

    def _op(self, op: Mapping[str, Any], at: At) -> None:
        for name in NEEDED.get(op["op"], ()):
            _member(op, name, at)
        if op["op"] == "random":
            _random(op["mode"], at / "mode")
        if op["op"] == "deliver":
            self._message(op["msg"], at / "msg")
        if self.nodes and op["op"] not in NODELESS:
            self._addressee(op, at)

    def _message(self, message: object, at: At) -> None:
        _string(message, at)
        if self.all_emitted_known and message not in self.emitted:
            problem = f"is {shown(message)}, which no earlier step put out"
            at.refuse(problem, "the msg of an object in an earlier result.emitted")

    def _addressee(self, op: Mapping[str, Any], at: At) -> None:
        given = [name for name in ("node", "to") if name in op]
        for name in given:
            if op[name] not in self.nodes:
                (at / name).refuse(f"is {shown(op[name])}, no node", _either(self.nodes))
        if not given and (len(self.nodes) > 1 or op["op"] == "deliver"):
            at.refuse("names no node", f"a member node (or to), {_either(self.nodes)}")

    def _result(self, kind: str, result: Mapping[str, Any], at: At) -> None:
        _snapshot(result, at)
        _optional(result, "events", at, _objects)
        if "emitted" not in result:
            self.all_emitted_known &= kind in {*NODELESS, "restart"}
            return
        place = at / "emitted"
        _objects(result["emitted"], place)
        named = [isinstance(each.get("msg"), str) for each in result["emitted"]]
        if any(named) and not all(named):
            (place / named.index(False)).refuse("has no msg", "msg and object, as its neighbours")
        for number, each in enumerate(result["emitted"]):
            if named[number]:
                _member(each, "object", place / number)
                self.emitted.add(each["msg"])


def _snapshot(value: object, at: At) -> None:
    known = _object(value, at)
    for name, check in (("state", _object), ("clock", _object), ("history", _list)):
        _optional(known, name, at, check)
    _optional(known, "sofar", at, _list)


def _end(trace: Mapping[str, Any], at: At, nodes: tuple[str, ...]) -> None:
    """The end of a trace of several nodes: their last snapshots, and the repair rounds."""

    def final(value: object, place: At) -> None:
        for name, snapshot in _object(value, place).items():
            if nodes and name not in nodes:
                place.refuse(f"has a member {shown(name)}, no node", _either(nodes))
            _snapshot(snapshot, place / name)

    _optional(trace, "final", at, final)
    _optional(trace, "converged_after_schedule", at, _boolean)
    repair, place = trace.get("repair"), at / "repair"
    if repair is None:
        return
    op = _object(_member(_object(repair, place), "op", place), place / "op")
    _rounds(op, place / "op", trace, nodes)
    result = _object(_member(repair, "result", place), place / "result")
    _optional(result, "final", place / "result", final)
    _optional(result, "delivered", place / "result", _count)
    _optional(repair, "converged_after_repair", place, _boolean)


def _rounds(
    op: Mapping[str, Any], at: At, trace: Mapping[str, Any], nodes: tuple[str, ...]
) -> None:
    _one_of(("rounds",))(_member(op, "op", at), at / "op")
    number = _member(op, "n", at)
    if type(number) is not int or not 0 <= number <= ROUNDS_MAX:
        (at / "n").refuse(f"is {shown(number)}", f"an integer from 0 to {ROUNDS_MAX}")
    _optional(op, "mode", at, _one_of(("pairwise", "symmetric")))
    links = op["links"] if "links" in op else trace.get("links")
    for index, link in enumerate(_list(links, at / "links")):
        place = at / "links" / index
        if len(_list(link, place)) != 2 or (nodes and any(end not in nodes for end in link)):  # noqa: PLR2004
            place.refuse("is no link", f"two nodes, each {_either(nodes)}")


# --- the types ----------------------------------------------------------------------------------


def _member(known: Mapping[str, Any], name: str, at: At) -> Any:
    if name not in known:
        (at / name).refuse("is missing", "this member")
    return known[name]


def _optional(known: Mapping[str, Any], name: str, at: At, check: Callable[..., object]) -> None:
    if name in known:
        check(known[name], at / name)


def _object(value: object, at: At) -> dict[str, Any]:
    if not isinstance(value, dict):
        at.refuse(f"is {shown(value)}", "an object")
    return value


def _list(value: object, at: At) -> list[Any]:
    if not isinstance(value, list):
        at.refuse(f"is {shown(value)}", "an array")
    return value


def _objects(value: object, at: At) -> None:
    for number, each in enumerate(_list(value, at)):
        _object(each, at / number)


def _string(value: object, at: At) -> None:
    if not isinstance(value, str):
        at.refuse(f"is {shown(value)}", "a string")


def _boolean(value: object, at: At) -> None:
    if not isinstance(value, bool):
        at.refuse(f"is {shown(value)}", "true or false")


def _count(value: object, at: At) -> None:
    if type(value) is not int:
        at.refuse(f"is {shown(value)}", "a number of messages")


def _one_of(known: tuple[str, ...]) -> Check:
    def check(value: object, at: At) -> None:
        if value not in known:
            at.refuse(f"is {shown(value)}", _either(known))

    return check


def _random(value: object, at: At) -> None:
    """How Math.random was controlled: a word, or a list of bits."""
    bits = value.get("bits") if isinstance(value, dict) else value
    known = isinstance(bits, list) and all(bit in (0, 1) for bit in bits)
    if value not in ("insertion", "reversed") and not known:
        at.refuse(f"is {shown(value)}", '"insertion", "reversed" or an array of the bits 0 and 1')


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(map(shown, names)) or "a node"
