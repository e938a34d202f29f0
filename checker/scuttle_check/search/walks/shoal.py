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

from scuttle_check.engine.actions import Action, Perform
from scuttle_check.engine.system import Local, System
from scuttle_check.search.compiled.parts import SCRIPTED
from scuttle_check.search.compiled.regions import Layout
from scuttle_check.search.walks.components import (
    Components,
    Flags,
    Mask,
    Matrix,
    Numbers,
    keys_of,
    part_of,
)
from scuttle_check.search.walks.moves import Moves, Posts
from scuttle_check.search.walks.random_walk import STEPS_MAX

FEWEST, MOST = 64, 8192
"""Walks at once, at first and in the end: a bug on the way shows before the shoal is large."""

EVERY = 8
"""Steps after which the shoal doubles."""

NARROW = 1 << 16
"""Numbers below fit two bytes, which is how worlds are kept as long as they do."""


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
    turned: Numbers


@define
class Shoal:
    """The walks in progress. `walks` have begun and `walks_left` may still, None for no limit."""

    system: System
    random: random.Random
    walks_left: int | None
    walks: int = 0
    components: Components = field(init=False)
    worlds: Matrix = field(init=False)
    moves: list[Moves] = field(factory=list)
    began: Numbers = field(init=False)
    now: int = 0
    steps: int = 0
    depth: int = 0
    seen: Seen = field(factory=Seen)
    ends: Seen = field(factory=Seen)
    _hearing: dict[Hashable, int] = field(factory=dict)
    _heard: Mask = field(factory=lambda: np.zeros(64, np.bool_))
    _history: list[Numbers] = field(factory=list)
    _forgotten: int = 0
    _ports: dict[int, Posts] = field(factory=dict)
    _places: int = 0

    def __attrs_post_init__(self) -> None:
        layout = Layout(self.system)
        self.components = Components(layout)
        nodes = self.system.topology.node_index
        for (_, target), port in layout.ports.items():
            self._ports[port] = Posts(self.components, port, nodes[target])
        self.worlds = np.zeros((len(self.components.start), 0), np.int32)
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
        start = np.repeat(np.array(self.components.start, np.int32)[:, None], count, axis=1)
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
        before = self.worlds[self.components.locals]
        taken: list[Taken] = []
        for moves, at in self._groups(chosen, everyone):
            entries = moves.find(self.worlds, at)
            taken.extend(self._first_taken(moves, at, entries))
            moves.apply(self.worlds, at, entries)
        turned = np.flatnonzero((before != self.worlds[self.components.locals]).any(axis=0))
        self._history.append(chosen)
        self.now += 1
        self.steps += len(chosen)
        self.depth = max(self.depth, self.now - int(self.began.min(initial=self.now)))
        self.seen.add(self.worlds)
        return Step(taken, turned)

    def schedule(self, walk: int) -> tuple[Action, ...]:
        """The actions that a walk has taken so far."""
        since = int(self.began[walk]) - self._forgotten
        return tuple(self.moves[chosen[walk]].action for chosen in self._history[since:])

    def _enabled(self) -> Mask:
        """Which actions are enabled in which worlds: one row per action."""
        self._list_moves()
        answers: dict[int, Mask] = {}

        def answer(flags: Flags) -> Mask:
            if id(flags) not in answers:
                answers[id(flags)] = flags.answers(self.worlds[flags.row])
            return answers[id(flags)]

        enabled = np.ones((len(self.moves), self.worlds.shape[1]), np.bool_)
        for at, moves in enumerate(self.moves):
            for flags in moves.gates:
                enabled[at] &= answer(flags)
            if moves.counter is not None:
                enabled[at] &= self.worlds[moves.counter[0]] < moves.counter[1]
        return enabled

    def _list_moves(self) -> None:
        """List the actions, and more of them once something can arrive at more places."""
        if self._places == self.components.places:
            return
        self._places = self.components.places
        known = {moves.action for moves in self.moves}
        self.moves.extend(
            Moves(self.components, node, action, self._ports, self._hearing)
            for node, action in self.components.layout.actions(self._places)
            if action not in known
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

    def _retire(self, over: Numbers) -> None:
        """Begin new walks in the place of others, or close the ranks."""
        self.worlds[:, over] = np.array(self.components.start, np.int32)[:, None]
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

    def _chosen(self, ways: NDArray[np.int16]) -> Numbers:
        """For each walk one of its enabled actions, each as likely."""
        numbers = np.frombuffer(self.random.randbytes(4 * ways.shape[1]), "<u4")
        picks = (numbers.astype(np.uint64) * ways[-1].astype(np.uint64)) >> np.uint64(32)
        chosen: Numbers = (ways <= picks.astype(np.int16)).sum(axis=0)
        return chosen

    def _be_curious(self, chosen: Numbers, ways: NDArray[np.int16], curious: Numbers) -> None:
        """Some walks choose again where what they chose has been taken before."""
        again: list[Numbers] = []
        for moves, at in self._groups(chosen, curious):
            entries = moves.find(self.worlds, at)
            again.append(at[self._was_heard(moves.heard.rows[entries, 0])])
        at = np.sort(np.concatenate(again)) if again else curious
        if len(at):
            chosen[at] = self._chosen(ways[:, at])

    def _groups(self, chosen: Numbers, among: Numbers) -> Iterator[tuple[Moves, Numbers]]:
        """The walks that chose the same action, for each action."""
        order = among[np.argsort(chosen[among], kind="stable")]
        begin = 0
        for number, count in enumerate(np.bincount(chosen[among]).tolist()):
            if count:
                yield self.moves[number], order[begin : begin + count]
                begin += count

    def _was_heard(self, heard: NDArray[np.int32]) -> Mask:
        if len(self._heard) < len(self._hearing):
            longer = np.zeros(2 * len(self._hearing), np.bool_)
            longer[: len(self._heard)] = self._heard
            self._heard = longer
        return self._heard[heard]

    def _first_taken(self, moves: Moves, at: Numbers, entries: Numbers) -> Iterator[Taken]:
        """The walks that take a local step first; the worlds are still those before it."""
        heard = moves.heard.rows[entries, 0]
        for place in np.flatnonzero(~self._was_heard(heard)).tolist():
            if not self._heard[heard[place]]:
                self._heard[heard[place]] = True
                yield self._taken(int(at[place]), moves, int(entries[place]))

    def _taken(self, walk: int, moves: Moves, entry: int) -> Taken:
        row = self.components.locals[moves.node]
        locals_, command = self.components.values[row], None
        before = after = locals_[self.worlds[row, walk]]
        if row in moves.rows:
            after = locals_[moves.after.rows[entry, moves.rows.index(row)]]
        if isinstance(moves.action, Perform):
            scripted = self.components.values[row + SCRIPTED][self.worlds[row + SCRIPTED, walk]]
            command = self.system.script[moves.node][scripted]
        return Taken(walk, before, after, command)

    # --- what is there to judge ---------------------------------------------------------------

    def vectors(self, at: Numbers) -> list[bytes]:
        """The node states of the worlds at these places, as keys."""
        return keys_of(part_of(self.worlds, self.components.locals, at))

    def nodes(self, walk: int) -> tuple[Local, ...]:
        """The node states in the world of a walk."""
        rows, values = self.components.locals, self.components.values
        numbers = self.worlds[rows, walk].tolist()
        return tuple([values[row][number] for row, number in zip(rows, numbers, strict=True)])

    def quiescent(self) -> Numbers:
        """The walks whose worlds are quiescent."""
        at = np.arange(len(self.began))
        for flags in self.components.quiet():
            at = at[flags.answers(self.worlds[flags.row, at])]
        return at
