"""The site builds without a warning, needs no other host, and its links lead both ways."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from scuttle_check.cli.main import main
from scuttle_check.evidence.site.pages import anchored, core_modules, linked
from scuttle_check.gossip.specification import Book, Clause

PYODIDE = os.environ.get("SCUTTLE_PYODIDE")
"""An unpacked npm package pyodide, if somebody has one."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, built once."""
    for needed in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(needed, reason="the extra docs is not installed")
    out = tmp_path_factory.mktemp("site") / "site"
    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(out), *(["--pyodide", PYODIDE] if PYODIDE else [])])
    assert ended.value.code == 0
    return out


def text(site: Path, page: str) -> str:
    """One page as HTML."""
    return (site / page).read_text(encoding="utf-8")


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    """It is read on trains, too."""
    for path in site.rglob("*.html"):
        fetched = re.findall(r'(?:src|<link[^>]*href)="(https?:)?//[^"]*"', path.read_text("utf-8"))
        assert not fetched, path
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert "url(http" not in styles
    assert "@import url" not in styles


def test_a_clause_leads_to_its_code_and_a_mention_to_the_clause(site: Path) -> None:
    """Both ways: from the sentence to what carries it out, from a lesson to the sentence."""
    exchange = text(site, "protocol/exchange.html")
    assert 'id="exch-2"' in exchange
    assert "scuttle_ref.rules.html#scuttle_ref.rules.advertise_clock" in exchange
    assert "scenarios/first-exchange.html" in exchange

    lesson = text(site, "guide/lessons/02-digest-and-reply.html")
    assert "protocol/exchange.html#exch-3" in lesson


def test_a_prediction_comes_before_what_happens(site: Path) -> None:
    """The answer is folded away."""
    lesson = text(site, "guide/lessons/04-reordering-and-duplicates.html")

    question = lesson.index("Is x taken?")
    assert "<details><summary>See what happens" in lesson[question:]
    assert "if not:" not in lesson


def test_the_reference_is_complete(site: Path) -> None:
    """Every module of the core, every command, every profile, every witness."""
    for module in core_modules():
        assert (site / "reference" / "core" / f"{module}.html").exists()
    assert "scuttle check" in text(site, "reference/commands.html")
    assert "as-shipped" in text(site, "reference/profiles.html")
    assert "models" in text(site, "reference/how-sure.html")


def test_the_explorer_is_in_it(site: Path) -> None:
    """Each frame shows a file that is there and holds its worlds."""
    page = text(site, "reference/explorer.html")
    frames = re.findall(r'<iframe src="([^"]+)"', page)

    assert len(frames) >= 5
    for frame in frames:
        assert (site / "reference" / frame).stat().st_size > 20_000


def test_the_reference_runs_in_a_page_of_it_or_it_says_why_not(site: Path) -> None:
    """Pyodide is no part of this project; whoever has a copy puts it into the site."""
    page = text(site, "reference/explorer.html")
    playground = site / "_static" / "playground"

    assert ("../_static/playground/index.html" in page) == bool(PYODIDE)
    assert ("built without Pyodide" in page) == (not PYODIDE)
    assert (playground / "pyodide" / "pyodide.asm.wasm").exists() == bool(PYODIDE)
    assert (playground / "scuttle.zip").exists() == bool(PYODIDE)


def test_a_folder_without_pyodide_is_told_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after a minute."""
    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(tmp_path / "site"), "--pyodide", str(tmp_path)])

    assert ended.value.code == 3
    assert "npm pack pyodide" in capsys.readouterr().err


def test_a_folder_that_is_no_site_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of a user is overwritten."""
    (tmp_path / "thesis.tex").write_text("mine")

    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(tmp_path)])

    assert ended.value.code == 2
    assert "no site" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


CLAUSE = Clause("EXCH", 2, "normative", "A digest MUST end with done.", "exchange.md", 1)


def test_links_are_made_in_prose_only() -> None:
    """A code block shows what it shows; a definition does not link to itself."""
    page = (
        "**EXCH-2** A digest.\n\nSee EXCH-2, `EXCH-2` and [EXCH-2](x.md).\n\n```text\nEXCH-2\n```\n"
    )

    assert linked(page, ["EXCH-2"]) == page.replace("See EXCH-2", "See [EXCH-2](#exch-2)")


def test_a_clause_gets_an_address() -> None:
    """Other pages link to it."""
    page = anchored(
        "# T\n\n**EXCH-2** A digest MUST end with done.\n\nWhy.\n", Book((CLAUSE,), (), ()), {}
    )

    assert "\n(exch-2)=\n**EXCH-2** A digest" in page
    assert page.endswith("Why.\n")
