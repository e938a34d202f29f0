"""Models as files: one reader for whatever names a model, and one writer.

A model is a table of TOML or an object of JSON; the catalogue, counterexamples, run folders and
pages hold the same members. :class:`~scuttle_check.gossip.experiment.Experiment` says what each
means; this is a small one::

    profile = "documented"            # or a rule file, "mine.toml"
    topology = "line:3"               # or {nodes = ["A", "B"], links = [["A", "B"], ["B", "A"]]}
    script = ["A set k=1", "B set k=2"]
    exchanges = 1                     # per directed link
    [faults]
    crashes = 1
    [nodes.B]                         # what B has of its own
    max_history = 2
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.files import format_of
from scuttle_check.base.reading import text_given
from scuttle_check.engine.network import UNLIMITED
from scuttle_check.engine.topology import Topology, from_links, topology
from scuttle_check.gossip.bounds import LEAST, limit_from
from scuttle_check.gossip.experiment import (
    ANY,
    DELTA_ORDERS,
    NO_MISFORTUNE,
    RESTARTS,
    SETTINGS,
    Experiment,
    Misfortune,
    Own,
)
from scuttle_check.gossip.own_profiles import SUFFIX, Named, named_from, profile_typed
from scuttle_check.gossip.script import NodeCommand, generated_script, parse_script
from scuttle_ref.messages import Put
from scuttle_ref.names import NodeId, frozen_value, quoted
from scuttle_ref.validity import put_refusal
from scuttle_ref.values import kind_of

FORMAT = "scuttle-model/1"

MEMBERS = (
    *("format", "profile", "topology", "script", "writers", "writes", "keys", "network"),
    *("exchanges", "max_history", "mtu", "resolver", "delta_order", "faults", "wiring"),
    *("processes", "nodes", "properties"),
)
"""What a model file may say. Spec: CHK-17."""

SAVED = ("profile", "topology", "network", "script", "exchanges")
"""What every file that we have written says."""

WRITES_MAX = 100_000
"""The most writes of a model whose script is generated: each is kept, for each writer."""


def read_model(path: Path) -> Experiment:
    """The model of a file, in TOML or JSON. Raises a Fault with line and member. Spec: CHK-17."""
    text, document = _document(path)
    try:
        return model_from(document, str(path), path.parent)
    except Fault as fault:
        _, found, member = fault.where.partition(": $.")
        line = _line_of(text, member.partition(", ")[0].split(".")) if found else 0
        if line:
            fault.where = f"{path}, line {line}, {member}"
        raise


def read_any_model(path: Path) -> Experiment:
    """The model of a model file, or of whatever else we have written about one. Spec: CHK-17."""
    if path.suffix != SUFFIX and format_of(path) not in {"", FORMAT}:
        _, document = _document(path)
        if isinstance(document.get("experiment"), dict):
            return experiment_from_json(document["experiment"], f"{path}: $.experiment")
    return read_model(path)


def table_of(path: Path) -> dict[str, Any]:
    """The members of a model file. Raises UsageFault."""
    return _document(path)[1]


def _document(path: Path) -> tuple[str, dict[str, Any]]:
    expected = "a model: TOML (.toml) or JSON (.json)"
    hint = "scuttle check --topology line:3 --write-model prints one to begin with"
    try:
        text = text_given(path)
        document = tomllib.loads(text) if path.suffix == SUFFIX else json.loads(text)
    except OSError as fault:
        problem = f"cannot be read ({fault.strerror or fault})"
        raise UsageFault(problem, where=str(path), expected=expected, hint=hint) from None
    except (ValueError, RecursionError) as fault:
        form = "TOML" if path.suffix == SUFFIX else "JSON"
        raise UsageFault(f"is no {form} ({fault})", where=str(path), hint=hint) from None
    if not isinstance(document, dict):
        raise UsageFault(f"is {kind_of(document)}", where=str(path), expected=expected, hint=hint)
    return text, document


def _line_of(text: str, member: list[str]) -> int:
    """The line on which a member of a TOML text stands, counted from 1; 0 if none does."""
    table: list[str] = []
    found = 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = stripped.strip("[] ").split(".")
            here = table
        else:
            key, _, _ = stripped.partition("=")
            here = [*table, *(part.strip(' "') for part in key.split("."))]
        if member[: len(here)] == here:
            found = number
    return found


# --- the members ----------------------------------------------------------------------------------


def experiment_from_json(document: Mapping[str, Any], where: str) -> Experiment:
    """The model in a file that we have written. Raises UsageFault with the path of a fault."""
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {kind_of(document)}", where=where, expected="an object")
    for member in SAVED:
        if member not in document:
            raise UsageFault(f"{member!r} is missing", where=f"{where}: $")
    return model_from(document, where)


def model_from(document: Mapping[str, Any], where: str, folder: Path | None = None) -> Experiment:
    """The model that a table describes. Raises a Fault with the path of the member.

    Rule files are looked for in `folder`. What is not said is as the flags have it.

    Spec: CHK-17.
    """
    inside = f"{where}: $" if "$" not in where else where
    for member in document:
        if member not in MEMBERS:
            expected = ", ".join(MEMBERS)
            raise UsageFault(f"no member {member!r}", where=f"{inside}.{member}", expected=expected)
    if document.get("format", FORMAT) != FORMAT:
        raise UsageFault(
            f"is {document['format']!r}",
            where=f"{inside}.format",
            expected=FORMAT,
            hint="scuttle explore FILE opens whatever we have written",
        )
    try:
        graph = _topology(document.get("topology", "line:2"), f"{inside}.topology")
        return Experiment(
            topology=graph,
            script=_script(document, graph, inside),
            network=_text(document, "network", "fifo", inside),
            exchanges=_count(document.get("exchanges", 1), f"{inside}.exchanges"),
            faults=misfortune_from(document.get("faults", {}), f"{inside}.faults"),
            wiring=_text(document, "wiring", "addressed", inside),
            processes=processes_from(document.get("processes", ()), f"{inside}.processes"),
            nodes=_nodes(document.get("nodes", {}), graph, inside, folder),
            properties=texts(document.get("properties", ()), f"{inside}.properties"),
            **_settings(document, inside, folder),
        )
    except Fault:
        raise
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
        raise UsageFault(
            f"does not have the shape of a model ({type(fault).__name__}: {fault})", where=where
        ) from None


def _text(document: Mapping[str, Any], member: str, default: str, where: str) -> str:
    value = document.get(member, default)
    if not isinstance(value, str):
        raise UsageFault(f"is {kind_of(value)}", where=f"{where}.{member}", expected="a text")
    return value


def texts(document: object, where: str) -> tuple[str, ...]:
    """A list of texts in a file. Raises UsageFault."""
    if isinstance(document, list | tuple) and all(isinstance(each, str) for each in document):
        return tuple(document)
    raise UsageFault(f"is {kind_of(document)}", where=where, expected="a list of texts")


def _count(number: object, where: str, least: int = 0) -> int:
    if type(number) is not int or number < least:
        raise UsageFault(f"is {number!r}", where=where, expected=f"an integer from {least}")
    return number


def _topology(document: object, where: str) -> Topology:
    if isinstance(document, str):
        return topology(document)
    if not isinstance(document, Mapping):
        expected = "a family such as line:3, or an object with nodes and links"
        raise UsageFault(f"is {kind_of(document)}", where=where, expected=expected)
    nodes = texts(document.get("nodes", ()), f"{where}.nodes")
    links: list[tuple[str, str]] = []
    given = document.get("links", ())
    if not isinstance(given, list | tuple):
        expected = "a list of pairs"
        raise UsageFault(f"is {kind_of(given)}", where=f"{where}.links", expected=expected)
    for at, link in enumerate(given):
        pair = texts(link, f"{where}.links[{at}]")
        if len(pair) != 2:  # noqa: PLR2004 - from and to
            raise UsageFault(f"is {link!r}", where=f"{where}.links[{at}]", expected="[FROM, TO]")
        links.append((pair[0], pair[1]))
    return from_links(nodes, links, str(document.get("name", "graph")))


def _script(
    document: Mapping[str, Any], graph: Topology, where: str
) -> tuple[tuple[NodeCommand, ...], ...]:
    """What owners do: line by line, or generated for some writers."""
    if "script" in document:
        for member in ("writers", "writes", "keys"):
            if member in document:
                raise UsageFault("the script says who writes what", where=f"{where}.{member}")
        lines = document["script"]
        lines = lines.split("\n") if isinstance(lines, str) else lines
        return parse_script(texts(lines, f"{where}.script"), graph, f"{where}.script")
    writers = document.get("writers", "all")
    chosen = graph.nodes if writers == "all" else texts(writers, f"{where}.writers")
    for node in chosen:
        _known(node, graph, f"{where}.writers")
    writes = _count(document.get("writes", 1), f"{where}.writes")
    if writes * len(chosen) > WRITES_MAX:
        problem = f"asks for {writes * len(chosen):,} writes"
        expected = f"{WRITES_MAX:,} at most in all"
        raise UsageFault(problem, where=f"{where}.writes", expected=expected)
    keys = _count(document.get("keys", 1), f"{where}.keys", 1)
    return generated_script(graph, chosen, writes, keys)


def _known(node: str, graph: Topology, where: str) -> None:
    if node not in graph.node_index:
        raise UsageFault(f"no node {node!r}", where=where, expected=", ".join(graph.nodes))


def _settings(document: Mapping[str, Any], where: str, folder: Path | None) -> dict[str, Any]:
    """The settings of nodes that a table has, by the names of an experiment's fields."""
    found: dict[str, Any] = {
        name: limit_from(document[name], name, f"{where}.{name}")
        for name in LEAST
        if name in document
    }
    if "profile" in document:
        found["profile"] = _profile(document["profile"], f"{where}.profile", folder)
    for name, known in (("resolver", None), ("delta_order", DELTA_ORDERS)):
        if name not in document:
            continue
        found[name] = _text(document, name, "", where)
        if known is not None and found[name] not in known:
            expected = ", ".join(known)
            raise UsageFault(f"is {found[name]!r}", where=f"{where}.{name}", expected=expected)
    return found


