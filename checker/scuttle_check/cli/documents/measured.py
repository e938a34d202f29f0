"""What is said where something was counted: benchmarks, the twin, and how updates spread."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    COUNT,
    SECONDS,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    of_class,
    one_of,
    or_null,
)
from scuttle_check.cli.bench import SEARCHES
from scuttle_check.cli.documents.shared import LIMITS, document, ref
from scuttle_check.cli.spread_shown import MEASURES
from scuttle_check.evidence.simulation.spread import Setup, Spread
from scuttle_check.evidence.twin import SIZES, Numbers

_SETUP: Final = of_class(Setup)
SPREAD_SETUP: Final[Schema] = {
    **_SETUP,
    "properties": {**_SETUP["properties"], **LIMITS, "profile": ref("profile")},
}
"""What spreads, where and how."""

_TIMES: Final = an_object({"best": SECONDS, "median": SECONDS, "runs": list_of(SECONDS)})
_SPUN: Final = an_object(
    {
        "states": COUNT,
        "transitions": COUNT,
        "build_seconds": SECONDS,
        "wall_seconds": _TIMES,
        "cpu_seconds": _TIMES,
        "peak_bytes": COUNT,
        "wall_ratio": SECONDS,
        "cpu_ratio": SECONDS,
    }
)
_ROW: Final = an_object(
    {
        "size": TEXT,
        "flags": TEXTS,
        "variant": TEXT,
        "search": one_of(SEARCHES),
        "worlds": COUNT,
        "transitions": COUNT,
        **dict.fromkeys(("search_seconds", "wall_seconds", "cpu_seconds"), _TIMES),
        **dict.fromkeys(("worlds_per_second", "peak_bytes", "base_bytes"), COUNT),
        "bytes_per_world": or_null(SECONDS),
        "spin": {"oneOf": [_SPUN, {"type": "null"}]},
        "spin_reduced": {"oneOf": [_SPUN, {"type": "null"}]},
        "no_spin": TEXT,
        "differs": TEXT,
    }
)


def bench_node() -> Schema:
    """What hostile lines cost a node. Spec: NODE-14."""
    about = dict.fromkeys(("machine", "processor", "python", "numpy"), TEXT)
    row = {"says": TEXT, "count": COUNT, **dict.fromkeys(("one", "many", "ratio"), SECONDS)}
    rows = {"runs": COUNT, "most": SECONDS, "rows": list_of(an_object(row))}
    return document("bench-node", "What hostile lines cost a node that runs", {**about, **rows})


def bench() -> Schema:
    """What ``scuttle bench --json`` says. Spec: BENCH-2, BENCH-3."""
    machine = dict.fromkeys(("machine", "processor", "python", "numpy", "spin"), TEXT)
    return document(
        "bench",
        "What scuttle bench --json says: times, memory and counts, beside SPIN where that ran",
        {**machine, "runs": {"type": "integer", "minimum": 1}, "rows": list_of(_ROW)},
    )


def bench_sizes() -> Schema:
    """What ``scuttle bench --list --json`` says."""
    size = an_object({"name": TEXT, "flags": TEXTS, "says": TEXT, "large": YES_OR_NO})
    title = "What scuttle bench --list --json says: the models that can be measured"
    return document("bench-sizes", title, {"sizes": list_of(size)})


def twin() -> Schema:
    """What ``scuttle twin --json`` says. Spec: TWIN-3."""
    numbers = of_class(Numbers)
    model = an_object(
        {
            "id": TEXT,
            "size": one_of(SIZES),
            "recorded": numbers,
            "checker": numbers,
            "tlc": {"oneOf": [numbers, {"type": "null"}]},
            "differences": TEXTS,
        }
    )
    tlc = an_object({"revision": TEXT, "command": TEXT, "run_again": YES_OR_NO})
    return document(
        "twin",
        "What scuttle twin --json says: what TLC and the checker counted of the same models",
        {"tlc": tlc, "equal": YES_OR_NO, "models": list_of(model)},
    )


def spread() -> Schema:
    """What ``scuttle simulate spread --json`` says. Spec: SIM-2, SIM-6."""
    number = {"type": ["number", "null"]}
    estimate = an_object({"mean": number, "half": number})
    size = an_object(
        {
            "nodes": COUNT,
            "arrived": COUNT,
            "estimates": an_object(dict.fromkeys(MEASURES, estimate)),
            "runs": list_of(of_class(Spread)),
        }
    )
    expectation = an_object({"sentence": TEXT, "holds": or_null(YES_OR_NO), "found": estimate})
    return document(
        "spread",
        "What scuttle simulate spread --json says: every run, and means with half of their "
        "95 % confidence intervals",
        {
            "setup": SPREAD_SETUP,
            "interrupted": YES_OR_NO,
            "sizes": list_of(size),
            "expectations": list_of(expectation),
        },
    )
