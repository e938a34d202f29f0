"""Rows of a store that were changed: each is refused by name, or does no harm."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scuttle_ref import Update, validity
from scuttle_ref.config import Config
from scuttle_ref.node import Node, SqliteStore, StoreFault
from scuttle_ref.node.store import Change
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER

WIDE = Config(max_history=100)


def filled(path: Path, profile: Profile = DOCUMENTED) -> Node:
    """A node with something in every table, closed."""
    node = Node("A", WIDE, profile=profile, store=SqliteStore(path))
    for count in range(3):
        node.set(f"k{count}", [count, {"x": None}])
        node.write(Update("B", "j", f"b{count}", 2 + 3 * count), "B")
    node.close()
    return node


def edit(path: Path, statement: str, *named: object) -> None:
    """Change a row as an editor of SQLite files would."""
    with sqlite3.connect(path) as database:
        assert database.execute(statement, named).rowcount > 0
    database.close()


def opened(path: Path, profile: Profile = DOCUMENTED) -> Node:
    """The node of a store; the store is closed where it is refused."""
    store = SqliteStore(path)
    try:
        return Node("A", WIDE, profile=profile, store=store)
    except StoreFault:
        store.close()
        raise


EDITS = [
    ("UPDATE clock SET mark = 1.5 WHERE source = 'A'", "clock 'A': version is 1.5;", "EXCH-1"),
    ("UPDATE clock SET mark = 'x' WHERE source = 'B'", "clock 'B': version is 'x';", "EXCH-1"),
    ("UPDATE clock SET mark = -1 WHERE source = 'B'", "clock 'B': version is -1;", "EXCH-1"),
    ("UPDATE clock SET mark = NULL WHERE source = 'B'", "clock 'B': version is None;", "EXCH-1"),
    (
        "UPDATE clock SET mark = 9007199254740993",
        "clock 'A': version is an integer beyond",
        "EXCH-1",
    ),
    ("UPDATE clock SET mark = 2 WHERE source = 'A'", "clock 'A': mark is 2; expected", "NODE-15"),
    ("UPDATE clock SET mark = 7 WHERE source = 'B'", "clock 'B': mark is 7; expected 8", "NODE-15"),
    ("UPDATE clock SET source = '' WHERE source = 'B'", "clock '': source is empty", "MOD-1"),
    ("UPDATE clock SET source = x'ff' WHERE source = 'B'", "source is a bytes", "MOD-1"),
    (
        "UPDATE clock SET source = CAST(x'ff' AS TEXT) WHERE source = 'B'",
        "source is a bytes",
        "MOD-1",
    ),
    ("UPDATE clock SET source = '__proto__' WHERE source = 'B'", "a property of every", "MOD-4"),
    ("DELETE FROM clock WHERE source = 'A'", "clock 'A': is missing", "NODE-15"),
    ("DELETE FROM clock WHERE source = 'B'", "clock 'B': mark is -inf; expected", "NODE-15"),
    ("UPDATE node SET id = 3", "clock '3': is missing", "NODE-15"),
    ("UPDATE node SET id = x'00'", "id is a bytes", "MOD-1"),
    ("UPDATE node SET version = 1.5", "node 'A': version is 1.5; expected an integer", "NODE-15"),
    ("UPDATE node SET version = -1", "node 'A': version is -1", "NODE-15"),
    ("UPDATE node SET version = 1", "node 'A': version is 1; expected 8 at least", "NODE-15"),
    ("INSERT INTO node SELECT * FROM node", "node '': has 2 rows", "NODE-15"),
    ("DELETE FROM node", "node '': has 0 rows", "NODE-15"),
    (
        "UPDATE entry SET place = 'x' WHERE source = 'B'",
        "entry 'x': holds 'x'; expected JSON",
        "NODE-15",
    ),
    ("UPDATE entry SET place = '[]' WHERE source = 'B'", "entry '[]': key is a NoneType", "MOD-1"),
    ("""UPDATE entry SET place = '"j"' WHERE source = 'B'""", "key is a NoneType", "MOD-1"),
    ("UPDATE entry SET place = '[1]' WHERE source = 'B'", "entry '[1]': key is an int", "MOD-1"),
    ("""UPDATE entry SET place = '["B", "j"]' WHERE source = 'B'""", "is another place", "NODE-15"),
    ("UPDATE entry SET value = 'nan' WHERE source = 'B'", "holds 'nan'; expected JSON", "NODE-15"),
    (
        "UPDATE entry SET value = '1e999' WHERE source = 'B'",
        "holds '1e999'; expected JSON",
        "NODE-15",
    ),
    ("UPDATE entry SET value = 3 WHERE source = 'B'", None, ""),
    ("UPDATE entry SET value = x'33' WHERE source = 'B'", "expected JSON", "NODE-15"),
    ("UPDATE entry SET version = 0 WHERE source = 'B'", "version is 0", "VERS-1"),
    ("UPDATE entry SET version = 9.5 WHERE source = 'B'", "version is 9.5", "VERS-1"),
    (
        "UPDATE entry SET version = 99 WHERE source = 'B'",
        "clock 'B': mark is 8; expected 99",
        "NODE-15",
    ),
    ("UPDATE entry SET source = NULL WHERE source = 'B'", "source_id is a NoneType", "MOD-1"),
    ("UPDATE entry SET source = 'C' WHERE source = 'B'", "clock 'C': mark is -inf", "NODE-15"),
    (
        "UPDATE history SET version = 99 WHERE source = 'A'",
        "expected 99 at least, as in history",
        "NODE-15",
    ),
    ("UPDATE history SET version = 'x' WHERE at = 2", "history '2': version is 'x'", "VERS-1"),
    ("UPDATE history SET key = NULL WHERE at = 2", "history '2': key is a NoneType", "MOD-1"),
    ("UPDATE history SET key = 'toString' WHERE at = 2", "history '2': key is 'toString'", "MOD-4"),
    (
        "UPDATE history SET value = '{' WHERE at = 2",
        "history '2': holds '{'; expected JSON",
        "NODE-15",
    ),
    ("UPDATE history SET value = NULL WHERE at = 2", "history '2': holds 'None'", "NODE-15"),
    ("UPDATE history SET source = '' WHERE at = 2", "history '2': source_id is empty", "MOD-1"),
    (
        "UPDATE log SET version = 99 WHERE source = 'A'",
        "expected 99 at least, as in log",
        "NODE-15",
    ),
    ("UPDATE log SET version = 2.5 WHERE source = 'A'", "as in log", "NODE-15"),
    ("DROP TABLE entry", "cannot be read (no such table: entry)", "NODE-3"),
]


@pytest.mark.parametrize(("statement", "says", "clause"), EDITS, ids=[each[0] for each in EDITS])
def test_a_row_that_cannot_be_is_refused_by_name(
    statement: str, says: str | None, clause: str, tmp_path: Path
) -> None:
    """Which row, what is wrong with it, and by which clause. Spec: NODE-15."""
    path = tmp_path / "a.db"
    filled(path)
    if statement.startswith("DROP"):
        with sqlite3.connect(path) as database:
            database.execute(statement)
        database.close()
    else:
        edit(path, statement)

    if says is None:
        opened(path).close()
        return
    with pytest.raises(StoreFault) as refused:
        opened(path)
    assert says in str(refused.value)
    assert refused.value.refusal.clause == clause


HOSTILE = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from(
        ["[]", "{}", "1", '["j"]', "Infinity", "-Infinity", "NaN", "[" * 5000, "A", "B"]
    ),
)
CELLS = [
    *(("clock", name) for name in ("source", "mark")),
    *(("node", name) for name in ("id", "version")),
    *(("entry", name) for name in ("place", "value", "version", "source")),
    *(("history", name) for name in ("source", "key", "value", "version")),
]


@settings(max_examples=150, deadline=None)
@example(("clock", "mark"), 2**63 - 1, 0, DOCUMENTED)
@given(
    st.sampled_from(CELLS),
    HOSTILE,
    st.integers(0, 5),
    st.sampled_from([DOCUMENTED, AS_SHIPPED, PAPER]),
)
def test_whatever_stands_in_a_cell_a_node_is_sound_or_is_not(
    tmp_path_factory: pytest.TempPathFactory,
    cell: tuple[str, str],
    value: object,
    at: int,
    profile: Profile,
) -> None:
    """Every part of what it goes on with is valid, and it stamps above all it has stamped.

    Spec: NODE-15.
    """
    path = tmp_path_factory.mktemp("rows") / "a.db"
    before = filled(path, profile)
    table, column = cell
    with sqlite3.connect(path) as database:
        keys = [row[0] for row in database.execute(f"SELECT {KEYS[table]} FROM {table}")]  # noqa: S608
        try:
            database.execute(
                f"UPDATE {table} SET {column} = ? WHERE {KEYS[table]} = ?",  # noqa: S608
                (value, keys[at % len(keys)]),
            )
        except sqlite3.IntegrityError:
            return
    try:
        node = opened(path, profile)
    except StoreFault:
        return
    state = node.snapshot
    for update in state.history.updates:
        assert validity.update_refusal(update) is None
    for source, mark in state.clock.pairs:
        assert validity.name_refusal("source", source) is None
        assert validity.mark_refusal(mark) is None
    node.set("k", "new")
    stamped = node.snapshot.clock.get("A")
    assert stamped > before.snapshot.clock.get("A") or (table == "clock" and profile is AS_SHIPPED)
    node.close()


KEYS = {"clock": "at", "node": "rowid", "entry": "place", "history": "at"}


@pytest.mark.parametrize(
    "fault", [ValueError("no"), KeyboardInterrupt(), RecursionError(), MemoryError()]
)
def test_whatever_is_raised_in_a_transaction_takes_it_back(
    fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next step is saved as if nothing had been. Spec: NODE-3."""
    store = SqliteStore(tmp_path / "a.db")
    node = Node("A", store=store)
    node.set("k", 1)

    def raises(_change: Change) -> None:
        store._db.execute("DELETE FROM entry")  # noqa: SLF001 - half of a step
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(store, "_write", raises)
        with pytest.raises(StoreFault if isinstance(fault, Exception) else type(fault)):
            node.set("k", 2)
    assert node.get("k") == {"value": 1, "version": 1}
    node.set("k", 3)
    assert store.load(node.protocol) == node.snapshot
    assert node.get("k") == {"value": 3, "version": 2}
    node.close()


