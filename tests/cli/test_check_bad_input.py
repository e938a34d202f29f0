"""Bad input to ``scuttle check``: one clear error, the right exit code, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from scuttle_check.base import reading
from scuttle_check.cli.main import scuttle
from scuttle_check.cli.options import Amount
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import read_script
from scuttle_ref.messages import Put


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--topology", "circle:4"], ["no topology family 'circle'", "ring:N"]),
        (["--topology", "ring"], ["the size is missing"]),
        (["--topology", "ring:0"], ["cannot be built", "ring:N"]),
        (["--topology", "ring:-3"], ["cannot be built", "'-3' is no size"]),
        (["--topology", "ring:many"], ["cannot be built", "'many' is no size"]),
        (["--topology", "line:999999999999"], ["cannot be built", "702 is the most"]),
        (["--topology", "gone.graphml"], ["gone.graphml", "No such file"]),
        (["--profile", "papper"], ["--profile", "no profile 'papper'", "a rule file"]),
        (["--network", "pigeons"], ["'--network'", "pigeons"]),
        (["--writers", "A,X"], ["--writers", "no node 'X'", "A, B"]),
        (["--writes", "-1"], ["'--writes'"]),
        (["--writes", "two"], ["'--writes'"]),
        (["--keys", "0"], ["'--keys'"]),
        (["--exchanges", "-1"], ["'--exchanges'"]),
        (["--mtu", "0"], ["'--mtu'", "'0' is not an integer from 1"]),
        (["--mtu", "1.5"], ["'--mtu'"]),
        (["--max-history", "-1"], ["'--max-history'"]),
        (["--max-history", "lots"], ["'--max-history'"]),
        (["--resolver", "coin_toss"], ["no resolver 'coin_toss'", "lww_total"]),
        (["--topology", "line:2", "--property", "agrement"], ["--property", "agreement, "]),
        (["--topology", "line:2", "--search", "deepest"], ["'--search'"]),
        (["--topology", "line:2", "--max-states", "0"], ["'--max-states'"]),
        (["--topology", "line:2", "--max-seconds", "-1"], ["'--max-seconds'"]),
        (["--topology", "line:2", "--walks", "0"], ["'--walks'"]),
        (["--topology", "line:2", "--max-seconds", "nan"], ["'--max-seconds'", "is no number"]),
        (
            ["--writes", "999999999999"],
            ["--writes", "asks for 1,999,999,999,998 writes", "100,000"],
        ),
        (["--losses", "none"], ["'--losses'", "'none'", "an integer from 0 nor 'any'"]),
        (["--losses", "-1"], ["'--losses'"]),
        (["--cuts", "-1"], ["'--cuts'"]),
        (["--crashes", "many"], ["'--crashes'"]),
        (["--restart", "amnesia"], ["--restart", "--crashes"]),
        (["--crashes", "1", "--restart", "soon"], ["'--restart'", "persisted"]),
        (["--wiring", "radio"], ["'--wiring'", "broadcast"]),
        (["--process", "A,Z"], ["--process", "no node 'Z'", "A, B"]),
        (["--process", "A,B", "--process", "B"], ["--process", "two processes"]),
        (["--network", "unordered", "--overtakings", "1"], ["overtakings", "unordered"]),
        (["--nonsense"], ["--nonsense"]),
        (["surplus"], ["surplus"]),
    ],
)
def test_a_wrong_flag_is_answered_with_what_is_right(
    refused: Callable[..., str], folder: Path, flags: list[str], said: list[str]
) -> None:
    """Exit code 2, and the message names the flag and what it takes."""
    assert folder.exists()
    error = refused("check", *flags)
    assert all(words in error for words in said), error


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("A sets k=1", ["line 1", "cannot read 'A sets k=1'", "NODE set KEY=VALUE"]),
        ("A set k=1\n\n# fine\nB set", ["line 4", "cannot read 'B set'"]),
        ("A set k", ["line 1"]),
        ("A set toString=1", ["line 1", "MOD-4"]),
        ("C set k=1", ["line 1", "no node 'C'", "A, B"]),
        ("A gossip C", ["line 1", "no node 'C'"]),
        ("A gossip A", ["line 1", "no link to A"]),
        ("A gossip", ["line 1"]),
        ("A restart now", ["line 1"]),
        ("A", ["line 1"]),
    ],
)
def test_a_bad_line_of_a_script_is_named_by_its_number(
    refused: Callable[..., str], folder: Path, script: str, said: list[str]
) -> None:
    """Who wrote forty lines needs to know which one."""
    (folder / "story.txt").write_text(script, encoding="utf-8")
    error = refused("check", "--script", "story.txt")
    assert error.startswith("error: story.txt, line ")
    assert all(words in error for words in said), error


def test_a_script_that_cannot_be_read_is_named(refused: Callable[..., str], folder: Path) -> None:
    """Missing, a folder, or no text."""
    (folder / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("gone.txt", ".", "bytes.txt"):
        assert "cannot be read" in refused("check", "--script", name)


@pytest.mark.parametrize("flag", ["writers", "writes", "keys"])
def test_a_script_excludes_generated_writes(
    refused: Callable[..., str], folder: Path, flag: str
) -> None:
    """Two sources for who writes what would contradict each other."""
    (folder / "story.txt").write_text("A set k=1\n", encoding="utf-8")
    value = "A" if flag == "writers" else "1"
    assert f"--{flag}" in refused("check", "--script", "story.txt", f"--{flag}", value)


RESOLVERS = """
import scuttle_ref

