"""A saved run of the oracle as something to explore: each finding is a run that can be read.

Beside what an implementation did stands what the reference does with the same events; the last
step is the one at which they part.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.conformance.result import VERSION
from checker.conformance.settings import UnknownName
from checker.explorer.fixed import Fixed, FixedRun, links_of, view_of
from checker.explorer.retold import Retelling, row_of
from checker.explorer.views import Json
from checker.faults import UsageFault
from checker.scuttlebutt.experiment import profile_called
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.profile import Profile

REFUSAL = "a run of the oracle can be read and not changed; scuttle conform run does it again"

NODES_MAX = 12
"""How many nodes and played peers are shown side by side. Unit: nodes."""


def oracle_run(report: Json, where: str) -> Fixed:
    """The findings of a report, each a run; a property is what it says must not happen.

    Raises UsageFault for another version, a report without findings, and what is no report.

    Spec: EXPL-8.
    """
    if report.get("version") != VERSION:
        found = repr(report.get("version"))
        raise UsageFault(f"is {found}", where=f"{where}.version", expected=str(VERSION))
    try:
        profile = profile_called(str(report["profile"]))
        findings = [each for case in report["cases"] for each in case["findings"]]
        if not findings:
            raise UsageFault(
                "holds no finding: nothing went wrong",
                where=f"{where}.cases",
                hint="scuttle conform run --save FILE keeps a run that fails",
            )
        return _fixed(report, profile, findings)
    except (KeyError, TypeError, AttributeError, ValueError, InvalidConfig, UnknownName) as wrong:
        raise UsageFault(
            f"cannot be read as a report ({type(wrong).__name__}: {wrong})",
            where=where,
            expected="what scuttle conform run --save writes (spec/schemas/report.schema.json)",
        ) from None


def _fixed(report: Json, profile: Profile, findings: Sequence[Json]) -> Fixed:
    names = _names(findings)
    nodes = _nodes_of(findings)
    telling = [
        Retelling(profile, each, nodes, at, len(findings)) for at, each in enumerate(findings)
    ]
    start = view_of([row_of(node) for node in nodes], [[] for _ in links_of(nodes)])
    start["findings"] = [None] * len(findings)
    runs = [
        FixedRun(name, tuple(each.steps(name))) for name, each in zip(names, telling, strict=True)
    ]
    shortest = {
        run.name: {"verdict": "refuted", "because": finding["told"], "labels": run.labels}
        for run, finding in zip(runs, findings, strict=True)
    }
    properties = [
        {"name": name, "clause": " ".join(each["clauses"]), "says": each["told"], "kind": ""}
        for name, each in zip(names, findings, strict=True)
    ]
    sut = report["sut"].get("name", "an implementation")
    failed = "1 finding" if len(runs) == 1 else f"{len(runs)} findings"
    note = (
        f"{failed} of scuttle conform run, seed {report['seed']}. The table shows what the "
        "reference knows, and where the implementation differs from it."
    )
    title = f"{sut} under {profile.name}"
    return Fixed(title, note, nodes, start, runs, REFUSAL, properties, shortest)


def _names(findings: Sequence[Json]) -> list[str]:
    """The ids of findings, numbered where two are the same."""
    names: list[str] = []
    for each in findings:
        name, more = str(each["id"]), 1
        while name in names:
            more += 1
            name = f"{each['id']}.{more}"
        names.append(name)
    return names


def _nodes_of(findings: Sequence[Json]) -> list[str]:
    """Everybody who does something or is sent something, nodes under test first."""
    found: dict[str, None] = {}
    for each in findings:
        found |= dict.fromkeys(step["node"] for step in each["happened"])
    for each in findings:
        found |= dict.fromkeys(each["nodes"])
        for step in each["happened"]:
            others = [
                step.get("from"),
                step.get("peer"),
                *(out["to"] for out in step["got"]["out"]),
            ]
            found |= dict.fromkeys(other for other in others if other)
    return sorted(list(found)[:NODES_MAX])
