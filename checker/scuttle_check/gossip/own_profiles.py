"""Profiles by name or by file: a base, and other rules at some of its decision points.

A rule file is TOML::

    name = "lazy"                     # the name of the file, if it is left out
    base = "documented"
    [rules]
    admit = "admit_above_clock"       # a rule of scuttle_ref, by its name
    prefer = "mine:prefer_longest"    # a function of yours, in the folder you run from
    stamp = {rule = "mine:stamp_below", with = {largest = 7}}

Rules of others are run twice and must answer the same, in the shape that their decision point
asks for: what a search concludes is true of pure functions only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.importing import refuse_foreign_code
from scuttle_check.base.reading import text_given
from scuttle_check.gossip.foreign_rules import Parameters, rule_named
from scuttle_ref.names import one_line
from scuttle_ref.profile import Profile, decision_points
from scuttle_ref.profiles import PROFILES
from scuttle_ref.validity import name_refusal
from scuttle_ref.values import kind_of

SUFFIX = ".toml"
MEMBERS = ("name", "summary", "base", "rules", "whole_answers")
OF_A_RULE = ("rule", "with")


@frozen
class Chosen:
    """A rule by its name, and the values of its last parameters."""

    rule: str
    given: Parameters = ()

    def to_json(self) -> Any:
        """As a rule file has it."""
        return {"rule": self.rule, "with": dict(self.given)} if self.given else self.rule


@frozen
class OwnProfile:
    """A profile of somebody's own, as a rule file says it.

    Spec: PROF-8.
    """

    name: str
    base: str
    rules: tuple[tuple[str, Chosen], ...] = ()
    summary: str = ""
    whole_answers: bool | None = None

    def __str__(self) -> str:
        return self.name

    def to_json(self) -> dict[str, Any]:
        """The rule file as JSON; :func:`own_profile_from` reads it back."""
        whole = {} if self.whole_answers is None else {"whole_answers": self.whole_answers}
        return {
            "name": self.name,
            "base": self.base,
            "summary": self.summary,
            "rules": {point: chosen.to_json() for point, chosen in self.rules},
            **whole,
        }


Named: TypeAlias = str | OwnProfile
"""How files, flags and models say which profile: one of ours by its name, or one of their own."""


def profile_called(named: Named, where: str = "--profile") -> Profile:
    """The profile of that name or of that rule file. Raises a Fault. Spec: PROF-8."""
    if isinstance(named, OwnProfile):
        return _made(named, where)
    if named not in PROFILES:
        expected = f"{', '.join(PROFILES)}, or a rule file ({SUFFIX})"
        raise UsageFault(f"no profile {named[:60]!r}", where=where, expected=expected)
    return PROFILES[named]


def profile_typed(text: str, where: str = "--profile", folder: Path | None = None) -> Named:
    """What a flag or a file names: a known profile, or a rule file that is read. Raises a Fault.

    A path that is not absolute is looked for in `folder`, which is where we run if none is given.
    """
    if text in PROFILES or not text.endswith(SUFFIX):
        profile_called(text, where)
        return text
    refuse_foreign_code("rule file", text, ", ".join(PROFILES))
    return read_own_profile((folder or Path()) / text)


def read_own_profile(path: Path) -> OwnProfile:
    """The profile of a rule file, with every rule found. Raises a Fault. Spec: PROF-8."""
    try:
        document = tomllib.loads(text_given(path))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageFault(
            f"cannot be read as a rule file ({reason})",
            where=str(path),
            clause="PROF-8",
            hint="scuttle profiles write documented prints one to begin with",
        ) from None
    own = own_profile_from({"name": path.stem, **document}, str(path))
    profile_called(own, str(path))
    return own


def named_json(named: Named) -> Any:
    """How a file says which profile; :func:`named_from` reads it back."""
    return named if isinstance(named, str) else named.to_json()


def named_from(document: object, where: str) -> Named:
    """The profile that a file names, or describes. Raises a Fault with the member."""
    named = document if isinstance(document, str) else own_profile_from(document, where)
    profile_called(named, where)
    return named


def own_profile_from(document: object, where: str) -> OwnProfile:
    """The profile that a table or an object describes. Raises UsageFault with the member."""
    if not isinstance(document, Mapping):
        expected = f"the name of a profile, or an object with {', '.join(MEMBERS)}"
        raise UsageFault(f"is {kind_of(document)}", where=where, expected=expected, clause="PROF-8")
    for member in document:
        if member not in MEMBERS:
            expected = ", ".join(MEMBERS)
            raise _unfit(f"no member {member!r}", where, expected)
    name, base = document.get("name"), document.get("base")
    for text, member in ((name, "name"), (base, "base"), (document.get("summary", ""), "summary")):
        if not isinstance(text, str):
            given = "is missing" if text is None else f"is {kind_of(text)}"
            raise _unfit(given, f"{where}.{member}", "a text")
    refusal = name_refusal("name", str(name))
    if refusal is not None or name in PROFILES or one_line(name) != name:
        problem = "is the name of a profile that there is" if name in PROFILES else "is no name"
        raise _unfit(f"{name!r} {problem}", f"{where}.name", "a new name, of one line")
    if base not in PROFILES:
        raise _unfit(f"no profile {base!r}", f"{where}.base", ", ".join(PROFILES))
    whole = document.get("whole_answers")
    if whole is not None and not isinstance(whole, bool):
        raise _unfit(f"is {kind_of(whole)}", f"{where}.whole_answers", "true or false")
    chosen = _rules_from(document.get("rules", {}), f"{where}.rules")
    return OwnProfile(str(name), str(base), chosen, str(document.get("summary", "")), whole)


def _rules_from(document: object, where: str) -> tuple[tuple[str, Chosen], ...]:
    if not isinstance(document, Mapping):
        raise _unfit(f"is {kind_of(document)}", where, "a table: decision point = rule")
    points = decision_points()
    for point in document:
        if point not in points:
            raise _unfit(f"no decision point {point!r}", where, ", ".join(points))
    return tuple((p, _chosen(document[p], f"{where}.{p}")) for p in points if p in document)


def _chosen(document: object, where: str) -> Chosen:
    if isinstance(document, str):
        return Chosen(document)
    shaped = isinstance(document, Mapping) and isinstance(document.get("rule"), str)
    if not shaped or not set(document) <= set(OF_A_RULE):  # type: ignore[call-overload]
        expected = "the name of a rule, or {rule = NAME, with = {parameter = value}}"
        raise _unfit(f"is {kind_of(document)}", where, expected)
    given = document.get("with", {})  # type: ignore[attr-defined]
    if not isinstance(given, Mapping) or not all(map(_plain, given.values())):
        expected = "a table of numbers, texts, true or false"
        raise _unfit("has parameters that no file can hold", f"{where}.with", expected)
    return Chosen(str(document["rule"]), tuple(sorted(given.items())))  # type: ignore[index]


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _unfit(problem: str, where: str, expected: str) -> UsageFault:
    return UsageFault(problem, where=where, expected=expected, clause="PROF-8")


# --- the profile ----------------------------------------------------------------------------------


@cache
def _made(own: OwnProfile, where: str) -> Profile:
    """The profile: made once, because claims about a profile compare its rules by identity."""
    base = PROFILES[own.base]
    chosen: dict[str, Any] = {
        point: rule_named(base, point, each.rule, each.given, where) for point, each in own.rules
    }
    whole = base.whole_answers if own.whole_answers is None else own.whole_answers
    summary = own.summary or f"{own.base}, but {_differences(own)}"
    chosen |= {"name": own.name, "summary": summary, "whole_answers": whole}
    return attrs.evolve(base, **chosen)


def _differences(own: OwnProfile) -> str:
    told = [f"{point} is {chosen.rule}" for point, chosen in own.rules]
    return ", ".join(told) or "in name only"
