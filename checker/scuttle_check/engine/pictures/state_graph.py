"""State graphs as files: DOT for Graphviz, GraphML and JSON. The same bytes each time.

All are written by hand: a library would order attributes as it likes from version to version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from scuttle_check.engine.verdict import StateGraph

KEYS = (
    ("label", "node", "string"),
    ("initial", "node", "boolean"),
    ("terminal", "node", "boolean"),
    ("refutes", "node", "string"),
    ("action", "edge", "string"),
    ("refutes_step", "edge", "string"),
)
"""The attributes of a GraphML file: name, what they belong to, type."""


def dot(graph: StateGraph, label: Callable[[Any], str]) -> str:
    """The graph in the DOT language; `label` describes a state in lines.

    Terminal worlds have a double border, refuting ones are filled and name what they refute.

    Spec: GRAPH-2.
    """
    lines = ["digraph worlds {", "  node [shape=box, fontname=monospace];"]
    for number, state in enumerate(graph.states):
        broken = graph.refuting.get(number, ())
        text = "\n".join([f"{number}", label(state), *(f"refutes {name}" for name in broken)])
        marks = [f"label={_quoted(text)}"]
        if number in graph.terminal:
            marks.append("peripheries=2")
        if broken:
            marks.append('style=filled, fillcolor="#f4b6b6"')
        lines.append(f"  w{number} [{', '.join(marks)}];")
    for at, (before, action, after) in enumerate(graph.steps):
        broken = graph.refuting_steps.get(at, ())
        text = "\n".join([str(action), *(f"refutes {name}" for name in broken)])
        mark = ", color=red" if broken else ""
        lines.append(f"  w{before} -> w{after} [label={_quoted(text)}{mark}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
    return f'"{escaped}\\l"'


def graphml(graph: StateGraph, label: Callable[[Any], str]) -> str:
    """The graph as GraphML, with the attributes of KEYS. Spec: GRAPH-2."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ]
    lines.extend(
        f'  <key id="{name}" for="{owner}" attr.name="{name}" attr.type="{kind}"/>'
        for name, owner, kind in KEYS
    )
    lines.append('  <graph id="worlds" edgedefault="directed">')
    for number, state in enumerate(graph.states):
        lines.append(f"    <node id={quoteattr(f'w{number}')}>")
        lines.append(_data("label", label(state)))
        lines.append(_data("initial", str(number == 0).lower()))
        lines.append(_data("terminal", str(number in graph.terminal).lower()))
        lines.append(_data("refutes", ", ".join(graph.refuting.get(number, ()))))
        lines.append("    </node>")
    for at, (before, action, after) in enumerate(graph.steps):
        lines.append(f'    <edge id="s{at}" source="w{before}" target="w{after}">')
        lines.append(_data("action", str(action)))
        lines.append(_data("refutes_step", ", ".join(graph.refuting_steps.get(at, ()))))
        lines.append("    </edge>")
    return "\n".join([*lines, "  </graph>", "</graphml>"]) + "\n"


def node_link(graph: StateGraph, label: Callable[[Any], str]) -> str:
    """The graph as JSON, nodes and links by number, with the attributes of KEYS. Spec: GRAPH-2."""
    nodes = [
        {
            "id": number,
            "label": label(state),
            "initial": number == 0,
            "terminal": number in graph.terminal,
            "refutes": graph.refuting.get(number, ()),
        }
        for number, state in enumerate(graph.states)
    ]
    links = [
        {
            "source": before,
            "target": after,
            "action": str(action),
            "refutes_step": graph.refuting_steps.get(at, ()),
        }
        for at, (before, action, after) in enumerate(graph.steps)
    ]
    head = {"format": "scuttle-graph/1", "directed": True, "multigraph": True, "graph": {}}
    return json.dumps({**head, "nodes": nodes, "links": links}, ensure_ascii=False) + "\n"


def _data(key: str, text: str) -> str:
    printable = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
    return f'      <data key="{key}">{escape(printable)}</data>'
