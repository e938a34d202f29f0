"""Cases and runs: what a law is sought in, what breaks it, and how evidence is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from attrs import evolve, frozen

from scuttle_check.gossip.script import value_text
from scuttle_check.laws.asking import Asking, NoAnswer, Run
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import Key, NodeId, one_line, stamped
from scuttle_ref.state import NodeState

Runs = tuple[Run, ...]
Judge = Callable[[Asking, Runs], str | None]


@frozen
class Case:
    """Updates of one key, no two with the same source and version, and where they may arrive.

    `observers` write nothing themselves; `everyone` are they and the writers. `beside` are other
    keys.
    """

    updates: Delta
    observers: tuple[NodeId, ...]
    everyone: tuple[NodeId, ...]
    beside: tuple[Key, ...]

    def narrowed(self) -> Case:
        """The case at one replica, without other keys: all there is where nothing else decides."""
        return evolve(self, observers=self.observers[:1], everyone=self.observers[:1], beside=())


def shown(update: Update) -> str:
    """An update as evidence shows it."""
    what = f"{one_line(update.key)}={value_text(update.value)}"
    return stamped(what, update.source_id, update.version)


def listed(updates: Iterable[Update]) -> str:
    """Updates in the order of their delivery."""
    told = list(map(shown, updates))
    return ("; " if any(", version " in each for each in told) else ", ").join(told)


def left(state: NodeState, key: Key) -> str:
    """What is stored under `key`, as evidence shows it."""
    held: Entry = state.at((key,))
    if not held.source_id:
        return f"{key} unset"
    return stamped(f"{key}={value_text(held.value)}", held.source_id, held.version)


def first_breach(asking: Asking, candidates: Iterable[Runs], judge: Judge) -> Runs | None:
    """The first of `candidates` that `judge` finds breaking its law, or None."""
    for runs in candidates:
        with suppress(NoAnswer):
            if judge(asking, runs) is not None:
                return runs
    return None


def differ(asking: Asking, one: NodeState, other: NodeState, key: Key) -> bool:
    """Whether an observer of `key` can tell two states apart."""
    return asking.seen(one, key) != asking.seen(other, key)


def feasible(run: Run) -> bool:
    """Whether the replica's own updates could be its writes: each above all it had seen."""
    clock = 0
    for update in run.delivered:
        if update.source_id == run.replica and update.version <= clock:
            return False
        clock = max(clock, update.version)
    return True


def both_leave(asking: Asking, runs: Runs, key: Key) -> str | None:
    """How the ends of two runs differ, or None."""
    one, two = (asking.ended(run.replica, run.delivered) for run in runs)
    if not differ(asking, one, two, key):
        return None
    return f"one leaves {left(one, key)}, the other {left(two, key)}"


def every_way(
    asking: Asking, replica: NodeId, updates: Delta
) -> Iterator[tuple[NodeState, frozenset[int], Delta]]:
    """Every state that deliveries of `updates` reach, with those arrived and a shortest way."""
    frontier: list[tuple[NodeState, frozenset[int], Delta]]
    frontier = [(asking.fresh(replica), frozenset(), ())]
    known = {(frontier[0][0], frontier[0][1])}
    while frontier:
        found = []
        for state, arrived, path in frontier:
            for at, update in enumerate(updates):
                with suppress(NoAnswer):
                    after, more = asking.after(state, update), arrived | {at}
                    if (after, more) not in known:
                        known.add((after, more))
                        found.append((after, more, (*path, update)))
        yield from found
        frontier = found
