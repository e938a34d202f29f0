"""What is said of the experiments of the paper, and of simulations that have a folder."""

from __future__ import annotations

from typing import Any, Final, get_type_hints

import attrs

from scuttle_check.base.documents import (
    COUNT,
    TEXT,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    of_class,
    one_of,
    or_null,
    table_of,
)
from scuttle_check.cli.documents.measured import SPREAD_SETUP, spread
from scuttle_check.cli.documents.shared import SUM, document, whole
from scuttle_check.evidence.simulation.experiments import EXPERIMENTS
from scuttle_check.evidence.simulation.orders import ORDERS
from scuttle_check.evidence.simulation.paper import ENGINES, Sample
from scuttle_check.evidence.simulation.plans import AUTO
from scuttle_check.evidence.simulation.spread import Spread

_NUMBER: Final[Schema] = {"type": "number"}
_FROM_1: Final[Schema] = {"type": "integer", "minimum": 1}


def simulation() -> Schema:
    """What ``scuttle simulate`` says of an experiment of the paper. Spec: SIM-1, SIM-7."""
    run = an_object(
        {
            "order": one_of(ORDERS),
            "engine": one_of(ENGINES),
            "seed": COUNT,
            "figures": table_of(or_null(_NUMBER)),
            "samples": list_of(of_class(Sample)),
        }
    )
    expectation = an_object({"sentence": TEXT, "seed": COUNT, "holds": YES_OR_NO})
    return document(
        "simulation",
        "What scuttle simulate paper-1, paper-2 and light-writers say with --json: every run, "
        "second by second, the figures of the paper, and what was expected",
        {
            "experiment": one_of(EXPERIMENTS),
            "nodes": COUNT,
            "runs": list_of(run),
            "paper": table_of(table_of(_NUMBER, ORDERS)),
            "expectations": list_of(expectation),
        },
    )


_SEEDS: Final[Schema] = {"seed": COUNT, "seeds": _FROM_1}
_PAPER_PLAN: Final = an_object(
    {
        "kind": {"const": "paper"},
        **_SEEDS,
        "experiment": one_of(EXPERIMENTS),
        "orders": list_of(one_of(ORDERS)),
        "nodes": or_null({"type": "integer", "minimum": 2}),
        "engine": one_of((AUTO, *ENGINES)),
    }
)
_SPREAD_PLAN: Final = an_object(
    {"kind": {"const": "spread"}, **_SEEDS, "setup": SPREAD_SETUP, "growth": YES_OR_NO}
)
PLAN: Final[Schema] = {"oneOf": [_PAPER_PLAN, _SPREAD_PLAN]}
"""Setups and seeds."""


def _body(schema: Schema) -> Schema:
    """A document without its head, to stand in another."""
    return {name: each for name, each in schema.items() if name not in {"$schema", "$id", "title"}}


RESULT: Final[Schema] = {"oneOf": [_body(simulation()), _body(spread()), {"type": "null"}]}
"""What came of a simulation, once that is known."""


def simulation_folder() -> Schema:
    """The file ``run.json`` of the folder of a simulation. Spec: RUN-3."""
    return document(
        "simulation-folder",
        "The file run.json of the folder of a simulation: what is simulated, and by which program",
        {"program": TEXT, "plan": PLAN, "population": COUNT, "sum": SUM},
        version=2,
    )


def simulation_end() -> Schema:
    """A line of the file ``runs.jsonl`` of the folder of a simulation. Spec: RUN-7."""
    hints = get_type_hints(Sample)
    kinds: dict[Any, Schema] = {int: COUNT, float: _NUMBER}
    row = _tuple([kinds[hints[each.name]] for each in attrs.fields(Sample)])
    paper = an_object({"samples": list_of(row), "alike": or_null(YES_OR_NO)})
    return whole(
        "simulation-end",
        "A line of the file runs.jsonl of the folder of a simulation: the number of a run in the "
        "plan, what it came to, and a checksum",
        _tuple([COUNT, {"oneOf": [paper, of_class(Spread)]}, COUNT]),
    )


def _tuple(places: list[Schema]) -> Schema:
    return {"type": "array", "prefixItems": places, "items": False, "minItems": len(places)}
