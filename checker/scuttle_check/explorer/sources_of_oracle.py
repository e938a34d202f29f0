"""A saved run of the oracle as something to explore: each finding is a run that can be read.

Beside what an implementation did stands what the reference does with the same events; the last
step is the one at which they part.
"""

from __future__ import annotations

from collections.abc import Sequence

from scuttle_check.base.errors import UsageFault
from scuttle_check.explorer.fixed import Fixed, FixedRun, is_word, links_of, view_of
from scuttle_check.explorer.retold import Retelling, row_of
from scuttle_check.explorer.views import Json
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.oracle.protocol import UnknownName
from scuttle_check.oracle.result import VERSION
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
        one = _fixed(report, profile, findings)
        _insist_on_texts(one)
    except (KeyError, TypeError, AttributeError, ValueError, InvalidConfig, UnknownName) as wrong:
        raise UsageFault(
            f"cannot be read as a report ({type(wrong).__name__}: {wrong})",
            where=where,
            expected="what scuttle conform run --save writes (spec/schemas/report.schema.json)",
        ) from None
    return one


def _insist_on_texts(one: Fixed) -> None:
    """Raise TypeError where something else stands that is to be read."""
    told = [step for run in one.runs for step in run.steps]
    read = [text for step in told for text in (step["label"], step["headline"], *step["details"])]
    read += [text for each in one.properties for text in each.values()]
    wrong = next((text for text in read if not isinstance(text, str)), None)
    if wrong is not None:
        raise TypeError(f"{wrong!r:.40} is no text")


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
    """Everybody who does something or is sent something, nodes under test first.

    Peers that no label can name are left out, and what is said to them with them.
    """
    found: dict[str, None] = {}
    for each in findings:
        found |= dict.fromkeys(step["node"] for step in each["happened"])
    awkward = next((name for name in found if not is_word(name)), None)
    if awkward is not None:
        raise ValueError(f"{awkward!r} cannot name a node")
    for each in findings:
        others = list(each["nodes"])
        for step in each["happened"]:
            others += [step.get("from"), step.get("peer")]
            others += [out["to"] for out in step["got"]["out"]]
        found |= dict.fromkeys(filter(is_word, others))
    return sorted(list(found)[:NODES_MAX])
