"""Pictures and formats of one run: nothing that was sent is missing, and consumers can read it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle_check.engine.actions import Perform
from scuttle_check.engine.pictures import itf
from scuttle_check.engine.pictures.space_time import svg
from scuttle_check.engine.pictures.text import PARSER, mermaid, shiviz
from scuttle_check.engine.pictures.timeline import Fate, Moment, Passage, Timeline
from scuttle_check.engine.properties import Broken
from scuttle_check.engine.topology import topology
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.agreement import with_evidence
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import parse_script

HARD = Timeline(
    ("#A", "end; <b>"),
    (Moment(1, "#A", 'set k="x;y"#1\n\x07'), Moment(2, "end; <b>", "")),
    (
        Passage(1, "#A", "end; <b>", 1, 4, "a; b # c"),
        Passage(2, "#A", "end; <b>", 1, 3, "done"),
        Passage(3, "end; <b>", "#A", 2, 3, "lost & gone", Fate.LOST),
        Passage(4, "end; <b>", "#A", 2, 5, "late", Fate.IN_FLIGHT),
    ),
    4,
)
"""Every fate, an overtaking, and texts that mean something to each of the formats."""


def run_of(network: str, *lines: str) -> Timeline:
    """The timeline of a schedule between two nodes, the first of which has written."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "A set k=2"], graph, "test")
    system = Experiment(graph, script, profile="textbook", network=network).build().system
    return Trace.beyond(system, [parse_action(line, "test") for line in lines]).timeline


def test_a_timeline_tells_what_became_of_every_message() -> None:
    """Arrived, lost, or in flight; with the times of its sending and its end. Spec: CONVERT-2."""
    timeline = run_of(
        "lossy", "perform A", "exchange A>B", "exchange B>A", "drop A>B", "deliver B>A"
    )
    told = [(p.text, p.source, p.sent, p.ended, p.fate) for p in timeline.passages]
    assert told == [
        ("digest A:1", "A", 2, 4, Fate.LOST),
        ("done", "A", 2, 6, Fate.IN_FLIGHT),
        ("done", "B", 3, 5, Fate.ARRIVED),
        ("k=1@A1", "A", 5, 6, Fate.IN_FLIGHT),
    ]
    assert [moment.at for moment in timeline.moments] == [1, 2, 3]


def test_messages_that_overtake_each_other_keep_who_they_are() -> None:
    """An unordered link is kept sorted, so places in it say nothing. Spec: CONVERT-2."""
    start = ("perform A", "perform A", "exchange B>A", "deliver B>A")
    first, second = (
        run_of("unordered", *start, f"deliver A>B #{index}", "deliver A>B") for index in (0, 1)
    )
    ends = [{p.text: p.ended for p in run.passages if p.source == "A"} for run in (first, second)]
    assert ends == [{"k=1@A1": 5, "k=2@A2": 6}, {"k=1@A1": 6, "k=2@A2": 5}]
    assert 'class="message overtaking"' in svg(second, "x")
    assert 'class="message overtaking"' not in svg(first, "x")


def test_a_message_that_arrives_twice_is_two_lines_from_one_sending() -> None:
    """The copy has the number of the original."""
    run = run_of("duplicating", "exchange B>A", "duplicate B>A", "deliver B>A")
    assert [(p.number, p.ended) for p in run.passages] == [(1, 2), (1, 3)]
    assert shiviz(run).count("send done to A") == 1


@pytest.mark.parametrize("timeline", [HARD, run_of("fifo", "perform A", "exchange A>B")])
def test_the_svg_is_xml_with_every_message_and_asks_for_nothing(timeline: Timeline) -> None:
    """One line per message, no script, no address but that of the format. Spec: CONVERT-2."""
    text = svg(timeline, "a < b")
    root = ET.fromstring(text)  # noqa: S314 - our own text
    lines = [p for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("class")]
    assert len(lines) == len(timeline.passages)
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in text
    assert text == svg(timeline, "a < b")