def test_a_text_that_no_file_can_hold_is_refused_and_the_store_goes_on(tmp_path: Path) -> None:
    """A lone surrogate, in a mapping that is not asked whether it is valid. Spec: NODE-3."""
    store = SqliteStore(tmp_path / "a.db")
    node = Node("A", store=store)
    bad = Update("\ud800", "k", 1, 5)
    with pytest.raises(StoreFault, match="cannot be written"):
        store.save(Change(node.snapshot, recorded=(bad,)))
    node.set("k", 1)
    assert store.load(node.protocol) == node.snapshot
    node.close()


def test_a_store_of_the_first_layout_is_taken_over(tmp_path: Path) -> None:
    """With the order of its sources. Spec: NODE-3."""
    path = tmp_path / "a.db"
    node = Node("A", WIDE, profile=AS_SHIPPED, store=SqliteStore(path))
    for source in ("Z", "7", "B", "10"):
        node.write(Update(source, "k", source, 1), source)
    before = node.snapshot
    node.close()
    with sqlite3.connect(path) as database:
        for statement in (
            "ALTER TABLE node ADD COLUMN sources TEXT NOT NULL DEFAULT ''",
            """UPDATE node SET sources = '["7", "10", "A", "Z", "B"]'""",
            "CREATE TABLE marks (source TEXT PRIMARY KEY, mark) WITHOUT ROWID",
            "INSERT INTO marks SELECT source, mark FROM clock",
            "DROP TABLE clock",
            "ALTER TABLE marks RENAME TO clock",
            "DROP TABLE forgotten",
            "PRAGMA user_version=1",
        ):
            database.execute(statement)
    database.close()

    again = opened(path, AS_SHIPPED)
    assert again.snapshot == before
    assert tuple(again.snapshot.sources) == ("7", "10", "A", "Z", "B")
    again.close()


