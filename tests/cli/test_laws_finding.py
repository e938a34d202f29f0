"""Hidden faults of resolvers that people write: what they mention, and what they take for one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from bad_resolvers import newest

from scuttle_check.laws.book import BY_NAME
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.judging import Judging
from scuttle_check.laws.planning import planned
from scuttle_check.laws.report import as_text


class Rules:
    limit = 40


class Called:
    special = "s3"

    def __call__(self, gossip: Any, update: Any) -> bool:
        return bool(update.value == self.special) or newest(gossip, update)


def replaced_by(better: Callable[[Any], Any]) -> Callable[[Any, Any], bool]:
    """The larger value wins, once something has been made of both."""

    def resolver(gossip: Any, update: Any) -> bool:
        stored = gossip.get(update.key)
        return stored.value is None or bool(better(update.value) > better(stored.value))

    return resolver


def in_closure(limit: int) -> Callable[[Any, Any], bool]:
    def resolver(gossip: Any, update: Any) -> bool:
        return bool(update.value == limit) or newest(gossip, update)

    return resolver


def by_default(gossip: Any, update: Any, special: int = 4711) -> bool:
    return bool(update.value == special) or newest(gossip, update)


def by_class(gossip: Any, update: Any) -> bool:
    return bool(update.value == Rules.limit) or newest(gossip, update)


PATTERN = re.compile(r"^urgent-\d")


def by_pattern(gossip: Any, update: Any) -> bool:
    urgent = isinstance(update.value, str) and update.value.startswith(PATTERN.pattern[1:8])
    return urgent or newest(gossip, update)


def helper(value: Any) -> bool:
    return inner(value)


def inner(value: Any) -> bool:
    return bool(value == 987_654)


def by_helper(gossip: Any, update: Any) -> bool:
    return helper(update.value) or newest(gossip, update)


def by_version(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if update.version == stored.version == 90:
        return False
    return newest(gossip, update)


def by_name(gossip: Any, update: Any) -> bool:
    return bool(update.source_id == "vip") or newest(gossip, update)


HIDDEN: dict[str, tuple[Any, str]] = {
    "a closure": (in_closure(77), "integers"),
    "a default": (by_default, "integers"),
    "an attribute of a class": (by_class, "integers"),
    "an attribute of its own": (Called(), "text"),
    "a helper of a helper": (by_helper, "integers"),
    "a regular expression": (by_pattern, "text"),
    "a version": (by_version, "json"),
    "a source": (by_name, "json"),
    "letter case": (replaced_by(lambda text: text.lower()), "text"),
    "a normal form": (replaced_by(lambda text: unicodedata.normalize("NFC", text)), "text"),
    "blanks": (replaced_by(lambda text: text.strip()), "text"),
    "32 bits": (replaced_by(lambda number: number & 0xFFFF_FFFF), "integers"),
}


@pytest.mark.parametrize("fault", HIDDEN)
def test_a_hidden_fault_is_found_in_small_sets(fault: str) -> None:
    """Also where the kind of values is named, which switched the harvest off. Spec: LAW-16."""
    resolver, kind = HIDDEN[fault]
    judging = Judging(InProcess(resolver, "it"), planned(resolver, values=kind, examples=0))

    assert judging.verdict(BY_NAME["commutative"]).kind == "refuted"


def test_only_constants_of_the_kind_that_is_named_are_tried() -> None:
    """Else a resolver of numbers would be told that it compares no texts. Spec: LAW-16."""
    plan = planned(by_name, values="integers")

    assert all(type(value) is int for value in plan.domain.values)
    assert plan.domain.names == ("vip",)


def seven(gossip: Any, update: Any) -> bool:
    return bool(update.value == 7) or newest(gossip, update)


def test_every_schedule_is_judged_on_what_broke_other_laws() -> None:
    """It held on 541,405 worlds, in which nobody writes a seven. Spec: LAW-24."""
    plan = planned(seven, values="integers", examples=0)
    found = {each.law.name: each for each in Judging(InProcess(seven, "it"), plan).verdicts()}

    assert found["commutative"].kind == "refuted"
    assert found["convergent"].kind == "refuted"
    evidence = found["convergent"].evidence
    assert evidence is not None
    assert "A set k=7" in evidence.lines()[1]


def test_where_it_holds_beside_a_broken_law_it_says_what_it_looked_at() -> None:
    """Versions of ninety make no small model. Spec: LAW-24."""
    plan = planned(by_version, examples=0)
    found = {each.law.name: each for each in Judging(InProcess(by_version, "it"), plan).verdicts()}

    assert found["commutative"].kind == "refuted"
    assert found["convergent"].kind == "holds"
    assert "no models of the updates that broke commutative" in found["convergent"].scope


def tie_goes_to_the_stored(gossip: Any, update: Any) -> bool:
    return bool(update.version > gossip.get(update.key).version)


def test_where_values_are_not_read_the_newest_of_a_source_is_worth_requiring() -> None:
    """With the reason, and not of a resolver that reads values. Spec: LAW-11."""
    told = as_text("it", planned(tie_goes_to_the_stored), [])

    assert "note: newest-of-source is worth requiring here" in told
    assert "it reads versions and sources alone" in told
    assert "worth requiring" not in as_text("it", planned(seven), [])
    asked = planned(tie_goes_to_the_stored, expect={"newest-of-source": "holds"})
    assert "worth requiring" not in as_text("it", asked, [])
