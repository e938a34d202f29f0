"""Python in the page: the reference itself runs there, unchanged, and answers the two methods."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import Page
from every_kind import scuttle


class Quiet(SimpleHTTPRequestHandler):
    """A plain web server; nothing in it knows the explorer."""

    extensions_map = {  # noqa: RUF012 - as the class above has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of a playground; where there is no Pyodide, the test says so."""
    given = os.environ.get("SCUTTLE_PYODIDE")
    if given is None:
        pytest.skip("SCUTTLE_PYODIDE names no folder: npm pack pyodide, tar xf, its folder package")
    folder = tmp_path / "site"
    assert scuttle("explore", "--pyodide", given, "--html", folder) == 0
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


ALONE = """
import importlib.abc, json, sys
kept = set(sys.stdlib_module_names) - {"fcntl", "_posixsubprocess", "resource", "termios"}
class Browser(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] not in kept | {"scuttle_check", "scuttle_ref", "attr", "attrs"}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Browser())
for name in [name for name in sys.modules if name.partition(".")[0] not in kept]:
    del sys.modules[name]
from scuttle_check.explorer.answers import in_page
answer = in_page()
opened = json.loads(answer("init", "{}"))
asked = {"session": opened["session"], "labels": ["A set k=2", "exchange A>B"], "known": 0}
print(json.loads(answer("expand", json.dumps(asked)))["steps"][0]["headline"])
report = {"file": {"name": "a.json", "text": json.dumps({"format": "scuttle-report"})}}
print(json.loads(answer("init", json.dumps(report)))["error"])
"""


def test_what_answers_a_page_needs_nothing_that_a_browser_lacks() -> None:
    """The core, attrs and the standard library, without processes. Spec: EXPL-1."""
    ran = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines()[0] == "A: set k=2", ran.stderr
    assert "scuttle explore FILE opens it" in ran.stdout


def test_the_reference_runs_in_the_page(page: Page, site: str, pictures: Path) -> None:
    """No server computes a step, and no other host is asked. Spec: EXPL-1, EXPL-11."""
    page.requests.clear()
    page.complaints.clear()
    page.open(f"{site}index.html#of=case:order:as-shipped", 60)
    page.press("w", "w", "Home")
    page.press("s")
    page.type("kiwi")
    page.press("Enter")

    assert page.step == "1 of 1"
    assert "A: set k=kiwi" in page.text("#now")
    assert not page.complaints
    assert all(each.startswith((site, "data:", "about:")) for each in page.requests)
    page.picture(pictures / "playground.png")
