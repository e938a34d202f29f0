"""A store in one SQLite file: state, clock and history, one transaction for each step.

Laws of this file: what a step changed is written in one transaction, so a node that is killed at
any moment starts again with all of a step or nothing of it. The file belongs to one process at a
time. Values are kept as JSON.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import attrs

from scuttle_ref.entries import Entry
from scuttle_ref.history import History
from scuttle_ref.messages import Exchange, Received, Update
from scuttle_ref.names import NodeId, Value
from scuttle_ref.node.store import Change, store_fault
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector
from scuttle_ref.wire import frozen_value, mark_from_json, mark_to_json, thawed_value

FORMAT = 1
"""The layout of the tables, in ``PRAGMA user_version``."""

_TABLES = """
CREATE TABLE node (id TEXT NOT NULL, version INTEGER NOT NULL, sources TEXT NOT NULL);
CREATE TABLE clock (source TEXT PRIMARY KEY, mark) WITHOUT ROWID;
CREATE TABLE entry (place TEXT PRIMARY KEY, value TEXT, version, source TEXT) WITHOUT ROWID;
CREATE TABLE history (at INTEGER PRIMARY KEY, source TEXT, key TEXT, value TEXT, version INTEGER);
CREATE TABLE log (
  at INTEGER PRIMARY KEY, what TEXT NOT NULL,
  source TEXT NOT NULL, key TEXT NOT NULL, value TEXT, version INTEGER NOT NULL
);
"""

UPDATE, COMPACTED, EXCHANGE = "update", "compacted", "exchange"


class SqliteStore:
    """The durable store: everything a node knows but the digests it is in the middle of.

    A session ends with its process, so named sources are not kept. `path` is a file; it is made
    when it is not there. Raises StoreFault when it is no such file, or another process has it.

    Spec: NODE-3.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._clock: dict[NodeId, float] = {}
        self._sources: tuple[NodeId, ...] = ()
        database: sqlite3.Connection | None = None
        try:
            database = sqlite3.connect(self.path, isolation_level=None, timeout=0)
            self._take(database)
        except sqlite3.Error as fault:
            if database is not None:
                database.close()
            problem = f"cannot be opened ({fault})"
            expected = "a file that scuttle wrote and no other process has open"
            raise store_fault(str(self.path), problem, expected) from None
        self._db = database

    @staticmethod
    def _take(database: sqlite3.Connection) -> None:
        """Make the file ours: look first, so that a file of somebody else stays as it is."""
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        (layout,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        fresh = layout == 0 and tables == 0
        if not fresh and layout != FORMAT:
            raise sqlite3.DatabaseError(f"its layout is {layout}, not {FORMAT}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")
        if fresh:
            for statement in _TABLES.split(";\n"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version={FORMAT}")
        database.execute("COMMIT")

    @property
    def identity(self) -> NodeId | None:
        """The id of the node whose state this is, or None when nothing was saved."""
        row = self._db.execute("SELECT id FROM node").fetchone()
        return None if row is None else str(row[0])

    def load(self, gossip: Gossip) -> NodeState | None:
        """The state after the last step that was saved. Raises StoreFault."""
        try:
            row = self._db.execute("SELECT id, version, sources FROM node").fetchone()
            if row is None:
                return None
            node, version, sources = row
            clock = self._db.execute("SELECT source, mark FROM clock").fetchall()
            entries = self._db.execute("SELECT place, value, version, source FROM entry")
            store = [
                (tuple(json.loads(place)), Entry(_value(value), _mark(mark), source))
                for place, value, mark, source in entries
            ]
            history = History()
            for update in self._updates("history"):
                history = history.with_update(update, gossip.config.sort)
        except (sqlite3.Error, ValueError, TypeError) as fault:
            raise store_fault(str(self.path), f"cannot be read ({fault})", "its tables") from None
        self._clock = {source: _mark(mark) for source, mark in clock}
        self._sources = tuple(json.loads(sources))
        return NodeState(
            id=node,
            clock=VersionVector(tuple(sorted(self._clock.items()))),
            sources=self._sources,
            version=version,
            history=history,
            store=tuple(sorted(store, key=lambda pair: pair[0])),
        )

    def save(self, change: Change) -> None:
        """Write what one step changed, in one transaction. Raises StoreFault."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(change)
            self._db.execute("COMMIT")
        except sqlite3.Error as fault:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            problem = f"cannot be written ({fault})"
            raise store_fault(str(self.path), problem, "room on the disk") from None
        self._clock = dict(change.after.clock.pairs)
        self._sources = tuple(change.after.sources)

    def _write(self, change: Change) -> None:
        after = change.after
        self._db.execute("DELETE FROM node")
        row = (after.id, after.version, json.dumps(tuple(after.sources)))
        self._db.execute("INSERT INTO node VALUES (?, ?, ?)", row)
        raised = [
            (source, mark_to_json(mark))
            for source, mark in after.clock.pairs
            if self._clock.get(source) != mark
        ]
        self._db.executemany("INSERT OR REPLACE INTO clock VALUES (?, ?)", raised)
        self._db.executemany(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)",
            [
                (
                    json.dumps(place),
                    _text(entry.value),
                    mark_to_json(entry.version),
                    entry.source_id,
                )
                for place, entry in change.applied
            ],
        )
        for update in change.recorded:
            self._insert("history", update)
            self._insert("log", update, UPDATE)
        for update in change.forgotten:
            self._forget(update)
        for update in change.compacted:
            self._forget(update)
            self._insert("log", update, COMPACTED)
        if change.exchange:
            self._db.execute(
                "INSERT INTO log VALUES (NULL, ?, ?, '', 'null', 0)", (EXCHANGE, change.exchange)
            )

    def _insert(self, table: str, update: Update, *what: str) -> None:
        values = (update.source_id, update.key, _text(update.value), update.version)
        marks = ", ".join("?" * (len(what) + 4))
        self._db.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", (*what, *values))  # noqa: S608

    def _forget(self, update: Update) -> None:
        """Remove one copy, the oldest."""
        self._db.execute(
            "DELETE FROM history WHERE at = (SELECT min(at) FROM history"
            " WHERE source = ? AND version = ? AND key = ?)",
            (update.source_id, update.version, update.key),
        )

    def _updates(self, table: str) -> Iterator[Update]:
        query = f"SELECT source, key, value, version FROM {table} ORDER BY at"  # noqa: S608
        for source, key, value, version in self._db.execute(query):
            yield Update(source, key, _value(value), version)

    def replayed(self, gossip: Gossip) -> NodeState | None:
        """The state that the log of updates leads to, from nothing.

        Equal to what :meth:`load` gives: what is kept is what was received, in its order.

        Spec: NODE-6.
        """
        if self.identity is None:
            return None
        state = gossip.start(self.identity)
        rows = self._db.execute("SELECT what, source, key, value, version FROM log ORDER BY at")
        for what, source, key, value, version in rows:
            update = Update(source, key, _value(value), version)
            if what == UPDATE:
                state = gossip.step(state, Received(source, update)).state
            elif what == EXCHANGE:
                state = gossip.step(state, Exchange(source)).state
            else:
                kept = tuple(each for each in state.history.updates if each != update)
                state = attrs.evolve(state, history=History(kept))
        return state

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _text(value: Value) -> str:
    return json.dumps(thawed_value(value), default=str)


def _value(text: str) -> Value:
    return frozen_value(json.loads(text))


def _mark(mark: object) -> float:
    return mark_from_json(mark)  # type: ignore[return-value]
