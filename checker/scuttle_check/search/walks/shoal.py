"""A shoal: many random walks that take their steps together.

Each column of the matrix is a walk. In one step every walk chooses among the actions enabled in its
world, and all that chose the same action take it by one look-up over arrays. A walk that has ended
makes room for the next one.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action
from scuttle_check.engine.cells import Gate
from scuttle_check.engine.system import Local, System
from scuttle_check.search.compiled.cell_tables import Ids, Mask, Matrix, keys_of
from scuttle_check.search.compiled.layout import Layout
from scuttle_check.search.walks.moves import Moves, Worlds
from scuttle_check.search.walks.random_walk import STEPS_MAX

FEWEST, MOST = 64, 8192
"""Walks at once, at first and in the end: a bug on the way shows before the shoal is large."""

EVERY = 8
"""Steps after which the shoal doubles."""

NARROW = 1 << 16
"""Ids below fit two bytes, which is how worlds are kept as long as they do."""


@define
class Seen:
    """The distinct worlds, as bytes."""

    worlds: set[bytes] = field(factory=set)
    wide: bool = False

    def add(self, worlds: Matrix) -> None:
        """Add the worlds, one per column."""
        if not self.wide and worlds.max(initial=0) >= NARROW:
            self.wide = True
            self.worlds = {
                np.frombuffer(each, np.uint16).astype(np.int32).tobytes() for each in self.worlds
            }
        self.worlds.update(keys_of(worlds if self.wide else worlds.astype(np.uint16)))

    def __len__(self) -> int:
        return len(self.worlds)


@frozen
class Taken:
    """A local step that no walk had taken before: the node state before and after it.

    `command` is what the owner asked for, None for steps that are not the owner's.
    """

    walk: int
    before: Local
    after: Local
    command: Hashable


@frozen
class Step:
    """What one step of the shoal brought: the walks in whose world some node state `turned`."""

    taken: list[Taken]
    turned: Ids


@define
class Shoal:
    """The walks in progress. `walks` have begun and `walks_left` may still, None for no limit."""

    system: System
    random: random.Random
    walks_left: int | None
    walks: int = 0
    of: Worlds = field(init=False)
    worlds: Matrix = field(init=False)
    moves: list[Moves] = field(factory=list)
    began: Ids = field(init=False)
    now: int = 0
    steps: int = 0
    depth: int = 0
    seen: Seen = field(factory=Seen)
    ends: Seen = field(factory=Seen)
    _heard: Mask = field(factory=lambda: np.zeros(64, np.bool_))
    _history: list[Ids] = field(factory=list)
    _forgotten: int = 0
    _places: int = 0

    def __attrs_post_init__(self) -> None:
        self.of = Worlds(Layout(self.system))
        self.worlds = np.zeros((len(self.of.start), 0), np.int32)
        self.began = np.zeros(0, np.intp)
        self._begin(FEWEST)
        self.seen.add(self.worlds)

    @property
    def over(self) -> bool:
        """Whether all walks have ended."""
        return not len(self.began)

    def _begin(self, count: int) -> None:
        """Begin more walks, as many as there may be."""
        if self.walks_left is not None:
            count = min(count, self.walks_left)
            self.walks_left -= count
        self.walks += count
        start = np.repeat(np.array(self.of.start, np.int32)[:, None], count, axis=1)
        self.worlds = np.concatenate([self.worlds, start], axis=1)
        self.began = np.concatenate([self.began, np.full(count, self.now)])
        none = np.full(count, -1)
        self._history = [np.concatenate([each, none]) for each in self._history]

    # --- one step -----------------------------------------------------------------------------

    def step(self) -> Step:
        """Take one step with every walk, after those that have ended made room."""
        enabled = self._renewed(self._enabled())
        if not enabled.any():
            return Step([], np.zeros(0, np.intp))
        ways = np.cumsum(enabled, axis=0, dtype=np.int16)
        chosen = self._chosen(ways)
        everyone = np.arange(len(self.began))
        self._be_curious(chosen, ways, everyone[1::2])
        before = self.worlds[self.of.locals]
        taken: list[Taken] = []
        for moves, at in self._groups(chosen, everyone):
            taken.extend(self._taken(moves, at))
        turned = np.flatnonzero((before != self.worlds[self.of.locals]).any(axis=0))
        self._history.append(chosen)
        self.now += 1
        self.steps += len(chosen)
        self.depth = max(self.depth, self.now - int(self.began.min(initial=self.now)))
        self.seen.add(self.worlds)
        return Step(taken, turned)

    def schedule(self, walk: int) -> tuple[Action, ...]:
        """The actions that a walk has taken so far."""
        since = int(self.began[walk]) - self._forgotten
        return tuple(self.moves[chosen[walk]].move.action for chosen in self._history[since:])

    def _enabled(self) -> Mask:
        """Which actions are enabled in which worlds: one row per action."""
        self._list_moves()
        answers: dict[Gate, Mask] = {}

        def answer(gate: Gate) -> Mask:
            if gate not in answers:
                answers[gate] = self.of.cells.answers(gate).of(self.worlds[gate.slot])
            return answers[gate]

        return np.stack([moves.enabled(self.worlds, answer) for moves in self.moves])

    def _list_moves(self) -> None:
        """List the actions, and more of them once something can arrive at more places."""
        if self._places == self.of.cells.places:
            return
        self._places = self.of.cells.places
        known = {moves.move for moves in self.moves}
        self.moves.extend(
            Moves(self.of, node, move)
            for node, move in self.of.layout.moves(self._places)
            if move not in known
        )

    def _renewed(self, enabled: Mask) -> Mask:
        """Replace the walks that have ended; which actions are enabled then."""
        terminal = ~enabled.any(axis=0)
        over = np.flatnonzero(terminal | (self.now - self.began >= STEPS_MAX))
        grows = self.now % EVERY == EVERY - 1 and len(self.began) < MOST
        if not len(over) and not grows:
            return enabled
        self.ends.add(self.worlds[:, terminal])
        self._retire(over)
        if grows:
            self._begin(min(len(self.began), MOST - len(self.began)))
        self._forget()
        return self._enabled()

    def _retire(self, over: Ids) -> None:
        """Begin new walks in the place of others, or close the ranks."""
        self.worlds[:, over] = np.array(self.of.start, np.int32)[:, None]
        self.began[over] = self.now
        if self.walks_left is None:
            self.walks += len(over)
            return
        stay = min(len(over), self.walks_left)
        self.walks_left -= stay
        self.walks += stay
        keep = np.ones(len(self.began), np.bool_)
        keep[over[stay:]] = False
        if not keep.all():
            self.worlds, self.began = self.worlds[:, keep], self.began[keep]
            self._history = [each[keep] for each in self._history]

    def _forget(self) -> None:
        """Drop the choices that no walk in progress has made."""
        before = int(self.began.min(initial=self.now)) - self._forgotten
        del self._history[:before]
        self._forgotten += before

    # --- choosing -----------------------------------------------------------------------------

    def _chosen(self, ways: NDArray[np.int16]) -> Ids:
        """For each walk one of its enabled actions, each as likely."""
        numbers = np.frombuffer(self.random.randbytes(4 * ways.shape[1]), "<u4")
        picks = (numbers.astype(np.uint64) * ways[-1].astype(np.uint64)) >> np.uint64(32)
        chosen: Ids = (ways <= picks.astype(np.int16)).sum(axis=0)
        return chosen

    def _be_curious(self, chosen: Ids, ways: NDArray[np.int16], curious: Ids) -> None:
        """Some walks choose again where what they chose has been taken before."""
        again: list[Ids] = []
        for moves, at in self._groups(chosen, curious):
            again.append(at[self._was_heard(moves.heard(self.worlds, at))])
        at = np.sort(np.concatenate(again)) if again else curious
        if len(at):
            chosen[at] = self._chosen(ways[:, at])

    def _groups(self, chosen: Ids, among: Ids) -> Iterator[tuple[Moves, Ids]]:
        """The walks that chose the same action, for each action."""
        order = among[np.argsort(chosen[among], kind="stable")]
        begin = 0
        for number, count in enumerate(np.bincount(chosen[among]).tolist()):
            if count:
                yield self.moves[number], order[begin : begin + count]
                begin += count

    def _was_heard(self, heard: Ids) -> Mask:
        if len(self._heard) < self.of.heard:
            longer = np.zeros(2 * self.of.heard, np.bool_)
            longer[: len(self._heard)] = self._heard
            self._heard = longer
        return self._heard[heard]

    def _taken(self, moves: Moves, at: Ids) -> Iterator[Taken]:
        """Take an action with these walks; those of them that took such a local step first."""
        heard = moves.heard(self.worlds, at)
        first = []
        for place in np.flatnonzero(~self._was_heard(heard)).tolist():
            if not self._heard[heard[place]]:
                self._heard[heard[place]] = True
                walk = int(at[place])
                before, command = (told(self.worlds, walk) for told in (moves.local, moves.command))
                first.append((walk, before, command))
        moves.apply(self.worlds, at)
        for walk, before, command in first:
            yield Taken(walk, before, moves.local(self.worlds, walk), command)

    # --- what is there to judge ---------------------------------------------------------------

    def vectors(self, at: Ids) -> list[bytes]:
        """The node states of the worlds at these places, as keys."""
        return keys_of(self.worlds[np.array(self.of.locals, np.intp)[:, None], at])

    def nodes(self, walk: int) -> tuple[Local, ...]:
        """The node states in the world of a walk."""
        rows = self.of.locals
        numbers = self.worlds[rows, walk].tolist()
        return tuple([self.of.values(row)[at] for row, at in zip(rows, numbers, strict=True)])

    def quiescent(self) -> Ids:
        """The walks whose worlds are quiescent."""
        at = np.arange(len(self.began))
        for slot in self.of.quiet:
            at = at[self.of.resting(slot, self.worlds[slot, at])]
        return at