def test_a_store_of_the_second_layout_says_what_it_has_forgotten(tmp_path: Path) -> None:
    """In its log, which leads to what it holds. Spec: NODE-6, NODE-18."""
    path = tmp_path / "a.db"
    few = Config(max_history=3)
    node = Node("A", few, store=SqliteStore(path))
    for number in range(8):
        node.set("k", number)
    before = node.snapshot
    node.close()
    edit(path, "DELETE FROM log WHERE what = 'compacted'")
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE forgotten")
        database.execute("PRAGMA user_version=2")
    database.close()

    store = SqliteStore(path)
    again = Node("A", few, store=store)
    assert again.snapshot == before == store.replayed(again.protocol)
    assert again.keeping.floors == {"A": 5}
    again.close()


@pytest.mark.parametrize("values", ["'A', 1.5", "'', 1", "'A', NULL"])
def test_what_was_forgotten_is_judged_like_other_rows(values: str, tmp_path: Path) -> None:
    """A floor that is none would hide a gap. Spec: NODE-15."""
    path = tmp_path / "a.db"
    filled(path)
    edit(path, f"INSERT INTO forgotten VALUES ({values})")  # noqa: S608
    with pytest.raises(StoreFault, match="forgotten '"):
        opened(path)


@pytest.mark.parametrize("table", ["node", "clock", "entry", "history", "log", "forgotten"])
@pytest.mark.parametrize("change", ["DROP TABLE {}", "ALTER TABLE {} RENAME COLUMN {} TO other"])
def test_a_table_that_is_gone_or_another_is_refused(
    table: str, change: str, tmp_path: Path
) -> None:
    """Without its table of nodes, a store ended the process that opened it. Spec: NODE-15."""
    filled(tmp_path / "n.db").close()
    column = {"node": "id", "entry": "value"}.get(table, "source")
    with sqlite3.connect(tmp_path / "n.db") as database:
        database.execute(change.format(table, column))
    database.close()
    with pytest.raises(StoreFault, match=r"cannot be (opened|read)|its tables"):
        _identity_and_state(tmp_path / "n.db")


def _identity_and_state(path: Path) -> None:
    store = SqliteStore(path)
    try:
        assert store.identity == "A"
        Node("A", WIDE, store=store)
    finally:
        store.close()


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM entry; END",
        "CREATE VIEW v AS SELECT * FROM entry",
    ],
)
def test_what_would_act_by_itself_is_refused(made: str, tmp_path: Path) -> None:
    """A trigger takes away what the node was told is kept. Spec: NODE-15."""
    filled(tmp_path / "n.db").close()
    with sqlite3.connect(tmp_path / "n.db") as database:
        database.execute(made)
    database.close()
    with pytest.raises(StoreFault, match=r"holds a (trigger|view)"):
        opened(tmp_path / "n.db")


def test_what_was_forgotten_was_known(tmp_path: Path) -> None:
    """A mark above the clock would hide from peers what is to come. Spec: NODE-15."""
    filled(tmp_path / "n.db").close()
    with sqlite3.connect(tmp_path / "n.db") as database:
        database.execute("INSERT INTO forgotten VALUES ('B', 99)")
    database.close()
    with pytest.raises(StoreFault, match="clock 'B': mark is 8; expected 99 at least"):
        opened(tmp_path / "n.db")
