"""A timeline as an SVG space-time diagram: time goes down, messages slant from sending to arrival.

Laws of this file: no script, no font, no address but the name of the format; the same timeline
gives the same bytes.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from scuttle_check.engine.pictures.timeline import UNDISTURBED, Fate, Moment, Passage, Timeline

COLUMN = 240
ROW = 34
TOP = 56
LEFT = 90
SLOT = 15
"""Sizes. Unit: pixels."""

TEXT_MAX = 33
"""The longest text beside a line. Unit: characters; the whole is in the tooltip."""

REACH = {Fate.ARRIVED: 1.0, Fate.LOST: 0.34, Fate.IN_FLIGHT: 0.44}
"""How far a message is drawn on its way, by what became of it."""

STYLE = """
svg { font: 12px ui-monospace, monospace; background: #fff; color: #1a1a1a }
.life { stroke: #b8b8b8 } .name { font-weight: bold; text-anchor: middle }
.moment { fill: #1a1a1a } .message { stroke: #2456a6; fill: none }
.message.lost { stroke: #b3261e } .message.in-flight { stroke-dasharray: 5 4 }
.overtaking { stroke: #a15c00 }
text { fill: currentColor; paint-order: stroke; stroke: #fff; stroke-width: 6px;
  stroke-linejoin: round }
.end { font-size: 11px; font-weight: bold; text-anchor: middle } .later { opacity: 0.55 }
text.later { opacity: 1; fill: #8a8a8a }
.rest { stroke: #777; stroke-dasharray: 2 5 } .rest-says { text-anchor: end }
.label { font-size: 11px } .label.lost { fill: #b3261e } .step { fill: #777; text-anchor: end }
@media (prefers-color-scheme: dark) {
  svg { background: #16181c; color: #e8e8e8 } text { stroke: #16181c } .moment { fill: #e8e8e8 }
  .message { stroke: #8ab4f8 } .message.lost { stroke: #f28b82 } .overtaking { stroke: #fdd663 }
  .label.lost { fill: #f28b82 }
}
"""


HEAD = """<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7"
 markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>"""


def svg(timeline: Timeline, title: str) -> str:
    """The diagram of a timeline.

    A lost message ends in a cross, one in flight is dashed, and one that overtakes another has a
    colour of its own. Spec: CONVERT-2.
    """
    width = LEFT + COLUMN * len(timeline.nodes)
    flying = sum(each.fate is Fate.IN_FLIGHT for each in timeline.passages)
    height = TOP + ROW * (timeline.steps + 2 + bool(timeline.ends)) + SLOT * flying
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    name = 'role="img" aria-labelledby="title"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {name}>',
        f'<title id="title">{_safe(title)}</title>',
        f"<style>{STYLE}</style>",
        HEAD,
    ]
    for node in timeline.nodes:
        x = _x(timeline, node)
        bottom = height - ROW // 2 - ROW * bool(timeline.ends)
        ends = f'x1="{x}" y1="{TOP - 16}" x2="{x}" y2="{bottom}"'
        lines.append(f'<text class="name" x="{x}" y="{TOP - 26}">{_safe(node)}</text>')
        lines.append(f'<line class="life" {ends}/>')
    lines.extend(
        f'<text class="step" x="{LEFT - 70}" y="{_y(at) + 4}">{at}</text>'
        for at in range(1, timeline.steps + 1)
    )
    lines.extend(_line(timeline, each) for each in timeline.passages)
    lines.extend(_label(timeline, each) for each in timeline.passages)
    lines.extend(_moment(timeline, each) for each in timeline.moments)
    lines += _rest(timeline, width, height)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _rest(timeline: Timeline, width: int, height: int) -> list[str]:
    """Where the run itself is over, and what each node ends with. Spec: CONV-13."""
    if timeline.undisturbed is None:
        return []
    y = _y(timeline.undisturbed) - ROW // 2
    lines = [
        f'<line class="rest" x1="{LEFT - 80}" y1="{y}" x2="{width}" y2="{y}"/>',
        f'<text class="label rest-says" x="{width - 8}" y="{y - 4}">{UNDISTURBED}</text>',
    ]
    for node, held in zip(timeline.nodes, timeline.ends, strict=False):
        place = f'x="{_x(timeline, node)}" y="{height - ROW // 2}"'
        told = f"<title>{_safe(node)} {_safe(held)}</title>"
        lines.append(f'<g>{told}<text class="end" {place}>{_short(held)}</text></g>')
    return lines


def _x(timeline: Timeline, node: str) -> int:
    return LEFT + COLUMN * timeline.nodes.index(node)


def _y(at: int) -> int:
    return TOP + ROW * at


def _moment(timeline: Timeline, moment: Moment) -> str:
    x, y = _x(timeline, moment.node), _y(moment.at)
    dot = f'<circle class="moment" cx="{x}" cy="{y}" r="4"/>'
    label = f'<text class="label" x="{x + 9}" y="{y - 5}">{_short(moment.text)}</text>'
    group = _group(timeline, moment.at)
    return f"{group}<title>{moment.at}: {_safe(moment.text)}</title>{dot}{label}</g>"


def _ends(timeline: Timeline, passage: Passage) -> tuple[int, int, int, int]:
    """From where to where it is drawn: what ends half way does so in a line of its own."""
    x1, y1 = _x(timeline, passage.source), _y(passage.sent)
    x2, y2 = _x(timeline, passage.target), _y(passage.ended)
    reach = x1 + round((x2 - x1) * REACH[passage.fate])
    alike = [
        each
        for each in timeline.passages
        if each.ended == passage.ended and each.fate is passage.fate
    ]
    slot = 0 if passage.fate is Fate.ARRIVED else alike.index(passage)
    return x1, y1, reach, y2 + slot * SLOT


def _line(timeline: Timeline, passage: Passage) -> str:
    x1, y1, x2, y2 = _ends(timeline, passage)
    kinds = ["message"]
    if passage.fate is not Fate.ARRIVED:
        kinds.append(passage.fate.value.replace(" ", "-"))
    elif _overtakes(timeline, passage):
        kinds.append("overtaking")
    head = "" if passage.fate is Fate.LOST else ' marker-end="url(#head)"'
    cross = f"M{x2 - 5} {y2 - 5}l10 10m0 -10l-10 10" if passage.fate is Fate.LOST else ""
    line = f'<path class="{" ".join(kinds)}" d="M{x1} {y1}L{x2} {y2}{cross}"{head}/>'
    told = f"{passage.text} from {passage.source} to {passage.target}, {passage.fate.value}"
    return f"{_group(timeline, passage.sent)}<title>{_safe(told)}</title>{line}</g>"


def _group(timeline: Timeline, at: int) -> str:
    """A group that is dimmed where the run itself is over."""
    return '<g class="later">' if timeline.later(at) else "<g>"


def _label(timeline: Timeline, passage: Passage) -> str:
    """Beyond the tip of what ends half way; on the line, near its end, of what arrived.

    Messages that leave one node at one time would cover each other's texts near their start.
    """
    x1, y1, x2, y2 = _ends(timeline, passage)
    if passage.fate is Fate.ARRIVED:
        x, y, anchor = x1 + 17 * (x2 - x1) // 25, y1 + 17 * (y2 - y1) // 25, "middle"
    else:
        x, y, anchor = (x2 + 8, y2, "start") if x2 > x1 else (x2 - 8, y2, "end")
    kind = "label lost" if passage.fate is Fate.LOST else "label"
    kind += " later" if timeline.later(passage.sent) else ""
    place = f'class="{kind}" x="{x}" y="{y + 4}" text-anchor="{anchor}"'
    return f"<text {place}>{_short(passage.text)}</text>"


def _overtakes(timeline: Timeline, passage: Passage) -> bool:
    """Whether it arrives before one that was sent before it on the same link."""
    link = (passage.source, passage.target)
    return any(
        (each.source, each.target) == link
        and each.number < passage.number
        and each.ended > passage.ended
        for each in timeline.passages
    )


def _short(text: str) -> str:
    return _safe(text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}\u2026")


def _safe(text: str) -> str:
    """Text as XML can hold it."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))
