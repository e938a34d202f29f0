"""Laws proved or refuted for all values of a kind: by formulas, else by symbolic execution.

What the fragment holds (:mod:`scuttle_check.laws.fragment`) is decided by the solver. Of other code
CrossHair follows the paths: where it exhausts them a statement holds for every value of the type
and every version; where it does not in the time given, nothing is known.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import permutations
from types import FunctionType
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.resources import to_install
from scuttle_check.laws import symbolic_laws
from scuttle_check.laws.asking import Asking, Run
from scuttle_check.laws.book import BY_NAME, Law
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.conclusions import (
    IDLE,
    OF_KIND,
    PROVED,
    REFUTED,
    UNKNOWN,
    Conclusion,
    broken_by,
    domain_told,
)
from scuttle_ref.messages import Update

TYPES: dict[str, type] = {"integers": int, "booleans": bool, "text": str, "numbers": float}
"""The types that CrossHair has symbols for, by the name of the kind of values."""


@frozen
class Proof:
    """What is known of each law, for which `domain`, and by which means.

    `beyond` says why the formulas were not enough, if they were not.
    """

    laws: tuple[Conclusion, ...]
    domain: str
    means: str
    beyond: str = ""


def conclude(caller: InProcess, kind: str, observe: tuple[str, ...], seconds: float) -> Proof:
    """What can be proved or refuted of a resolver, for all values of a kind.

    `seconds` is the time for each statement that CrossHair is asked. Raises a Fault where no solver
    can be asked, or the kind is none.

    Spec: LAW-21, LAW-23.
    """
    if kind not in OF_KIND:
        raise UsageFault(f"is {kind!r}", where="--values", expected=", ".join(OF_KIND))
    if find_spec("z3") is None:
        raise UnrunnableFault(
            "needs z3, which is not installed",
            where="--prove",
            hint=to_install(extra="prove"),
        )
    from scuttle_check.laws import terms, total_order  # noqa: PLC0415 - load the solver

    try:
        laws = total_order.conclusions(caller, kind, observe)
    except terms.Beyond as beyond:
        return _by_execution(caller, kind, observe, seconds, str(beyond))
    return Proof(tuple(laws), domain_told(kind), "z3, of its code as formulas")


def _by_execution(
    caller: InProcess, kind: str, observe: tuple[str, ...], seconds: float, beyond: str
) -> Proof:
    """What CrossHair says of code that the formulas do not reach."""
    domain = (
        f"any number of updates whose values are {OF_KIND[kind]}, of sources called A, B and C, "
        "of any versions (1 to 2**53), under the key k, at any replicas"
    )
    if kind not in TYPES or find_spec("crosshair") is None:
        why = f"CrossHair has no symbols for {OF_KIND[kind]}"
        if kind in TYPES:
            why = f"CrossHair is not installed: {to_install(extra='symbolic')}"
        laws = [Conclusion(BY_NAME[name], UNKNOWN, why) for name in _EVERY]
        return Proof(tuple(laws), domain, "no means", beyond)
    symbolic_laws.RESOLVER[:] = [caller.resolver]
    if not _takes_anything(caller, observe):
        told = "no update that was tried is ever taken by an empty store"
        laws = [Conclusion(BY_NAME[name], IDLE, told) for name in _EVERY]
        return Proof(tuple(laws), domain, "CrossHair, of its code on symbols", beyond)
    found = {
        name: _concluded(name, TYPES[kind], caller, observe, seconds) for name in symbolic_laws.LAWS
    }
    order = [name for name in _ORDER if found[name].kind != PROVED]
    told = f"would follow from {', '.join(order)}" if order else "the greatest of all stays"
    for name in _FOLLOW:
        found[name] = Conclusion(BY_NAME[name], UNKNOWN if order else PROVED, told)
    if order and found["commutative"].kind == PROVED:
        found["commutative"] = Conclusion(BY_NAME["commutative"], UNKNOWN, told)
    laws = [found[name] for name in BY_NAME if name in found]
    return Proof(tuple(laws), domain, "CrossHair, of its code on symbols", beyond)


_ORDER = ("total", "replica-independent", "selection-order", "commutative")
_FOLLOW = ("idempotent", "order-insensitive", "loser-stays-out", "compaction-safe", "local")
_EVERY = tuple(name for name in BY_NAME if name in {*symbolic_laws.LAWS, *_FOLLOW})


def _takes_anything(caller: InProcess, observe: tuple[str, ...]) -> bool:
    """Whether an empty store takes some update: else every statement holds in vain."""
    asking = Asking(caller, observe)
    tried = [
        Update(source, "k", value, version)
        for source in ("A", "B")
        for version in (1, 2, 100)
        for value in (0, 1, -1, 1.5, 10**6, True, "", "a", "b")
    ]
    answers = (asking.ask(asking.fresh("Z"), each) for each in tried)
    return any(answer is True for answer in answers)


def _typed(law: Callable[..., bool], value: type) -> Callable[..., bool]:
    """The same contract for values of one type."""
    function: Any = law
    copy = FunctionType(function.__code__, function.__globals__, law.__name__)
    copy.__doc__, copy.__module__ = law.__doc__, law.__module__
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    copy.__annotations__ = {name: value if name[0] == "v" else int for name in names}
    copy.__annotations__["return"] = bool
    return copy


def _concluded(
    name: str, value: type, caller: InProcess, observe: tuple[str, ...], seconds: float
) -> Conclusion:
    """What CrossHair says of a contract, for each pattern of sources.

    What it cannot say, or fails at, is unknown.
    """
    law, contract = BY_NAME[name], symbolic_laws.LAWS[name]
    count = contract.__code__.co_argcount // 2
    patterns = symbolic_laws.patterns(count)
    if name in symbolic_laws.SAME:
        patterns = patterns[:1]
    for pattern in patterns:
        symbolic_laws.PATTERN[:] = [pattern]
        found = _of_pattern(law, _typed(contract, value), seconds / len(patterns))
        if isinstance(found, str):
            return _checked(law, caller, observe, found)
        if found is not None:
            return found
    return Conclusion(law, PROVED, "every path was followed to its end")


def _of_pattern(law: Law, contract: Callable[..., bool], seconds: float) -> Conclusion | str | None:
    """What is not proved: a conclusion, or the message of a counterexample."""
    try:
        messages = _asked(contract, seconds)
    except Exception as fault:  # noqa: BLE001 - a back end that fails has proved nothing
        told = f"CrossHair failed with {type(fault).__name__}: {_short(str(fault))}"
        return Conclusion(law, UNKNOWN, told)
    if not messages:
        return Conclusion(law, UNKNOWN, "CrossHair said nothing")
    for state, message in messages:
        if state in {"POST_FAIL", "EXEC_ERR", "POST_ERR"}:
            return message
        if state != "CONFIRMED":
            return Conclusion(law, UNKNOWN, f"CrossHair could not conclude: {_short(message)}")
    return None


def _asked(contract: Callable[..., bool], seconds: float) -> list[tuple[str, str]]:
    """What CrossHair says, as pairs of a state and a message."""
    from crosshair.core_and_libs import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        analyze_function,
        run_checkables,
    )
    from crosshair.options import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        AnalysisKind,
        AnalysisOptionSet,
    )

    options = AnalysisOptionSet(
        per_condition_timeout=seconds, analysis_kind=[AnalysisKind.PEP316], report_all=True
    )
    found = run_checkables(analyze_function(contract, options))
    return [(message.state.name, message.message) for message in found]


def _short(text: str) -> str:
    return " ".join(text.split())[:120]


def _checked(law: Law, caller: InProcess, observe: tuple[str, ...], message: str) -> Conclusion:
    """A counterexample of CrossHair, judged again on the real thing before it is believed."""
    elsewhere = re.search(r"LooksElsewhere: (the clock|another key)", message)
    if elsewhere is not None:
        return Conclusion(law, UNKNOWN, f"it looks at {elsewhere[1]}")
    values = _values(message)
    if values is None:
        told = f"CrossHair found a counterexample that cannot be read: {_short(message)}"
        return Conclusion(law, UNKNOWN, told)
    for runs in _candidates(law, values):
        evidence = broken_by(law, caller, observe, runs)
        if evidence is not None:
            return Conclusion(law, REFUTED, evidence.because, evidence)
    told = f"CrossHair's counterexample does not refute it: {_short(message)}"
    return Conclusion(law, UNKNOWN, told)


def _values(message: str) -> list[tuple[Any, Any]] | None:
    """The values and versions that a contract was given, in a message of CrossHair."""
    found = re.search(r"when calling \w+(\(.*\))", message, re.DOTALL)
    text = found[1] if found else ""
    for end in [at for at, letter in enumerate(text) if letter == ")"]:
        try:
            call: Any = ast.parse(f"f{text[: end + 1]}", mode="eval").body
            given = [ast.literal_eval(each) for each in call.args]
            named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
        except (SyntaxError, ValueError):
            continue
        names = ("v1", "n1", "v2", "n2", "v3", "n3")
        values: dict[str, Any] = {**dict(zip(names, given, strict=False)), **named}
        pairs = [(f"v{at}", f"n{at}") for at in (1, 2, 3) if f"v{at}" in values]
        if len(pairs) > 1 and all(number in values for _, number in pairs):
            return [(values[value], values[number]) for value, number in pairs]
    return None


def _candidates(law: Law, values: list[tuple[Any, Any]]) -> Iterator[tuple[Run, ...]]:
    """The runs that a contract speaks of."""
    for pattern in symbolic_laws.patterns(len(values)):
        updates = tuple(
            Update(source, "k", value, number)
            for source, (value, number) in zip(pattern, values, strict=True)
        )
        if len({(each.source_id, each.version) for each in updates}) < len(updates):
            continue
        for order in permutations(updates, 2):
            yield from _of_pair(law, order)
        if len(updates) == 3:  # noqa: PLR2004 - a circle
            one, two, three = updates
            yield Run("Z", (one, two)), Run("Z", (two, three)), Run("Z", (three, one))


def _of_pair(law: Law, order: tuple[Update, ...]) -> Iterator[tuple[Run, ...]]:
    match law.name:
        case "replica-independent":
            for replica in ("0", "A", "B", "C"):
                yield Run("Z", order), Run(replica, order)
                yield Run("Z", order[:1]), Run(replica, order[:1])
        case "commutative" | "selection-order":
            yield Run("Z", order), Run("Z", order[::-1])
        case _:
            yield (Run("Z", order),)
