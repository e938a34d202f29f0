"""Rules by name: ours, and functions of somebody else, which are watched as they answer.

What a search concludes is true of pure functions. So a rule of somebody else is asked everything
twice and must answer the same, in the shape that its decision point asks for; what it raises ends
the run with a sentence, and never with a verdict.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, Final, TypeAlias

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_ref import relatives, rules
from scuttle_ref.errors import Refusal
from scuttle_ref.history import History
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.names import one_line
from scuttle_ref.outputs import Reason, Send
from scuttle_ref.profile import Profile, rule_of
from scuttle_ref.state import NodeState
from scuttle_ref.values import kind_of
from scuttle_ref.version_vector import VersionVector

Parameters: TypeAlias = tuple[tuple[str, Any], ...]
"""The parameters of a rule that a file sets, by name."""

SHOWN_MAX: Final = 300
"""What a fault shows of a question and of an answer. Unit: characters."""


def rules_for(point: str) -> dict[str, Callable[..., Any]]:
    """The rules of scuttle_ref that answer a decision point, by name. Spec: PROF-8."""
    return {
        name: function
        for module in (rules, relatives)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith(f"{point}_") and function.__module__ == module.__name__
    }


def rule_named(
    base: Profile, point: str, name: str, given: Parameters, where: str
) -> Callable[..., Any]:
    """The rule of that name for a decision point of `base`, with parameters. Raises a Fault.

    Spec: PROF-8.
    """
    here = f"{where}, rules.{point}"
    known = rules_for(point)
    ours = known.get(name)
    rule = _foreign(point, name, known, here) if ours is None else ours
    _refuse_misfit(rule, len(inspect.signature(rule_of(base, point)).parameters), name, given, here)
    if given:
        rule = _bound(rule, given)
    return _guarded(rule, point, name) if ours is None else rule


def _foreign(point: str, name: str, known: Mapping[str, Any], where: str) -> Callable[..., Any]:
    if ":" not in name:
        raise UsageFault(
            f"no rule {name!r} for {point}",
            where=where,
            expected=f"{', '.join(known)}, or package.module:function",
            clause="PROF-8",
        )
    refuse_foreign_code("rule", name, ", ".join(known))
    found = imported(name, f"{where}: {name}")
    if not callable(found):
        raise UnrunnableFault(
            f"{name} is {kind_of(found)}", where=where, expected="a function", clause="PROF-8"
        )
    return found  # type: ignore[no-any-return]


def _refuse_misfit(rule: Any, arity: int, name: str, given: Parameters, where: str) -> None:
    try:
        inspect.signature(rule).bind(*range(arity), **dict(given))
    except TypeError as misfit:
        also = f", and {', '.join(parameter for parameter, _ in given)}" if given else ""
        raise UnrunnableFault(
            f"{name} cannot be called so ({misfit})",
            where=where,
            expected=f"{arity} arguments, as the other rules of this decision point have{also}",
            clause="PROF-8",
        ) from None
    except ValueError:  # a function without a signature: what it takes is seen when it is asked
        return


def _bound(rule: Any, given: Parameters) -> Callable[..., Any]:
    """The rule with its parameters, under a name that says them."""

    @wraps(rule)
    def bound(*arguments: Any) -> Any:
        return rule(*arguments, **dict(given))

    told = ", ".join(f"{name}={value!r}" for name, value in given)
    bound.__name__ = f"{_plain_name(rule)}({told})"
    return bound


def _plain_name(rule: Any) -> str:
    inner = rule.func if isinstance(rule, partial) else rule
    return str(getattr(inner, "__name__", type(inner).__name__))


def _guarded(rule: Any, point: str, called: str) -> Callable[..., Any]:
    """A rule of somebody else, watched. Spec: PROF-9."""

    def guarded(*arguments: Any) -> Any:
        try:
            answer, again = rule(*arguments), rule(*arguments)
            steady = bool(answer == again)
        except Fault:
            raise
        except Exception as fault:  # noqa: BLE001 - a foreign rule may raise anything
            problem = f"raises {type(fault).__name__}: {fault}"
            raise _at_fault(called, point, problem, arguments) from None
        if not steady:
            problem = f"answers {_short(answer)}, and then {_short(again)} to the same question"
            raise _at_fault(called, point, problem, arguments)
        expected = _expected_of(point, answer)
        if expected:
            raise _at_fault(called, point, f"answers {_short(answer)}", arguments, expected)
        return answer

    guarded.__name__ = _plain_name(rule)
    guarded.__doc__ = inspect.getdoc(rule) or f"{called}, which says nothing of itself."
    guarded.__wrapped__ = rule  # type: ignore[attr-defined]
    return guarded


_STRAYED: ContextVar[UnrunnableFault | None] = ContextVar("_STRAYED", default=None)
"""The last fault of a rule of somebody else. A node refuses what its resolver and its orders raise
(MERGE-4), which is right of a node; a search has to end."""


def raise_strayed() -> None:
    """Raise the fault of a rule of somebody else that a node has taken for a resolver's."""
    fault = _STRAYED.get()
    if fault is not None:
        _STRAYED.set(None)
        raise fault


