"""The table of admissible reductions in the specification is what the code says."""

from __future__ import annotations

from pathlib import Path

from scuttle_check.gossip.reductions.reduce import table

PAGE = Path(__file__).parents[2] / "spec" / "protocol" / "reduction.md"


def test_the_table_of_the_specification_is_what_the_tool_refuses() -> None:
    """Who reads that a reduction is sound must not be refused, nor the other way round.

    Spec: RED-1, SYM-2.
    """
    assert f"\n\n{table()}\n\n" in PAGE.read_text(encoding="utf-8")
