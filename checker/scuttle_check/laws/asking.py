"""Asking: updates folded into a replica with the answers of a resolver, each question once."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from scuttle_check.laws.calling import Answer, Caller, Failing, Failure, Watched
from scuttle_check.laws.limits import Allowance
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import Key, NodeId, exact
from scuttle_ref.order import by_value
from scuttle_ref.resolvers import View
from scuttle_ref.rules import enlist_sorted, place_shared, witness_lamport
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

HANGS_MAX = 3
"""After so many calls without an answer in time the resolver is asked no more."""

OBSERVABLE = ("value", "version")
"""What an owner can see of an entry: what ``get`` returns."""


class NoAnswer(Exception):
    """The resolver failed at this question, so nothing can be said of what follows."""

    def __init__(self, failure: Failure, path: Delta) -> None:
        super().__init__(failure.says)
        self.failure = failure
        self.path = path


class GaveUp(Exception):
    """The resolver is asked no more."""


@frozen(cache_hash=True)
class Run:
    """Updates delivered to one replica, in this order."""

    replica: NodeId
    delivered: Delta


@define
class Asking:
    """One resolver under examination, and what it has answered so far.

    `observe` says in what two outcomes must be equal. `time` is what may be spent. Once `fatal`
    says what asking does to a process, nothing is asked.
    """

    caller: Caller
    observe: tuple[str, ...] = OBSERVABLE
    time: Allowance | None = None
    watched: set[Key] = field(factory=set)
    hangs: int = 0
    asked: int = 0
    answered: bool = False
    accepted: bool = False
    fatal: str = ""
    origins: dict[NodeState, Delta] = field(factory=dict)
    _answers: dict[tuple[NodeState, Update], Answer] = field(factory=dict)
    _next: dict[tuple[NodeState, Update], NodeState] = field(factory=dict)
    _states: dict[NodeState, NodeState] = field(factory=dict)
    _fresh: dict[NodeId, NodeState] = field(factory=dict)
    _seen: dict[tuple[NodeState, Key], tuple[object, ...]] = field(factory=dict)

    def fresh(self, replica: NodeId) -> NodeState:
        """A replica that knows nothing."""
        state = self._fresh.get(replica)
        if state is None:
            state = NodeState(replica, VersionVector(((replica, 0),)), (replica,))
            self._fresh[replica] = self._states.setdefault(state, state)
            self.origins[state] = ()
        return state

    def ask(self, state: NodeState, update: Update) -> Answer:
        """What the resolver answers at `state`, asked once. Raises GaveUp."""
        answer = self._answers.get((state, update))
        if answer is None:
            answer = self._answers[state, update] = self.ask_again(state, update)
        return answer

    def ask_again(self, state: NodeState, update: Update) -> Answer:
        """What the resolver answers now. Raises GaveUp. Spec: LAW-14, LAW-15."""
        if self.fatal:
            raise GaveUp(f"it {self.fatal}, and is asked no more")
        if self.hangs >= HANGS_MAX:
            raise GaveUp(f"it gave no answer in time {HANGS_MAX} times, and is asked no more")
        self.asked += 1
        if self.time is not None and not self.asked % 64 and self.time.spent:
            raise GaveUp("the time for this run is up")
        view = (
            Watched(_copied(state), by_value, asked=self.watched)
            if self.caller.here
            else View(state)
        )
        answer = self.caller.ask(view, update)
        if isinstance(answer, Failure):
            self.hangs += answer.kind is Failing.TOO_SLOW
        else:
            self.answered = True
            self.accepted |= answer
        return answer

    def accepts(self, state: NodeState, update: Update) -> bool:
        """Whether `update` replaces what is stored. Raises NoAnswer and GaveUp."""
        answer = self.ask(state, update)
        if isinstance(answer, Failure):
            raise NoAnswer(answer, (*self.origins.get(state, ()), update))
        return answer

    def after(self, state: NodeState, update: Update) -> NodeState:
        """The replica after `update`, as a node takes it that remembers nothing.

        Raises NoAnswer and GaveUp. Spec: MERGE-1, MERGE-3.
        """
        known = self._next.get((state, update))
        if known is not None:
            return known
        store = state.store
        if self.accepts(state, update):
            entry = Entry(update.value, update.version, update.source_id)
            store = state.store.with_entry(place_shared(update), entry)
        taken = NodeState(
            id=state.id,
            clock=witness_lamport(state, update),
            sources=enlist_sorted(state.sources, update.source_id),
            version=max(state.version, update.version),
            store=store,
        )
        taken = self._states.setdefault(taken, taken)
        self.origins.setdefault(taken, (*self.origins.get(state, ()), update))
        self._next[state, update] = taken
        return taken

    def ended(self, replica: NodeId, delivered: Iterable[Update]) -> NodeState:
        """A fresh replica after these deliveries. Raises NoAnswer and GaveUp."""
        state = self.fresh(replica)
        for update in delivered:
            state = self.after(state, update)
        return state

    def seen(self, state: NodeState, key: Key) -> tuple[object, ...]:
        """What an observer sees of `key`."""
        seen = self._seen.get((state, key))
        if seen is None:
            held = state.at((key,))
            seen = tuple(exact(getattr(held, name)) for name in self.observe)
            self._seen[state, key] = seen
        return seen

    def sees(self, update: Update) -> tuple[object, ...]:
        """What an observer sees where `update` is held."""
        return tuple(exact(getattr(update, name)) for name in self.observe)


def _copied(state: NodeState) -> NodeState:
    """The same state as an object of its own: what a resolver forces into it stays there."""
    return NodeState(state.id, state.clock, state.sources, state.version, store=state.store)


def holds(state: NodeState, update: Update) -> bool:
    """Whether this very update is what is stored under its key. Spec: MOD-6."""
    held = state.at((update.key,))
    return (held.source_id, held.version) == (update.source_id, update.version)
