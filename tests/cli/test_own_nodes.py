"""Nodes of one's own, of any protocol: a class and a model file, checked, saved and shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from followed import follows

PROTOCOL = '''
from attrs import evolve, frozen

from scuttle_check import Comeback, Effects, agreement


@frozen
class Peer:
    id: str
    phase: str = "working"
    votes: frozenset = frozenset()


class Commit:
    """Two-phase commit; A coordinates."""

    def start(self, node):
        return Peer(node)

    def command(self, local, command):
        said = {"committed": "commit", "aborted": "abort"}.get(local.phase, "prepare")
        return Effects(local, ((command[1], said),)) if local.id == "A" else Effects(local)

    def receive(self, local, sender, message):
        if local.id == "A":
            votes = local.votes | {sender}
            done = votes == {"B", "C"} and local.phase == "working"
            return Effects(evolve(local, votes=votes, phase="committed" if done else local.phase))
        if message == "prepare" and local.phase == "working":
            return Effects(evolve(local, phase="prepared"), (("A", "yes"),))
        if message in ("commit", "abort") and local.phase == "prepared":
            return Effects(evolve(local, phase={"commit": "committed"}.get(message, "aborted")))
        return Effects(local)

    def exchange(self, target):
        return ("ask", target)

    def restarted(self, local, how):
        if how is Comeback.PERSISTED:
            return local
        return Peer(local.id, "aborted" if local.id == "A" else "working")


class Sets:
    """A set that only grows."""

    def start(self, node):
        return Peer(node)

    def parse(self, text):
        verb, what = text.split()
        return verb, what

    def command(self, local, command):
        verb, what = command
        if verb == "add":
            return Effects(evolve(local, votes=local.votes | {what}))
        return Effects(local, ((what, local.votes),))

    def receive(self, local, sender, message):
        return Effects(evolve(local, votes=local.votes | message))

    def exchange(self, target):
        return ("push", target)


class Deaf:
    def start(self, node):
        return node


class Raises(Sets):
    def receive(self, local, sender, message):
        raise KeyError(sender)


def atomic(nodes):
    """Nobody commits while another aborts."""
    done = {node.phase for node in nodes} & {"committed", "aborted"}
    if len(done) > 1:
        return ", ".join(f"{node.id} {node.phase}" for node in nodes)


def same_sets(system):
    return agreement(system, lambda node: node.votes)


def grows(before, after):
    return before.votes <= after.votes
'''

COMMIT = """
nodes = "own_protocol:Commit"
topology = "star:3"
exchanges = 2
properties = ["own_protocol:atomic"]
[faults]
crashes = 1
restart = "amnesia"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a protocol and a model file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_protocol", raising=False)
    (tmp_path / "own_protocol.py").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "commit.toml").write_text(COMMIT, encoding="utf-8")
    return tmp_path


