"""What a command has started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ADAPTER = """
import json, os, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        hello = {"re": asked["id"], "ok": True, "version": 1, "sut": {"name": "spin"}}
        print(json.dumps({**hello, "capabilities": ["set", "get", "write", "gossip"]}), flush=True)
    else:
        with open(sys.argv[1], "w") as told:
            told.write(str(os.getpid()))
        while True:
            pass
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_adapter_that_spins_does_not_outlive_the_oracle(
    number: signal.Signals, tmp_path: Path
) -> None:
    """A job runner ends what takes too long; nothing may go on burning a core. Spec: ORA-2.."""
    adapter, told = tmp_path / "spin.py", tmp_path / "pid"
    adapter.write_text(ADAPTER)
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    scuttle = [sys.executable, "-c", f"{heard}; from checker.cli import main; main()"]
    under_test = ["conform", "run", "--level", "step", "--timeout", "60", "--"]
    with subprocess.Popen(
        [*scuttle, *under_test, sys.executable, str(adapter), str(told)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as oracle:
        for _ in range(600):
            if told.exists() and told.read_text():
                break
            time.sleep(0.05)
        oracle.send_signal(number)
        try:
            assert oracle.wait(30) == 130
        finally:
            oracle.kill()
    pid = int(told.read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the adapter goes on")
