"""The durable store: a node that is killed goes on, and issues no version twice."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_ref.config import Config
from scuttle_ref.messages import Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.node import Node, SqliteStore, StoreFault
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK

KILLS = int(os.environ.get("SCUTTLE_KILLS", "6"))
"""How often the node is killed. The recorded run did it 100 times."""

WRITER = Path(__file__).with_name("writer.py")


@pytest.mark.parametrize("profile", [DOCUMENTED, AS_SHIPPED, TEXTBOOK, PAPER])
@pytest.mark.parametrize("max_history", [1, 3, UNBOUNDED])
def test_a_node_goes_on_where_it_stopped(
    tmp_path: Path, profile: Profile, max_history: float
) -> None:
    """All of state, clock and history, in their order. Spec: NODE-3, NODE-6."""
    config, path = Config(max_history=max_history), tmp_path / "a.db"
    node = Node("A", config, profile=profile, store=SqliteStore(path))
    for count in range(6):
        node.set(f"k{count % 2}", [count, None, 1.5])
        node.write(Update("B", "k1", f"b{count}", count + 1), "B")
        node.gossip("B")
    before = node.snapshot
    node.close()

    again = Node("A", config, profile=profile, store=SqliteStore(path))

    assert again.snapshot == before
    assert SqliteStore.replayed(again.store, again.protocol) == before  # type: ignore[arg-type]
    again.close()


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from("xy"), st.integers(0, 3)),
        st.tuples(st.just("update"), st.sampled_from("BC"), st.integers(1, 9)),
    ),
    max_size=12,
)


@settings(max_examples=30)
@given(events=EVENTS, max_history=st.sampled_from([1, 2, UNBOUNDED]))
def test_the_log_replays_to_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int]], max_history: float
) -> None:
    """Also when the client compacts more than it must. Spec: NODE-6, NODE-7."""
    path = tmp_path_factory.mktemp("log") / "a.db"
    node = Node("A", Config(max_history=max_history), store=SqliteStore(path))
    node.on("compaction", lambda _forgotten, kept: [u for u in kept if u.key == "x"][:1])
    for what, name, number in events:
        if what == "set":
            node.set(name, number)
        else:
            node.write(Update(name, "x", number, number), name)

    store = node.store
    assert isinstance(store, SqliteStore)
    assert store.replayed(node.protocol) == node.snapshot == store.load(node.protocol)
    node.close()


def test_a_node_killed_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """Acknowledged writes are there, and no version was issued twice. Spec: NODE-3."""
    path, chance = tmp_path / "a.db", random.Random(7)  # noqa: S311
    acknowledged: dict[int, str] = {}
    for batch in range(KILLS):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(path), str(batch)], stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.15))
            running.kill()
            lines = running.stdout.read().split("\n")
        for line in lines[:-1]:
            version, _, value = line.split()
            assert int(version) not in acknowledged, "a version was issued twice"
            acknowledged[int(version)] = value
        store = SqliteStore(path)
        log = {u.version: u.value for u in store._updates("log") if u.source_id == "A"}  # noqa: SLF001
        assert set(acknowledged) <= set(log)
        assert all(log[version] == value for version, value in acknowledged.items())
        store.close()
    assert len(acknowledged) > KILLS


def test_a_store_belongs_to_one_process_and_one_node(tmp_path: Path) -> None:
    """Two writers under one id would issue versions twice. Spec: NODE-3."""
    path = tmp_path / "a.db"
    node = Node("A", store=SqliteStore(path))
    with pytest.raises(StoreFault, match="cannot be opened"):
        SqliteStore(path)
    node.close()

    with pytest.raises(StoreFault, match="holds the state of 'A'"):
        Node("B", store=SqliteStore(path))


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    """Bad input never loses data. Spec: NODE-3."""
    text = tmp_path / "thesis.txt"
    text.write_text("not a database, but three years of work" * 50)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")

    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(StoreFault, match="cannot be opened"):
            SqliteStore(path)
        assert path.read_bytes()[:4096] == before[:4096]


def test_a_step_that_cannot_be_saved_has_not_happened(tmp_path: Path) -> None:
    """Nobody hears of it, and the state is as before. Spec: NODE-3."""
    store = SqliteStore(tmp_path / "a.db")
    node = Node("A", store=store)
    told: list[object] = []
    node.on("update", told.append)
    store._db.execute("DROP TABLE log")  # noqa: SLF001 - a disk that fails

    with pytest.raises(StoreFault, match="cannot be written"):
        node.set("k", 1)

    assert (told, node.clock, node.get("k")["value"]) == ([], {"A": 0}, None)