def test_a_class_and_a_file_are_checked_told_saved_replayed_and_shown(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """As the built-in protocol is. Spec: CHK-19."""
    ran = scuttle("check", "commit.toml", "--save", "found.json")
    assert ran.code == 1
    assert "refuted   atomic" in ran.out
    assert "A crashes" in ran.out
    saved = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert saved["model"]["nodes"] == "own_protocol:Commit"
    (folder / "commit.toml").unlink()
    again = scuttle("replay", "found.json")
    assert again.code == 1
    assert "atomic is refuted" in again.out
    assert scuttle("explore", "found.json", "--html", "page.html").code == 0
    for form in (".svg", ".mmd", ".shiviz", ".txt", ".html"):
        assert scuttle("convert", "found.json", form).code == 0, form


def test_flags_take_the_place_of_what_the_file_says(scuttle: Callable[..., Any]) -> None:
    """The same flags as everywhere. Spec: CHK-19."""
    ran = scuttle("check", "commit.toml", "--restart", "persisted", "--json")
    assert ran.code == 0
    assert ran.verdicts == {"atomic": "holds"}
    follows("check-own", ran.document)
    none = scuttle("check", "commit.toml", "--crashes", "0", "--json").document
    assert none["states"] < ran.document["states"]


def test_the_class_may_be_named_beside_the_file_or_without_one(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """`--nodes` and a script, in whose lines each node asks for words. Spec: CHK-19."""
    (folder / "adds.txt").write_text("A add x  # one\nC add y\n", encoding="utf-8")
    flags = ("--topology", "line:3", "--script", "adds.txt", "--json")
    asked = ("--property", "own_protocol:same_sets", "--property", "own_protocol:grows")
    ran = scuttle("check", "--nodes", "own_protocol:Sets", *flags, *asked)
    assert ran.code == 0, ran.err
    assert ran.verdicts == {"agreement": "holds", "grows": "holds"}
    lossy = scuttle("check", "--nodes", "own_protocol:Sets", *flags, *asked, "--network", "lossy")
    assert lossy.verdicts == {"agreement": "holds", "grows": "holds"}


def test_code_that_makes_a_model_is_a_model(scuttle: Callable[..., Any], folder: Path) -> None:
    """Where a file cannot say it, Python does. Spec: CHK-19."""
    (folder / "made.py").write_text(
        "from own_protocol import Sets, same_sets\n"
        "from scuttle_check import Network, System, topology\n"
        "def model():\n"
        "    graph = topology('line:2')\n"
        "    system = System(Sets(), graph, Network('fifo'), ((('add', 'x'),), ()))\n"
        "    return system, [same_sets(system)]\n",
        encoding="utf-8",
    )
    ran = scuttle("check", "made:model", "--json")
    assert ran.verdicts == {"agreement": "holds"}
    assert scuttle("check", "made:model", "--max-states", "2").code == 4


WRONG = [
    (("--nodes", "own_protocol:Deaf"), 3, "has no command and no receive and no exchange"),
    (("--nodes", "own_protocol:Gone"), 3, "cannot be imported"),
    (("--nodes", "nowhere"), 2, "expected: package.module:Class"),
    (("--nodes", "own_protocol:Sets"), 2, "has no property to judge"),
    (("--nodes", "own_protocol:Sets", "--crashes", "1"), 2, "restarted(local, how)"),
    (("commit.toml", "--mtu", "2"), 2, "--mtu: is asked of models of Scuttlebutt"),
    (("commit.toml", "--reduction", "auto"), 2, "--reduction: is asked of models of Scuttlebutt"),
    (("commit.toml", "--property", "nobody"), 2, "no property 'nobody'"),
    (("commit.toml", "--topology", "line:2", "--script", "none.txt"), 2, "cannot be read"),
    (("gone:model",), 3, "cannot be imported"),
]


@pytest.mark.parametrize(("flags", "code", "said"), WRONG)
def test_what_is_no_model_is_told_in_a_sentence(
    scuttle: Callable[..., Any], flags: tuple[str, ...], code: int, said: str
) -> None:
    """What, where, what was expected, and how to go on. Spec: CHK-19."""
    ran = scuttle("check", *flags)
    assert ran.code == code, ran.out + ran.err
    assert said in ran.err, ran.err


def test_nodes_that_raise_are_told_with_their_place(scuttle: Callable[..., Any]) -> None:
    """A line of a file of theirs, and no traceback. Spec: CHK-19."""
    flags = ("--property", "own_protocol:grows")
    ran = scuttle("check", "--nodes", "own_protocol:Raises", *flags)
    assert ran.code == 3
    assert "raises KeyError" in ran.err
    assert "receive in " in ran.err


def test_a_file_of_own_nodes_may_not_say_what_is_scuttlebutts(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """A profile would change nothing. Spec: CHK-19."""
    (folder / "mixed.toml").write_text(COMMIT.replace("exchanges", "mtu"), encoding="utf-8")
    ran = scuttle("check", "mixed.toml")
    assert ran.code == 2
    assert "mtu: is said of Scuttlebutt" in ran.err
    (folder / "table.toml").write_text("[nodes.B]\nmtu = 1\n", encoding="utf-8")
    both = scuttle("check", "--nodes", "own_protocol:Sets", "table.toml")
    assert both.code == 2
    assert "are settings of Scuttlebutt nodes" in both.err
    text = COMMIT.replace("exchanges = 2", 'script = ["Z ask B"]')
    (folder / "lines.toml").write_text(text, encoding="utf-8")
    assert "no node 'Z'" in scuttle("check", "lines.toml").err


def test_a_page_does_not_load_a_class_of_somebody_else() -> None:
    """A saved run names code. Spec: EXPL-10, CHK-19."""
    from scuttle_check.base.errors import UsageFault  # noqa: PLC0415
    from scuttle_check.base.importing import no_foreign_code  # noqa: PLC0415
    from scuttle_check.explorer.saved_traces import subject_of  # noqa: PLC0415

    with no_foreign_code(), pytest.raises(UsageFault, match="a page may not load code"):
        subject_of({"nodes": "own_protocol:Sets", "topology": "line:2"})
