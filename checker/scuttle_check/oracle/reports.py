"""A report as text for people, as JUnit XML for build servers, and as an HTML matrix."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from html import escape
from typing import Any, Final
from xml.etree import ElementTree as ET

from scuttle_check.engine.pictures.text import Row, sequence_diagram
from scuttle_check.oracle.result import FAILED, OPEN, CaseResult, Finding, Outcome, Report

ROWS_SHOWN: Final = 40
"""How many rows of a diagram are drawn; the JSON report has all."""


def rerun_line(report: Report, case: str) -> str:
    """The command that shows a case again. Spec: ORA-12."""
    command = " ".join(shlex.quote(word) for word in report.command)
    return (
        f"scuttle conform run --profile {shlex.quote(report.given or report.profile)}"
        f" --case {shlex.quote(case)}"
        f" --seed {report.seed} --examples {report.examples} -- {command}"
    )


def printable(text: str) -> str:
    """`text` of somebody else's program, safe for a terminal."""
    safe = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return "".join(safe)


# --- for people ----------------------------------------------------------------------------------


def as_text(report: Report, *, verbose: bool) -> str:
    """The failing cases with their smallest scenes, then one line for each level. Spec: ORA-12."""
    name = printable(f"{report.sut.get('name', '?')} {report.sut.get('version', '')}".strip())
    lines = [f"{name} under the profile {report.profile}, seed {report.seed}", ""]
    for case in report.cases:
        if verbose or case.outcome not in {Outcome.PASS, Outcome.SKIP}:
            lines += _case_lines(report, case)
    lines += [f"warning: {printable(each)}" for each in report.warnings]
    lines += [""] if lines[-1] else []
    width = max(len(level) for level in report.verdicts()) if report.verdicts() else 0
    lines += [
        f"{level:<{width}}  {verdict:<20} {_figures(report, level)}"
        for level, verdict in report.verdicts().items()
    ]
    if report.interrupted:
        lines.append("interrupted: the cases above are complete, the others did not run")
    return "\n".join(lines)


def _figures(report: Report, level: str) -> str:
    members = [case for case in report.cases if case.level.value == level]
    scenes, moved = sum(each.scenes for each in members), sum(each.moved for each in members)
    limits = sum(each.limits for each in members)
    skipped = sum(each.outcome is Outcome.SKIP for each in members)
    known = sum(each.outcome is Outcome.XFAIL for each in members)
    told = [f"{scenes:,} scenes", *([f"{moved:,} updates travelled"] if moved else [])]
    told += [f"{limits:,} at a documented limit"] if limits else []
    told += [f"{known} known failures"] if known else []
    told += [f"{skipped} {'case' if skipped == 1 else 'cases'} skipped"] if skipped else []
    return ", ".join(told)


def _case_lines(report: Report, case: CaseResult) -> list[str]:
    says = f"  {printable(case.says)}" if case.says else ""
    issue = f"  {printable(case.issue)}" if case.issue else ""
    lines = [f"{case.outcome.value.upper():<12} {case.id}{says}{issue}"]
    for finding in case.findings:
        lines += ["", *_finding_lines(finding)]
    if not case.findings:
        return lines
    return [*lines, "", f"  again: {rerun_line(report, case.id)}", ""]


def _finding_lines(finding: Finding) -> list[str]:
    problem = finding.problem
    clauses = ", ".join(finding.clauses)
    head = f"  {finding.outcome.value.upper()} {finding.id}"
    step = f"step {len(problem.rows)}" if problem.rows else "at the start"
    lines = [f"{head}  {step}, {printable(problem.path)} [{clauses}]"]
    if finding.issue:
        lines.append(f"    known: {printable(finding.issue)}")
    lines += [
        f"    {printable(problem.told)[:600]}",
    ]
    if finding.mistakes:
        lines.append(f"    as if it followed: {', '.join(finding.mistakes)}")
    lines += [f"    and behind it: {printable(each)[:400]}" for each in finding.follows]
    if finding.scene is not None:
        config = finding.scene.setting.config()
        lines.append(f"    configured with: {config or 'nothing'}")
        lines += [f"    {at}. {printable(str(each))[:150]}"
                  for at, each in enumerate(finding.scene.operations, 1)]  # fmt: skip
    lines += ["", *(f"    {line}" for line in diagram(finding).splitlines())]
    said = problem.stderr.strip().splitlines()[-5:]
    lines += [f"    stderr: {printable(line)[:200]}" for line in said]
    return lines


