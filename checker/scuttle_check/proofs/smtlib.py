"""The first reading of a formula: SMT-LIB 2.6, which z3, cvc5 and other solvers read.

Laws of this file: the text depends on the terms only; what is used is declared, in the order of
names, so that equal obligations are equal texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast

from scuttle_check.proofs.terms import BOOL, INT, Function, Sort, Term, neg, parts_of

LOGIC = "UFLIA"
"""Quantifiers, functions left open, and linear arithmetic of integers."""

_SIMPLE = re.compile(r"[A-Za-z~!@$%^&*_+=<>.?/-][A-Za-z0-9~!@$%^&*_+=<>.?/-]*")


def symbol(name: str) -> str:
    """A name as SMT-LIB writes it, between strokes where it has to be."""
    return name if _SIMPLE.fullmatch(name) else f"|{name}|"


def text(each: Term, known: dict[int, str] | None = None) -> str:
    """A term as an s-expression. `known` holds what has been written already, by identity."""
    memo = {} if known is None else known
    found = memo.get(id(each))
    if found is None:
        found = memo[id(each)] = _written(each, memo)
    return found


def _written(each: Term, memo: dict[int, str]) -> str:
    match each.op:
        case "literal":
            value = each.args[0]
            if isinstance(value, bool):
                return "true" if value else "false"
            number = cast("int", value)
            return str(number) if number >= 0 else f"(- {-number})"
        case "variable":
            return symbol(cast("str", each.args[0]))
        case "apply":
            name = symbol(cast("Function", each.args[0]).name)
            given = [text(part, memo) for part in parts_of(each)]
            return f"({' '.join([name, *given])})" if given else name
        case "forall" | "exists":
            bound = cast("tuple[Term, ...]", each.args[0])
            names = " ".join(f"({text(one, memo)} {one.sort.name})" for one in bound)
            return f"({each.op} ({names}) {text(cast('Term', each.args[1]), memo)})"
        case op:
            return f"({op} {' '.join(text(part, memo) for part in parts_of(each))})"


def functions_in(terms: Iterable[Term]) -> dict[str, Function]:
    """The functions and constants that terms name, by name."""
    found: dict[str, Function] = {}
    seen: set[int] = set()
    waiting = list(terms)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if each.op == "apply":
            function = cast("Function", each.args[0])
            if found.setdefault(function.name, function) != function:
                raise ValueError(f"{function.name} is declared in two ways")
        waiting += parts_of(each)
    return dict(sorted(found.items()))


def sorts_in(functions: Iterable[Function], terms: Iterable[Term] = ()) -> list[Sort]:
    """The sorts that are neither numbers nor truth values, by name."""
    found = {sort.name: sort for each in functions for sort in (*each.domain, each.result)}
    waiting = list(terms)
    while waiting:
        each = waiting.pop()
        found.setdefault(each.sort.name, each.sort)
        if each.op in {"forall", "exists"}:
            for one in cast("tuple[Term, ...]", each.args[0]):
                found.setdefault(one.sort.name, one.sort)
        waiting += parts_of(each)
    return [found[name] for name in sorted(found) if found[name] not in {INT, BOOL}]


def declarations(functions: Iterable[Function]) -> list[str]:
    """A line for each function and constant."""
    return [
        f"(declare-fun {symbol(each.name)} ({' '.join(s.name for s in each.domain)}) "
        f"{each.result.name})"
        for each in functions
    ]


def script(hypotheses: Sequence[Term], goal: Term, title: str = "") -> str:
    """The question whether the goal follows from the hypotheses: it does where this is unsat."""
    terms = [*hypotheses, neg(goal)]
    functions = functions_in(terms).values()
    memo: dict[int, str] = {}
    lines = [
        *([f"; {title}"] if title else []),
        f"(set-logic {LOGIC})",
        *(f"(declare-sort {sort.name} 0)" for sort in sorts_in(functions, terms)),
        *declarations(functions),
        *(f"(assert {text(each, memo)})" for each in terms),
        "(check-sat)",
    ]
    return "\n".join(lines) + "\n"
