"""Scripts read back as they are written."""

from __future__ import annotations

import pytest

from scuttle_check.engine.topology import topology
from scuttle_check.gossip.script import command_text, parse_script, without_comment
from scuttle_ref.messages import Put


def test_a_hash_inside_a_value_is_no_comment() -> None:
    """A value is JSON; what looks like a comment inside it is data. Spec: SCN-1."""
    (mine, _) = parse_script(['A set k="x #y"  # and this is one'], topology("line:2"), "t")

    assert mine == (Put("k", "x #y"),)


@pytest.mark.parametrize("value", ["x #y", 'say "hi" #1', "back\\slash #", "#", " a  b ", "", "1"])
def test_every_string_reads_back(value: str) -> None:
    """A counterexample file holds its script as text; nothing may be lost. Spec: CHK-3."""
    line = f"A {command_text(Put('k', value))}"

    (mine, _) = parse_script([line], topology("line:2"), "t")

    assert mine == (Put("k", value),)


@pytest.mark.parametrize(
    ("line", "left"),
    [("# all", ""), ("A restart # why", "A restart"), ("A set k=a#b", "A set k=a#b"), ("  ", "")],
)
def test_a_comment_begins_with_a_hash_after_a_space(line: str, left: str) -> None:
    """A hash inside a word belongs to the word. Spec: SCN-1."""
    assert without_comment(line) == left
