"""What is mutated together: modules, and the tests that are to notice."""

from __future__ import annotations

from typing import NamedTuple


class Area(NamedTuple):
    """Modules by path without ``.py``, those of the core by name; the tests; smaller samples."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"checker/{folder}/{name}" for name in names)


_ENGINE = (
    "tests/checker/test_searches_agree.py",
    "tests/checker/test_compiled.py",
    "tests/checker/test_small_pieces.py",
    "tests/checker/test_independent_explorer.py",
    "tests/checker/test_own_systems.py",
    "tests/checker/test_verdicts.py",
    "tests/checker/test_replay.py",
)

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
            *_in("search", "breadth_first", "depth_first", "exhaustive", "judge", "replay"),
            *_in("search", "budget"),
            *_in("search/compiled", "fields", "visited", "vectors", "parts", "regions", "tables"),
            *_in("search/compiled", "interned", "judging", "search", "recomputed"),
        ),
        (*_ENGINE, "tests/checker/test_certified_engine.py"),
        (("SCUTTLE_MODELS", "64"),),
    ),
    "reductions": Area(
        (
            *_in("scuttlebutt", "premises", "admissible", "facets", "commutation", "naming"),
            *_in("scuttlebutt", "reduce"),
            *_in("search/compiled", "quotient", "symmetry", "images", "concretion", "pieces"),
            *_in("search/compiled", "certificate", "promises", "dependence", "stubborn"),
            *_in("search/compiled", "orders"),
        ),
        (
            "tests/checker/test_needs.py",
            "tests/checker/test_premises.py",
            "tests/checker/test_quotient.py",
            "tests/checker/test_stubborn.py",
            "tests/checker/test_symmetry.py",
            "tests/checker/test_reductions_agree.py",
            "tests/cli/test_check_reduction.py",
        ),
    ),
    "liveness": Area(
        _in("liveness", "exploration", "fair_cycles", "graph", "lasso", "numbered", "quiescent"),
        (
            "tests/checker/test_liveness.py",
            "tests/checker/test_fair_cycles.py",
            "tests/checker/test_numbers.py",
        ),
    ),
    "logs": Area(
        (
            *_in("conformance", "compare"),
            *_in("conformance/passive", "accept", "run", "silent", "telling"),
        ),
        ("tests/conformance/test_compare.py", "tests/conformance/test_traces.py"),
    ),
    "acceptor": Area(
        _in("conformance", "acceptor"),
        ("tests/conformance/test_oracle.py", "tests/conformance/test_faithful.py"),
    ),
    "shrinkers": Area(
        (*("checker/shrink",), *_in("conformance", "searching")),
        ("tests/checker/test_shrink.py", "tests/conformance/test_searching.py"),
    ),
}
"""The areas by name. The tests of one are collected once, and those that reach a line run."""
