"""A timeline as a log for ShiViz, whose clocks count the events of each host.

These are not the version vectors of the protocol: ShiViz wants a host's own entry to rise by
exactly one with each of its events.
"""

from __future__ import annotations

import json

from checker.render.timeline import Timeline

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
