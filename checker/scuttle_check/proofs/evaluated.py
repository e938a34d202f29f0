"""The second reading of a formula: a predicate on concrete things, without any solver.

A formula is translated to one Python expression. Its functions are read from tables, its
quantifiers run over the things that there are.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from attrs import frozen

from scuttle_check.proofs.smtlib import functions_in
from scuttle_check.proofs.terms import BOOL, INT, Function, Sort, Term, parts_of


class Table(dict[Any, Any]):
    """A function as a table: from the argument, or the tuple of arguments, to the value.

    What it does not hold has the value `otherwise`: a formula may ask of what is not there, behind
    a premise that says so.
    """

    def __init__(self, values: Mapping[Any, Any], otherwise: Hashable) -> None:
        super().__init__(values)
        self.otherwise = otherwise

    def __missing__(self, key: Any) -> Hashable:
        return self.otherwise


Tables: TypeAlias = dict[str, Any]
"""The tables of the functions, and the values of the constants, by name."""


@frozen
class Things:
    """What there is: for each sort, the things that a quantifier runs over, by the sort's name."""

    of: dict[str, Sequence[Any]]


Predicate: TypeAlias = Callable[[Tables, dict[str, Sequence[Any]]], Any]


def default_of(sort: Sort) -> Hashable:
    """What a table says where it says nothing."""
    return {BOOL: False, INT: -1}.get(sort)


def compiled(each: Term) -> Predicate:
    """The function from tables, and things by sort, to the value of the term."""
    functions = functions_in([each])
    names = {name: f"f{at}" for at, name in enumerate(functions)}
    given = ", ".join(f"{short}=t[{name!r}]" for name, short in names.items())
    body = _python(each, names, functions)
    source = f"lambda t, d: (lambda {given}: {body})()" if given else f"lambda t, d: {body}"
    return cast("Predicate", eval(source))  # noqa: S307 - written two lines above, from a term


def _python(each: Term, names: Mapping[str, str], functions: Mapping[str, Function]) -> str:
    def inner(part: Term) -> str:
        return _python(part, names, functions)

    match each.op:
        case "literal":
            return repr(each.args[0])
        case "variable":
            return _local(cast("str", each.args[0]))
        case "apply":
            name = names[cast("Function", each.args[0]).name]
            given = ", ".join(map(inner, parts_of(each)))
            return f"{name}[{given}]" if given else name
        case "and" | "or":
            return "(" + f" {each.op} ".join(map(inner, parts_of(each))) + ")"
        case "not":
            return f"(not {inner(parts_of(each)[0])})"
        case "=>":
            premise, conclusion = parts_of(each)
            return f"(not {inner(premise)} or {inner(conclusion)})"
        case "ite":
            condition, one, other = parts_of(each)
            return f"({inner(one)} if {inner(condition)} else {inner(other)})"
        case "forall" | "exists":
            bound = cast("tuple[Term, ...]", each.args[0])
            loops = " ".join(f"for {inner(one)} in d[{one.sort.name!r}]" for one in bound)
            word = "all" if each.op == "forall" else "any"
            return f"{word}({inner(cast('Term', each.args[1]))} {loops})"
        case op:
            one, other = parts_of(each)
            return f"({inner(one)} {'==' if op == '=' else op} {inner(other)})"


def _local(name: str) -> str:
    """The name of a bound variable in Python; the letters of tables and domains are taken."""
    return f"{name}_" if name in {"t", "d"} or keyword.iskeyword(name) else f"v{name}"
