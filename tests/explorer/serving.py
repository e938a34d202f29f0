"""A live server in this process, for tests that ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from scuttle_check.explorer.answers import Answers
from scuttle_check.explorer.server import application, listening
from scuttle_check.explorer.sources import Opened


@contextmanager
def served(opened: Opened) -> Iterator[str]:
    """The address of a live server in this process."""
    on = listening(0)
    config = uvicorn.Config(application(Answers(opened)), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [on]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{on.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
