"""A timeline as a Mermaid sequence diagram.

Laws of this file: ids never reach Mermaid as they are, each has an alias; what its parser cannot
read is escaped. Arrows are horizontal, so overtaking cannot be seen; the SVG shows it.
"""

from __future__ import annotations

from checker.render.timeline import Fate, Timeline


def mermaid(timeline: Timeline) -> str:
    """The diagram, a message drawn when it ends. Spec: CONVERT-2."""
    alias = {node: f"n{at}" for at, node in enumerate(timeline.nodes)}
    lines = ["sequenceDiagram", "    autonumber"]
    lines.extend(f"    participant {alias[node]} as {_safe(node)}" for node in timeline.nodes)
    for at in range(timeline.steps + 2):
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
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """Text that Mermaid reads as text: `#` and `;` mean something there, and so does a new line."""
    known = {"#": "#35;", ";": "#59;", "\n": "<br/>", "<": "#lt;", ">": "#gt;"}
    return "".join(known.get(c, c if c.isprintable() else "\ufffd") for c in text) or " "