def _profile(document: object, where: str, folder: Path | None) -> Named:
    if isinstance(document, str):
        return profile_typed(document, where, folder)
    return named_from(document, where)


def _nodes(
    document: object, graph: Topology, where: str, folder: Path | None
) -> tuple[tuple[NodeId, Own], ...]:
    """What nodes have of their own, in the order of the topology."""
    where = f"{where}.nodes"
    if isinstance(document, str):
        raise UsageFault(
            f"are {document}, and here they are to be of Scuttlebutt",
            where=where,
            expected="a table for each node",
            hint="scuttle check FILE checks nodes of one's own",
        )
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {kind_of(document)}", where=where, expected="a table for each node")
    for node in document:
        _known(node, graph, f"{where}.{node}")
    pairs = ((node, document[node]) for node in graph.nodes if node in document)
    return tuple((node, _own(own, f"{where}.{node}", folder)) for node, own in pairs)


def _own(document: object, where: str, folder: Path | None) -> Own:
    known = (*SETTINGS, "values")
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {kind_of(document)}", where=where, expected="a table of settings")
    for member in document:
        if member not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no member {member!r}", where=f"{where}.{member}", expected=expected)
    values = document.get("values", {})
    if not isinstance(values, Mapping):
        raise UsageFault(f"is {kind_of(values)}", where=f"{where}.values", expected="key = value")
    puts = tuple(Put(key, frozen_value(value)) for key, value in values.items())
    for put in puts:
        refusal = put_refusal(put.key, put.value)
        if refusal is not None:
            raise UsageFault(
                f"{refusal.path} {refusal.problem}",
                where=f"{where}.values",
                expected=refusal.expected,
                clause=refusal.clause,
            )
    found = _settings(document, where, folder)
    return Own(tuple((name, found[name]) for name in SETTINGS if name in found), puts)


