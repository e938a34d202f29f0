"""Systems of nodes that are not Scuttlebutt, as model files: a class for the nodes, and the rest.

The file says what a model file says of topology, network, faults and scripts. A line of a script is
a node and words, which the class is given as a tuple, or as what its ``parse`` makes of the text.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.importing import imported, refuse_foreign_code
from scuttle_check.engine.network import network, wiring
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import Topology
from scuttle_check.gossip.experiment import SETTINGS, Experiment
from scuttle_check.gossip.model_files import model_from, texts
from scuttle_check.gossip.own_properties import as_it_is, property_called
from scuttle_check.gossip.script import without_comment
from scuttle_ref.values import kind_of

OF_SCUTTLEBUTT = (*SETTINGS, "writers", "writes", "keys")
"""What a model file says of Scuttlebutt alone."""

ASKED = ("start", "command", "receive", "exchange")
"""What a class of nodes must answer."""


def own_system(document: Mapping[str, Any], where: str) -> tuple[System, tuple[Property, ...]]:
    """The system of a table with ``nodes = "package.module:Class"``, and its properties.

    Raises a Fault with the path of the member.

    Spec: CHK-19.
    """
    inside = where if "$" in where else f"{where}: $"
    for member in OF_SCUTTLEBUTT:
        if member in document:
            raise UsageFault(
                "is said of Scuttlebutt, and these nodes are somebody's own",
                where=f"{inside}.{member}",
                expected="topology, script, network, exchanges, faults, wiring, properties",
                clause="CHK-19",
            )
    plain = {name: each for name, each in document.items() if name not in {"nodes", "script"}}
    frame = model_from({**plain, "script": []}, where)
    actor = _actor(str(document["nodes"]), f"{inside}.nodes")
    script = _script(document.get("script", ()), frame.topology, actor, f"{inside}.script")
    system = _system(frame, actor, script)
    return system, tuple(property_called(name, system, as_it_is) for name in frame.properties)


def _system(frame: Experiment, actor: Any, script: tuple[tuple[Hashable, ...], ...]) -> System:
    if frame.faults.crashes and not hasattr(actor, "restarted"):
        raise UsageFault(
            f"{type(actor).__name__} does not say what a node comes back with",
            where="crashes",
            expected="a method restarted(local, how)",
            clause="FAULT-4",
        )
    return System(
        actor,
        frame.topology,
        frame.faults.links(network(frame.network)),
        script,
        frame.exchanges,
        frame.faults.outages(),
        wiring(frame.topology, frame.wiring, frame.processes),
    )


def _actor(name: str, where: str) -> Any:
    """The nodes that a class, or an object, is of. Raises a Fault."""
    refuse_foreign_code("class of nodes", name, "nodes of Scuttlebutt")
    if ":" not in name:
        raise UsageFault(f"is {name!r}", where=where, expected="package.module:Class")
    found = imported(name, where)
    if isinstance(found, type):
        try:
            found = found()
        except Exception as fault:  # noqa: BLE001 - code of somebody else
            problem = f"{name} cannot be made ({type(fault).__name__}: {fault})"
            raise UnrunnableFault(
                problem, where=where, expected="a class of no arguments"
            ) from None
    missing = [each for each in ASKED if not callable(getattr(found, each, None))]
    if missing:
        raise UnrunnableFault(
            f"{name}, {kind_of(found)}, has no {' and no '.join(missing)}",
            where=where,
            expected=f"a class with {', '.join(ASKED)}; spec/guide/own-protocol.md shows three",
            clause="CHK-19",
        )
    return found


def _script(
    document: object, graph: Topology, actor: Any, where: str
) -> tuple[tuple[Hashable, ...], ...]:
    """What the owner of each node asks for, in turn."""
    lines = document.split("\n") if isinstance(document, str) else texts(document, where)
    asked: dict[str, list[Hashable]] = {node: [] for node in graph.nodes}
    for number, line in enumerate(lines, start=1):
        node, _, text = without_comment(line).partition(" ")
        if not node:
            continue
        here = f"{where}, line {number}"
        if node not in asked or not text.strip():
            problem = f"no node {node!r}" if node not in asked else "asks for nothing"
            raise UsageFault(problem, where=here, expected=f"one of {', '.join(asked)}, and words")
        asked[node].append(_command(actor, text.strip(), here))
    return tuple(tuple(asked[node]) for node in graph.nodes)


def _command(actor: Any, text: str, where: str) -> Hashable:
    parse = getattr(actor, "parse", None)
    if parse is None:
        return tuple(text.split())
    try:
        command: Hashable = parse(text)
    except Exception as fault:  # noqa: BLE001 - code of somebody else
        problem = f"{type(actor).__name__} cannot read {text!r} ({type(fault).__name__}: {fault})"
        raise UsageFault(problem, where=where) from None
    return command