value = 7

def one(gossip, update):
    return 1

def nothing(gossip, update):
    pass

def raising(gossip, update):
    raise RuntimeError("out of coins")

def lazy(gossip, update):
    return gossip.get(update.key).version < update.version or 0

def wrong_arguments(update):
    return True

def misspelt(gossip, update):
    return gossip.fetch(update.key) is None
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resolvers_gone:f", ["cannot be imported", "ModuleNotFoundError", "try: run from"]),
        ("resolvers_bad:f", ["cannot be imported", "SyntaxError"]),
        ("resolvers_exit:f", ["cannot be imported", "ZeroDivisionError"]),
        ("resolvers:gone", ["cannot be imported", "AttributeError"]),
        ("resolvers:value", ["is an int", "expected: a function"]),
        ("resolvers:", ["cannot be imported"]),
        (":one", ["cannot be imported"]),
        ("resolvers:one", ["returned an int", "a bool", "MERGE-4"]),
        ("resolvers:nothing", ["returned a NoneType", "MERGE-4"]),
        ("resolvers:raising", ["raised a RuntimeError: out of coins", "MERGE-4"]),
        ("resolvers:lazy", ["returned an int"]),
        ("resolvers:wrong_arguments", ["raised a TypeError"]),
        ("resolvers:misspelt", ["raised an AttributeError"]),
    ],
)
def test_a_resolver_that_cannot_be_used_is_exit_code_three(
    refused: Callable[..., str], folder: Path, name: str, said: list[str]
) -> None:
    """It is the thing under test that fails, not the way the command was called. Spec: CONV-11."""
    (folder / "resolvers.py").write_text(RESOLVERS, encoding="utf-8")
    (folder / "resolvers_bad.py").write_text("def f(:\n", encoding="utf-8")
    (folder / "resolvers_exit.py").write_text("f = 1 / 0\n", encoding="utf-8")
    error = refused("check", "--resolver", name, "--topology", "line:2", code=3)
    assert all(words in error for words in said), error


def test_the_fault_of_a_resolver_says_when_it_happened(
    refused: Callable[..., str], folder: Path
) -> None:
    """A resolver that fails on the second write only needs the store it looked at."""
    code = (
        "def picky(gossip, update):\n"
        "    return True if gossip.get(update.key).value is None else 'maybe'\n"
    )
    (folder / "picky_resolver.py").write_text(code, encoding="utf-8")
    error = refused("check", "--resolver", "picky_resolver:picky", code=3)
    assert "returned a str" in error
    assert "node " in error
    assert "k1=" in error


