"""What the tests of the explorer share: a browser, a live server, pages written to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import browser
import pytest
from serving import served

from scuttle_check.explorer.export import page_of
from scuttle_check.explorer.sources import case_source, explorable


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    """A page of a real browser; where there is none, the tests that need it say so."""
    if browser.found() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or SCUTTLE_BROWSER")
    with browser.browsing(tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go; pytest tells the folder with --basetemp."""
    return tmp_path_factory.mktemp("pictures", numbered=False)


@pytest.fixture(scope="session")
def live() -> Iterator[str]:
    """A live server that shows two writers on one key."""
    with served(case_source("writers:as-shipped")) as address:
        yield address


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The address of a file of worlds of a case."""
    folder = tmp_path_factory.mktemp("pages")

    def write(case: str) -> str:
        path = folder / f"{case.replace(':', '-')}.html"
        if not path.exists():
            path.write_text(page_of(explorable(case_source(case))), encoding="utf-8")
        return path.as_uri()

    return write
