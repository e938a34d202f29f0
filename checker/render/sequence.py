"""A schedule as a text sequence diagram: a column per node, a row per action.

Generic: what is said of an action comes from the caller.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

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
