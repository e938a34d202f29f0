"""``scuttle promela``: the same flags as ``scuttle check``, and a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_model_is_printed(scuttle: Callable[..., Any]) -> None:
    """One process per node, one channel per link, and nothing but the model. Spec: SPIN-1."""
    ran = scuttle("promela", "--profile", "textbook", "--topology", "line:3", "--writers", "A,C")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("active proctype") == 3
    assert ran.out.count("chan q") == 4
    assert "/* update 2: k1@C1 */" in ran.out


def test_another_profile_is_refused(refused: Callable[..., str]) -> None:
    """Documented has no Promela; the message says which one has. Spec: SPIN-2."""
    told = refused("promela", "--topology", "line:3", "--profile", "documented")
    assert "no Promela is written for documented" in told
    assert "expected: textbook" in told


def test_without_a_profile_the_one_that_can_be_written_is(scuttle: Callable[..., Any]) -> None:
    """The default of the other commands, documented, has no Promela."""
    plain = scuttle("promela", "--writers", "A")
    assert plain.code == 0
    assert plain.out == scuttle("promela", "--writers", "A", "--profile", "textbook").out
    assert scuttle("promela", "--profile", "documented").code == 2
