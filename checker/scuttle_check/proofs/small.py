"""Small worlds: an obligation over two or three things of each sort, quantifiers written out.

Where a solver cannot prove an obligation, a small world in which its hypotheses are true and its
goal is false says why, and a person can read it. It refutes the *induction*: the world before may
be one that no run comes to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias, cast

from attrs import frozen

from scuttle_check.proofs.smtlib import declarations, functions_in, symbol, text
from scuttle_check.proofs.solvers import SAT, Solver
from scuttle_check.proofs.terms import (
    FALSE,
    INT,
    TRUE,
    Function,
    Sort,
    Term,
    conj,
    constant,
    implies,
    neg,
    term,
)
from scuttle_check.proofs.vocabulary import CHANNEL, KEY, NODE, PLACE, UPDATE, receiver, sender

Values: TypeAlias = dict[str, str]
"""What a solver has chosen, by the text of a term."""

Of: TypeAlias = Callable[..., str]
"""From the name of a function and its arguments to the value, "?" where nothing is chosen."""

LETTERS = {"Node": "ABC", "Update": "xyz", "Key": "kl", "Place": "pq", "Channel": "cdef"}


@frozen
class Sizes:
    """How many things of each sort there are, and how many positions."""

    nodes: int = 2
    updates: int = 2
    keys: int = 2
    channels: int = 2
    positions: int = 3

    def things(self) -> dict[str, tuple[Term, ...]]:
        """The things of each sort, by its name."""
        counts = (
            (NODE, self.nodes),
            (UPDATE, self.updates),
            (KEY, self.keys),
            (PLACE, self.keys),
            (CHANNEL, self.channels),
        )
        found = {
            sort.name: tuple(constant(_named(sort.name)[at], sort) for at in range(count))
            for sort, count in counts
        }
        return found | {"Int": tuple(term(at) for at in range(self.positions))}


SIZES = (Sizes(), Sizes(nodes=3, keys=1, positions=2), Sizes(positions=5))
"""The small worlds that are looked through, the smallest first."""


def grounded(each: Term, things: Mapping[str, Sequence[Term]], known: Mapping[str, Term]) -> Term:
    """The term with its quantifiers written out over the things there are."""
    match each.op:
        case "literal":
            return each
        case "variable":
            return known[cast("str", each.args[0])]
        case "forall" | "exists":
            bound = cast("tuple[Term, ...]", each.args[0])
            names = [cast("str", one.args[0]) for one in bound]
            body = cast("Term", each.args[1])
            cases = product(*(things[one.sort.name] for one in bound))
            parts = [
                grounded(body, things, {**known, **dict(zip(names, chosen, strict=True))})
                for chosen in cases
            ]
            return _all(parts) if each.op == "forall" else neg(_all([neg(p) for p in parts]))
        case "apply":
            function = cast("Function", each.args[0])
            inner = [grounded(cast("Term", part), things, known) for part in each.args[1:]]
            return Term("apply", (function, *inner), each.sort)
        case op:
            inner = [grounded(cast("Term", part), things, known) for part in each.args]
            return _simpler(op, inner, each.sort)


def _all(parts: Sequence[Term]) -> Term:
    kept = [part for part in parts if part is not TRUE]
    return FALSE if any(part is FALSE for part in kept) else conj(*kept) if kept else TRUE


def _simpler(op: str, inner: list[Term], sort: Sort) -> Term:
    """The operation, or what it comes to where its parts say so already."""
    if op == "and":
        return _all(inner)
    if op == "or":
        return neg(_all([neg(part) for part in inner]))
    if op == "not":
        return {id(TRUE): FALSE, id(FALSE): TRUE}.get(id(inner[0]), neg(inner[0]))
    if op == "=>":
        if inner[0] is FALSE or inner[1] is TRUE:
            return TRUE
        return inner[1] if inner[0] is TRUE else implies(*inner)
    if op == "=" and _is_thing(inner[0]) and _is_thing(inner[1]):
        return TRUE if text(inner[0]) == text(inner[1]) else FALSE
    if op in {"+", "-"} and all(part.op == "literal" for part in inner):
        first, second = (cast("int", part.args[0]) for part in inner)
        return term(first + second if op == "+" else first - second)
    if op in {"<", "<="} and all(part.op == "literal" for part in inner):
        one, other = (cast("int", part.args[0]) for part in inner)
        return TRUE if (one < other if op == "<" else one <= other) else FALSE
    return Term(op, tuple(inner), sort)


def _is_thing(each: Term) -> bool:
    """Whether the term names a thing: two names are two things."""
    if each.op != "apply":
        return each.op == "literal" and each.sort is INT
    function = cast("Function", each.args[0])
    return not function.domain and function.name in _THINGS


def _named(sort: str) -> list[str]:
    """The names of the things of a sort, none of which is a name of something else."""
    return [f"{sort}_{letter}" for letter in LETTERS[sort]]


_THINGS = {name for sort in LETTERS for name in _named(sort)}


def _bounds(functions: Mapping[str, Function], sizes: Sizes) -> Iterator[Term]:
    """What keeps the numbers of a small world small."""
    things = sizes.things()
    for name, function in functions.items():
        if function.result is not INT or name in _THINGS:
            continue
        most = sizes.positions - 1 if name.rstrip("'") in {"head", "tail"} else sizes.positions + 2
        for chosen in product(*(things[sort.name] for sort in function.domain)):
            value = function(*chosen)
            yield conj(value >= -1, value <= most)


def _two_ways(things: Mapping[str, Sequence[Term]]) -> Term:
    """Two channels are the two ways of one link."""
    one, other = things["Channel"]
    there = conj(sender(one) == receiver(other), receiver(one) == sender(other))
    return conj(there, sender(one) != receiver(one))


def small_script(
    hypotheses: Sequence[Term], goal: Term, sizes: Sizes, streams: bool
) -> tuple[str, list[Term]]:
    """The question for a small world in which the goal is false; and what to ask of it."""
    things = sizes.things()
    told = [grounded(each, things, {}) for each in (*hypotheses, neg(goal))]
    functions = {name: each for name, each in functions_in(told).items() if name not in _THINGS}
    bounds = [*_bounds(functions, sizes), *([_two_ways(things)] if streams else [])]
    functions |= {name: each for name, each in functions_in(bounds).items() if name not in _THINGS}
    asked = [
        function(*chosen)
        for function in functions.values()
        for chosen in product(*(things[sort.name] for sort in function.domain))
    ]
    sorts = [
        f"(declare-datatypes (({name} 0)) (({' '.join(f'({text(each)})' for each in them)})))"
        for name, them in things.items()
        if name != INT.name
    ]
    memo: dict[int, str] = {}
    lines = [
        "(set-logic ALL)",
        *sorts,
        *declarations(functions.values()),
        *(f"(assert {text(each, memo)})" for each in (*told, *bounds) if each is not TRUE),
        "(check-sat)",
        f"(get-value ({' '.join(text(each, memo) for each in asked)}))",
    ]
    return "\n".join(lines), asked


_PIECE = re.compile(r"\|[^|]*\||[()]|[^\s()]+")


def _read(printed: str) -> object:
    """The nested lists of an s-expression."""
    stack: list[list[object]] = [[]]
    for piece in _PIECE.findall(printed):
        if piece == "(":
            stack.append([])
        elif piece == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(piece)
    return stack[0][0] if stack[0] else []


def _told(value: object) -> str:
    if isinstance(value, list):
        return f"-{value[1]}" if value[:1] == ["-"] else f"({' '.join(map(_told, value))})"
    return str(value)


def small_world(
    hypotheses: Sequence[Term], goal: Term, solver: Solver, seconds: float, *, streams: bool
) -> Values | None:
    """A small world in which the hypotheses are true and the goal is false, or None."""
    for sizes in SIZES:
        script, asked = small_script(hypotheses, goal, sizes, streams)
        answer = solver.ask(script, seconds)
        if answer.said == SAT:
            pairs = cast("list[list[object]]", _read(answer.printed))
            return {text(each): _told(pair[1]) for each, pair in zip(asked, pairs, strict=True)}
    return None


# --- in words -------------------------------------------------------------------------------------


def _value(values: Values, name: str, *args: str) -> str:
    shown = symbol(name)
    return values.get(f"({shown} {' '.join(args)})" if args else shown, "?")


def world_in_words(values: Values, mark: str = "") -> list[str]:
    """The nodes, the updates and what is in flight, as sentences. `mark`: at which moment."""

    # A function that the step leaves as it is has one name for both moments.
    def of(name: str, *args: str) -> str:
        found = _value(values, name + mark, *args)
        return found if found != "?" else _value(values, name, *args)

    nodes = [each for each in _named("Node") if _value(values, "clock", each, each) != "?"]
    updates = [each for each in _named("Update") if _value(values, "source", each) != "?"]
    lines = [_update_in_words(each, of) for each in updates]
    for node in nodes:
        clock = " ".join(
            f"{other}:{of('clock', node, other)}"
            for other in nodes
            if of("clock", node, other) not in {"-1", "?"}
        )
        memory = ", ".join(each for each in updates if of("has", node, each) == "true")
        lines.append(f"{node} remembers {memory or 'nothing'}; its clock says {clock or 'nothing'}")
    for channel in _named("Channel"):
        if _value(values, "sender", channel) != "?":
            lines += _channel_in_words(channel, of)
    return [re.sub(r"\b[A-Z][a-z]+_(?=[A-Za-z]\b)", "", line) for line in lines]


def _update_in_words(each: str, say: Of) -> str:
    key = say("key", each)
    what = f" of {key}" if key != "?" else ""
    state = "" if say("issued", each) == "true" else ", not written yet"
    return f"{each} is version {say('version', each)} of {say('source', each)}{what}{state}"


def _channel_in_words(channel: str, say: Of) -> list[str]:
    whence, whither = say("sender", channel), say("receiver", channel)
    if "?" in {say("head", channel), say("tail", channel)}:
        return []
    head, tail = int(say("head", channel)), int(say("tail", channel))
    if head >= tail:
        return []
    flying = ", then ".join(_message_in_words(channel, str(at), say) for at in range(head, tail))
    return [f"in flight from {whence} to {whither}: {flying}"]


def _message_in_words(channel: str, at: str, say: Of) -> str:
    kind = say("kind", channel, at)
    if kind == "0":
        return f"update {say('carried', channel, at)}"
    if kind == "1":
        return f"line {say('line_source', channel, at)}:{say('line_mark', channel, at)}"
    return {"2": "done", "3": "done (returned)"}.get(kind, "something")
