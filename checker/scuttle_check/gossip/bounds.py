"""Limits of nodes as they are typed and written, and which settings the rules of a profile read."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, Final, TypeAlias

import attrs

from scuttle_check.base.errors import UsageFault
from scuttle_ref.config import Config
from scuttle_ref.history import History
from scuttle_ref.messages import Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile, decision_points, rule_of

Limit: TypeAlias = float | None
"""As :class:`scuttle_ref.config.Config` has it: UNBOUNDED is no limit, None is not given."""

UNLIMITED: Final = "unlimited"
NOT_GIVEN: Final = "not-given"

WORDS: Final[dict[str, Limit]] = {UNLIMITED: UNBOUNDED, NOT_GIVEN: None}
"""What "not given" means is a rule of the profile (HIST-3, DEV-10, FLOW-1, PAPER-9)."""

LEAST: Final = {"max_history": 0, "mtu": 1}
"""The smallest number each limit may be. Spec: CONF-1."""

DIGITS_MAX = 9
"""A number that is typed has at most so many digits; longer ones are mistakes."""


def limit_text(limit: Limit) -> str:
    """A limit as it is typed."""
    return str(limit_json(limit))


def limit_json(limit: Limit) -> int | str:
    """A limit as it is written."""
    words = {value: word for word, value in WORDS.items()}
    return words[limit] if limit is None or limit == UNBOUNDED else int(limit)


def limit_from(value: object, name: str, where: str) -> Limit:
    """A limit that stands in a file. Raises UsageFault.

    Files of older versions have null for no limit.
    """
    if value is None:
        return UNBOUNDED
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    if type(value) is int and value >= LEAST[name]:
        return value
    raise UsageFault(f"is {value!r}", where=where, expected=expected(name))


def limit_typed(text: str, name: str) -> Limit:
    """A limit that was typed. Raises ValueError with what was expected."""
    if text in WORDS:
        return WORDS[text]
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX and int(text) >= LEAST[name]:
        return int(text)
    raise ValueError(expected(name))


def expected(name: str) -> str:
    """What a limit may be."""
    return f"an integer from {LEAST[name]}, or {' or '.join(WORDS)}"


# --- what the rules of a profile read -------------------------------------------------------------

SETTINGS: Final = frozenset(attribute.name for attribute in attrs.fields(Config))


@functools.cache
def settings_read(profile: Profile) -> frozenset[str]:
    """The fields of the configuration that some rule of the profile may read.

    A rule whose code cannot be looked at may read all of them.
    """
    return frozenset().union(*(_read_by(rule_of(profile, each)) for each in decision_points()))


def _read_by(rule: Callable[..., object]) -> frozenset[str]:
    seen: set[CodeType] = set()
    waiting: list[Any] = [rule]
    found: set[str] = set()
    while waiting:
        function = inspect.unwrap(waiting.pop())
        while isinstance(function, functools.partial):
            function = function.func
        function = getattr(function, "__func__", function)
        code = getattr(function, "__code__", None)
        if code is None:
            call = getattr(type(function), "__call__", None)  # noqa: B004 - its code is wanted
            code = getattr(call, "__code__", None)
            function = call
        if code is None:
            return SETTINGS
        if code in seen:
            continue
        seen.add(code)
        names = set(_names(code))
        found |= SETTINGS & names
        waiting.extend(_called(function, names))
    return frozenset(found)


def _names(code: CodeType) -> Iterator[str]:
    """The globals and attributes that a function names, and those of functions inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _called(function: Any, names: set[str]) -> Iterator[Any]:
    """The functions that a function can reach by a global name or from where it was made."""
    reach = [function.__globals__[name] for name in sorted(names) if name in function.__globals__]
    reach += [cell.cell_contents for cell in function.__closure__ or ()]
    yield from (each for each in reach if inspect.isfunction(each))


# --- what a limit comes to ------------------------------------------------------------------------

PROBE = 64
"""So many updates are offered to see where a limit that is not a number lies. Unit: updates."""


def history_room(profile: Profile, config: Config) -> float:
    """How many updates a history can hold; UNBOUNDED when no rule bounds it. Unit: updates."""
    if "max_history" not in settings_read(profile):
        return UNBOUNDED
    if config.max_history:
        return config.max_history
    kept = _kept(profile, config, [f"k{number}" for number in range(PROBE)])
    return UNBOUNDED if kept == PROBE else kept


def forgets_nothing(profile: Profile, config: Config) -> bool:
    """Whether history keeps all updates of one key, so far as was tried."""
    return _kept(profile, config, ["k"] * PROBE) == PROBE


def _kept(profile: Profile, config: Config, keys: list[str]) -> int:
    history = History()
    for version, key in enumerate(keys, 1):
        history, _ = profile.retain(history, Update("A", key, version, version), config)
    return len(history.updates)


def answer_room(profile: Profile, config: Config) -> float:
    """How many updates of one source an answer can hold; UNBOUNDED when no rule bounds it."""
    if "mtu" not in settings_read(profile):
        return UNBOUNDED
    if config.mtu is not None:
        return config.mtu
    delta = tuple(Update("A", f"k{version}", version, version) for version in range(1, PROBE + 1))
    sent = len(profile.pace((delta,), config))
    return UNBOUNDED if sent == PROBE else sent