def test_a_file_with_another_ending_is_no_graph(refused: Callable[..., str], folder: Path) -> None:
    """A picture of a network is not the network."""
    (folder / "net.png").write_bytes(b"\x89PNG")
    assert "not a graph file" in refused("check", "--topology", "net.png")
    (folder / "net.graphml").write_bytes(b"\x89PNG")
    assert "is no graph" in refused("check", "--topology", "net.graphml")


def test_a_node_cannot_be_called_like_a_javascript_method(
    refused: Callable[..., str], folder: Path
) -> None:
    """Its peers could not keep it in their clocks. Spec: MOD-4."""
    (folder / "net.edgelist").write_text("toString B\n", encoding="utf-8")
    assert "MOD-4" in refused("check", "--topology", "net.edgelist")


def test_an_unknown_command_is_refused(refused: Callable[..., str]) -> None:
    """Exit code 2, as for any mistyped word."""
    assert "chekc" in refused("chekc")


def test_a_name_that_no_node_can_have_is_refused(refused: Callable[..., str], folder: Path) -> None:
    """A graph file can hold one of a million letters: it ended with 70. Spec: MOD-9."""
    name = "a" * 2000
    nodes = f'<node id="{name}"/><node id="b"/><edge source="{name}" target="b"/>'
    file = folder / "grown.graphml"
    file.write_text(f'<graphml><graph edgedefault="undirected">{nodes}</graph></graphml>')
    for command in (["check"], ["check", "--live"], ["graph"], ["step"]):
        error = refused(*command, "--topology", str(file))
        assert "cannot name a node: it is 2000 characters long" in error
        assert "MOD-9" in error
        assert len(error) < 500


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--script"],
        ["replay"],
        ["scenario"],
        ["explore", "--html", "x.html"],
        ["convert"],
        ["conform", "trace"],
        ["golden"],
    ],
)
def test_a_file_without_end_is_refused(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """What reads one whole takes all memory for it. Spec: FILE-5."""
    monkeypatch.setattr(reading, "READ_MAX", 1 << 20)
    end = [".txt"] if words == ["convert"] else []
    error = refused(*words, "/dev/zero", *end)
    by_line = "/dev/zero, line 1: $: is too long" if words == ["conform", "trace"] else ""
    assert (by_line or "/dev/zero: cannot be read (it is larger than 1 MiB)") in error


@pytest.mark.parametrize("number", [-1, 1.5, True, "1"])
def test_a_file_asks_for_exchanges_that_can_be_counted(
    refused: Callable[..., str], folder: Path, number: object
) -> None:
    """Minus one was taken for none."""
    document = Experiment(topology("line:2"), ((), ())).to_json() | {"exchanges": number}
    file = folder / "run.json"
    run = {"format": "scuttle-run/1", "experiment": document, "schedule": []}
    file.write_text(json.dumps(run), encoding="utf-8")
    error = refused("convert", str(file), ".txt")
    assert f"$.experiment.exchanges: is {number!r}" in error


def test_a_script_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    """Some editors write one: it became part of a name."""
    file = folder / "marked.script"
    file.write_text("A set k=1\r\nB set k=2\r\n", encoding="utf-8-sig")
    assert read_script(file, topology("line:2")) == ((Put("k", 1),), (Put("k", 2),))


def all_commands(group: click.Group) -> Iterator[click.Command]:
    """Each command, those of groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from all_commands(command) if isinstance(command, click.Group) else [command]


def test_no_option_takes_what_is_no_number() -> None:
    """Every comparison with it is false, so it passes any range."""
    numbers = [
        (command.name, option.name)
        for command in all_commands(scuttle)
        for option in command.params
        if option.type.name.startswith("float") and not isinstance(option.type, Amount)
    ]
    assert numbers == []
    seconds = click.Option(["--seconds"], type=Amount(0))
    with pytest.raises(click.BadParameter, match=r"'nan' is no number"):
        seconds.type_cast_value(click.Context(scuttle), "nan")