def misfortune_from(document: object, where: str) -> Misfortune:
    """The budgets that a JSON object or a TOML table names. Raises UsageFault."""
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {document!r}", where=where, expected="an object of budgets")
    known = attrs.asdict(NO_MISFORTUNE)
    found: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no fault {name!r}", where=f"{where}.{name}", expected=expected)
        found[name] = _budget(name, value, f"{where}.{name}")
    return Misfortune(**found)


def _budget(name: str, value: object, where: str) -> object:
    if name == "may_crash":
        return texts(value, where)
    if name == "restart":
        if value not in RESTARTS:
            raise UsageFault(f"is {value!r}", where=where, expected=" or ".join(RESTARTS))
        return value
    if value == ANY and name == "losses":
        return UNLIMITED
    if type(value) is not int or value < 0:
        expected = "an integer from 0" + (f" or {ANY!r}" if name == "losses" else "")
        raise UsageFault(f"is {value!r}", where=where, expected=expected)
    return value


def processes_from(document: object, where: str) -> tuple[tuple[str, ...], ...]:
    """The processes that a list of lists of nodes names. Raises UsageFault."""
    found: list[tuple[str, ...]] = []
    for group in document if isinstance(document, list | tuple) else [document]:
        names: list[Any] = list(group) if isinstance(group, list | tuple) else [None]
        if not all(isinstance(node, str) for node in names):
            raise UsageFault(f"is {document!r}", where=where, expected="a list of lists of nodes")
        found.append(tuple(names))
    return tuple(found)


# --- writing --------------------------------------------------------------------------------------


def model_text(experiment: Experiment) -> str:
    """The model file that means this experiment, in TOML. Spec: CHK-17."""
    document = experiment.to_json()
    tables = {name: document.pop(name) for name in ("faults", "nodes") if name in document}
    graph = experiment.topology
    if _is_family(graph):
        document["topology"] = graph.name
    document = {"format": FORMAT, **{name: each for name, each in document.items() if each != []}}
    lines = [f"{name} = {_toml(value)}" for name, value in document.items()]
    if tables.get("faults"):
        lines += ["", "[faults]", *(f"{n} = {_toml(v)}" for n, v in tables["faults"].items())]
    for node, own in tables.get("nodes", {}).items():
        lines += ["", f"[nodes.{_key(node)}]", *(f"{_key(n)} = {_toml(v)}" for n, v in own.items())]
    return "\n".join(lines) + "\n"


def _is_family(graph: Topology) -> bool:
    try:
        return topology(graph.name) == graph
    except Fault:
        return False


def _toml(value: object) -> str:
    """A value of JSON in TOML, where its text is the same but for objects and long lists."""
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{_key(name)} = {_toml(each)}" for name, each in value.items()) + "}"
        )
    if isinstance(value, list):
        inner = [_toml(each) for each in value]
        if sum(map(len, inner)) > LINE_MAX:
            return "[\n" + "".join(f"    {each},\n" for each in inner) + "]"
        return f"[{', '.join(inner)}]"
    return quoted(value)


LINE_MAX = 80
"""A list that is longer has its elements on lines of their own. Unit: characters."""


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else quoted(name)
