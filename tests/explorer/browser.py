"""A real browser without a window, driven through its own debugging protocol.

Chromium is run with a profile of its own; each page keeps what it logged and what it asked for.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WAIT_SECONDS = 20.0


def found() -> str | None:
    """The browser of this machine: that of SCUTTLE_BROWSER, or one by its usual name."""
    return os.environ.get("SCUTTLE_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.count = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=WAIT_SECONDS))
            if message.get("id") == self.count:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        match message["method"]:
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(parameters["exceptionDetails"])[:400])
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.complaints.append(parameters["entry"]["text"])

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        reply = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def until(self, expression: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({expression})"):
            assert time.monotonic() < end, f"never true: {expression}\n{self.complaints}"
            time.sleep(0.02)

    def open(self, address: str, seconds: float = WAIT_SECONDS) -> None:
        """Go to an address and wait until the explorer is ready."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.until("document.body && document.body.dataset.ready", seconds)

    def text(self, selector: str) -> str:
        """What an element shows."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a mouse does."""
        place = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center', inline: 'nearest'});"
            " const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        self.click_at(*place)

    def click_at(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
            self.settle()

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.call("Input.insertText", text=text)

    def settle(self) -> None:
        """Wait until what was asked of the back end has been shown."""
        self.run("new Promise(done => setTimeout(done, 60))")

    @property
    def step(self) -> str:
        """The step that is shown, such as "2 of 5"."""
        shown = re.search(r"step (\d+ of \d+)", self.text("#now"), re.IGNORECASE)
        return shown.group(1).lower() if shown else ""

    def picture(self, path: Path) -> bytes:
        """Write what the page looks like, and return it."""
        data = base64.b64decode(self.call("Page.captureScreenshot")["data"])
        path.write_bytes(data)
        return data


@contextmanager
def browsing(folder: Path, width: int = 1440, height: int = 900) -> Iterator[Page]:
    """A page of a browser that is ended afterwards."""
    program = found()
    assert program is not None
    arguments = [
        *(program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"),
        *(f"--user-data-dir={folder}", "--no-first-run", "--disable-background-networking"),
        *(f"--window-size={width},{height}", "--remote-allow-origins=*", "about:blank"),
    ]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = folder / "DevToolsActivePort"
        end = time.monotonic() + WAIT_SECONDS
        while not (port_file.exists() and port_file.read_text().strip()):
            assert process.poll() is None, "the browser ended at once"
            assert time.monotonic() < end, "the browser does not answer"
            time.sleep(0.05)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            pages = json.load(answer)
        address = next(each for each in pages if each["type"] == "page")["webSocketDebuggerUrl"]
        # Pings are drawn from the global random state, on a thread: other tests must not see that.
        with connect(address, max_size=None, ping_interval=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(timeout=10)
