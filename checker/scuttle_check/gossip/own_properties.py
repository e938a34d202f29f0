"""Properties of somebody's own: a function of what replicas show, by name.

The names of its parameters say of what the function speaks::

    def no_order_without_user(nodes): ...    of all replicas, in every world
    def only_grows(before, after): ...       of one replica, in every step that changes it
    def every_vote_counts(final): ...        of all replicas, once undisturbed exchanges are over
    def same_sets(system): ...               makes a property with the classes of scuttle_check

It answers True or None where it is kept, and False or a sentence where it is broken.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import frozen

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_check.engine.properties import (
    Always,
    AlwaysStep,
    Broken,
    Eventually,
    Finding,
    Good,
    Property,
    Sometimes,
)
from scuttle_check.engine.rounds import FairRounds
from scuttle_check.engine.system import Scope, System, World
from scuttle_check.engine.worlds import Gone, living
from scuttle_check.gossip.agreement import fair_rounds
from scuttle_ref.names import one_line, place_name, thawed_value
from scuttle_ref.state import NodeState
from scuttle_ref.values import kind_of

SHAPES: dict[tuple[str, ...], str] = {
    ("nodes",): "of all replicas, in every world",
    ("before", "after"): "of one replica, in every step that changes it",
    ("final",): "of all replicas, once undisturbed exchanges are over",
    ("system",): "makes a property of the model with the classes of scuttle_check",
}
"""The parameters that a property may have, and what they stand for. Spec: CHK-18."""


@frozen
class Replica:
    """What an application sees of a node: its id, and values as ``json.loads`` gives them.

    Keys are as the store shows them: ``source/key`` where each source has its own.

    Spec: CHK-18.
    """

    state: NodeState

    @property
    def id(self) -> str:
        """The name of the node."""
        return self.state.id

    @property
    def values(self) -> dict[str, Any]:
        """Every key with its value: a copy."""
        return {place_name(place): thawed_value(entry.value) for place, entry in self.state.store}

    def get(self, key: str, otherwise: Any = None) -> Any:
        """The value of a key, or `otherwise` where the replica has none."""
        return self.values.get(key, otherwise)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __str__(self) -> str:
        entries = self.state.store
        held = " ".join(f"{place_name(place)}={one_line(each.value)}" for place, each in entries)
        return f"{self.id} {{{held}}}"


Seen: TypeAlias = Callable[[Any], Any]
"""What a property is shown of a node state."""


def as_it_is(local: Any) -> Any:
    """What a property of nodes that are no Scuttlebutt is shown: their states."""
    return local


def property_called(name: str, system: System, seen: Seen = Replica) -> Property:
    """The property that ``package.module:function`` names. Raises a Fault. Spec: CHK-18."""
    where = f"--property {name}"
    refuse_foreign_code("property", name, "a property of the model")
    found = imported(name, where)
    if isinstance(found, Always | AlwaysStep | Sometimes):
        return found
    if isinstance(found, Eventually):
        hint = "from scuttle_check import check; check(model, property)"
        raise UsageFault("is a property of runs without end", where=where, hint=hint)
    if not callable(found):
        raise UnrunnableFault(f"is {kind_of(found)}", where=where, expected="a function")
    if tuple(inspect.signature(found).parameters) == ("system",):
        return _made(name, found, system, where)
    return _property(name, found, system, seen)


def _made(name: str, make: Callable[..., Any], system: System, where: str) -> Property:
    """The property that somebody's function makes of a system."""
    try:
        made = make(system)
    except Exception as fault:  # noqa: BLE001 - a foreign function may raise anything
        raise _stray(name, f"raises {type(fault).__name__}: {fault}", ()) from None
    if isinstance(made, Always | AlwaysStep | Sometimes):
        return made
    expected = "Always, AlwaysStep or Sometimes"
    raise UnrunnableFault(f"makes {kind_of(made)}", where=where, expected=expected, clause="CHK-18")


def _property(name: str, function: Callable[..., Any], system: System, seen: Seen) -> Property:
    where = f"--property {name}"
    parameters = tuple(inspect.signature(function).parameters)

    def shown(part: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(map(seen, living(part)))

    called = name.partition(":")[2]
    says = (inspect.getdoc(function) or called).partition("\n")[0].rstrip(".")
    match parameters:
        case ("nodes",):
            return Always(
                called, "", says, _of_all, _judged(name, function, shown), Scope.ALL_NODES
            )
        case ("before", "after"):
            return AlwaysStep(
                called, "", says, _changed, _judged(name, function, shown), Scope.NODE_STEP
            )
        case ("final",):
            settle = _settled(fair_rounds(system), shown)
            return Always(
                called,
                "",
                says,
                _when_quiescent(system),
                _judged(name, function, settle),
                Scope.QUIESCENT_NODES,
            )
    known = "; ".join(f"({', '.join(each)}) {says}" for each, says in SHAPES.items())
    raise UsageFault(
        f"has the parameters ({', '.join(parameters)})",
        where=where,
        expected=f"a function with one of these: {known}",
        clause="CHK-18",
    )


def _of_all(world: World) -> Iterable[tuple[Any, ...]]:
    return (world.nodes,)


def _when_quiescent(system: System) -> Callable[[World], Iterable[tuple[NodeState, ...]]]:
    return lambda world: _of_all(world) if system.quiescent(world) else ()


def _changed(before: World, action: object, after: World) -> list[tuple[Any, Any]]:
    del action
    pairs = zip(before.nodes, after.nodes, strict=True)
    return [(one, two) for one, two in pairs if one is not two and type(two) is not Gone]


def _settled(rounds: FairRounds, shown: Seen) -> Seen:
    return lambda nodes: shown(rounds.settle(nodes).nodes)


def _judged(
    name: str, function: Callable[..., Any], shown: Callable[[Any], tuple[Any, ...]]
) -> Callable[[Any], Finding]:
    """The check of a property: the function, asked twice about what it is shown."""
    steps = len(inspect.signature(function).parameters) > 1
    called = name.partition(":")[2]

    def check(part: Any) -> Finding:
        seen = shown(part)
        given = seen[:2] if steps else (seen,)
        try:
            answer, again = function(*given), function(*given)
        except Fault:
            raise
        except Exception as fault:  # noqa: BLE001 - a foreign function may raise anything
            raise _stray(name, f"raises {type(fault).__name__}: {fault}", seen) from None
        if type(answer) is not type(again) or answer != again:
            raise _stray(name, f"answers {answer!r}, and then {again!r}", seen)
        if answer is True or answer is None:
            return Good.VACUOUS if all(map(_is_empty, seen)) else Good.KEPT
        if answer is False:
            told = " and ".join(map(str, seen[-1:] if steps else seen))
            return Broken(f"{called} is not so of {told}")
        if isinstance(answer, str):
            return Broken(answer.strip().rstrip(".") or called)
        raise _stray(name, f"answers {kind_of(answer)}", seen)

    return check


def _is_empty(seen: Any) -> bool:
    return isinstance(seen, Replica) and not seen.values


def _stray(name: str, problem: str, seen: tuple[Any, ...]) -> UnrunnableFault:
    return UnrunnableFault(
        f"the property {name} {problem}",
        where=", ".join(map(str, seen)),
        expected="True or None where it is kept, False or a sentence where it is broken, each time",
        clause="CHK-18",
    )
