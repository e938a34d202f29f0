"""``scuttle vectors``: static conversations for other implementations, built and run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, REFUTED, UsageFault
from scuttle_check.base.files import read_members
from scuttle_check.base.junit import Case, junit_file, suite_of
from scuttle_check.base.kept_files import made_folder, write_over
from scuttle_check.base.resources import carried, spec_folder, to_write_to
from scuttle_check.cli.options import examples, report_option
from scuttle_check.cli.shown import say
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.oracle.live.nodes import Launch, Session
from scuttle_check.oracle.vectors.build import FORMAT, LEVELS, text_of, vector_files
from scuttle_check.oracle.vectors.live import run_live
from scuttle_check.oracle.vectors.run import Ran, reference, run_vector
from scuttle_check.oracle.vectors.steps import Json

REPORT = "scuttle-vectors-report/1"


@click.group(epilog=examples("scuttle vectors test --profile documented"))
def command() -> None:
    """Vectors: static conversations with one node, in JSON, for implementations in any language.

    They are in spec/vectors, with a runner of 40 lines to copy.
    """


@command.command(epilog=examples("scuttle vectors build --check"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into. Default: spec/vectors.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a file would change.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def build(out: Path | None, *, check: bool, as_json: bool) -> None:
    """Make the files of vectors from the mutants of every rule, the scenarios and hostile input."""
    spec = spec_folder() if check or out is not None else to_write_to()
    folder = spec / "vectors" if out is None else out
    say("looking for the shortest conversations, some ten seconds")
    changed = []
    for name, document in vector_files(spec_folder() / "scenarios").items():
        path, text = folder / name, text_of(document)
        if (path.read_text(encoding="utf-8") if path.is_file() else "") == text:
            continue
        changed.append(name)
        if not check:
            _write(path, text)
    said = ", ".join(changed) or "nothing"
    if as_json:
        told = {"folder": str(folder), "changed": changed, "written": not check}
        click.echo(json.dumps({"format": "scuttle-vectors-built/1", **told}))
    else:
        click.echo(f"{said} would change" if check else f"{said} written, the rest is up to date")
    sys.exit(REFUTED if check and changed else AS_EXPECTED)


def _write(path: Path, text: str) -> None:
    made_folder(path.parent)
    write_over(path, text)


@command.command(
    epilog=examples(
        "scuttle vectors test --profile documented", "scuttle vectors test -- node my-adapter.mjs"
    )
)
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of vectors. May be repeated. Default: those in spec/vectors.",
)
@click.option("--profile", metavar="NAME", help="Only this one. With COMMAND: documented.")
@click.option("--level", type=click.Choice(list(LEVELS)), help="Only the vectors of this level.")
@click.option("--case", "cases", metavar="GLOB", default="*", help="Only ids like this.")
@report_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def test(program: tuple[str, ...], cases: str, as_json: bool, **flags: Any) -> None:
    """Run vectors on the reference, or on the adapter that COMMAND starts.

    Exit code 1 when any fails, 3 when COMMAND cannot be run, 4 when nothing was run.
    """
    files, level = flags["files"], flags["level"]
    junit = junit_file(flags["report"])
    wanted = flags["profile"] or ("documented" if program and not files else None)
    if wanted is not None:
        profile_called(wanted)
    session = Session(Launch(program)) if program else None
    ran: list[tuple[Json, Ran]] = []
    try:
        own = sorted((spec_folder() / "vectors").glob("*.json"))
        for path in map(carried, files or own):
            document = read_vectors(path)
            if wanted in {None, document["profile"]}:
                answer = reference(profile_called(document["profile"]))
                ran.extend(
                    (each, run_vector(each, answer) if session is None else run_live(each, session))
                    for each in document["vectors"]
                    if level in {None, each["level"]} and fnmatchcase(each["id"], cases)
                )
    finally:
        if session is not None:
            session.close()
    if junit is not None:
        write_over(junit, suite_of("scuttle vectors test", [_case(*each) for each in ran]))
    click.echo(json.dumps(_report(ran), ensure_ascii=False) if as_json else _text(ran))
    outcomes = {each.outcome for _, each in ran}
    if outcomes <= {"skipped"}:
        sys.exit(INCONCLUSIVE)
    sys.exit(REFUTED if "failed" in outcomes else AS_EXPECTED)


def read_vectors(path: Path) -> dict[str, Any]:
    """A file of vectors. Raises UsageFault with the path of what is wrong."""
    document = read_members(path, FORMAT, {"profile": str, "vectors": list})
    for at, vector in enumerate(document["vectors"]):
        for name, kind in {"id": str, "level": str, "nodes": list, "steps": list}.items():
            good = isinstance(vector, dict) and isinstance(vector.get(name), kind)
            if not good:
                where = f"{path}: $.vectors[{at}].{name}"
                raise UsageFault("is missing or of another type", where=where)
        for number, step in enumerate(vector["steps"]):
            if not isinstance(step, dict) or not isinstance(step.get("do"), dict):
                where = f"{path}: $.vectors[{at}].steps[{number}]"
                raise UsageFault("is no step", where=where, expected="do and expect")
            if "expect" not in step or not isinstance(step["do"].get("op"), str):
                where = f"{path}: $.vectors[{at}].steps[{number}]"
                raise UsageFault("is no step", where=where, expected="do.op and expect")
    return document


def _report(ran: Sequence[tuple[Json, Ran]]) -> Json:
    cases = []
    for vector, each in ran:
        case: Json = {"id": each.id, "outcome": each.outcome, "clauses": vector.get("clauses", [])}
        if each.reason:
            case["reason"] = each.reason
        if each.failure is not None:
            found = each.failure.mismatch
            case |= {"step": each.failure.step, "path": found.path}
            case |= {"expected": found.expected, "got": found.got}
        cases.append(case)
    return {"format": REPORT, "summary": dict(Counter(e.outcome for _, e in ran)), "cases": cases}


def _case(vector: Json, ran: Ran) -> Case:
    """A vector for a build server. Spec: ORA-12."""
    profile, _, name = ran.id.partition("/")
    clauses = ", ".join(vector.get("clauses", []))
    if ran.failure is not None:
        text = f"{ran.failure} [{clauses}]\n{vector.get('comment', '')}"
        return Case(profile, name, "failure", str(ran.failure), ran.outcome, text)
    fault = "" if ran.outcome == "passed" else "skipped"
    return Case(profile, name, fault, ran.reason)


def _text(ran: Sequence[tuple[Json, Ran]]) -> str:
    lines = []
    for vector, each in ran:
        if each.failure is not None:
            lines.append(f"FAIL {each.id} {each.failure} [{', '.join(vector.get('clauses', []))}]")
            lines.append(f"     {vector.get('comment', '')}")
        elif each.reason:
            lines.append(f"{each.outcome.upper()[:4]} {each.id}: {each.reason}")
    counts = Counter(each.outcome for _, each in ran)
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    return "\n".join([*lines, f"{len(ran)} vectors: {told}" if ran else "no vector was chosen"])
