"""``scuttle simulate``: the experiments of the paper from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_an_experiment_prints_its_figures_beside_the_papers(scuttle: Callable[..., Any]) -> None:
    """The flow-control experiment under one order, judged."""
    ran = scuttle("simulate", "paper-2", "--order", "depth")

    assert ran.code == 0
    assert "paper" in ran.out
    assert ran.out.count("holds  depth") == 3


def test_the_same_seed_gives_the_same_document(scuttle: Callable[..., Any]) -> None:
    """At another size than the paper's, nothing is judged and the exit code says so."""
    small = ("simulate", "light-writers", "--nodes", "8", "--order", "breadth", "--json")
    one, again = scuttle(*small, "--seeds", "2"), scuttle(*small, "--seeds", "2")

    assert one.code == 4
    assert one.out == again.out
    assert [run["seed"] for run in one.document["runs"]] == [1, 2]
    assert one.document["expectations"] == []


def test_an_unknown_experiment_is_a_usage_error(refused: Callable[..., str]) -> None:
    """The names that exist are said."""
    assert "paper-1" in refused("simulate", "paper-9")
