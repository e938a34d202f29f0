"""From the rows of a store to the state of a node: every row is judged as if a peer had sent it.

Laws of this file: a state comes of rows that are valid and agree with each other, and of no others;
what is wrong is said of the row in which it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

import attrs
from attrs import field, frozen

from scuttle_ref import rules
from scuttle_ref.entries import Entry, entries_of
from scuttle_ref.errors import Refusal
from scuttle_ref.history import History
from scuttle_ref.messages import Update
from scuttle_ref.names import VERSION_MAX, Mark, NodeId, Place, Value, Version, frozen_value
from scuttle_ref.node.store import StoreFault
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState
from scuttle_ref.validity import mark_refusal, name_refusal, update_refusal, version_refusal
from scuttle_ref.version_vector import VersionVector
from scuttle_ref.wire import json_of, mark_from_json

Row: TypeAlias = tuple[Any, ...]


@frozen
class Stored:
    """The rows of a store, by table, as they were found. `where` is the store.

    `issued` are the own versions in the log: what the node has told anybody of. `forgotten` are the
    highest versions that history has forgotten, by source.
    """

    where: str
    node: list[Row]
    clock: list[Row]
    entries: list[Row]
    history: list[Row]
    issued: Callable[[NodeId], object] = field(default=lambda _node: None)
    forgotten: list[Row] = field(factory=list)

    def state(self, gossip: Gossip) -> NodeState | None:
        """The state that these rows are, or None if there are none. Raises StoreFault.

        Spec: NODE-15.
        """
        if not self.node and not (self.clock or self.entries or self.history):
            return None
        node, version = self._node()
        clock = self._clock(node)
        sources: Any = ()
        for source in clock:
            sources = gossip.profile.enlist(sources, source)
        history = History()
        for update in self._history():
            history = history.with_update(update, gossip.config.sort)
        places = dict(self._entries(gossip))
        vector = VersionVector()
        for source, mark in clock.items():
            vector = vector.raised(source, mark)
        state = NodeState(node, vector, sources, version, history, entries_of(places.items()))
        if gossip.profile.witness is not rules.witness_counting:  # that rule counts echoes (DEV-3)
            self._agree(state)
        return state

    def _node(self) -> tuple[NodeId, Version]:
        if len(self.node) != 1:
            self._refuse("node", "", f"has {len(self.node)} rows", "one row")
        node, version = self.node[0]
        self._judge("node", node, name_refusal("id", node))
        if type(version) is not int or not 0 <= version <= VERSION_MAX:
            self._refuse("node", node, f"version is {version!r}", "an integer from 0 to 2**53")
        return node, version

    def _clock(self, node: NodeId) -> dict[NodeId, Mark]:
        """The marks by source, in the order in which the sources became known."""
        clock: dict[NodeId, Mark] = {}
        for source, stored in self.clock:
            mark: Any = mark_from_json(stored)
            self._judge("clock", source, name_refusal("source", source) or mark_refusal(mark))
            clock[source] = mark
        if node not in clock:
            self._refuse("clock", node, "is missing", "a mark of the node itself")
        return clock

    def _entries(self, gossip: Gossip) -> Iterator[tuple[Place, Entry]]:
        for stored, text, version, source in self.entries:
            place = self._parsed("entry", stored, stored)
            names: tuple[Any, ...] = place if isinstance(place, tuple) and place else (None,)
            update = Update(source, names[-1], self._parsed("entry", stored, text), version)
            self._judge("entry", stored, update_refusal(update))
            if names != (due := gossip.profile.place(update)):
                expected = f"the place {json.dumps(due)} of the profile {gossip.profile.name}"
                self._refuse("entry", stored, "is another place", expected)
            yield due, Entry(update.value, version, source)

    def _history(self) -> Iterator[Update]:
        for at, source, key, text, version in self.history:
            update = Update(source, key, self._parsed("history", at, text), version)
            self._judge("history", at, update_refusal(update))
            yield update

    def _agree(self, state: NodeState) -> None:
        """Nothing is above the clock of its source, so that no version is stamped twice."""
        held = [
            *(("entry", entry.source_id, entry.version) for _, entry in state.store),
            *(("history", each.source_id, each.version) for each in state.history.updates),
        ]
        floors = floors_of(self.where, self.forgotten)
        held.extend(("forgotten", source, version) for source, version in floors.items())
        issued = self.issued(state.id)
        if issued is not None:
            held.append(("log", state.id, issued))  # type: ignore[arg-type] # judged below
        for table, source, version in held:
            mark = state.clock.get(source)
            if type(version) is not int or version > mark:
                self._refuse(
                    "clock", source, f"mark is {mark}", f"{version} at least, as in {table}"
                )
        own = {"log", "forgotten"}
        highest = max((version for table, _, version in held if table not in own), default=0)
        if state.version < highest:
            problem = f"version is {state.version}"
            self._refuse("node", state.id, problem, f"{highest} at least, as is remembered")

    def _parsed(self, table: str, row: object, text: object) -> Value:
        try:
            return frozen_value(json_of(text if type(text) is str else ""))
        except (ValueError, RecursionError):
            self._refuse(table, row, f"holds {str(text)[:40]!r}", "JSON")

    def _judge(self, table: str, row: object, refusal: Refusal | None) -> None:
        _judge(self.where, table, row, refusal)

    def _refuse(self, table: str, row: object, problem: str, expected: str) -> NoReturn:
        _refuse(self.where, table, row, Refusal("", problem, expected, "NODE-15"))


def _judge(where: str, table: str, row: object, refusal: Refusal | None) -> None:
    if refusal is not None:
        problem = f"{refusal.path} {refusal.problem}"
        _refuse(where, table, row, Refusal("", problem, refusal.expected, refusal.clause))


def _refuse(where: str, table: str, row: object, refusal: Refusal) -> NoReturn:
    raise StoreFault(attrs.evolve(refusal, path=f"{where}: {table} {str(row)[:60]!r}"))


def floors_of(where: str, rows: Iterable[Row]) -> dict[NodeId, Mark]:
    """The highest versions that were forgotten, by source. Raises StoreFault. Spec: NODE-15."""
    floors: dict[NodeId, Mark] = {}
    for source, version in rows:
        refusal = name_refusal("source", source) or version_refusal(version)
        _judge(where, "forgotten", source, refusal)
        floors[source] = version
    return floors


def updates_of(rows: Iterable[Row]) -> Iterator[Update]:
    """The updates of rows that were judged when they were written."""
    for source, key, text, version in rows:
        yield Update(source, key, frozen_value(json_of(text)), version)