def diagram(finding: Finding) -> str:
    """The smallest scene, drawn."""
    rows = finding.problem.rows[-ROWS_SHOWN:]
    skipped = len(finding.problem.rows) - len(rows)
    speakers = [name for row in rows for name in (row.node, row.target) if name]
    nodes = list(dict.fromkeys([*finding.nodes, *sorted(speakers)]))
    drawn = [
        Row(str(at), row.node, printable(row.text), row.target, row.mark)
        for at, row in enumerate(rows, skipped + 1)
    ]
    return sequence_diagram(nodes, drawn)


# --- for build servers ---------------------------------------------------------------------------


def as_junit(report: Report) -> str:
    """JUnit XML: a suite for the run, a case for each case. Spec: ORA-12."""
    suite = ET.Element(
        "testsuite",
        name=_xml(f"scuttle conform {report.profile}: {report.sut.get('name', '?')}"),
        tests=str(len(report.cases)),
        failures=str(sum(each.outcome in FAILED for each in report.cases)),
        errors=str(sum(each.outcome in OPEN for each in report.cases)),
        skipped=str(sum(each.outcome in {Outcome.SKIP, Outcome.XFAIL} for each in report.cases)),
    )
    for case in report.cases:
        told = "\n\n".join("\n".join(_finding_lines(each)) for each in case.findings)
        element = ET.SubElement(
            suite, "testcase", classname=f"{report.profile}.{case.level.value}", name=case.id
        )
        message = _xml(case.says or (case.findings[0].problem.told if case.findings else ""))
        if case.outcome in FAILED:
            ET.SubElement(element, "failure", message=message, type=case.outcome.value).text = _xml(
                told
            )
        elif case.outcome in OPEN:
            ET.SubElement(element, "error", message=message, type=case.outcome.value)
        elif case.outcome in {Outcome.SKIP, Outcome.XFAIL}:
            ET.SubElement(
                element, "skipped", message=_xml(f"{case.outcome.value} {case.issue} {message}")
            )
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """`text` without what XML 1.0 cannot hold."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


# --- the matrix ----------------------------------------------------------------------------------

STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}
table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}
.pass{background:#d9f2d9}.fail,.crash,.timeout,.protocol,.xpass{background:#f8d0d0}
.skip,.xfail{background:#eee}.inconclusive,.error,.documented-limit,.out-of-contract{background:#fdf0c8}
pre{background:#f6f6f6;padding:1rem;overflow:auto}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}pre{background:#222}
.pass{background:#1d431d}.fail,.crash,.timeout,.protocol,.xpass{background:#5a2020}
.skip,.xfail{background:#333}.inconclusive,.error,.documented-limit{background:#4a3c10}}
"""


def as_html(documents: Sequence[dict[str, Any]]) -> str:
    """The matrix of implementations by cases, from reports in JSON. Spec: ORA-12."""
    names = [_title(each) for each in documents]
    ids = list(dict.fromkeys(case["id"] for each in documents for case in each["cases"]))
    tables = [{case["id"]: case for case in each["cases"]} for each in documents]
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th scope=row>{escape(name)}</th>"
        + "".join(_cell(at, table.get(name)) for at, table in enumerate(tables))
        + "</tr>"
        for name in ids
    )
    details = "".join(_details(at, each) for at, each in enumerate(documents))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Conformance</title>"
        f"<style>{STYLE}</style><h1>Conformance</h1>"
        f"<table><thead><tr><th>case</th>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"{details}</html>\n"
    )


def _title(document: dict[str, Any]) -> str:
    sut = document["sut"]
    name = f"{sut.get('name', '?')} {sut.get('version', '')}".strip()
    return f"{name} ({document['profile']})"


def _cell(at: int, case: dict[str, Any] | None) -> str:
    if case is None:
        return "<td></td>"
    outcome = escape(case["outcome"])
    found = ", ".join(each["clauses"][0] for each in case["findings"])
    link = f"<a href='#{at}-{escape(case['id'], quote=True)}'>{outcome}</a>" if found else outcome
    return f"<td class='{outcome}'>{link} {escape(found)}</td>"


def _details(at: int, document: dict[str, Any]) -> str:
    parts = []
    for case in document["cases"]:
        if not case["findings"]:
            continue
        told = "\n\n".join(_told(each) for each in case["findings"])
        anchor = f"{at}-{escape(case['id'], quote=True)}"
        title = f"{_title(document)}: {case['id']}"
        parts.append(f"<h2 id='{anchor}'>{escape(title)}</h2><pre>{escape(told)}</pre>")
    return "".join(parts)


def _told(finding: dict[str, Any]) -> str:
    steps = [
        f"  {at}. {row['node']}{' -> ' + row['to'] if row['to'] else ''}: {row['text']}"
        for at, row in enumerate(finding["trace"], 1)
    ]
    return "\n".join(
        [f"{finding['id']} [{', '.join(finding['clauses'])}]", finding["told"], *steps]
    )
