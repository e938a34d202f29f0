"""Mistakes of adapters get the next step, and none is taken for one of the implementation."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scuttle_check.base.resources import spec_folder
from scuttle_check.oracle.live.checkup import checkup
from scuttle_check.oracle.live.nodes import Launch

ANSWERS = '    print(json.dumps({"re": request["id"], **reply}), flush=True)'
LATE = """
held = []
def answer(q):
    told = answer_(q)
    if told and "out" in told:
        now, held[:] = list(held), told["out"]
        told = {**told, "out": now}
    return told
def answer_(q):
"""
LATE_ALL = """    late, last = reply, globals().get("last") or {"ok": True}
    reply = reply if request["op"] in ("hello", "init", "bye") else last
"""

MISTAKES = {
    "a banner on standard output": (
        "nodes = {}\n",
        'nodes = {}\nprint("listening on 8080", flush=True)\n',
        "standard output is for answers only",
    ),
    "log lines that are JSON": (
        ANSWERS,
        f'    print(json.dumps({{"level": "info"}}), flush=True)\n{ANSWERS}',
        "standard output is for answers only",
    ),
    "log lines with the id of a request": (
        ANSWERS,
        f'    print(json.dumps({{"re": request["id"], "debug": 1}}), flush=True)\n{ANSWERS}',
        "each request has one answer",
    ),
    "blank lines": (ANSWERS, f"    print(flush=True)\n{ANSWERS}", "standard output is for"),
    "pretty JSON": (
        '"re": request["id"], **reply}',
        '"re": request["id"], **reply}, indent=1',
        "one answer is one line",
    ),
    "ids as texts": ('"re": request["id"]', '"re": str(request["id"])', "it is a number"),
    "messages late by one": ("def answer(q):\n", LATE, "wait for what the library does later"),
    "answers late by one": (
        ANSWERS,
        f"{LATE_ALL}{ANSWERS}\n    last = late",
        "wait for what the library does later",
    ),
    "no done": (
        'return [*lines, {"digest": True, "done": True}]',
        "return lines",
        "behind the digest lines",
    ),
    "no from": ('q.get("from", "peer")', '"peer"', "each peer's digest"),
    "no node": ('nodes.get(q.get("node"))', 'nodes.get("A")', "each node of an init"),
    "Latin-1": (
        "import sys\n",
        'import sys\nsys.stdout.reconfigure(encoding="latin-1")\n',
        "read and write UTF-8",
    ),
    "init forgets nothing": ("        nodes.clear()\n", "", "begin anew at init"),
    "it dies of what it does not know": (
        "except (KeyError, TypeError, ValueError, AttributeError) as fault",
        "except ZeroDivisionError as fault",
        "where the library throws",
    ),
    "lines that were not announced": (
        'return {"out": node.gossip()}',
        'return {"out": [json.dumps(each) for each in node.gossip()]}',
        "send messages as objects",
    ),
}


def template() -> str:
    return (spec_folder() / "guide" / "templates" / "adapter.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_an_adapter_gets_the_next_step(tmp_path: Path, name: str) -> None:
    """One thing to mend, and how. Spec: ORA-13."""
    before, after, step = MISTAKES[name]
    text = template()
    assert before in text
    text = text.replace(before, after)
    if name == "Latin-1":
        text = text.replace("**reply})", "**reply}, ensure_ascii=False)")
    if name == "init forgets nothing":
        text = text.replace("nodes.update({", "nodes.update({**{").replace(
            'for each in q["nodes"]})', 'for each in q["nodes"]}, **nodes})'
        )
    adapter = tmp_path / "adapter.py"
    adapter.write_text(text, encoding="utf-8")
    found = checkup(Launch((sys.executable, str(adapter)), 0, 5.0))
    assert found.mend, found.text()
    assert step in found.mend


def test_the_template_makes_none_of_them() -> None:
    """As it stands in the guide. Spec: ORA-13."""
    file = spec_folder() / "guide" / "templates" / "adapter.py"
    assert checkup(Launch((sys.executable, str(file)), 0, 5.0)).mend == ""
