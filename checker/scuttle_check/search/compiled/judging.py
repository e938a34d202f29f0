"""Judging whole levels of worlds: each distinct thing that a property reads, once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action, Perform, Restart
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import Local, Scope
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.compiled.words import Fields, Vectors

if TYPE_CHECKING:
    from scuttle_check.search.reductions.symmetry import Symmetry

Decide: TypeAlias = Callable[[str, str, int, Action | None, int], None]
"""Property, reason, world, for a step the action from there, and an element of the symmetry.

Under that element the world, or the step, shows what the reason says.
"""


@define
class LevelJudge:
    """Shows the parts of worlds to a :class:`~scuttle_check.search.judge.Judge`.

    With `keep` it remembers the vectors of node states that were `met`, and which node states
    came `later` than which, or `returned` after a crash, for a certificate.

    Node states are shown when their region is first interned, steps when a table is filled,
    vectors of node states when a level contains one for the first time. A property of steps or
    of single nodes that breaks is decided by the first world of the level that shows it.
    """

    judge: Judge
    tables: Tables
    decide: Decide
    keep: bool = False
    symmetry: Symmetry | None = field(init=False, default=None)
    met: list[tuple[Local, ...]] = field(factory=list)
    later: dict[Local, dict[Local, None]] = field(factory=dict)
    returned: dict[Local, dict[Local, None]] = field(factory=dict)
    by_scope: dict[Hashable, list[Property]] = field(init=False)
    broken: dict[str, dict[tuple[int, int], str]] = field(factory=dict)
    broken_steps: list[tuple[str, str, int, int, Action, int]] = field(factory=list)
    judged: list[int] = field(init=False)
    local_of: list[Ids] = field(init=False)
    quiet: list[NDArray[np.bool_]] = field(init=False)
    vectors: dict[Scope, Vectors] = field(init=False)

    def __attrs_post_init__(self) -> None:
        nodes = range(len(self.tables.interned))
        self.by_scope = {
            scope: [each for each in self.judge.properties if each.scope is scope]
            for scope in Scope
        }
        self.judged = [0 for _ in nodes]
        self.local_of = [np.zeros(0, np.intp) for _ in nodes]
        self.quiet = [np.zeros(0, np.bool_) for _ in nodes]
        self.vectors = {
            scope: Vectors(Fields.even(len(nodes)))
            for scope in (Scope.ALL_NODES, Scope.QUIESCENT_NODES, Scope.TERMINAL_NODES)
        }

    # --- steps ----------------------------------------------------------------------------------

    def hear(self, node: int, before: int, action: Action, after: int) -> None:
        """A distinct step of a node, by its regions: judge the properties of steps."""
        interned = self.tables.interned[node]
        command = None
        if isinstance(action, Perform):
            command = self.tables.layout.system.script[node][interned.region(before).scripted]
        for element in range(1 if self.symmetry is None else len(self.symmetry.group)):
            one, two = interned.local(before), interned.local(after)
            if self.symmetry is not None:
                one, two = self.symmetry.local(element, one), self.symmetry.local(element, two)
            if one is not two or command is not None:
                self._hear((one, two, command), (node, before, action, element))

    def _hear(
        self, step: tuple[Local, Local, Hashable], shown: tuple[int, int, Action, int]
    ) -> None:
        """A step and the command of its owner; who took it, from where, and under what element."""
        one, two, command = step
        _, _, action, _ = shown
        changed = one is not two
        if self.keep and changed:
            following = self.returned if isinstance(action, Restart) else self.later
            following.setdefault(one, {})[two] = None
        parts: list[tuple[Property, Hashable]] = [
            (each, (one, two)) for each in self.by_scope[Scope.NODE_STEP] if changed
        ]
        if command is not None:
            parts.extend((each, step) for each in self.by_scope[Scope.OWNER_STEP])
        for each, part in parts:
            if each.name not in self.judge.decided:
                because = self.judge.part(each, part)
                if because is not None:
                    self.broken_steps.append((each.name, because, *shown))

    def see_steps(self, level: Worlds) -> None:
        """Decide what :meth:`hear` found broken while `level` was expanded."""
        for name, because, node, region, action, element in self.broken_steps:
            shows = self.tables.fields.ids(level, node) == region
            counter = self.tables.layout.counter_of(action)
            if counter is not None:
                shows &= self.tables.affordable(counter, level)
            self.decide(name, because, int(level[np.flatnonzero(shows)[0]]), action, element)
        self.broken_steps.clear()

    # --- node states and vectors of them --------------------------------------------------------

    def see(self, level: Worlds, chunk: int) -> None:
        """Judge the node states, and the vectors of them, that are new in a level.

        The level is looked at in pieces of `chunk` worlds.
        """
        nodes = range(len(self.tables.interned))
        for node in nodes:
            self._see_regions(node)
        for start in range(0, len(level), chunk):
            worlds = level[start : start + chunk]
            plain = [self.tables.fields.ids(worlds, node) for node in nodes]
            for element, regions in self._images(plain):
                self._see_image(worlds, regions, element)

    def _images(self, regions: list[Ids]) -> Iterable[tuple[int, list[Ids]]]:
        """What is to be judged: the regions of worlds under each element of the symmetry."""
        return [(0, regions)] if self.symmetry is None else self.symmetry.images(regions)

    def _see_image(self, worlds: Worlds, regions: list[Ids], element: int) -> None:
        """Judge the regions of worlds under an element of the symmetry. Spec: SYM-3."""
        for name, bad in self.broken.items():
            if name not in self.judge.decided:
                self._decide_first(name, bad, worlds, regions, element)
        if self.by_scope[Scope.ALL_NODES] or self.keep:
            self._see_vectors(Scope.ALL_NODES, worlds, regions, element)
        if self.by_scope[Scope.QUIESCENT_NODES]:
            at = self._quiescent(regions)
            if len(at):
                quiet = [ids[at] for ids in regions]
                self._see_vectors(Scope.QUIESCENT_NODES, worlds[at], quiet, element)

    def see_terminal(self, worlds: Worlds, regions: list[Ids]) -> None:
        """Judge the vectors of node states of worlds in which nothing can happen any more."""
        if len(worlds) and self.by_scope[Scope.TERMINAL_NODES]:
            for node in range(len(self.tables.interned)):
                self._see_regions(node)
            for element, seen in self._images(regions):
                self._see_vectors(Scope.TERMINAL_NODES, worlds, seen, element)

    def _quiescent(self, regions: list[Ids]) -> Ids:
        """Which worlds of these regions are quiescent."""
        at = np.flatnonzero(self.quiet[0][regions[0]])
        for quiet, ids in zip(self.quiet[1:], regions[1:], strict=True):
            at = at[quiet[ids[at]]]
        return at

    def _see_regions(self, node: int) -> None:
        """Take in the regions that are new, and judge the node states that are."""
        interned, known = self.tables.interned[node], len(self.local_of[node])
        if len(interned) == known:
            return
        numbers = interned.column(0)[known:].astype(np.intp)
        self.local_of[node] = np.append(self.local_of[node], numbers)
        self.quiet[node] = np.append(self.quiet[node], interned.resting(known))
        for number in range(self.judged[node], len(interned.values[0])):
            for each in self.by_scope[Scope.EACH_NODE]:
                because = self.judge.part(each, interned.values[0][number])
                if because is not None:
                    self.broken.setdefault(each.name, {})[node, number] = because
        self.judged[node] = len(interned.values[0])

    def _decide_first(
        self,
        name: str,
        bad: dict[tuple[int, int], str],
        level: Worlds,
        regions: list[Ids],
        element: int,
    ) -> None:
        """The first world that shows a bad node state decides, and that state says why."""
        for node, ids in enumerate(regions):
            wanted = [number for owner, number in bad if owner == node]
            numbers = self.local_of[node][ids]
            at = np.flatnonzero(np.isin(numbers, wanted))
            if len(at):
                because = bad[node, int(numbers[at[0]])]
                self.decide(name, because, int(level[at[0]]), None, element)
                return

    def _see_vectors(self, scope: Scope, worlds: Worlds, regions: list[Ids], element: int) -> None:
        values = [interned.values[0] for interned in self.tables.interned]
        for row in self.vectors[scope].new(self.local_of, regions, list(map(len, values))):
            nodes = tuple(values[node][number] for node, number in enumerate(row))
            if self.keep and scope is Scope.ALL_NODES:
                self.met.append(nodes)
            for each in self.by_scope[scope]:
                if each.name not in self.judge.decided:
                    because = self.judge.first(each, nodes)
                    if because is not None:
                        world = int(worlds[self._first(row, regions)])
                        self.decide(each.name, because, world, None, element)

    def _first(self, row: tuple[int, ...], regions: list[Ids]) -> int:
        """The first place at which the regions are of these node states."""
        columns = [numbers[ids] for numbers, ids in zip(self.local_of, regions, strict=True)]
        equal = [column == number for column, number in zip(columns, row, strict=True)]
        return int(np.flatnonzero(np.logical_and.reduce(equal))[0])
