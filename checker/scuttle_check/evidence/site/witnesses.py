"""How sure are we: for each property, what was tried while this site was built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

HEAD = """# How sure are we

A property that holds because nothing happened is worth nothing. So each property counts how often
it was *exercised*: how many different situations it had something to say about. One that was never
exercised is unknown, not true. And a property that nothing can refute would test nothing: most are
refuted here by an assumption that is dropped, the others by rules that are broken on purpose
(`pytest tests/discovery`).

This table was made by running the catalogue while the site was built.

"""

TAIL = """
The other legs this stands on, each with its command:

- The same protocol in [TLA+](../tla/README.md): TLC counts the same worlds. `scuttle twin`
- Recordings of the real library, replayed step by step. `scuttle golden tests/golden/data`
- Two searches that share no code for steps agree in every count. `pytest tests/checker`
- Each clause has code and a test. `scuttle clauses`
- Rules broken on purpose are found. `pytest tests/discovery`
- What this page and all others show is played again by the tests. `pytest tests/guide`

A verdict covers the model that was explored, no more: this many nodes, writes and exchanges.
"""


def witnesses_page(catalogue: Mapping[str, Any]) -> str:
    """The page, from what ``scuttle check --json`` prints."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for case in catalogue["cases"]:
        for verdict in case["properties"]:
            rows.setdefault(verdict["name"], []).append({**verdict, "case": case["id"]})
    lines = [
        HEAD + "| property | holds in | exercised there | refuted in | shortest refutation |",
        "|---|---|---|---|---|",
    ]
    lines.extend(_row(name, verdicts) for name, verdicts in rows.items())
    total = f"{len(catalogue['cases'])} models, {catalogue['states']:,} worlds."
    return "\n".join([*lines, "", total, TAIL])


def _row(name: str, verdicts: list[Mapping[str, Any]]) -> str:
    clause = verdicts[0]["clause"]
    good = [each for each in verdicts if each["verdict"] in {"holds", "witnessed"}]
    bad = [each for each in verdicts if each["verdict"] == "refuted"]
    times = sum(each["exercised"] or 0 for each in good)
    return (
        f"| {name} {clause} | {len(good)} models | {times:,} times | {len(bad)} models "
        f"| {_shortest(bad)} |"
    )


def _shortest(bad: Iterable[Mapping[str, Any]]) -> str:
    finite = [each for each in bad if each["steps"] is not None]
    if not finite:
        return "-"
    first = min(finite, key=lambda each: (each["steps"], each["case"]))
    return f"{first['steps']} steps: `scuttle check --case {first['case']}`"
