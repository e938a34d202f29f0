"""A timeline as a log for ShiViz, whose clocks count the events of each host.

These are not the version vectors of the protocol: ShiViz wants a host's own entry to rise by
exactly one with each of its events.

A timeline as a Mermaid sequence diagram.

Laws of this file: ids never reach Mermaid as they are, each has an alias; what its parser cannot
read is escaped. Arrows are horizontal, so overtaking cannot be seen; the SVG shows it.

A schedule as a text sequence diagram: a column per node, a row per action.

Generic: what is said of an action comes from the caller.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from attrs import frozen

from scuttle_check.engine.pictures.timeline import UNDISTURBED, Fate, Timeline


def mermaid(timeline: Timeline) -> str:
    """The diagram, a message drawn when it ends. Spec: CONVERT-2."""
    alias = {node: f"n{at}" for at, node in enumerate(timeline.nodes)}
    lines = ["sequenceDiagram", "    autonumber"]
    lines.extend(f"    participant {alias[node]} as {_safe(node)}" for node in timeline.nodes)
    every = ",".join([alias[node] for node in (timeline.nodes[0], timeline.nodes[-1])])
    for at in range(timeline.steps + 2):
        if at == timeline.undisturbed:
            lines.append(f"    Note over {every}: {UNDISTURBED}")
        for passage in timeline.passages:
            if passage.ended == at:
                arrow = {Fate.ARRIVED: "-)", Fate.LOST: "-x", Fate.IN_FLIGHT: "--)"}[passage.fate]
                said = (
                    passage.text
                    if passage.fate is Fate.ARRIVED
                    else f"{passage.text} ({passage.fate.value})"
                )
                ends = f"{alias[passage.source]}{arrow}{alias[passage.target]}"
                lines.append(f"    {ends}: {_safe(said)}")
        lines.extend(
            f"    Note over {alias[moment.node]}: {_safe(moment.text)}"
            for moment in timeline.moments
            if moment.at == at
        )
    lines.extend(
        f"    Note over {alias[node]}: {_safe(held)}"
        for node, held in zip(timeline.nodes, timeline.ends, strict=False)
    )
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """Text that Mermaid reads as text: `#` and `;` mean something there, and so does a new line."""
    known = {"#": "#35;", ";": "#59;", "\n": "<br/>", "<": "#lt;", ">": "#gt;"}
    return "".join(known.get(c, c if c.isprintable() else "\ufffd") for c in text) or " "


COLUMN_MIN = 14
"""Width of a column. Unit: characters."""


@frozen
class Row:
    """One row: something at `node`, or, with a `target`, a message between the two.

    `mark` is the head of the arrow: ``>`` for an arrival, ``x`` for a loss.
    """

    number: str
    node: str
    text: str
    target: str | None = None
    mark: str = ">"


def sequence_diagram(nodes: Sequence[str], rows: Sequence[Row]) -> str:
    """The diagram, without a newline at its end."""
    width = max(COLUMN_MIN, *(len(node) + 4 for node in nodes))
    gutter = max((len(row.number) for row in rows), default=0) + 2
    centres = {node: gutter + at * width + width // 2 for at, node in enumerate(nodes)}
    total = gutter + len(nodes) * width
    lines = [_put(" " * total, [(centres[node] - len(node) // 2, node) for node in nodes])]
    for row in rows:
        base = _put(" " * total, [(centre, "|") for centre in centres.values()])
        base = _put(base, [(0, row.number.rjust(gutter - 2))])
        lines.append(
            _local(base, row, centres) if row.target is None else _arrow(base, row, centres)
        )
    return "\n".join(line.rstrip() for line in lines)


def _local(base: str, row: Row, centres: dict[str, int]) -> str:
    line = _put(base, [(centres[row.node], "*")])
    return f"{line}  {row.text}"


def _arrow(base: str, row: Row, centres: dict[str, int]) -> str:
    start, end = centres[row.node], centres[row.target or row.node]
    left, right = min(start, end), max(start, end)
    shaft = ["-"] * (right - left - 1)
    head = row.mark if row.mark != ">" else ("<" if end < start else ">")
    if shaft:
        shaft[0 if end < start else -1] = head
    line = _put(base, [(left + 1, "".join(shaft))])
    return f"{line}  {row.text}"


def _put(line: str, pieces: Sequence[tuple[int, str]]) -> str:
    """`line` with each piece written over it at its column."""
    for column, piece in pieces:
        line = line[:column].ljust(column) + piece + line[column + len(piece) :]
    return line


PARSER = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
"""The regular expression with which ShiViz reads the log: its first line."""


def shiviz(timeline: Timeline) -> str:
    """The log: the parser, an empty line, and two lines for each event. Spec: CONVERT-2."""
    host = {node: "_".join(node.split()) or "_" for node in timeline.nodes}
    clocks: dict[str, dict[str, int]] = {node: {} for node in timeline.nodes}
    stamps: dict[int, dict[str, int]] = {}
    lines = [PARSER, ""]

    def happened(node: str, text: str) -> None:
        clocks[node][host[node]] = clocks[node].get(host[node], 0) + 1
        ordered = dict(sorted(clocks[node].items()))
        said = " ".join(text.split()) or "-"
        lines.extend([said, f"{host[node]} {json.dumps(ordered, separators=(',', ':'))}"])

    for at in range(timeline.steps + 1):
        for passage in timeline.arrivals(at):
            for name, count in stamps[passage.number].items():
                mine = clocks[passage.target]
                mine[name] = max(mine.get(name, 0), count)
            happened(passage.target, f"receive {passage.text} from {passage.source}")
        for moment in timeline.moments:
            if moment.at == at:
                happened(moment.node, moment.text)
        for passage in timeline.sendings(at):
            happened(passage.source, f"send {passage.text} to {passage.target}")
            stamps[passage.number] = dict(clocks[passage.source])
    return "\n".join(lines) + "\n"
