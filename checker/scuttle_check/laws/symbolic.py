"""Laws proved or refuted for all values of a type, by symbolic execution with CrossHair.

CrossHair follows the paths of the resolver's own code. Where it exhausts them, a law holds for
every value of the type and every version; where it does not in the time given, nothing is known.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import FunctionType
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.resources import to_install
from scuttle_check.laws import symbolic_laws
from scuttle_check.laws.asking import Asking, Run
from scuttle_check.laws.book import BY_NAME, Law
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.evidence import Evidence
from scuttle_ref.messages import Update

TYPES: dict[str, type] = {"integers": int, "booleans": bool, "text": str, "numbers": float}
"""The types that CrossHair has symbols for, by the name of the kind of values."""

SCOPE = "wherever it answers, for all values and versions of an update of A and one of B"
"""What a proof covers: two updates. Of three and more the cases speak."""

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"


@frozen
class Conclusion:
    """What symbolic execution says of one law: `kind` is proved, refuted or unknown."""

    law: Law
    kind: str
    because: str
    evidence: Evidence | None = None


def conclude(
    caller: InProcess, kind: str, observe: tuple[str, ...], seconds: float
) -> list[Conclusion]:
    """What can be proved or refuted of a resolver, for all values of a kind.

    `seconds` is the time for each law. Raises a Fault where CrossHair cannot be asked.

    Spec: LAW-21.
    """
    if kind not in TYPES:
        expected = f"{', '.join(TYPES)}: the types CrossHair has symbols for"
        raise UsageFault(f"is {kind!r}", where="--values", expected=expected)
    if find_spec("crosshair") is None:
        raise UnrunnableFault(
            "needs CrossHair, which is not installed",
            where="--backend crosshair",
            hint=to_install(extra="symbolic"),
        )
    symbolic_laws.RESOLVER[:] = [caller.resolver]
    symbolic_laws.OBSERVE[:] = observe
    return [
        _concluded(BY_NAME[name], _typed(law, TYPES[kind]), caller, observe, seconds)
        for name, law in symbolic_laws.LAWS.items()
    ]


def _typed(law: Callable[..., bool], value: type) -> Callable[..., bool]:
    """The same contract for values of one type."""
    function: Any = law
    copy = FunctionType(function.__code__, function.__globals__, law.__name__)
    copy.__doc__, copy.__module__ = law.__doc__, law.__module__
    copy.__annotations__ = {"v1": value, "n1": int, "v2": value, "n2": int, "return": bool}
    return copy


def _concluded(
    law: Law,
    contract: Callable[..., bool],
    caller: InProcess,
    observe: tuple[str, ...],
    seconds: float,
) -> Conclusion:
    from crosshair.core_and_libs import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        analyze_function,
        run_checkables,
    )
    from crosshair.options import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        AnalysisKind,
        AnalysisOptionSet,
    )
    from crosshair.statespace import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        MessageType,
    )

    options = AnalysisOptionSet(
        per_condition_timeout=seconds, analysis_kind=[AnalysisKind.PEP316], report_all=True
    )
    for message in run_checkables(analyze_function(contract, options)):
        if message.state == MessageType.CONFIRMED:
            return Conclusion(law, PROVED, SCOPE)
        if message.state in {MessageType.POST_FAIL, MessageType.EXEC_ERR, MessageType.POST_ERR}:
            return _checked(law, caller, observe, message.message)
        return Conclusion(law, UNKNOWN, f"CrossHair could not conclude: {_short(message.message)}")
    return Conclusion(law, UNKNOWN, "CrossHair said nothing")


def _short(text: str) -> str:
    return " ".join(text.split())[:120]


def _checked(law: Law, caller: InProcess, observe: tuple[str, ...], message: str) -> Conclusion:
    """A counterexample of CrossHair, judged again on the real thing before it is believed."""
    values = _values(message)
    if values is None:
        told = f"CrossHair found a counterexample that cannot be read: {_short(message)}"
        return Conclusion(law, UNKNOWN, told)
    for runs in _candidates(law, values):
        because = law.judge(Asking(caller, observe), runs)
        if because is not None:
            return Conclusion(law, REFUTED, because, Evidence(because, runs))
    told = f"CrossHair's counterexample does not refute it: {_short(message)}"
    return Conclusion(law, UNKNOWN, told)


ARGUMENTS: tuple[str, ...] = ("v1", "n1", "v2", "n2")
"""What a contract is given: two values, two versions."""


def _values(message: str) -> dict[str, Any] | None:
    """The arguments of the contract in a message of CrossHair."""
    found = re.search(r"when calling \w+(\(.*\))", message, re.DOTALL)
    text = found[1] if found else ""
    for end in [at for at, letter in enumerate(text) if letter == ")"]:
        try:
            call: Any = ast.parse(f"f{text[: end + 1]}", mode="eval").body
            given = [ast.literal_eval(each) for each in call.args]
            named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
        except (SyntaxError, ValueError):
            continue
        values: dict[str, Any] = {**dict(zip(ARGUMENTS, given, strict=False)), **named}
        if len(values) == 4:  # noqa: PLR2004 - two values, two versions
            return values
    return None


def _candidates(law: Law, values: dict[str, Any]) -> Iterator[tuple[Run, ...]]:
    """The runs that a contract speaks of."""
    other = "A" if law.name == "newest-of-source" else "B"
    one = Update("A", "k", values["v1"], values["n1"])
    two = Update(other, "k", values["v2"], values["n2"])
    for order in ((one, two), (two, one)):
        for name in symbolic_laws.OBSERVERS:
            match law.name:
                case "replica-independent":
                    yield Run("Z", order), Run("0", order)
                case "idempotent":
                    yield Run(name, order), Run(name, (*order, order[1]))
                case "commutative":
                    yield Run(name, order), Run(name, order[::-1])
                case "loser-stays-out":
                    yield (Run(name, (*order, order[0])),)
                case _:
                    yield (Run(name, order),)
