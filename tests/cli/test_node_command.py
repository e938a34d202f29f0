"""``scuttle node``, as its owner meets it: two processes, a store, a dialogue."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from followed import faults

from scuttle_check.cli.main import main
from scuttle_check.cli.node_running import run
from scuttle_check.cli.node_shell import Shell
from scuttle_ref import Update
from scuttle_ref.config import Config
from scuttle_ref.node import Node, SqliteStore
from scuttle_ref.node.store import store_fault
from scuttle_ref.node.transport import Transport

RUN = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()", "node", "--json"]


class Running:
    """A node in a process of its own, spoken to in lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []

    def say(self, line: str) -> None:
        """Type one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self, event: str, **facts: object) -> dict[str, Any]:
        """The next event of this name with these facts."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            assert faults("node", told) == []
            self.heard.append(told)
            if told["event"] == event and facts.items() <= told.items():
                return told
        pytest.fail(f"no {event} {facts} in {self.heard}")


@contextmanager
def node(*arguments: str) -> Iterator[Running]:
    """Start, and stop whatever happens."""
    process = subprocess.Popen(
        [*RUN, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    try:
        yield Running(process)
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def test_two_nodes_find_each_other_and_agree(tmp_path: Path) -> None:
    """The first session of anybody. Spec: NODE-9."""
    with node("--id", "A", "--every", "0.1", "--store", str(tmp_path / "a.db")) as a:
        port = a.hear("listening")["port"]
        with node("--id", "B", "--every", "0.1", "--peer", f"127.0.0.1:{port}") as b:
            a.say("set fruit apple")
            assert b.hear("update", key="fruit")["value"] == "apple"
            b.say('set fruit {"kind": "pear"}')
            assert a.hear("update", version=3)["value"] == {"kind": "pear"}
            a.say("get fruit")
            assert a.hear("get")["value"] == {"kind": "pear"}
            a.say("peers")
            assert len(a.hear("peers")["peers"]) == 1
            b.say("quit")
            assert b.process.wait(10) == 0
        a.hear("disconnected")


def test_a_killed_node_goes_on_under_its_id(tmp_path: Path) -> None:
    """Nothing acknowledged is lost. Spec: NODE-3, NODE-5."""
    store = str(tmp_path / "a.db")
    with node("--id", "A", "--store", store) as a:
        name = a.hear("listening")["id"]
        a.say("set k 1")
        a.hear("set")
        a.process.send_signal(signal.SIGKILL)
        a.process.wait(10)

    with node("--id", "A", "--store", store) as a:
        assert a.hear("listening")["id"] == name
        a.say("set k 2")
        assert a.hear("update")["version"] == 2


def test_a_node_without_memory_is_somebody_new_unless_forced() -> None:
    """Its peers have seen the versions that it would issue again. Spec: NODE-5."""
    names = []
    for flags in ([], [], ["--force-id"]):
        with node("--id", "A", *flags) as a:
            names.append(a.hear("listening")["id"])

    assert names[0] != names[1]
    assert all(name.startswith("A~") for name in names[:2])
    assert names[2] == "A"


def test_interrupted_it_says_so() -> None:
    """Exit code 130; the store is closed."""
    with node("--id", "A") as a:
        a.hear("listening")
        a.process.send_signal(signal.SIGINT)
        assert a.process.wait(10) == 130


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--id", "A", "--listen", "nowhere"], 2, "is no address"),
        (["--id", "A", "--peer", "x:99999"], 2, "is no address"),
        (["--id", "A", "--limit", "lines=3"], 2, "no limit 'lines'"),
        (["--id", "A", "--limit", "peers_max"], 2, "'peers_max' is no limit"),
        (["--id", "A", "--limit", "peers_max=0"], 2, "NAME=NUMBER, above 0"),
        (["--id", "A", "--limit", "idle_seconds=inf"], 2, "NAME=NUMBER, above 0"),
        (["--id", "A", "--limit", "peers_max=1.5"], 2, "NAME=NUMBER, above 0"),
        (["--id", "__proto__", "--force-id"], 2, "--id"),
        (["--id", "__proto__"], 2, "MOD-4"),
        (["--id", ""], 2, "--id"),
        (["--id", "A", "--tls-key", __file__], 2, "TLS needs all of it"),
        (["--id", "A", "--tls-cert", __file__, "--tls-ca", __file__], 2, "cannot be used"),
        (["--id", "A", "--store", __file__], 3, "cannot be opened"),
        (["--id", "A", "--listen", "203.0.113.1:1"], 3, "cannot listen"),
    ],
)
def test_what_cannot_be_used_is_said(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, before anything runs."""
    with pytest.raises(SystemExit) as ended:
        main(["node", *arguments])

    assert ended.value.code == code
    assert says in capsys.readouterr().err


def test_a_refused_write_is_not_told_as_one() -> None:
    """A program that reads the events would believe it."""
    with node("--id", "A") as a:
        a.hear("listening")
        a.say("set toString 1")
        a.hear("rejected")
        a.say("set k 1")
        a.hear("set")
        assert [told["key"] for told in a.heard if told["event"] == "set"] == ["k"]


def test_an_owner_reads_json_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """Values as they were typed, and no guessing what an answer means."""
    shell = Shell(Node("A"), as_json=False)
    transport = Transport(shell.node)
    for line in ('set k [1, {"x": null}]', "get k", "get nosuch", "frob", "show", "help"):
        assert shell.carry_out(line, transport)
    said = capsys.readouterr().out.splitlines()

    assert said[:2] == ['k = [1, {"x": null}], version 1 of A', '[1, {"x": null}], version 1']
    assert said[2] == "nobody has written nosuch"
    assert said[3].startswith("'frob' is no command")
    assert said[4] == 'A  holds k=[1, {"x": null}]@1 | clock A:1 | 1 updates'
    assert said[5].startswith("set KEY VALUE")


def test_a_terminal_obeys_no_peer(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences, wherever they stand, are shown and not sent. Spec: NODE-10."""
    shell = Shell(Node("A"), as_json=False)
    shell.node.write(Update("\x1bB", "\x1b[2Jk\x9b", "\x07é", 1))
    shell.carry_out("show", Transport(shell.node))
    shell.happened("malformed", "peer", "is '\x1b]0;owned\x07'")
    out, err = capsys.readouterr()

    assert "\\u001b[2Jk\\u009b = " in out
    assert "é" in out
    assert all(each.isprintable() or each == "\n" for each in out + err)


def hostile_lines(count: int) -> bytes:
    """Updates of as many sources, which cost a node more than any other line of their size."""
    line = b'{"key":"k","value":1,"source_id":"s%d","version":%d}\n'
    return b"".join(line % (number, number + 1) for number in range(count))


@pytest.mark.parametrize("queued", ["updates", "unread output", "commands"])
def test_a_node_ends_within_two_seconds_whatever_is_queued(queued: str, tmp_path: Path) -> None:
    """A signal is heard between any two lines, and in the middle of a line. Spec: NODE-12."""
    with node("--id", "A", "--store", str(tmp_path / "a.db"), "--force-id") as a:
        port = a.hear("listening")["port"]
        talker = socket.create_connection(("127.0.0.1", port))
        if queued == "commands":
            commands = "".join(f"set k{count} {count}\n" for count in range(20_000))
            assert a.process.stdin is not None
            threading.Thread(target=feed, args=(a.process.stdin, commands), daemon=True).start()
        else:
            lines = hostile_lines(10_000)
            threading.Thread(target=feed, args=(talker, lines), daemon=True).start()
        if queued == "updates":
            reader = a.process.stdout
            assert reader is not None
            threading.Thread(target=reader.read, daemon=True).start()
        time.sleep(0.8)
        began = time.monotonic()
        a.process.send_signal(signal.SIGTERM)
        assert a.process.wait(10) == 0
        assert time.monotonic() - began < 2
        talker.close()

    store = SqliteStore(tmp_path / "a.db")
    held = Node("A", Config(max_history=1000), store=store)
    assert held.version > 0
    assert store.replayed(held.protocol) == held.snapshot
    held.close()


def feed(where: Any, what: Any) -> None:
    """Write until nobody reads."""
    with suppress(OSError, ValueError):
        if isinstance(where, socket.socket):
            where.sendall(what)
        else:
            where.write(what)
            where.flush()


def test_what_peers_do_again_and_again_is_one_line_each() -> None:
    """Of a kind, with the clause; a program hears of it the same way. Spec: NODE-13."""
    with node("--id", "A", "--every", "0") as a:
        port = a.hear("listening")["port"]
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as talker:
                talker.sendall(b'{"key":"__proto__","value":1,"source_id":"X","version":1}\n' * 9)
                a.hear("connected")
            a.hear("disconnected")
        a.say("quit")
        assert a.process.wait(10) == 0
        assert a.process.stdout is not None
        a.heard += [json.loads(line) for line in a.process.stdout]
        malformed = [told["says"] for told in a.heard if told["event"] == "malformed"]

    assert len(malformed) == 2
    assert malformed[0].endswith("[MOD-4]")
    assert malformed[1].endswith("[MOD-4] (44 more like it)")


def test_refusals_of_what_peers_say_are_told_once_with_their_clause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The owner's own are told each time. Spec: NODE-13."""
    shell = Shell(Node("A"), as_json=True)
    for number in range(3):
        shell.node.write(Update("B", "__proto__", number, 1))
        shell.carry_out("set __proto__ 1", Transport(shell.node))
    shell.close()
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [faults("node", line) for line in said] == [[]] * 5
    assert [line["clause"] for line in said] == ["MOD-4"] * 5
    assert said[-1]["says"].endswith("[MOD-4] (2 more like it)")


def test_a_burst_of_a_default_node_arrives_whole() -> None:
    """3,000 keys set as fast as they can be typed; 2,000 were gone for ever. Spec: NODE-17."""
    with node("--id", "A") as a:
        port = a.hear("listening")["port"]
        with node("--id", "B", "--peer", f"127.0.0.1:{port}") as b:
            a.hear("connected")
            drain = threading.Thread(
                target=lambda: [None for _ in a.process.stdout or ()], daemon=True
            )
            drain.start()
            for number in range(3000):
                a.say(f"set k{number} {number}")
            arrived = {b.hear("update")["key"] for _ in range(3000)}
            assert len(arrived) == 3000
            b.say("show")
            assert b.hear("show")["untaken"] == 0


def test_a_limit_that_the_owner_sets_is_in_force() -> None:
    """By its name, with the others as they were. Spec: NODE-14."""
    with node("--id", "A", "--limit", "sources_max=3", "--limit", "malformed_max=99") as a:
        port = a.hear("listening")["port"]
        with socket.create_connection(("127.0.0.1", port)) as talker:
            talker.sendall(hostile_lines(5) + b"x\n" * 20)
            assert a.hear("refused")["says"].startswith("3 sources are known")
            a.hear("malformed")
            a.say("show")
            assert len(a.hear("show")["clock"]) == 3


def test_a_node_whose_owner_reads_no_more_ends(tmp_path: Path) -> None:
    """It went on, with a fault for each update, and its peers were let go. Spec: END-3, NODE-19."""
    with node("--id", "A", "--force-id", "--store", str(tmp_path / "a.db")) as a:
        a.hear("listening")
        assert a.process.stdout is not None
        a.process.stdout.close()
        a.say("set k 1")
        a.say("set k 2")
        assert a.process.wait(10) == 141
    with node("--id", "A", "--store", str(tmp_path / "a.db")) as a:
        a.say("get k")
        assert a.hear("get")["value"] in {1, 2}


def test_a_node_whose_log_cannot_be_written_ends_as_one_that_could_not_run() -> None:
    """Spec: END-3, NODE-19."""
    with Path("/dev/full").open("w") as full:
        ran = subprocess.Popen(
            [*RUN, "--id", "A"], stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE
        )
        assert ran.communicate(b"set k 1\n", timeout=20)[1].count(b"error:") == 1
    assert ran.returncode == 3


def test_a_full_disk_is_one_line_whatever_the_owner_still_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """130 lines that waited were each refused by the disk, then by a closed store. Spec: NODE-3."""
    store = SqliteStore(tmp_path / "a.db")
    owned = Node("A", store=store)
    monkeypatch.setattr(sys, "stdin", io.StringIO("set k 1\n" * 500))

    def full(_change: object) -> None:
        raise store_fault("a.db", "cannot be written (database or disk is full)", "room")

    monkeypatch.setattr(store, "save", full)
    shell = Shell(owned, as_json=False)
    told = asyncio.run(run(Transport(owned), shell, ("127.0.0.1", 0), []))
    assert told == 3
    time.sleep(0.2)
    said = capsys.readouterr().err
    assert said.count("cannot be written") == 1
    assert "fault" not in said
