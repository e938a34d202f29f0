"""The programs that formats are written for must take them; one that is missing is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from browser import Page
from every_kind import KINDS, OF_MODELS, ran

from scuttle_check.engine.pictures import itf
from scuttle_check.engine.pictures.text import PARSER, mermaid, shiviz
from scuttle_check.engine.pictures.timeline import Fate, Moment, Passage, Timeline
from scuttle_check.explorer.conversion import timeline
from scuttle_check.explorer.sources import open_file

HARD = Timeline(
    ("#A", "end; <b>"),
    (Moment(1, "#A", 'set k="x;y"#1 {z} %%c'), Moment(2, "end; <b>", "end")),
    (
        Passage(1, "#A", "end; <b>", 1, 4, "a; b # c"),
        Passage(2, "#A", "end; <b>", 1, 3, "done"),
        Passage(3, "end; <b>", "#A", 2, 3, "lost & gone", Fate.LOST),
        Passage(4, "end; <b>", "#A", 2, 5, "late : -> x", Fate.IN_FLIGHT),
    ),
    4,
)
"""Every fate, and texts that mean something to each of the formats."""


def mermaid_folder() -> Path | None:
    """Where Mermaid is: what SCUTTLE_MERMAID names, or the global packages of npm."""
    given = os.environ.get("SCUTTLE_MERMAID")
    if given is None and shutil.which("npm"):
        listed = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=False)
        given = str(Path(listed.stdout.strip()) / "mermaid")
    found = Path(given or "") / "dist" / "mermaid.min.js"
    return found.resolve() if found.is_file() else None


@pytest.fixture(scope="module")
def drawing(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with Mermaid in it."""
    script = mermaid_folder()
    if script is None:
        pytest.skip(
            "no Mermaid: npm pack mermaid, tar xf, SCUTTLE_MERMAID names its folder package"
        )
    path = tmp_path_factory.mktemp("mermaid") / "page.html"
    scripts = f'<meta charset="utf-8"><script src="{script.as_uri()}"></script>'
    path.write_text(f'{scripts}<body data-ready="yes">', "utf-8")
    page.open(path.as_uri())
    return page


def drawn(page: Page, text: str) -> Counter[str]:
    """The texts of the picture that Mermaid makes, each with how often it stands there."""
    source = json.dumps(text)
    found = page.run(
        "(async () => { mermaid.initialize({startOnLoad: false});"
        f" const {{ svg }} = await mermaid.render('x' + Date.now(), {source});"
        " const made = new DOMParser().parseFromString(svg, 'text/html');"
        " const texts = made.querySelectorAll('.messageText, .noteText, text.actor');"
        " return [...texts].map((one) => one.textContent) })()"
    )
    return Counter(each.replace("\u00a0", " ").strip() for each in found)


def told(run: Timeline) -> Counter[str]:
    """The texts that must stand in the picture; each node stands above and below."""
    texts = Counter(dict.fromkeys(run.nodes, 2))
    texts.update(each.text for each in run.moments)
    fates = {Fate.ARRIVED: "", Fate.LOST: " (lost)", Fate.IN_FLIGHT: " (in flight)"}
    texts.update(each.text + fates[each.fate] for each in run.passages)
    return texts


def test_mermaid_draws_every_text_as_it_is(drawing: Page, every_kind: Path) -> None:
    """Hostile ones, and every kind of file. Spec: CONVERT-2."""
    for run in (HARD, *(timeline(open_file(every_kind / kind)) for kind in KINDS)):
        assert drawn(drawing, mermaid(run)) == told(run)


def test_a_browser_shows_every_svg(page: Page, every_kind: Path) -> None:
    """As an image, which may load nothing and run nothing. Spec: CONVERT-2."""
    for kind in KINDS:
        code, text = ran("convert", every_kind / kind, ".svg")
        assert code == 0
        size = page.run(
            "(async () => { const one = new Image();"
            f" one.src = 'data:image/svg+xml,' + encodeURIComponent({json.dumps(text)});"
            " await one.decode(); return [one.naturalWidth, one.naturalHeight] })()"
        )
        assert min(size) > 100


def test_the_regular_expression_of_shiviz_finds_every_event(page: Page, every_kind: Path) -> None:
    """Read as ShiViz does: by the first line, in JavaScript. Spec: CONVERT-2."""
    for kind in KINDS:
        log = shiviz(timeline(open_file(every_kind / kind)))
        events = page.run(
            f"(() => {{ const [first, delimiter, ...rest] = {json.dumps(log)}.split('\\n');"
            " const found = [...rest.join('\\n').matchAll(new RegExp(first, 'gm'))];"
            " return found.map(({ groups }) => [groups.host, JSON.parse(groups.clock)]) })()"
        )
        assert 2 * len(events) == len(log.splitlines()) - 2
        assert log.startswith(PARSER)
        seen: Counter[str] = Counter()
        for host, clock in events:
            seen[host] += 1
            assert clock[host] == seen[host]


@pytest.mark.parametrize("kind", OF_MODELS)
def test_another_codec_reads_the_traces_in_itf(every_kind: Path, kind: str) -> None:
    """That of Apalache's makers, from PyPI. Spec: CONVERT-3."""
    other: Any = pytest.importorskip("itf_py", reason="itf-py is not installed: pip install itf-py")
    document = json.loads(ran("convert", every_kind / kind, ".itf.json")[1])
    trace = other.trace_from_json(document)

    assert trace.vars == document["vars"]
    assert trace.loop == document.get("loop")
    assert len(trace.states) == len(document["states"])
    for theirs, written in zip(trace.states, document["states"], strict=True):
        mine = itf.decoded(written["nodes"])
        assert theirs.values["mbt::actionTaken"] == written["mbt::actionTaken"]
        assert set(theirs.values["nodes"]) == set(mine)
        for node, known in mine.items():
            assert dict(theirs.values["nodes"][node].clock) == known["clock"]
            assert list(theirs.values["nodes"][node].history) == known["history"]
