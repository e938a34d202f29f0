"""Test a resolver from Python: the laws as tests, comparisons, strategies, and state machines.

::

    from scuttle_check.laws.api import resolver_laws
    from mine import newest

    TestNewest = resolver_laws(newest)

What the laws are: ``scuttle laws --list``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scuttle_check.gossip import strategies
from scuttle_check.gossip.experiment import Misfortune
from scuttle_check.gossip.own_properties import Replica
from scuttle_check.gossip.stateful import GossipMachine, gossip_machine
from scuttle_check.laws.asking import OBSERVABLE
from scuttle_check.laws.book import LAWS
from scuttle_check.laws.calling import SECONDS_PER_CALL, Caller, InProcess
from scuttle_check.laws.comparing import Difference, difference
from scuttle_check.laws.domain import SOURCES
from scuttle_check.laws.elsewhere import place_of
from scuttle_check.laws.judging import EXAMPLES, SECONDS, Judging, Verdict
from scuttle_check.laws.planning import ANY, planned
from scuttle_check.laws.pytest_plugin import Session
from scuttle_check.laws.testing import Judged, as_test, prove_test, settle_test
from scuttle_ref.resolvers import RESOLVERS, Resolver

__all__ = [
    "Caller",
    "Difference",
    "GossipMachine",
    "Misfortune",
    "Replica",
    "Verdict",
    "assert_same_outcome",
    "gossip_machine",
    "judge_resolver",
    "resolver_diff",
    "resolver_laws",
    "strategies",
]


def name_of(resolver: object) -> str:
    """How a resolver is imported, or what it is called where it cannot be."""
    known = [name for name, function in RESOLVERS.items() if function is resolver]
    place = place_of(resolver)
    if known or place is None:
        return known[0] if known else getattr(resolver, "__name__", type(resolver).__name__)
    return ":".join(place)


def caller_of(resolver: Resolver | Caller, call_seconds: float = SECONDS_PER_CALL) -> Caller:
    """A function made a caller; a caller stays what it is. Spec: LAW-14."""
    if isinstance(resolver, Caller):
        return resolver
    return InProcess(resolver, name_of(resolver), call_seconds)


def judge_resolver(  # noqa: PLR0913 - each keyword is a choice of its own
    resolver: Resolver | Caller,
    *,
    values: Any = ANY,
    observe: Iterable[str] = OBSERVABLE,
    sources: Iterable[str] = SOURCES,
    seed: int = 0,
    examples: int = EXAMPLES,
    seconds: float = SECONDS,
    call_seconds: float = SECONDS_PER_CALL,
) -> list[Verdict]:
    """The verdict on every law, in the order of the book.

    `values` is a kind of values by name (json, integers, numbers, text, booleans, lists, sets) or
    a Hypothesis strategy. `observe` says in what outcomes must be equal. `call_seconds` limits
    one answer, `seconds` of work the whole. Raises a Fault for what is no good.

    Spec: LAW-16.
    """
    caller = caller_of(resolver, call_seconds)
    plan = planned(
        getattr(caller, "resolver", None),
        values=values,
        observe=observe,
        sources=sources,
        seed=seed,
        examples=examples,
        seconds=seconds,
    )
    return Judging(caller, plan).verdicts()


def resolver_laws(  # noqa: PLR0913 - each keyword is a choice of its own
    resolver: Resolver | Caller | str,
    *,
    values: Any = ANY,
    observe: Iterable[str] = OBSERVABLE,
    sources: Iterable[str] = SOURCES,
    expect: Mapping[str, str] | Iterable[str] = (),
    seed: int = 0,
    examples: int = EXAMPLES,
    seconds: float = SECONDS,
    call_seconds: float = SECONDS_PER_CALL,
    save: str | Path | None = None,
) -> type:
    """A class with one test per law, for pytest to collect under a name that begins with Test.

    `expect` names laws that are to be refuted, or maps laws to verdicts: such a law is an expected
    failure, and a surprise when it holds. An optional law that is refuted is an expected failure
    too, unless `expect` says that it holds. `save` is a folder for regression files, from the root
    folder of pytest on: what is in it is tested with this class, wherever `testpaths` points. A
    resolver by its name (``pkg.mod:fn``, ``file.mjs:fn``) is loaded with the first test. With
    ``pytest --scuttle-prove`` there is one test more, for the proof. The other keywords are those
    of :func:`judge_resolver`. Raises a Fault for what is no good.

    Spec: LAW-16, LAW-18, LAW-28.
    """
    choices = {
        "values": values,
        "observe": observe,
        "sources": sources,
        "expect": expect,
        "seed": seed,
        "examples": examples,
        "seconds": seconds,
    }
    caller = resolver if isinstance(resolver, str) else caller_of(resolver, call_seconds)
    beside = () if Session.root is None else (Session.root,)
    judged = Judged(caller, choices, beside, call_seconds)
    if not isinstance(resolver, str):
        planned(getattr(caller, "resolver", None), **choices)  # told now, what is no good
    folder = Session.saves(save)
    tests: dict[str, Any] = {as_test(law): settle_test(judged, law, folder) for law in LAWS}
    if Session.prove:
        tests["test_proved"] = prove_test(judged)
    about = f"The laws, judged for {judged.name}."
    return type("ResolverLaws", (), {"__doc__": about, **tests})


def resolver_diff(  # noqa: PLR0913 - each keyword is a choice of its own
    old: Resolver | Caller,
    new: Resolver | Caller,
    *,
    values: Any = ANY,
    observe: Iterable[str] = OBSERVABLE,
    sources: Iterable[str] = SOURCES,
    seed: int = 0,
    examples: int = EXAMPLES,
) -> Difference | None:
    """The smallest history on which two resolvers differ, or None if none was found.

    It reads as a sentence. None is no proof: small histories were all tried, larger ones drawn.

    Spec: LAW-19.
    """
    callers = caller_of(old), caller_of(new)
    plan = planned(
        getattr(callers[0], "resolver", None),
        values=values,
        observe=observe,
        sources=sources,
        seed=seed,
        examples=examples,
    )
    return difference(*callers, plan)


def assert_same_outcome(old: Resolver | Caller, new: Resolver | Caller, **choices: Any) -> None:
    """For a refactoring: fail with the smallest history on which two resolvers differ.

    The keywords are those of :func:`resolver_diff`.

    Spec: LAW-19.
    """
    __tracebackhide__ = True
    found = resolver_diff(old, new, **choices)
    if found is not None:
        raise AssertionError(str(found))
