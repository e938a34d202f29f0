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

from scuttle_ref.history import History
from scuttle_ref.messages import Exchange, Received, Update
from scuttle_ref.names import UNBOUNDED, Mark, NodeId, Value, frozen_value, thawed_value
from scuttle_ref.node.keeping import BOUNDS
from scuttle_ref.node.store import Change, store_fault
from scuttle_ref.node.stored import Row, Stored, floors_of, updates_of
from scuttle_ref.pairs import Pairs, get
from scuttle_ref.reducer import Gossip
from scuttle_ref.rows import differing
from scuttle_ref.state import NodeState
from scuttle_ref.wire import json_of, mark_to_json

FORMAT = 3
"""The layout of the tables, in ``PRAGMA user_version``."""

_HISTORY = "(at INTEGER PRIMARY KEY, source TEXT, key TEXT, value TEXT, version INTEGER)"
_LOG = (
    "(at INTEGER PRIMARY KEY, what TEXT NOT NULL,"
    " source TEXT NOT NULL, key TEXT NOT NULL, value TEXT, version INTEGER NOT NULL)"
)
_FORGOTTEN = "CREATE TABLE forgotten (source TEXT PRIMARY KEY, version) WITHOUT ROWID"
_LEFT = (
    "SELECT source, key, value, version FROM log WHERE what = 'update' AND NOT EXISTS"
    " (SELECT * FROM history AS h"
    " WHERE h.source = log.source AND h.version = log.version AND h.key = log.key)"
)
_TAKEN_OVER = (
    "INSERT INTO clock (source, mark) SELECT source, mark FROM marks LEFT JOIN"
    " (SELECT key, value AS name FROM node, json_each(node.sources)) ON name = source ORDER BY key"
)
_CLOCK = "CREATE TABLE clock (at INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, mark)"
"""The marks, by the turn in which their sources became known."""

_TABLES = (
    "CREATE TABLE node (id TEXT NOT NULL, version INTEGER NOT NULL)",
    _CLOCK,
    "CREATE TABLE entry (place TEXT PRIMARY KEY, value TEXT, version, source TEXT) WITHOUT ROWID",
    f"CREATE TABLE history {_HISTORY}",
    f"CREATE TABLE log {_LOG}",
    _FORGOTTEN,
)

_FROM_1 = (
    "ALTER TABLE clock RENAME TO marks",
    _CLOCK,
    _TAKEN_OVER,
    "DROP TABLE marks",
    "ALTER TABLE node DROP COLUMN sources",
)
"""From the first layout, in which the order of the sources was one text of the node."""

_FROM_2 = (
    _FORGOTTEN,
    f"INSERT INTO forgotten SELECT source, max(version) FROM ({_LEFT}) GROUP BY source",  # noqa: S608
    f"INSERT INTO log SELECT NULL, 'compacted', source, key, value, version FROM ({_LEFT})",  # noqa: S608
)
"""From the second layout, which did not say what history had forgotten."""

_STEPS = {0: _TABLES, 1: (*_FROM_1, *_FROM_2), 2: _FROM_2, FORMAT: ()}

UPDATE, COMPACTED, EXCHANGE = "update", "compacted", "exchange"