def test_mermaid_gets_no_text_that_its_parser_stumbles_over() -> None:
    """A raw `;`, `#` or angle bracket ends a statement or an entity. Spec: CONVERT-2."""
    lines = mermaid(HARD).splitlines()
    assert lines[:2] == ["sequenceDiagram", "    autonumber"]
    assert lines[2] == "    participant n0 as #35;A"
    assert "    n0-)n1: a#59; b #35; c" in lines
    assert "    n1-xn0: lost & gone (lost)" in lines
    assert "    n1--)n0: late (in flight)" in lines
    for line in lines[2:]:
        rest = re.sub(r"#(35|59|lt|gt);|<br/>", "", line)
        assert not set("#;<\x07") & set(rest), line
        assert re.fullmatch(
            r" {4}(participant n\d as .+|Note over n\d: .+|n\d-[-x)]+n\d: .+)", line
        )


@pytest.mark.parametrize(
    "timeline",
    [HARD, run_of("fifo", "perform A", "exchange B>A", "deliver B>A", "deliver A>B")],
)
def test_the_shiviz_log_has_clocks_that_count_events(timeline: Timeline) -> None:
    """What ShiViz checks: a host's own entry begins at 1 and rises by one. Spec: CONVERT-2."""
    parser, delimiter, *rest = shiviz(timeline).split("\n")
    assert (parser, delimiter) == (PARSER, "")
    found = re.compile(parser.replace("(?<", "(?P<")).findall("\n".join(rest))
    assert 2 * len(found) == len(rest) - 1
    count: dict[str, int] = {}
    seen: list[tuple[str, dict[str, int]]] = []
    for _, host, text in found:
        clock = json.loads(text)
        count[host] = count.get(host, 0) + 1
        assert clock[host] == count[host]
        for other, known in clock.items():
            assert known <= count[other]
        seen.append((host, clock))
    arrivals = [p for p in timeline.passages if p.fate is Fate.ARRIVED]
    assert sum(event.startswith("receive") for event, _, _ in found) == len(arrivals)
    if arrivals:
        assert any(len(clock) == 2 for _, clock in seen)


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="#"), max_size=3), inner, max_size=3
        ).map(itf.Record)
        | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=3)
        | st.frozensets(st.integers() | st.text(max_size=3), max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_in_itf_reads_back_as_itself(value: Any) -> None:
    """Also through text, and never as a plain number. Spec: CONVERT-3."""
    written = json.dumps(itf.encoded(value))
    back = itf.decoded(json.loads(written))
    assert back == value
    assert type(back) is type(value)
    assert not re.search(r'(?<!["\w#-])-?\d', re.sub(r'"(\\.|[^"\\])*"', '""', written))


@pytest.mark.parametrize("expression", [1, None, {"#map": [1]}, {"#what": 1}, {"#bigint": 3}, 1.5])
def test_what_is_no_expression_of_itf_is_refused(expression: object) -> None:
    """A reader that guesses would hand a wrong trace on."""
    with pytest.raises(ValueError, match=r"no expression|has pairs"):
        itf.decoded(expression)
    with pytest.raises(TypeError):
        itf.encoded(Path())


def test_a_picture_of_a_counterexample_shows_what_it_rests_on() -> None:
    """The exchanges in which it is judged, dimmed, and what each node ends with. Spec: CONV-13."""
    graph = topology("line:2")
    script = parse_script(["A set k=a", "B set k=b"], graph, "")
    setup = Experiment(graph, script, "as-shipped").build()
    agreement = setup.properties[0]
    run = Trace.beyond(setup.system, (Perform("A"), Perform("B")))
    shown = with_evidence(setup.system, agreement, run)
    assert shown.rest is not None
    drawn = shown.draw("svg")
    assert "from here every exchange is undisturbed" in drawn
    assert drawn.count('<g class="later">') == len(shown.timeline.passages) + sum(
        moment.at > 2 for moment in shown.timeline.moments
    )
    assert "holds k=b@B1" in drawn
    assert "holds k=a@A1" in drawn
    assert "undisturbed" in shown.draw("mermaid")
    assert "undisturbed" not in run.draw("svg")
    one_node = next(each for each in setup.properties if each.name == "history-sound")
    assert with_evidence(setup.system, one_node, run) is run
    because = agreement.check(run.last.nodes)
    assert because == Broken("A will end with b@1 and B with a@1 for k, whatever they exchange")
    then = agreement.check(shown.rest.last.nodes)
    assert then == Broken("A has b@1 and B has a@1 for k, and no later exchange moves any update")
