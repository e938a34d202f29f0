"""Plans from what a user gives: names, strategies and the code of a resolver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scuttle_check.base.errors import UsageFault
from scuttle_check.laws.asking import OBSERVABLE
from scuttle_check.laws.book import law_called
from scuttle_check.laws.domain import SOURCES, domain_of, with_constants
from scuttle_check.laws.judging import EXAMPLES, HOLDS, REFUTED, SECONDS, UNKNOWN, Plan
from scuttle_check.laws.mentioned import names_of

VERDICTS = (HOLDS, REFUTED, UNKNOWN)
ANY = "json"
"""The kind of values that says nothing of them."""


def planned(  # noqa: PLR0913 - each keyword is a choice of its own
    resolver: object,
    *,
    values: Any = ANY,
    observe: Iterable[str] = OBSERVABLE,
    sources: Iterable[str] = SOURCES,
    expect: Mapping[str, str] | Iterable[str] = (),
    seed: int = 0,
    examples: int = EXAMPLES,
    seconds: float = SECONDS,
) -> Plan:
    """The plan that judges `resolver`, a function, or a Script. Raises a Fault for what is no good.

    `values` is the name of a kind or a Hypothesis strategy; with a name the constants of that
    kind in the code of the resolver are tried as well. `expect` maps laws to wanted verdicts; of a
    plain list of laws each is to be refuted.
    """
    observe, sources = tuple(observe), tuple(sources)
    if not observe or not set(observe) <= set(OBSERVABLE):
        told = ",".join(map(str, observe))
        raise UsageFault(
            f"is {told!r}", where="observe", expected="value, version or value,version"
        )
    if isinstance(values, str):
        domain = with_constants(domain_of(values, sources), resolver, values)
    else:
        from scuttle_check.laws.domain import domain_from  # noqa: PLC0415 - slow to load

        domain = domain_from(values, sources, seed)
    return Plan(
        observe=observe,
        domain=domain,
        strategy=values,
        seed=seed,
        examples=examples,
        seconds=seconds,
        expect=_expected(expect),
        suggested=_suggested(resolver),
    )


def _suggested(resolver: object) -> dict[str, str]:
    """Optional laws that are worth requiring of a resolver, with the reason. Spec: LAW-11."""
    names = names_of(resolver)
    if "version" in names and not names & {"value", "sort", "clock"}:
        return {
            "newest-of-source": "it reads versions and sources alone, so there is no reason why a "
            "newer write of the same source should lose"
        }
    return {}


def _expected(expect: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    pairs = expect.items() if isinstance(expect, Mapping) else ((name, REFUTED) for name in expect)
    found = {}
    for name, verdict in pairs:
        if verdict not in VERDICTS:
            raise UsageFault(
                f"is {verdict!r}", where=f"expect: {name}", expected=", ".join(VERDICTS)
            )
        found[law_called(name, "expect").name] = verdict
    return found


def expectation(text: str, where: str) -> tuple[str, str]:
    """The law and the verdict of ``LAW=VERDICT``. Raises UsageFault."""
    name, equals, verdict = text.partition("=")
    if not equals or verdict not in VERDICTS:
        expected = f"LAW=VERDICT, with a verdict of {', '.join(VERDICTS)}"
        raise UsageFault(f"is {text!r}", where=where, expected=expected)
    return law_called(name, where).name, verdict
