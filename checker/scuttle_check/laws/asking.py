"""Asking: updates folded into a replica with the answers of a resolver, each question once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field, frozen

from scuttle_check.laws.calling import Answer, Caller, Failure, Question, Remote, Watched
from scuttle_check.laws.limits import Allowance
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import Key, NodeId, exact
from scuttle_ref.resolvers import View
from scuttle_ref.rules import enlist_sorted, place_shared, witness_lamport
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

HANGS_MAX = 3
"""After so many values at which it hung, or its process ended, a resolver is asked no more.

Of such a value it is not asked again.
"""

TOGETHER = 1_000
"""So many questions are asked at once, where many can be."""

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


_Step = tuple[NodeState, NodeState, Update]
"""What a replica is after an update, and the two: as long as they are kept their ids are theirs."""


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
    beyond: set[str] = field(factory=set)
    hung: dict[object, Failure] = field(factory=dict)
    asked: int = 0
    answered: bool = False
    accepted: bool = False
    fatal: str = ""
    origins: dict[NodeState, Delta] = field(factory=dict)
    _answers: dict[tuple[NodeState, Update], Answer] = field(factory=dict)
    _next: dict[tuple[NodeState, Update], NodeState] = field(factory=dict)
    _states: dict[NodeState, NodeState] = field(factory=dict)
    _steps: dict[tuple[int, int], _Step] = field(factory=dict)
    remote: Remote | None = field(init=False)
    _fresh: dict[NodeId, NodeState] = field(factory=dict)
    _seen: dict[tuple[NodeState, Key], tuple[object, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.remote = self.caller if isinstance(self.caller, Remote) else None

    @property
    def hangs(self) -> int:
        """At how many values it hung, or its process ended."""
        return len(self.hung)

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
        known = self._refused(update)
        if known is not None:
            return known
        self.asked += 1
        if not self.asked % 64:
            self._in_time()
        view = (
            Watched(_copied(state), update.key, self.watched, self.beyond)
            if self.caller.here
            else View(state)
        )
        answer = self.caller.ask(view, update)
        self._looked()
        return self._noted(update, answer)

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """What the resolver answers to many questions, each asked once. Raises GaveUp.

        What it answered before that is known all the same.
        """
        if self.remote is not None:
            fresh = [each for each in dict.fromkeys(questions) if each not in self._answers]
            for question, answer in zip(fresh, self._answers_now(self.remote, fresh), strict=False):
                self._answers[question] = answer
        return [self.ask(*question) for question in questions]

    def ask_all_again(self, questions: Sequence[Question]) -> list[Answer]:
        """What the resolver answers now to many questions. Raises GaveUp. Spec: LAW-25."""
        if self.remote is not None:
            return list(self._answers_now(self.remote, questions))
        return [self.ask_again(*question) for question in questions]

    def _answers_now(self, remote: Remote, questions: Sequence[Question]) -> Iterator[Answer]:
        """The answers of a resolver that takes many questions at once. Raises GaveUp."""
        at = 0
        while at < len(questions):
            part = questions[at : at + TOGETHER]
            refused = [self._refused(update) for _, update in part]
            asks = [each for each, known in zip(part, refused, strict=True) if known is None]
            self.asked += len(asks)
            answers = iter(remote.ask_all(asks))
            self._looked()
            for (_, update), known in zip(part, refused, strict=True):
                answer = next(answers, None) if known is None else known
                if answer is None:  # one before was lost
                    break
                at += 1
                yield self._noted(update, answer)
            self._in_time()

    @property
    def looks_beyond(self) -> bool:
        """Whether the resolver may have looked at more than the entry of the key of the update.

        As long as it has not, the id of the replica, its clock and other keys have made no
        difference to any answer.
        """
        return bool(self.beyond) or not (self.caller.here or self.remote)

    def _looked(self) -> None:
        if self.remote is not None:
            self.watched |= self.remote.looked
            if self.remote.beyond:
                self.beyond.add("elsewhere")

    def knows(self, state: NodeState, update: Update) -> bool:
        """Whether this question was asked."""
        return (state, update) in self._answers

    def _refused(self, update: Update) -> Failure | None:
        """The failure of a question that is not asked again. Raises GaveUp."""
        if self.fatal:
            raise GaveUp(f"it {self.fatal}, and is asked no more")
        if not self.hung:
            return None
        if len(self.hung) >= HANGS_MAX:
            raise GaveUp(
                f"it hung, or ended its process, at {HANGS_MAX} values, and is asked no more"
            )
        return self.hung.get(exact(update.value))

    def _noted(self, update: Update, answer: Answer) -> Answer:
        if isinstance(answer, Failure):
            if answer.lost:
                self.hung.setdefault(exact(update.value), answer)
        else:
            self.answered = True
            self.accepted |= answer
        return answer

    def _in_time(self) -> None:
        if self.time is not None and self.time.spent:
            raise GaveUp("the time for this run is up")

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
        step = self._steps.get((id(state), id(update)))  # states and updates are mostly the same
        if step is not None:  # objects, and to compare them by identity is much quicker
            return step[0]
        taken = self._next.get((state, update))
        if taken is None:
            taken = self._next[state, update] = self._taken(state, update)
        self._steps[id(state), id(update)] = taken, state, update
        return taken

    def _taken(self, state: NodeState, update: Update) -> NodeState:
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
