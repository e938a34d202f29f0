"""Toy models whose numbers others have published, to check the checker with.

Each is a plain model: `initial`, `actions`, `next`. None knows about Scuttlebutt.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from attrs import field, frozen

from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Finding, Good, Sometimes

Working = tuple[tuple[str, ...], str, frozenset[str], frozenset[str]]
"""Two-phase commit: resource managers, transaction manager, who is prepared, messages sent."""


@frozen
class TwoPhaseCommit:
    """Lamport's two-phase commit: `count` resource managers, messages in a set, never lost."""

    count: int

    def initial(self) -> Iterator[Working]:
        yield ("working",) * self.count, "init", frozenset(), frozenset()

    def actions(self, state: Working) -> Sequence[tuple[str, int]]:
        managers, decided, prepared, sent = state
        found: list[tuple[str, int]] = []
        if decided == "init":
            found.append(("decide abort", -1))
            if len(prepared) == self.count:
                found.append(("decide commit", -1))
        for at, manager in enumerate(managers):
            if decided == "init" and f"prepared {at}" in sent:
                found.append(("note prepared", at))
            if manager == "working":
                found += [("prepare", at), ("choose abort", at)]
            if "commit" in sent:
                found.append(("obey commit", at))
            if "abort" in sent:
                found.append(("obey abort", at))
        return found

    def next(self, state: Working, action: tuple[str, int]) -> Working:
        managers, decided, prepared, sent = state
        what, at = action
        match what:
            case "decide abort":
                return managers, "done", prepared, sent | {"abort"}
            case "decide commit":
                return managers, "done", prepared, sent | {"commit"}
            case "note prepared":
                return managers, decided, prepared | {str(at)}, sent
            case "prepare":
                return _put(managers, at, "prepared"), decided, prepared, sent | {f"prepared {at}"}
            case "obey commit":
                return _put(managers, at, "committed"), decided, prepared, sent
            case _:
                return _put(managers, at, "aborted"), decided, prepared, sent


@frozen
class DieHard:
    """A jug of 3 and a jug of 5: fill, empty, pour. State: (small, big)."""

    def initial(self) -> Iterator[tuple[int, int]]:
        yield 0, 0

    def actions(self, _state: tuple[int, int]) -> Sequence[str]:
        whole = ("fill small", "fill big", "empty small", "empty big")
        return (*whole, "pour into big", "pour into small")

    def next(self, state: tuple[int, int], action: str) -> tuple[int, int]:
        small, big = state
        poured = min(small, 5 - big) if action == "pour into big" else -min(big, 3 - small)
        return {
            "fill small": (3, big),
            "fill big": (small, 5),
            "empty small": (0, big),
            "empty big": (small, 0),
        }.get(action, (small - poured, big + poured))


@frozen
class Hanoi:
    """`count` disks on three pegs; the state says on which peg each disk is, smallest first."""

    count: int

    def initial(self) -> Iterator[tuple[int, ...]]:
        yield (0,) * self.count

    def actions(self, state: tuple[int, ...]) -> Sequence[tuple[int, int]]:
        tops = [state.index(peg) if peg in state else self.count for peg in range(3)]
        pairs = [(source, target) for source in range(3) for target in range(3)]
        return [(source, target) for source, target in pairs if tops[source] < tops[target]]

    def next(self, state: tuple[int, ...], action: tuple[int, int]) -> tuple[int, ...]:
        source, target = action
        return _put(state, state.index(source), target)


@frozen
class SlidingPuzzle:
    """Tiles on a board of `rows` by `columns`, 0 is the hole; an action names where it goes."""

    rows: int
    columns: int

    def initial(self) -> Iterator[tuple[int, ...]]:
        yield tuple(range(self.rows * self.columns))

    def actions(self, state: tuple[int, ...]) -> Sequence[int]:
        row, column = divmod(state.index(0), self.columns)
        steps = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        inside = [(r, c) for r, c in steps if 0 <= r < self.rows and 0 <= c < self.columns]
        return [r * self.columns + c for r, c in inside]

    def next(self, state: tuple[int, ...], action: int) -> tuple[int, ...]:
        return _put(_put(state, state.index(0), state[action]), action, 0)


@frozen
class Queens:
    """Queens placed row by row on a board of `size`; the state lists their columns."""

    size: int

    def initial(self) -> Iterator[tuple[int, ...]]:
        yield ()

    def actions(self, state: tuple[int, ...]) -> Sequence[int]:
        if len(state) == self.size:
            return ()
        safe = [
            column
            for column in range(self.size)
            if all(
                column != other and abs(column - other) != len(state) - row
                for row, other in enumerate(state)
            )
        ]
        return tuple(safe)

    def next(self, state: tuple[int, ...], action: int) -> tuple[int, ...]:
        return (*state, action)


@frozen
class Philosophers:
    """`count` philosophers who take the left fork, then the right, then put both down."""

    count: int

    def initial(self) -> Iterator[str]:
        yield "t" * self.count

    def actions(self, state: str) -> Sequence[int]:
        def free(at: int) -> bool:
            """Whether the fork at the right of `at` is free."""
            return state[at] != "e" and state[(at + 1) % self.count] == "t"

        return [
            at
            for at in range(self.count)
            if {"t": state[at - 1] != "e", "l": free(at), "e": True}[state[at]]
        ]

    def next(self, state: str, action: int) -> str:
        after = {"t": "l", "l": "e", "e": "t"}[state[action]]
        return state[:action] + after + state[action + 1 :]


@frozen
class Graph:
    """Any finite transition system: `edges` lists, per state, where its actions lead."""

    edges: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...] = field(default=(0,))

    def initial(self) -> Iterator[int]:
        yield from self.starts

    def actions(self, state: int) -> Sequence[int]:
        return range(len(self.edges[state]))

    def next(self, state: int, action: int) -> int:
        return self.edges[state][action]


def _put(items: tuple[Any, ...], at: int, item: object) -> tuple[Any, ...]:
    return (*items[:at], item, *items[at + 1 :])


def never(state: Hashable, name: str = "never") -> Always:
    """The property that `state` is not reachable."""

    def check(part: Hashable) -> Finding:
        return Broken(f"{part} is reached") if part == state else Good.KEPT

    return Always(name, "CONV-14", f"{state} is never reached", lambda each: (each,), check)


def never_step(before: Hashable, after: Hashable) -> AlwaysStep:
    """The property that no transition leads from `before` to `after`."""

    def parts(one: Hashable, _action: object, two: Hashable) -> list[tuple[Hashable, Hashable]]:
        return [(one, two)]

    def check(part: tuple[Hashable, Hashable]) -> Finding:
        return Broken(f"{before} to {after}") if part == (before, after) else Good.KEPT

    return AlwaysStep("never-step", "CONV-14", "that step is never taken", parts, check)


def reached(state: Hashable, name: str = "reached") -> Sometimes:
    """The property that `state` is reachable."""
    return Sometimes(name, "CONV-14", f"{state} is reachable", lambda each: each == state)


TOYS: dict[str, Any] = {
    "two-phase-3": TwoPhaseCommit(3),
    "die-hard": DieHard(),
    "hanoi-5": Hanoi(5),
    "puzzle-2x3": SlidingPuzzle(2, 3),
    "queens-8": Queens(8),
    "philosophers-5": Philosophers(5),
}
"""Toys that every search explores in a moment."""
