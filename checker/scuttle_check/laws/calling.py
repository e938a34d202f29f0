"""Callers: how a resolver is asked. The laws know nothing else of it.

A resolver in this process is a function; one in another language answers through a program that
serves it. A caller for the latter needs :meth:`Caller.ask` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol, TypeAlias, runtime_checkable

from attrs import field, frozen

from scuttle_check.laws.limits import TooSlow, limited
from scuttle_check.laws.probes import meddling
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Update
from scuttle_ref.names import Key, NodeId, thawed_value
from scuttle_ref.order import by_value
from scuttle_ref.resolvers import Resolver, View
from scuttle_ref.state import NodeState
from scuttle_ref.values import kind_of
from scuttle_ref.version_vector import VersionVector

SECONDS_PER_CALL = 1.0
"""How long a resolver may take for one answer. Unit: seconds."""


class Failing(Enum):
    """The ways not to answer."""

    RAISED = "raised"
    NO_BOOL = "no bool"
    TOO_SLOW = "too slow"


@frozen
class Failure:
    """No answer. `says` is what happened, to follow the name of the resolver.

    One that is `lost` cost the process, or the time of it: it is not asked for again.
    """

    kind: Failing
    says: str
    lost: bool = False


Answer: TypeAlias = bool | Failure


class Watched(View):
    """A view of `state` that remembers in `asked` which keys were looked at.

    `beyond` gets what was looked at besides the entry of `key`: the id of the node, its clock,
    another key, or the node itself. As long as it is empty, whatever else had stood there, the
    resolver would have answered the same.

    Spec: LAW-27.
    """

    __slots__ = ("_asked", "_beyond", "_held", "_key")
    _held: NodeState
    _key: Key
    _asked: set[Key]
    _beyond: set[str]

    def __init__(self, state: NodeState, key: Key, asked: set[Key], beyond: set[str]) -> None:
        put = object.__setattr__  # it is as frozen as a view, whose own state is not to be used
        put(self, "sort", by_value)
        put(self, "owner", ())
        put(self, "_held", state)
        put(self, "_key", key)
        put(self, "_asked", asked)
        put(self, "_beyond", beyond)

    @property
    def state(self) -> NodeState:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The node itself."""
        self._beyond.add("state")
        return self._held

    @property
    def id(self) -> NodeId:
        """The id of the node that decides."""
        self._beyond.add("id")
        return self._held.id

    @property
    def clock(self) -> VersionVector:
        """Its clock before the update."""
        self._beyond.add("clock")
        return self._held.clock

    def get(self, key: Key) -> Entry:
        """The entry of `key` before the update: a copy, which nobody else will look at."""
        self._asked.add(key)
        if key != self._key:
            self._beyond.add("get")
        entry = self._held.store.at((key,))
        return Entry(thawed_value(entry.value), entry.version, entry.source_id)


@runtime_checkable
class Caller(Protocol):
    """Asks one resolver. `name` is how its user calls it.

    `here` says that the resolver runs in this process: only then can it change its arguments,
    be watched, and be asked at another time of day.

    Spec: LAW-14.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - above
    @property
    def here(self) -> bool: ...  # noqa: D102

    def ask(self, view: View, update: Update) -> Answer:
        """The answer for `update` at the node that `view` shows. Never raises."""
        ...

    def meddled(self, view: View, update: Update) -> str | None:
        """What the resolver changed in arguments of its own, as a sentence, or None."""
        ...


Question: TypeAlias = tuple[NodeState, Update]


@runtime_checkable
class Remote(Caller, Protocol):
    """A caller whose resolver runs in a process that is ours to steer.

    It takes many questions at once, at any time of day, with other random numbers, and in further
    processes; and it sees what its resolver changes, looks at and prints.

    Spec: LAW-25.
    """

    @property
    def looked(self) -> set[Key]:
        """The keys that were looked at."""
        ...

    @property
    def beyond(self) -> bool:
        """Whether anything besides the entry of the key of the update was ever looked at."""
        ...

    @property
    def worked(self) -> float:
        """The processor time that the answers took. Unit: seconds."""
        ...

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers, in order, up to the first that is lost. Never raises."""
        ...

    def at(self, when: float | None, seed: int) -> AbstractContextManager[None]:
        """Ask at another time, in seconds since 1970, and with the random numbers of a seed."""
        ...

    def elsewhere(self, questions: Sequence[Question]) -> list[tuple[str, list[Answer]]]:
        """What other processes answer, each with what is its own in words."""
        ...

    def notes(self) -> list[str]:
        """What is worth saying of the resolver besides verdicts."""
        ...


@frozen
class InProcess:
    """Calls a Python function, with a limit on the time of each call. Unit: seconds.

    Spec: LAW-15.
    """

    resolver: Resolver
    name: str
    limit: float = SECONDS_PER_CALL
    here: bool = field(default=True, init=False)

    def ask(self, view: View, update: Update) -> Answer:
        """The answer; every way not to give a bool is a Failure. Spec: LAW-1, LAW-15.

        The function gets an update of its own: what it forces into a frozen one stays there.
        """
        value = thawed_value(update.value)
        mine = Update(update.source_id, update.key, value, update.version)
        return asked(lambda: self.resolver(view, mine), self.limit)

    def meddled(self, view: View, update: Update) -> str | None:
        """What the function changes in arguments that it can change. Spec: LAW-3."""
        return meddling(
            lambda open_view, open_update: asked(
                lambda: self.resolver(open_view, open_update), self.limit
            ),
            view,
            update,
        )


def asked(call: Callable[[], object], limit: float) -> Answer:
    """The answer that `call` gives within `limit` seconds. Never raises but for an interrupt."""
    try:
        answer = limited(call, limit)
    except KeyboardInterrupt:
        raise
    except TooSlow:
        return Failure(Failing.TOO_SLOW, f"gave no answer within {limit:g} s", lost=True)
    except BaseException as fault:  # noqa: BLE001 - a foreign function may raise anything
        return Failure(Failing.RAISED, f"raised {kind_of(fault)}{_text(fault)}")
    if answer is True or answer is False:
        return answer
    close = getattr(answer, "close", None)  # a coroutine that nobody awaits
    if callable(close) and kind_of(answer) == "a coroutine":
        close()
    return Failure(Failing.NO_BOOL, f"returned {_shown(answer)} instead of a bool")


def _text(fault: BaseException) -> str:
    try:
        text = " ".join(str(fault).split())[:200]
    except Exception:  # noqa: BLE001 - its text is foreign code too
        return ""
    return f": {text}" if text else ""


def _shown(answer: object) -> str:
    if answer is None:
        return "None"
    kind = kind_of(answer)
    plain = type(answer) in {int, float, str}
    if type(answer).__module__ != "builtins":
        kind = f"a {type(answer).__module__}.{type(answer).__qualname__}"
    return f"{answer!r} ({kind})"[:80] if plain else kind
