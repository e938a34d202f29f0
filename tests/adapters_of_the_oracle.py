"""Adapters that misbehave, each in its own way, for tests of the oracle's patience."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

HEAD = """
import json, os, signal, sys, time
def answer(request, **members):
    sys.stdout.write(json.dumps({"re": request["id"], "ok": True, **members}) + "\\n")
    sys.stdout.flush()
HELLO = {"version": 1, "sut": {"name": "hostile"},
         "capabilities": ["set", "get", "write", "gossip", "inspect"]}
"""

LOOP = """
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "hello":
        answer(request, **HELLO)
    elif request["op"] in ("init", "bye"):
        answer(request)
    else:
        misbehave(request)
"""

HOSTILE = {
    "silent": "def misbehave(request): time.sleep(60)",
    "slow by a byte": """
        def misbehave(request):
            for byte in json.dumps({"re": request["id"], "ok": True}):
                sys.stdout.write(byte); sys.stdout.flush(); time.sleep(0.3)
    """,
    "dies mid-line": """
        def misbehave(request):
            sys.stdout.write('{"re":'); sys.stdout.flush()
            sys.stderr.write("I have a bad feeling\\n"); sys.stderr.flush(); os._exit(7)
    """,
    "infinite output": """
        def misbehave(request):
            while True: sys.stdout.write("lorem ipsum " * 9999)
    """,
    "infinite lines": """
        def misbehave(request):
            while True: answer(request, out=[], events=[])
    """,
    "wrong id": "def misbehave(request): answer({'id': request['id'] + 1}, out=[])",
    "NaN": "def misbehave(request): answer(request, result=float('nan'))",
    "16 MiB line": """
        def misbehave(request):
            sys.stdout.write('{"re":%d,"ok":true,"result":"%s"}\\n' % (request["id"], "x" * 2**24))
            sys.stdout.flush()
    """,
    "ignores SIGTERM": """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        def misbehave(request):
            while True: time.sleep(1)
    """,
    "forks children": """
        def misbehave(request):
            for leaves_the_group in (False, True):
                if os.fork() == 0:
                    if leaves_the_group: os.setsid()
                    time.sleep(60); os._exit(0)
            time.sleep(60)
    """,
    "crashes by a signal": "def misbehave(request): os.kill(os.getpid(), signal.SIGSEGV)",
    "does not read": """
        def misbehave(request): time.sleep(60)
    """,
}
"""What each does when it is asked for anything but hello, init and bye."""


def hostile(folder: Path, name: str) -> tuple[str, ...]:
    """The command of a hostile adapter."""
    file = folder / "adapter.py"
    file.write_text(HEAD + textwrap.dedent(HOSTILE[name]) + LOOP, encoding="utf-8")
    return (sys.executable, str(file))


REFERENCE = (sys.executable, "-m", "scuttle_check.oracle.adapters.reference")
