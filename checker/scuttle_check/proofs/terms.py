"""A small logical language: what a formula is made of.

A formula is written once and read twice, as text for a solver (:mod:`.smtlib`) and as a predicate
on concrete worlds (:mod:`.evaluated`). It is many-sorted first-order logic with integers.

Laws of this file: a term is immutable and knows its sort; ``==`` and ``<`` of terms are terms.
"""

from __future__ import annotations

from typing import Final, TypeAlias, cast

from attrs import frozen


@frozen
class Sort:
    """A kind of thing that there may be any number of, unless it is a number or a truth value."""

    name: str


INT: Final = Sort("Int")
BOOL: Final = Sort("Bool")


@frozen(eq=False, repr=False)
class Term:
    """An operation on terms, or a name. `args` are terms, but for the names of leaves.

    Arithmetic and comparison are written as in Python; ``and`` is :func:`conj`, ``or`` is
    :func:`disj`, and so on, because Python's own words cannot be given a new meaning.
    """

    op: str
    args: tuple[object, ...]
    sort: Sort

    def __eq__(self, other: object) -> Term:  # type: ignore[override]
        return Term("=", (self, term(other)), BOOL)

    def __ne__(self, other: object) -> Term:  # type: ignore[override]
        return neg(self == other)

    __hash__ = object.__hash__

    def __lt__(self, other: Meant) -> Term:
        return Term("<", (self, term(other)), BOOL)

    def __le__(self, other: Meant) -> Term:
        return Term("<=", (self, term(other)), BOOL)

    def __gt__(self, other: Meant) -> Term:
        return Term("<", (term(other), self), BOOL)

    def __ge__(self, other: Meant) -> Term:
        return Term("<=", (term(other), self), BOOL)

    def __add__(self, other: Meant) -> Term:
        return Term("+", (self, term(other)), INT)

    def __sub__(self, other: Meant) -> Term:
        return Term("-", (self, term(other)), INT)

    def __bool__(self) -> bool:
        raise TypeError("a term has no truth value of its own; write conj, disj or neg")

    def __repr__(self) -> str:
        return f"<{self.op} of {self.sort.name}>"


Meant: TypeAlias = Term | int | bool
"""What can stand where a term is expected: a number or a truth value means itself."""


def term(value: object) -> Term:
    """The term that `value` means."""
    if isinstance(value, Term):
        return value
    kind = BOOL if type(value) is bool else INT
    return Term("literal", (value,), kind)


TRUE: Final = term(True)
FALSE: Final = term(False)


@frozen
class Function:
    """A name for a function from `domain` to `result`; what it is, is left open.

    Called with terms it gives a term. One without arguments is a constant: see :func:`constant`.
    """

    name: str
    domain: tuple[Sort, ...]
    result: Sort

    def __call__(self, *args: Meant) -> Term:
        """The value at these arguments. Raises TypeError for others than it takes."""
        given = tuple(term(each) for each in args)
        if tuple(each.sort for each in given) != self.domain:
            told = ", ".join(each.sort.name for each in given)
            raise TypeError(f"{self.name} takes {self.domain}, not ({told})")
        return Term("apply", (self, *given), self.result)


def constant(name: str, sort: Sort) -> Term:
    """Some one thing of a sort, the same wherever the name stands."""
    return Function(name, (), sort)()


def variable(name: str, sort: Sort) -> Term:
    """A name that a quantifier binds."""
    return Term("variable", (name,), sort)


# --- connectives ----------------------------------------------------------------------------------


def conj(*parts: Meant) -> Term:
    """All of them."""
    return _joined("and", parts)


def disj(*parts: Meant) -> Term:
    """At least one of them."""
    return _joined("or", parts)


def _joined(op: str, parts: tuple[Meant, ...]) -> Term:
    flat: list[Term] = []
    for part in map(term, parts):
        if part.op == op:
            flat += cast("tuple[Term, ...]", part.args)
        else:
            flat.append(part)
    if len(flat) == 1:
        return flat[0]
    return Term(op, tuple(flat), BOOL) if flat else term(op == "and")


def neg(part: Meant) -> Term:
    """Not so."""
    meant = term(part)
    return cast("Term", meant.args[0]) if meant.op == "not" else Term("not", (meant,), BOOL)


def implies(premise: Meant, conclusion: Meant) -> Term:
    """Where the premise is true, so is the conclusion."""
    return Term("=>", (term(premise), term(conclusion)), BOOL)


def ite(condition: Meant, one: Meant, other: Meant) -> Term:
    """`one` where the condition is true, `other` where it is not."""
    then, otherwise = term(one), term(other)
    return Term("ite", (term(condition), then, otherwise), then.sort)


def larger(one: Meant, other: Meant) -> Term:
    """The larger of two numbers."""
    return ite(term(one) < term(other), other, one)


def forall(bound: tuple[Term, ...] | Term, body: Meant) -> Term:
    """The body is true of all things that the bound variables may stand for."""
    return _quantified("forall", bound, body)


def exists(bound: tuple[Term, ...] | Term, body: Meant) -> Term:
    """The body is true of some things that the bound variables may stand for."""
    return _quantified("exists", bound, body)


def _quantified(op: str, bound: tuple[Term, ...] | Term, body: Meant) -> Term:
    return Term(op, (bound if isinstance(bound, tuple) else (bound,), term(body)), BOOL)


def parts_of(each: Term) -> tuple[Term, ...]:
    """The terms that a term is made of directly."""
    if each.op in {"literal", "variable"}:
        return ()
    if each.op == "apply" or each.op in {"forall", "exists"}:
        return cast("tuple[Term, ...]", each.args[1:])
    return cast("tuple[Term, ...]", each.args)


def renamed(each: Term, names: dict[str, str], known: dict[int, Term]) -> Term:
    """The term with functions renamed. `known` holds what has been renamed, by identity."""
    found = known.get(id(each))
    if found is None:
        found = known[id(each)] = _renamed(each, names, known)
    return found


def _renamed(each: Term, names: dict[str, str], known: dict[int, Term]) -> Term:
    inner = [renamed(part, names, known) for part in parts_of(each)]
    if each.op == "apply":
        function = cast("Function", each.args[0])
        name = names.get(function.name, function.name)
        return Term("apply", (Function(name, function.domain, function.result), *inner), each.sort)
    if each.op in {"forall", "exists"}:
        return Term(each.op, (each.args[0], *inner), each.sort)
    return Term(each.op, tuple(inner), each.sort) if inner else each
