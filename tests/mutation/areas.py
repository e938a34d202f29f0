"""What is mutated together: modules, and the tests that are to notice."""

from __future__ import annotations

from typing import NamedTuple


class Area(NamedTuple):
    """Modules by path without ``.py``, those of the core by name; and the tests.

    What is `without` is a test that takes as long as many others and fails no other mutants; what
    is `later` takes long, too, and runs against what the others let pass.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"checker/scuttle_check/{folder}/{name}" for name in names)


_ENGINE = (
    "tests/checker/test_searches_agree.py",
    "tests/checker/test_compiled.py",
    "tests/checker/test_own_systems.py",
    "tests/checker/test_verdicts.py",
    "tests/checker/test_replay.py",
    "tests/checker/test_faults.py",
    "tests/checker/test_counts_told.py",
    "tests/checker/test_levels.py",
    "tests/checker/test_regions.py",
)

_LONG = (
    "tests/checker/test_compiled.py::test_both_searches_agree_on_generated_models",
    "tests/checker/test_verdicts.py::test_a_search_stops_before_memory_runs_out[random_walk]",
)

_MILLION = tuple(
    f"tests/checker/test_symmetry.py::test_{name}"
    for name in ("two_relays_of_a_ring_halve_the_worlds", "the_symmetry_goes_with_the_quotient")
)

_LATER = ("tests/checker/test_small_pieces.py", "tests/checker/test_independent_explorer.py")

AREAS = {
    "core": Area(
        (
            *("names", "pairs", "messages", "version_vector", "order", "history", "entries"),
            *("state", "errors", "outputs", "validity", "resolvers", "config", "flow", "rules"),
            *("relatives", "profile", "profiles", "reducer", "pacing", "wire"),
        ),
        ("tests/clauses", "tests/laws"),
    ),
    "search": Area(
        (
            *_in("search", "plain", "exhaustive"),
            *_in("search", "budget"),
            *_in("engine", "cells", "environment", "steps", "judge", "trace"),
            *_in("search/compiled", "words", "visited", "cell_tables", "layout", "tables"),
            *_in("search/compiled", "interned", "judging", "search"),
            *_in("search/reductions", "recomputed"),
        ),
        (*_ENGINE, "tests/checker/test_steps.py", "tests/checker/test_certified_engine.py"),
        without=_LONG,
        later=_LATER,
    ),
    "reductions": Area(
        (
            *_in("gossip/reductions", "premises", "admissible", "claims"),
            *_in("gossip/reductions", "reduce"),
            *_in("search/reductions", "quotient", "symmetry", "concretion", "pieces"),
            *_in("search/reductions", "certificate", "promises", "dependence", "stubborn"),
            *_in("search/reductions", "orders"),
        ),
        (
            "tests/checker/test_needs.py",
            "tests/checker/test_quotient.py",
            "tests/checker/test_stubborn.py",
            "tests/checker/test_symmetry.py",
            "tests/checker/test_certified_engine.py",
            "tests/checker/test_limits_of_reductions.py",
        ),
        without=_MILLION,
        later=(
            *_MILLION,
            "tests/checker/test_independent_explorer.py",
            "tests/checker/test_premises.py",
            "tests/checker/test_reductions_agree.py",
            "tests/cli/test_check_reduction.py",
        ),
    ),
    "liveness": Area(
        (
            *_in("search/liveness", "exploration", "fair_cycles", "lasso", "numbered"),
            *_in("search/liveness", "quiescent", "fairness"),
            "checker/scuttle_check/engine/sessions",
        ),
        (
            "tests/checker/test_liveness.py",
            "tests/checker/test_fair_cycles.py",
            "tests/checker/test_numbers.py",
            "tests/checker/test_counts_told.py",
        ),
    ),
    "logs": Area(
        (
            *_in("oracle/live", "compare"),
            *_in("oracle/logs", "accept", "exhaust", "run", "telling"),
        ),
        ("tests/conformance/test_compare.py", "tests/conformance/test_traces.py"),
    ),
    "acceptor": Area(
        _in("oracle/live", "acceptor"),
        ("tests/conformance/test_acceptor.py", "tests/conformance/test_faithful.py"),
        later=("tests/conformance/test_oracle.py",),
    ),
    "model": Area(
        _in("engine", "system", "network", "worlds"),
        ("tests/checker/test_faults.py", "tests/checker/test_network.py", *_ENGINE),
        without=_LONG,
        later=_LATER,
    ),
    "walks": Area(
        (
            *_in("search/walks", "random_walk", "swarm"),
            *_in("search/walks", "moves", "shoal"),
        ),
        ("tests/checker/test_random_walk.py", "tests/checker/test_swarm.py"),
        without=(
            "tests/checker/test_swarm.py::test_a_swarm_is_many_times_faster_than_the_plain_walk",
        ),
    ),
    "divided": Area(
        _in("search/divided", "coordinator"),
        (
            "tests/checker/test_divided.py",
            "tests/checker/test_saved_search.py",
            "tests/checker/test_small_pieces.py",
        ),
    ),
    "shrinkers": Area(
        (*("checker/scuttle_check/search/shrink",), *_in("oracle/live", "searching")),
        ("tests/checker/test_shrink.py", "tests/conformance/test_searching.py"),
    ),
}
"""The areas by name. The tests of one are collected once, and those that reach a line run."""