class SqliteStore:
    """The durable store: everything a node knows but the digests it is in the middle of.

    A session ends with its process, so named sources are not kept. `path` is a file; it is made
    when it is not there. Raises StoreFault when it is no such file, or another process has it.

    Spec: NODE-3.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._saved: NodeState | None = None
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
        database.text_factory = _decoded
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        (layout,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if layout not in _STEPS or (layout == 0 and tables > 0):
            raise sqlite3.DatabaseError(f"its layout is {layout}, not {FORMAT}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")
        for statement in _STEPS[layout]:
            database.execute(statement)
        database.execute(f"PRAGMA user_version={FORMAT}")
        database.execute("COMMIT")
        for kind, name in database.execute("SELECT type, name FROM sqlite_master"):
            if kind not in {"table", "index"}:  # it would change by itself what is written
                raise sqlite3.DatabaseError(f"holds a {kind}, {str(name)[:40]!r}")

    @property
    def identity(self) -> NodeId | None:
        """The id of the node whose state this is, or None when nothing was saved.

        Raises StoreFault.
        """
        rows = self._read("SELECT id FROM node")
        return str(rows[0][0]) if rows else None

    def load(self, gossip: Gossip) -> NodeState | None:
        """The state after the last step that was saved. Raises StoreFault.

        Spec: NODE-15.
        """
        try:
            stored = Stored(
                str(self.path),
                self._rows("SELECT id, version FROM node"),
                self._rows("SELECT source, mark FROM clock ORDER BY at"),
                self._rows("SELECT place, value, version, source FROM entry"),
                self._rows("SELECT at, source, key, value, version FROM history ORDER BY at"),
                self._issued,
                self._rows("SELECT source, version FROM forgotten"),
            )
            state = stored.state(gossip)
        except sqlite3.Error as fault:
            raise store_fault(str(self.path), f"cannot be read ({fault})", "its tables") from None
        self._saved = state
        return state

    def _rows(self, query: str, *named: object) -> list[Row]:
        return self._db.execute(query, named).fetchall()

    def _read(self, query: str) -> list[Row]:
        """The rows of a table that may have been changed. Raises StoreFault."""
        try:
            return self._rows(query)
        except sqlite3.Error as fault:
            raise store_fault(str(self.path), f"cannot be read ({fault})", "its tables") from None

    def _issued(self, node: NodeId) -> object:
        """The highest of the node's own versions in the log."""
        query = "SELECT max(version) FROM log WHERE source = ? AND what = ?"
        return self._rows(query, node, UPDATE)[0][0]

    def forgotten(self) -> dict[NodeId, Mark]:
        """The highest version of each source that history has forgotten. Raises StoreFault."""
        return floors_of(str(self.path), self._read("SELECT source, version FROM forgotten"))

    def save(self, change: Change) -> None:
        """Write what one step changed, in one transaction, or nothing. Raises StoreFault.

        Whatever is raised leaves no transaction open.

        Spec: NODE-3.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(change)
            self._db.execute("COMMIT")
        except BaseException as fault:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if not isinstance(fault, Exception):
                raise
            expected = "room on the disk" if isinstance(fault, sqlite3.Error) else "UTF-8 and JSON"
            problem = f"cannot be written ({fault})"
            raise store_fault(str(self.path), problem, expected) from None
        self._saved = change.after

    def _write(self, change: Change) -> None:
        after = change.after
        self._db.execute("DELETE FROM node")
        self._db.execute("INSERT INTO node VALUES (?, ?)", (after.id, after.version))
        before = () if self._saved is None else self._saved.clock.pairs
        self._db.executemany(
            "INSERT INTO clock (source, mark) VALUES (?, ?)"
            " ON CONFLICT (source) DO UPDATE SET mark = excluded.mark",
            [(source, mark_to_json(mark)) for source, mark in self._newly_known(before, after)],
        )
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
        for update in (*change.forgotten, *change.compacted):
            self._forget(update)
            self._insert("log", update, COMPACTED)
        if change.exchange:
            self._db.execute(
                "INSERT INTO log VALUES (NULL, ?, ?, '', 'null', 0)", (EXCHANGE, change.exchange)
            )

    @staticmethod
    def _newly_known(before: Pairs[NodeId, Mark], after: NodeState) -> list[tuple[NodeId, Mark]]:
        """The marks that rose, new sources in the order in which the node enumerates them."""
        risen = differing(after.clock.pairs, before)
        fresh = {source for source, _ in risen if get(before, source, None) is None}
        if len(fresh) > 1:
            turns = {source: at for at, source in enumerate(after.sources)}
            risen.sort(key=lambda pair: turns[pair[0]])
        return risen

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
        self._db.execute(
            "INSERT INTO forgotten VALUES (?, ?) ON CONFLICT (source)"
            " DO UPDATE SET version = max(version, excluded.version)",
            (update.source_id, update.version),
        )

    def _updates(self, table: str) -> Iterator[Update]:
        query = f"SELECT source, key, value, version FROM {table} ORDER BY at"  # noqa: S608
        return updates_of(self._rows(query))

    def replayed(self, gossip: Gossip) -> NodeState | None:
        """The state that the log of updates leads to, from nothing.

        Equal to what :meth:`load` gives: what is kept is what was received, in its order.

        Spec: NODE-6.
        """
        if self.identity is None:
            return None
        if gossip.profile.retain in BOUNDS:  # what was forgotten, and when, stands in the log
            gossip = attrs.evolve(gossip, config=attrs.evolve(gossip.config, max_history=UNBOUNDED))
        state = gossip.start(self.identity)
        rows = self._db.execute("SELECT what, source, key, value, version FROM log ORDER BY at")
        for what, source, key, value, version in rows:
            update = Update(source, key, frozen_value(json_of(value)), version)
            if what == UPDATE:
                state = gossip.step(state, Received(source, update)).state
            elif what == EXCHANGE:
                state = gossip.step(state, Exchange(source)).state
            else:
                kept = list(state.history.updates)
                if update in kept:  # the rule may have forgotten it by itself
                    kept.remove(update)
                state = attrs.evolve(state, history=History(tuple(kept)))
        return state

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _text(value: Value) -> str:
    return json.dumps(thawed_value(value), allow_nan=False)


def _decoded(stored: bytes) -> str | bytes:
    """A text of a row; one that is none is judged with its row."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored
