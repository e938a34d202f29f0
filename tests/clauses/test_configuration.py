"""CONF: what the owner of a node chooses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from scuttle_ref import DEFAULT_CONFIG, UNBOUNDED, Config, Gossip, InvalidConfig, lww_total
from scuttle_ref.order import by_value, by_version_and_source, scuttle_depth
from scuttle_ref.profiles import DOCUMENTED


@pytest.mark.parametrize("name", ["resolve", "sort", "value_order", "delta_order"])
@pytest.mark.parametrize("value", [None, 1, "lww_total"])
def test_what_must_be_a_function_is_refused_otherwise(name: str, value: Any) -> None:
    """With the field, what is wrong with it, and what was expected.

    Spec: CONF-1.
    """
    with pytest.raises(InvalidConfig) as caught:
        Config(**{name: value})

    refusal = caught.value.refusal
    assert (refusal.path, refusal.expected) == (f"config.{name}", "a function")
    assert refusal.clause == "CONF-1"


@pytest.mark.parametrize("name", ["max_history", "mtu"])
@pytest.mark.parametrize(
    "value",
    [-1, 1.5, "2", True, float("nan"), float("-inf"), Decimal("Infinity"), [], Decimal(1)],
    ids=repr,
)
def test_a_limit_is_an_integer_and_not_something_like_one(name: str, value: Any) -> None:
    """Each of these has meant something else in some implementation.

    Spec: CONF-1.
    """
    with pytest.raises(InvalidConfig, match=rf"config\.{name}: is .*expected an integer from"):
        Config(**{name: value})


def test_an_mtu_starts_at_one_and_a_history_at_zero() -> None:
    """An answer that may carry nothing would never deliver anything.

    Spec: CONF-1.
    """
    with pytest.raises(InvalidConfig, match=r"config\.mtu: is 0; expected an integer from 1"):
        Config(mtu=0)
    assert Config(max_history=0).max_history == 0


@pytest.mark.parametrize("limit", [None, 1, 10**9, UNBOUNDED])
def test_valid_limits_are_kept_as_given(limit: float | None) -> None:
    """What "not given" means is a rule of the profile, so None is not replaced here.

    Spec: CONF-1.
    """
    config = Config(max_history=limit, mtu=limit)

    assert (config.max_history, config.mtu) == (limit, limit)


def test_a_refusal_shows_no_long_values() -> None:
    """A function or a big object is shown by its type, a long text by 40 characters.

    Spec: CONF-1.
    """
    with pytest.raises(InvalidConfig, match="is a object; expected"):
        Config(mtu=object())  # type: ignore[arg-type]
    with pytest.raises(InvalidConfig) as caught:
        Config(mtu="x" * 99)  # type: ignore[arg-type]
    assert caught.value.refusal.problem == "is '" + "x" * 39


def test_a_node_that_is_not_configured_runs_with_the_defaults_of_the_readme() -> None:
    """Limits and sort of the README, and a resolver that is a join.

    Spec: CONF-2.
    """
    assert Gossip(DOCUMENTED).config is DEFAULT_CONFIG
    assert attrs.asdict(DEFAULT_CONFIG) == {
        "resolve": lww_total,
        "sort": by_version_and_source,
        "max_history": 10,
        "mtu": 10,
        "value_order": by_value,
        "delta_order": scuttle_depth,
    }
