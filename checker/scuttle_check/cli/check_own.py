"""``scuttle check`` of a protocol that is not Scuttlebutt: a class of nodes, or code of a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import click
from click.core import ParameterSource

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.reading import text_given
from scuttle_check.cli.answers import exit_code
from scuttle_check.cli.options import looks_like_file, named
from scuttle_check.cli.shown import stats_json, verdict_json
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.verdict import Kind
from scuttle_check.explorer.checking import Answer, checked
from scuttle_check.explorer.saved_traces import Subject, subject_of
from scuttle_check.gossip.experiment import Misfortune
from scuttle_check.gossip.model_files import table_of
from scuttle_check.gossip.own_properties import as_it_is, property_called
from scuttle_check.search.budget import Budget
from scuttle_ref.profiles import PROFILES

FORMAT = "scuttle-check-own/1"

MEMBERS = {
    "topology_name": "topology",
    "exchanges": "exchanges",
    "network": "network",
    "wiring": "wiring",
    "processes": "processes",
}
"""The flags that say a member of a model file, and which."""

BUDGETS = tuple(each.name for each in attrs.fields(Misfortune))
TAKEN = {
    *("model", "nodes", "script", "wanted", "save", "as_json", "fairness", *MEMBERS, *BUDGETS),
    *("max_states", "max_seconds", "max_memory"),
}
"""The flags that nodes of somebody else's take."""


def is_own(flags: dict[str, Any]) -> bool:
    """Whether the model is one of somebody's own nodes. Raises UsageFault."""
    if flags["nodes"] is not None:
        return True
    name = named(flags)
    if name is None:
        return False
    if not looks_like_file(name):
        return ":" in name and name.partition(":")[2] not in PROFILES and not _is_case(name)
    return Path(name).is_file() and isinstance(_table(name).get("nodes"), str)


def _is_case(name: str) -> bool:
    from scuttle_check.gossip.catalogue import SIZES, cases_of, load_catalogue  # noqa: PLC0415

    rows = load_catalogue()
    return name.partition(":")[0] in {case.row for case in cases_of(rows, SIZES)}


def _table(name: str) -> dict[str, Any]:
    try:
        return table_of(Path(name))
    except UsageFault:  # whoever reads it as a model says what is wrong with it
        return {}


def check_own(flags: dict[str, Any], budget: Budget) -> int:
    """Judge the properties of the model, and those that are asked for; the exit code.

    Spec: CHK-19.
    """
    refuse_others(click.get_current_context())
    subject = subject_of(_model(flags))
    wanted: tuple[str, ...] = flags["wanted"]
    own = _asked(wanted, subject)
    answer = checked(subject, tuple(own.values()), budget, fairness=flags["fairness"] or "weak")
    if wanted:
        made = {name: each.name for name, each in own.items()}
        answer = _narrowed(answer, [made.get(name, name) for name in wanted])
    if not answer.verdicts:
        raise UsageFault(
            "has no property to judge",
            where="the model",
            expected="--property package.module:function, or properties of the model",
            clause="CHK-19",
        )
    if flags["save"] is not None:
        _save(answer, flags["save"])
    told = json.dumps(_document(answer), ensure_ascii=False) if flags["as_json"] else answer.show()
    click.echo(told)
    return exit_code(answer)


def refuse_others(context: click.Context) -> None:
    """Refuse what was typed and is asked of Scuttlebutt alone. Spec: CHK-19."""
    for option in context.command.params:
        typed = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if typed and option.name not in TAKEN:
            raise UsageFault(
                "is asked of models of Scuttlebutt",
                where=max(option.opts, key=len),
                expected="flags of the network and its faults, --property, --save, limits, --json",
                clause="CHK-19",
                hint="scuttle_check.check in Python has all searches; spec/guide/own-protocol.md",
            )


def _model(flags: dict[str, Any]) -> Any:
    """The name of code, or a model file with what flags say in its place."""
    name = named(flags)
    if flags["nodes"] is None and name is not None and not looks_like_file(name):
        return name
    document = {} if name is None else table_of(Path(name))
    if flags["nodes"] is not None:
        if not isinstance(document.get("nodes", ""), str):
            raise UsageFault(
                "are settings of Scuttlebutt nodes, and these nodes are somebody's own",
                where=f"{name}, nodes",
                clause="CHK-19",
                hint="leave out --nodes, or [nodes....] in the file",
            )
        document["nodes"] = flags["nodes"]
    for flag, member in MEMBERS.items():
        if flags[flag] not in {None, ()}:
            given = flags[flag]
            document[member] = [each.split(",") for each in given] if flag == "processes" else given
    budgets = {each: flags[each] for each in BUDGETS if flags[each] is not None}
    if budgets:
        document["faults"] = {**document.get("faults", {}), **budgets}
    if flags["script"] is not None:
        document["script"] = _lines(flags["script"])
    return document


def _lines(path: Path) -> list[str]:
    try:
        return text_given(path).split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageFault(f"cannot be read ({fault})", where=str(path)) from None


def _asked(wanted: tuple[str, ...], subject: Subject) -> dict[str, Property]:
    """The properties of somebody's own that are asked for, by the name of their code."""
    known = {each.name for each in subject.properties}
    own = [name for name in wanted if ":" in name and name.partition(":")[2] not in known]
    if own and not isinstance(subject.model, System):
        problem = "is asked of a model that has no nodes"
        raise UsageFault(problem, where=f"--property {own[0]}", hint="return it with the model")
    return {name: property_called(name, subject.model, as_it_is) for name in own}


def _narrowed(answer: Answer, wanted: list[str]) -> Answer:
    names = [name.partition(":")[2] or name for name in wanted]
    known = [each.property.name for each in answer.verdicts]
    for name in names:
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no property {name!r}", where="--property", expected=expected)
    kept = tuple(each for each in answer.verdicts if each.property.name in names)
    return attrs.evolve(answer, verdicts=kept)


def _save(answer: Answer, path: Path) -> None:
    refuted = [each for each in answer.verdicts if each.kind is Kind.REFUTED]
    if not refuted:
        click.echo("note: nothing was refuted, so nothing was saved", err=True)
        return
    answer.save(refuted[0].property.name, path)
    click.echo(f"saved: {path} (run it with: scuttle replay {path})", err=True)


def _document(answer: Answer) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "model": answer.subject.name,
        "properties": [verdict_json(each) for each in answer.verdicts],
        **stats_json(answer.stats),
    }
