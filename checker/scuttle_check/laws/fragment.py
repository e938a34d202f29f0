"""A resolver as formulas: the common fragment of Python, translated exactly.

The fragment is what most resolvers are made of: the stored entry of the key of the update, its
value, version and writer, the id of the replica; comparisons, also of tuples; and, or, not, if;
constants; whole numbers with + - * % //; helper functions made of the same. Whatever else the code
does is named (:class:`Beyond`), and nothing is claimed of it.

Laws of this file: what is translated means here what it means in Python, exceptions included. A
text is its place in the order of all texts, so what holds here holds of every text.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from types import CodeType, FunctionType
from typing import Any

import z3
from attrs import define, evolve, field, frozen

from scuttle_check.laws.terms import (
    BOOL,
    LIST,
    NONE,
    NUMBER,
    OBJECT,
    TEXT,
    Beyond,
    Comparison,
    Entry,
    Known,
    Node,
    Number,
    Several,
    Term,
    Text,
    Texts,
    Thing,
    Truth,
    Value,
    is_whole,
)
from scuttle_ref.order import by_value

PATHS_MAX = 400
DEPTH_MAX = 5


@define
class Translation(Texts):
    """A resolver as a function of symbols."""

    resolver: Any = field(kw_only=True)
    kind: str = field(kw_only=True)
    paths: int = 0

    def wins(self, replica: Text, stored: Entry, update: Entry) -> tuple[Term, Term]:
        """When the resolver says yes, and when it raises or answers with no bool. Raises Beyond."""
        self.faults = []
        call = _Call(self, replica, stored, update)
        answer = call.called(self.resolver, [Node(), update], z3.BoolVal(val=True), 0)
        if isinstance(answer, Known) and isinstance(answer.thing, bool):
            answer = Truth(z3.BoolVal(answer.thing))
        yes = answer.is_ if isinstance(answer, Truth) else z3.BoolVal(val=False)
        if not isinstance(answer, Truth):
            self.faults.append(z3.BoolVal(val=True))
        return yes, z3.Or(self.faults)


@frozen
class _Call(Comparison):
    """One question to the resolver: what it is asked about, and how its code is read."""

    whole: Translation
    replica: Text
    stored: Entry
    update: Entry

    # --- functions and statements -----------------------------------------------------------------

    def called(self, function: Any, given: list[Thing], path: Term, depth: int) -> Thing:
        """What a function returns, where `path` holds. Raises Beyond."""
        if depth > DEPTH_MAX:
            raise Beyond("calls functions that call functions, too deep")
        tree = parsed(function)
        names = [each.arg for each in tree.args.args]
        defaults = [Known(each) for each in function.__defaults__ or ()]
        missing = len(names) - len(given)
        if 0 < missing <= len(defaults):
            given = [*given, *defaults[len(defaults) - missing :]]
        if len(names) != len(given) or tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs:
            raise Beyond(f"calls {tree.name} in a way of its own")
        scope = _Scope(self, function, dict(zip(names, given, strict=True)), depth)
        returns = list(scope.block(tree.body, path))
        if not returns:
            return Known(None)
        last = returns[-1][1]
        return reduce(lambda rest, each: self.either(each[0], each[1], rest), returns[-2::-1], last)


@frozen
class _Scope:
    """The body of one function: the names that are bound in it, and how it goes on."""

    call: _Call
    function: Any
    names: dict[str, Thing]
    depth: int

    def block(self, body: Sequence[ast.stmt], path: Term) -> Iterator[tuple[Term, Thing]]:
        """What statements return, and when. Raises Beyond."""
        self.call.whole.paths += 1
        if self.call.whole.paths > PATHS_MAX:
            raise Beyond("has too many ways through it")
        for at, statement in enumerate(body):
            match statement:
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    continue
                case ast.Return(value=None):
                    yield path, Known(None)
                    return
                case ast.Return(value=ast.expr() as value):
                    yield path, self.thing(value, path)
                    return
                case ast.Assign(targets=[target], value=value):
                    self._bind(target, self.thing(value, path))
                case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                    self._bind(target, self.thing(value, path))
                case ast.If(test=test, body=then, orelse=otherwise):
                    yes = self.truth(self.thing(test, path))
                    rest = list(body[at + 1 :])
                    for taken, part in ((yes, then), (z3.Not(yes), otherwise)):
                        inner = evolve(self, names=dict(self.names))
                        yield from inner.block([*part, *rest], z3.And(path, taken))
                    return
                case _:
                    raise Beyond(f"has a {type(statement).__name__.lower()} statement")
        yield path, Known(None)

    def _bind(self, target: ast.expr, thing: Thing) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = thing
            return
        match target, thing:
            case ast.Tuple(elts=names), Several(items=items) if len(names) == len(items):
                for each, item in zip(names, items, strict=True):
                    self._bind(each, item)
                return
        raise Beyond("assigns to something other than a name")

    # --- expressions ------------------------------------------------------------------------------

    def thing(self, expression: ast.expr, path: Term) -> Thing:  # noqa: C901
        """What an expression is, where `path` holds. Raises Beyond."""
        match expression:
            case ast.Constant(value=constant):
                return Known(constant)
            case ast.Name(id=name):
                return self._named(name)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return Several(tuple(self.thing(each, path) for each in items))
            case ast.Attribute(value=inner, attr=name):
                return self._attribute(self.thing(inner, path), name)
            case ast.BoolOp(op=op, values=values):
                return self._joined(op, values, path)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Truth(z3.Not(self.truth(self.thing(operand, path))))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Number(-self._whole(self.thing(operand, path), path))
            case ast.BinOp(left=left, op=op, right=right):
                return self._counted(op, self.thing(left, path), self.thing(right, path), path)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compared(left, ops, others, path)
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                yes = self.truth(self.thing(test, path))
                one = self.thing(then, z3.And(path, yes))
                return self.call.either(yes, one, self.thing(otherwise, z3.And(path, z3.Not(yes))))
            case ast.Call(func=function, args=given, keywords=[]):
                return self._called(function, given, path)
        raise Beyond(f"has an expression of a kind of its own ({ast.unparse(expression)[:60]})")

    def truth(self, thing: Thing) -> Term:
        """Whether Python takes a thing for true. Raises Beyond."""
        match self.call.plain(thing):
            case Truth(is_=truth):
                return truth
            case Number(is_=number, unset=unset):
                return z3.Or(unset, number != 0)
            case Text(place=place):
                return place != self.call.whole.text("")
            case Value(kind=kind, number=number, place=place):
                if self.call.whole.kind == "json":
                    raise Beyond("asks whether a value of any kind counts as true")
                counts = z3.Or(kind == NUMBER, kind == BOOL)
                text = z3.And(kind == TEXT, place != self.call.whole.text(""))
                return z3.Or(z3.And(counts, number != 0), text)
            case Known(thing=None):
                return z3.BoolVal(val=False)
        raise Beyond("asks whether something counts as true")

    def _named(self, name: str) -> Thing:
        if name in self.names:
            return self.names[name]
        function = self.function
        closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        if name in closed:
            return Known(closed[name].cell_contents)
        for place in (function.__globals__, vars(__import__("builtins"))):
            if name in place:
                return Known(place[name])
        raise Beyond(f"speaks of {name}, which is nowhere")

    def _attribute(self, thing: Thing, name: str) -> Thing:
        match thing, name:
            case Entry(), "value":
                return thing.value
            case Entry(), "version":
                return thing.version
            case Entry(), "source_id":
                return thing.source
            case Entry(key=Text() as key), "key":
                return key
            case Node(), "id":
                return self.call.replica
            case Node(), "get" | "sort":
                return Known(("gossip", name))
            case Node(), "clock":
                raise Beyond(
                    "reads the clock of the replica, on which other keys have an influence"
                )
        raise Beyond(f"reads .{name}")

    def _joined(self, op: ast.boolop, values: list[ast.expr], path: Term) -> Thing:
        """And, or: what comes later is only looked at where what came before lets it."""
        found: list[Term] = []
        for value in values:
            thing = self.call.plain(self.thing(value, path))
            if not isinstance(thing, Truth):
                raise Beyond(f"joins what is no bool ({ast.unparse(value)[:40]})")
            found.append(thing.is_)
            path = z3.And(path, thing.is_ if isinstance(op, ast.And) else z3.Not(thing.is_))
        return Truth(z3.And(found) if isinstance(op, ast.And) else z3.Or(found))

    def _whole(self, thing: Thing, path: Term) -> Term:
        """A whole number to count with; a fault where there is none. Raises Beyond."""
        thing = self.call.plain(thing)
        if isinstance(thing, Value) and self.call.whole.kind == "integers":
            self.call.whole.faults.append(z3.And(path, thing.kind != NUMBER))
            thing = Number(thing.number)
        if not isinstance(thing, Number) or not z3.is_int(thing.is_):
            raise Beyond("counts with what is no whole number")
        if not z3.is_false(z3.simplify(thing.unset)):
            raise Beyond("counts with the version of a key that may be unset")
        return thing.is_

    def _counted(self, op: ast.operator, left: Thing, right: Thing, path: Term) -> Thing:
        one, other = self._whole(left, path), self._whole(right, path)
        constant = z3.is_int_value(other)
        match op:
            case ast.Add():
                return Number(one + other)
            case ast.Sub():
                return Number(one - other)
            case ast.Mult() if constant or z3.is_int_value(one):
                return Number(one * other)
            case ast.Mod() if constant and other.as_long() > 0:
                return Number(one % other)
            case ast.FloorDiv() if constant and other.as_long() > 0:
                return Number(one / other)
        raise Beyond("counts in a way of its own")

    def _compared(
        self, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], path: Term
    ) -> Thing:
        found, one = [], self.thing(left, path)
        for op, expression in zip(ops, others, strict=True):
            other = self.thing(expression, path)
            found.append(self._pair(op, one, other, path))
            path, one = z3.And(path, found[-1]), other
        return Truth(z3.And(found))

    def _pair(self, op: ast.cmpop, one: Thing, other: Thing, path: Term) -> Term:
        call = self.call
        match op:
            case ast.Eq():
                return call.equal(one, other)
            case ast.NotEq():
                return z3.Not(call.equal(one, other))
            case ast.Lt():
                return call.less(one, other, path)
            case ast.Gt():
                return call.less(other, one, path)
            case ast.LtE():
                return z3.Or(call.less(one, other, path), call.equal(one, other))
            case ast.GtE():
                return z3.Or(call.less(other, one, path), call.equal(one, other))
            case ast.Is() | ast.IsNot():
                same = self._is(one, other)
                return same if isinstance(op, ast.Is) else z3.Not(same)
            case ast.In() | ast.NotIn():
                inside = self._inside(one, other)
                return inside if isinstance(op, ast.In) else z3.Not(inside)
        raise Beyond("compares in a way of its own")

    def _is(self, one: Thing, other: Thing) -> Term:
        for thing, constant in ((one, other), (other, one)):
            if isinstance(constant, Known) and constant.thing in _SINGLE:
                value = self.call.value_of(thing)
                if value is None:
                    return z3.BoolVal(val=False)
                if constant.thing is None:
                    return value.kind == NONE
                return z3.And(value.kind == BOOL, value.number == int(constant.thing))
        raise Beyond("asks whether two things are one object")

    def _inside(self, one: Thing, other: Thing) -> Term:
        if isinstance(other, Known) and isinstance(other.thing, frozenset | tuple):
            items: list[Thing] = [Known(each) for each in other.thing]
        elif isinstance(other, Several):
            items = list(other.items)
        else:
            raise Beyond("looks for something in what is no constant")
        return z3.Or([self.call.equal(one, each) for each in items])

    def _called(self, function: ast.expr, given: list[ast.expr], path: Term) -> Thing:
        called = self.thing(function, path)
        things = [self.thing(each, path) for each in given]
        match called:
            case Known(thing=("gossip", "get")) if len(things) == 1:
                if things[0] != self.call.update.key:
                    raise Beyond("reads another key than that of the update")
                return self.call.stored
            case Known(thing=("gossip", "sort")) if len(things) == 2:  # noqa: PLR2004 - of two
                return self.call.sorted_(*things)
            case Known(thing=known) if known is by_value and len(things) == 2:  # noqa: PLR2004
                return self.call.sorted_(*things)
            case Known(thing=kind) if kind is bool and len(things) == 1:
                return Truth(self.truth(things[0]))
            case Known(thing=known) if known is isinstance and len(things) == 2:  # noqa: PLR2004
                return self._kind_of(*things)
            case Known(thing=FunctionType() as inner):
                return self.call.called(inner, things, path, self.depth + 1)
        raise Beyond(f"calls {ast.unparse(function)[:60]}")

    def _kind_of(self, thing: Thing, kinds: Thing) -> Thing:
        value = self.call.value_of(thing)
        wanted = kinds.thing if isinstance(kinds, Known) else None
        if isinstance(kinds, Several):
            wanted = tuple(each.thing for each in kinds.items if isinstance(each, Known))
        found = []
        for each in wanted if isinstance(wanted, tuple) else (wanted,):
            if value is None or each not in _KIND_OF:
                raise Beyond("asks of what kind something is, in a way of its own")
            found.append(_KIND_OF[each](value))
        return Truth(z3.Or(found))


class _Singles(list[Any]):
    """Objects of which Python has one each: 1 is equal to True and not it."""

    def __contains__(self, thing: object) -> bool:
        return any(thing is each for each in self)


_SINGLE = _Singles([None, True, False])

_KIND_OF: dict[Any, Callable[[Value], Term]] = {
    bool: lambda value: value.kind == BOOL,
    str: lambda value: value.kind == TEXT,
    list: lambda value: value.kind == LIST,
    dict: lambda value: value.kind == OBJECT,
    int: lambda value: z3.Or(
        value.kind == BOOL, z3.And(value.kind == NUMBER, is_whole(value.number))
    ),
    float: lambda value: z3.And(value.kind == NUMBER, z3.Not(is_whole(value.number))),
}
"""``isinstance`` of a value. A number is an int wherever it is whole (MOD-10)."""


def parsed(function: Any) -> ast.FunctionDef:
    """The code of a function as a tree, if that is what runs. Raises Beyond."""
    if not isinstance(function, FunctionType):
        raise Beyond(f"is {type(function).__name__}, and no plain function")
    if hasattr(function, "__wrapped__"):
        raise Beyond(f"{function.__name__} is wrapped in another function")
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        raise Beyond("has no source to be read") from None
    if not isinstance(tree, ast.FunctionDef) or tree.decorator_list:
        raise Beyond("is no function of a def statement alone")
    if not _runs(source, function):
        raise Beyond("has a source that is not what runs: it was changed since")
    return tree


def _runs(source: str, function: FunctionType) -> bool:
    """Whether a source is that of the code: of a closure the names of cells may differ."""
    found = [compile(source, "<resolver>", "exec")]
    for code in found:
        found.extend(each for each in code.co_consts if isinstance(each, CodeType))
    mine = function.__code__
    plain = [code for code in found if code.co_name == mine.co_name]
    if mine.co_freevars:
        return any(_constants(code) == _constants(mine) for code in plain)
    return any(
        code.co_code == mine.co_code and _constants(code) == _constants(mine) for code in plain
    )


def _constants(code: CodeType) -> list[str]:
    return [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
