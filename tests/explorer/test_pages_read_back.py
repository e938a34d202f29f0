"""Pages of what happened elsewhere: read back as they were, and refused where they were spoilt."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from browser import Page
from every_kind import RECORDINGS

from scuttle_check.base.errors import UsageFault
from scuttle_check.explorer.conversion import WRITERS
from scuttle_check.explorer.export import document_of
from scuttle_check.explorer.pages import reread
from scuttle_check.explorer.recordings import recorded
from scuttle_check.explorer.sources import explorable, open_document, open_file
from scuttle_check.explorer.tables import chains
from scuttle_check.explorer.walk import Walk
from scuttle_check.oracle.recordings.contract import first_outside
from scuttle_check.oracle.recordings.load import load

PICTURES = (".svg", ".mmd", ".shiviz", ".txt", ".html")
SPOILT_MAX = 1_500
JUNK: tuple[Any, ...] = (
    *(None, True, -1, 7, 10**9, 0.5, "", "A", "B", "deliver A>B #9"),
    *([], {}, [[]], [0], ["A"], {"a": 1}, {"state": {}, "clock": {}, "history": []}),
)


def test_every_recording_is_drawn_and_read_back_from_its_page() -> None:
    """Of one node or several, agreeing or not; or refused for its set-up. Spec: EXPL-8."""
    read = load([RECORDINGS.parent])
    refused = 0
    for each in read:
        try:
            one = recorded(dict(each.trace))
        except UsageFault:
            refused += 1
            outside = first_outside(each.trace)
            assert outside is not None
            assert outside.step is None
            continue
        again = reread(json.loads(json.dumps(chains(one))), "page")
        assert document_of(again) == document_of(one), each.file
        for end in PICTURES[:-1]:
            assert WRITERS[end](again) == WRITERS[end](one), (each.file, end)
    assert (len(read), refused) == (196, 10)


@pytest.fixture
def to_itself(tmp_path: Path) -> Path:
    """A recording in which a node is given its own message."""
    trace = json.loads((RECORDINGS / "m03-joiner-gets-stale-value.json").read_text("utf-8"))
    op = next(step["op"] for step in trace["steps"] if step["op"]["op"] == "deliver")
    op["to"] = op["msg"].partition(".")[0]
    path = tmp_path / "itself.json"
    path.write_text(json.dumps(trace), encoding="utf-8")
    return path


def test_a_message_of_a_node_to_itself_is_told_where_it_arrives(to_itself: Path) -> None:
    """No link leads there, so no arrow is drawn; pictures ended in an error. Spec: CONVERT-2."""
    for end in PICTURES:
        assert " receives its own " in WRITERS[end](open_file(to_itself))


def test_a_page_shows_it_in_a_browser(page: Page, to_itself: Path, tmp_path: Path) -> None:
    """As it shows a page that was written from a page. Spec: EXPL-8."""
    again = tmp_path / "again.html"
    (tmp_path / "itself.html").write_text(WRITERS[".html"](open_file(to_itself)), encoding="utf-8")
    again.write_text(WRITERS[".html"](open_file(tmp_path / "itself.html")), encoding="utf-8")
    page.complaints.clear()
    page.open(again.as_uri())
    page.press("End")
    assert not page.complaints
    assert " of " in page.step
    assert page.run("document.body.textContent.includes('receives its own')")


@pytest.mark.parametrize("name", ["a b", "a>b", ""])
def test_a_node_that_no_label_can_name_is_told_so(name: str) -> None:
    """Recorded ids may be any text; a run is written in lines. Spec: EXPL-8."""
    text = (RECORDINGS / "m03-joiner-gets-stale-value.json").read_text("utf-8")
    trace = json.loads(text.replace('"A"', json.dumps(name)))
    trace["steps"] = []
    with pytest.raises(UsageFault, match=r"which no line of a run can name|has a set-up"):
        recorded(trace)


def test_a_message_that_the_reference_never_sent_ends_the_run(tmp_path: Path) -> None:
    """The note says where the two part; this ended in an error. Spec: EXPL-8."""
    text = (RECORDINGS / "m03-joiner-gets-stale-value.json").read_text("utf-8")
    ops = [step["op"] for step in json.loads(text)["steps"]]
    at = next(at for at, op in enumerate(ops) if op["op"] == "deliver")
    path = tmp_path / "unsent.json"
    path.write_text(text.replace(f'"{ops[at]["msg"]}"', '"A.99"'), encoding="utf-8")
    opened = explorable(open_file(path)).init()
    assert len(opened["runs"][0]["labels"]) == at
    assert "The reference differs from the recording at step" in opened["note"]


def test_a_page_of_several_findings_keeps_each_of_them(every_kind: Path, tmp_path: Path) -> None:
    """Also of two runs that begin alike and are told otherwise. Spec: EXPL-8."""
    report = json.loads((every_kind / "oracle.json").read_text("utf-8"))
    (case,) = [each for each in report["cases"] if each["findings"]][:1]
    shorter = copy.deepcopy(case["findings"][0])
    del shorter["happened"][-1]
    case["findings"].append({**shorter, "told": "it stops"})
    path = tmp_path / "two.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    one = explorable(open_file(path))
    (tmp_path / "two.html").write_text(WRITERS[".html"](open_file(path)), encoding="utf-8")
    again = explorable(open_file(tmp_path / "two.html"))
    assert again.init() == one.init()
    for run in one.init()["runs"]:
        assert again.expand(run["labels"], 0) == one.expand(run["labels"], 0)


def test_another_step_than_was_written_down_is_refused(every_kind: Path) -> None:
    """In words that are true of a page. Spec: EXPL-3."""
    walk = Walk(explorable(open_file(every_kind / "recording.html")))
    said = walk.take("A fly")
    assert said is not None
    assert said.endswith("what happened elsewhere can be read and not changed")


@pytest.fixture(params=["recording", "oracle"])
def held(request: pytest.FixtureRequest, every_kind: Path) -> dict[str, Any]:
    """What a page holds."""
    text = (every_kind / f"{request.param}.html").read_text("utf-8")
    (data,) = re.findall(r'id="worlds">(.*?)</script>', text, re.DOTALL)
    document = json.loads(data)
    assert isinstance(document, dict)
    return document


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and item."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in inner:
        yield (*path, name)
        if isinstance(each, dict | list):
            yield from places(each, (*path, name))


def spoilt(document: Any, chance: Random, part: Any = None) -> None:
    """Take something of a document away, or put something else in its place."""
    path = chance.choice(list(places(part or document)))
    inner: Any = part or document
    for step in path[:-1]:
        inner = inner[step]
    if chance.random() < 0.3:
        del inner[path[-1]]
    else:
        inner[path[-1]] = copy.deepcopy(chance.choice(JUNK))


def test_a_page_that_was_spoilt_is_refused_or_shown(held: dict[str, Any]) -> None:
    """A place and what was expected, and never a traceback. Spec: EXPL-8."""
    chance = Random(7)  # noqa: S311 - reproducibility is the point
    refused = 0
    for _ in range(SPOILT_MAX):
        document = copy.deepcopy(held)
        table = document[chance.choice(sorted(set(held) - {"clauses", "links"}))]
        spoilt(document, chance, table if isinstance(table, dict | list) else None)
        try:
            opened = reread(document, "page: $")
        except UsageFault as fault:
            refused += "page: $" in str(fault)
            continue
        for end in PICTURES:
            WRITERS[end](opened)
        walk = Walk(opened)
        for step in range(len(walk.steps) + 1):
            walk.go(step)
            assert walk.nodes() is not None
            assert walk.flight() is not None
            assert walk.properties() is not None
    assert SPOILT_MAX // 4 < refused < SPOILT_MAX


def test_a_report_that_was_spoilt_is_refused_or_drawn(every_kind: Path) -> None:
    """What is sent to oneself, and what is no text, ended in errors. Spec: EXPL-8."""
    report = json.loads((every_kind / "oracle.json").read_text("utf-8"))
    report["cases"] = [case for case in report["cases"] if case["findings"]]
    chance = Random(7)  # noqa: S311 - reproducibility is the point
    refused = 0
    for _ in range(SPOILT_MAX):
        document = copy.deepcopy(report)
        spoilt(document, chance, document["cases"][0]["findings"])
        if chance.random() < 0.1:
            spoilt(document, chance)
        try:
            opened = open_document(document, "report: $")
        except UsageFault as fault:
            refused += "report: $" in str(fault)
            continue
        for end in PICTURES:
            WRITERS[end](opened)
    assert SPOILT_MAX // 6 < refused < SPOILT_MAX