def _at_fault(
    called: str, point: str, problem: str, arguments: tuple[Any, ...], expected: str = ""
) -> UnrunnableFault:
    fault = UnrunnableFault(
        f"the rule {called} {problem}",
        where=f"decision point {point}, asked with {_short(arguments)}",
        expected=expected or "a pure function that answers every question",
        clause="PROF-9",
    )
    _STRAYED.set(fault)
    return fault


def _short(value: object) -> str:
    shown = one_line(str(value))
    return shown if len(shown) <= SHOWN_MAX else f"{shown[:SHOWN_MAX]}..."


# --- what a decision point asks for ---------------------------------------------------------------


def _all(answer: object, *kinds: type) -> bool:
    return isinstance(answer, tuple) and all(isinstance(each, kinds) for each in answer)


def _whole(answer: object) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool)


def _said(answer: object) -> bool:
    pair = isinstance(answer, tuple) and len(answer) == 2  # noqa: PLR2004 - a pair
    return pair and isinstance(answer[0], NodeState) and _all(answer[1], *MESSAGES)  # type: ignore[index]


def _kept(answer: object) -> bool:
    pair = isinstance(answer, tuple) and len(answer) == 2  # noqa: PLR2004 - a pair
    return pair and isinstance(answer[0], History) and _all(answer[1], Update)  # type: ignore[index]


def _marks(answer: object) -> bool:
    pairs = isinstance(answer, tuple) and all(_is_pair(each) for each in answer)
    return pairs and list(answer) == sorted(answer)  # type: ignore[call-overload]


def _is_pair(each: object) -> bool:
    pair = isinstance(each, tuple) and len(each) == 2  # noqa: PLR2004 - a pair
    return pair and isinstance(each[0], str) and isinstance(each[1], int | float)  # type: ignore[index]


MESSAGES: Final = (Update, Digest, DigestDone)

_SHAPES: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "stamp": (lambda a: isinstance(a, Refusal) or _whole(a), "a version, or a Refusal"),
    "witness": (lambda a: isinstance(a, VersionVector), "a VersionVector"),
    "admit": (lambda a: a is None or isinstance(a, Reason), "a Reason, or None"),
    "place": (lambda a: bool(a) and _all(a, str), "a tuple of texts, the key last"),
    "retain": (_kept, "a pair: a History, and a tuple of updates"),
    "enlist": (lambda a: isinstance(a, list | tuple), "a list or a tuple of sources"),
    "relay": (lambda a: _all(a, Send), "a tuple of Send"),
    "advertise": (_said, "a pair: a NodeState, and a tuple of messages"),
    "session": (lambda a: isinstance(a, str), "a text"),
    "mention": (_marks, "a sorted tuple of pairs: a source and a mark"),
    "answer": (
        lambda a: isinstance(a, tuple) and all(_all(each, Update) for each in a),
        "a tuple of tuples of updates",
    ),
    "fill": (
        lambda a: isinstance(a, tuple) and all(_all(each, Update) for each in a),
        "a tuple of tuples of updates",
    ),
    "pace": (lambda a: _all(a, Update), "a tuple of updates"),
    "close": (_said, "a pair: a NodeState, and a tuple of messages"),
    "connect": (lambda a: isinstance(a, NodeState), "a NodeState"),
    "disconnect": (lambda a: isinstance(a, NodeState), "a NodeState"),
}
"""For each decision point what its rules answer; a preference may be any value (MERGE-4)."""


def _expected_of(point: str, answer: object) -> str:
    """What was expected of an answer that does not have the shape of its decision point."""
    fits, expected = _SHAPES.get(point, (lambda _: True, ""))
    return "" if fits(answer) else expected
