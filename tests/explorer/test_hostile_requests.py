"""Requests that no page sends: each is refused with a 4xx, and none costs memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from scuttle_check.explorer import server
from scuttle_check.explorer.answers import Answers
from scuttle_check.explorer.export import MODULES, page_of
from scuttle_check.explorer.server import BODY_MAX, POLICY
from scuttle_check.explorer.sources import case_source, explorable

MODULE = [sys.executable, "-m", "scuttle_check"]

PLACES = ("", "front/app.js", "api/init")


@pytest.fixture
def raw(live: str) -> Callable[[bytes], tuple[int, bytes]]:
    """Send bytes to the live server; the status, and all that it says."""
    host, port = live.removeprefix("http://").rstrip("/").split(":")

    def send(request: bytes) -> tuple[int, bytes]:
        with socket.create_connection((host, int(port)), timeout=20) as talk:
            talk.sendall(request)
            told = b"".join(iter(lambda: talk.recv(65536), b""))
        return int(told.split(b" ", 2)[1]), told

    return send


def head(place: str, headers: dict[str, str], host: bool = True) -> bytes:
    method = "POST" if place.startswith("api") else "GET"
    named = {"Host": "127.0.0.1"} if host else {}
    lines = "".join(f"{name}: {each}\r\n" for name, each in {**named, **headers}.items())
    return f"{method} /{place} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode("latin-1")


WRONG = [
    {"Host": "["},
    {"Host": "[::1"},
    {"Host": "[]"},
    {"Host": ""},
    {"Host": "\xff\xfe"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": "evil.example#@127.0.0.1"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "127.0.0.1/\\evil"},
    {"Origin": "http://["},
    {"Origin": "http://[::1"},
    {"Origin": "["},
    {"Origin": "\xff"},
    {"Origin": "//["},
    {"Content-Length": "-1"},
    {"Content-Length": "many"},
    {"Content-Length": "1e3"},
    {"Content-Length": "99999999999999999999999"},
    {"Transfer-Encoding": "confused"},
]


@pytest.mark.parametrize("headers", WRONG, ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_a_header_that_is_wrong_is_refused(
    place: str,
    headers: dict[str, str],
    raw: Callable[[bytes], tuple[int, bytes]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Each of some was answered with 500 and a traceback. Spec: EXPL-10, EXPL-13."""
    status, told = raw(head(place, headers))
    assert 400 <= status < 500, told
    assert "Traceback" not in capfd.readouterr().err


def test_a_request_without_a_host_is_refused(raw: Callable[[bytes], tuple[int, bytes]]) -> None:
    """Spec: EXPL-10."""
    assert 400 <= raw(head("", {}, host=False))[0] < 500
    assert 400 <= raw(b"GET / HTTP/1.0\r\n\r\n")[0] < 500


def chunked(size: int) -> Iterator[bytes]:
    yield (
        b"POST /api/init HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\n\r\n"
    )
    piece = b" " * 1_000_000
    for _ in range(size // len(piece)):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def test_a_body_is_counted_as_it_is_read(live: str) -> None:
    """300 MiB in chunks, which say no length, were read whole. Spec: EXPL-13."""
    host, port = live.removeprefix("http://").rstrip("/").split(":")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as talk:
        answers: list[bytes] = []
        hears = threading.Thread(target=lambda: answers.append(talk.recv(1_000)))
        hears.start()
        try:
            for piece in chunked(300 << 20):
                talk.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        hears.join(timeout=20)
    assert answers[0].startswith(b"HTTP/1.1 413 ")
    assert sent < 4 * BODY_MAX
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000, f"{grown} kB"


def test_a_body_that_says_it_is_too_large_is_not_waited_for(
    raw: Callable[[bytes], tuple[int, bytes]],
) -> None:
    """Spec: EXPL-13."""
    status, _ = raw(head("api/init", {"Content-Length": str(BODY_MAX + 1)}))
    assert status == 413


def test_a_body_at_the_limit_is_read(raw: Callable[[bytes], tuple[int, bytes]]) -> None:
    """Spec: EXPL-13."""
    body = b"{}" + b" " * (BODY_MAX - 2)
    request = head("api/init", {"Content-Length": str(len(body))}) + body
    assert raw(request)[0] == 200


def test_a_body_that_ends_too_early_is_no_fault_of_ours(
    live: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who closes the page while it asks."""
    host, port = live.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as talk:
        talk.sendall(head("api/init", {"Content-Length": "100"}) + b"{")
    with socket.create_connection((host, int(port)), timeout=20) as talk:
        talk.sendall(head("", {}))
        assert talk.recv(20).startswith(b"HTTP/1.1 200")
    assert "Traceback" not in capfd.readouterr().err


SCENARIO = "> nodes A B\n"
NAMES = ["..", ".", "", "\0", "a\0b.txt", "n" * 300, "\ud800", "\udcff.txt", "a/b.txt", "../a.txt"]
NAMES += ["/etc/passwd", "a\\b.txt", "é" * 200, "\n", "a\x1b[31m.txt", "\u202etxt.a"]


@pytest.mark.parametrize("name", [*NAMES, 7, None, ["a"], {}], ids=ascii)
def test_a_name_that_is_none_of_a_file_is_refused(
    name: object, raw: Callable[[bytes], tuple[int, bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Spec: EXPL-13."""
    body = json.dumps({"file": {"name": name, "text": SCENARIO}}).encode()
    status, told = raw(head("api/init", {"Content-Length": str(len(body))}) + body)
    assert status == 400, told
    assert b"is no name of a file" in told
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("name", ["a.txt", "two words (1).txt", "é.txt", "..a.txt"])
def test_a_name_that_is_one_is_taken(name: str, raw: Callable[[bytes], tuple[int, bytes]]) -> None:
    """Spec: EXPL-8."""
    body = json.dumps({"file": {"name": name, "text": SCENARIO}}).encode()
    assert raw(head("api/init", {"Content-Length": str(len(body))}) + body)[0] == 200


BODIES = [
    b"",
    b"[",
    b"\xff",
    b"[]",
    b"null",
    b"NaN",
    b'"\\ud800"',
    b"[" * 100_000,
    b"1" * 5_000,
    b'{"file": {"name": "a.txt", "text": 7}}',
    b'{"file": {"name": "a.txt", "text": "\\ud800"}}',
    b'{"file": {"name": "a.json", "text": "\\ud800"}}',
    b'{"open": "\\ud800"}',
    b'{"open": "case:\\ud800"}',
    b'{"open": "scenario:../../x"}',
    b'{"open": "case:a:b:c"}',
    b'{"file": {"name": "a.json", "text": "{\\"format\\": \\"\\\\ud800\\"}"}}',
]
EXPANDED = [
    b'"session": "\\ud800"',
    b'"labels": [], "known": 1e999',
    b'"labels": [], "known": -5',
    b'"labels": [], "known": true',
    b'"labels": [], "known": 99',
    b'"labels": {"a": 1}',
    b'"labels": ["\\ud800"]',
    b'"labels": ["set \\ud800=1"]',
    b'"labels": ["A set k=\\ud800"], "known": 0',
    b'"labels": ["perform \\ud800"], "known": 0',
    b'"labels": [null, 1e999], "known": 0',
    b'"labels": [], "known": 0, "want": "\\ud800"',
    b'"labels": [], "known": 0, "want": {"a": []}',
    b'"labels": [' + b'"perform A",' * 5_000 + b'"perform A"], "known": 0',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body[:40]))
def test_a_body_that_is_no_question_is_refused(
    body: bytes, raw: Callable[[bytes], tuple[int, bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Spec: EXPL-13."""
    status, told = raw(head("api/init", {"Content-Length": str(len(body))}) + body)
    assert status == 400, told
    assert "error" in json.loads(told.partition(b"\r\n\r\n")[2])
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("asked", EXPANDED, ids=lambda body: ascii(body[:40]))
def test_whatever_is_asked_of_a_run_is_answered(
    asked: bytes, raw: Callable[[bytes], tuple[int, bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Steps that fit none are told of, and never with a 500. Spec: EXPL-3, EXPL-13."""
    body = b"{}"
    told = raw(head("api/init", {"Content-Length": "2"}) + body)[1]
    session = json.loads(told.partition(b"\r\n\r\n")[2])["session"]
    given = b"" if b'"session"' in asked else b'"session": "%s", ' % session.encode()
    body = b"{" + given + asked + b"}"
    status, told = raw(head("api/expand", {"Content-Length": str(len(body))}) + body)
    document = json.loads(told.partition(b"\r\n\r\n")[2])
    assert status == (400 if "error" in document else 200)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["front/..%2fserver.py", "front/%00", "api/%ff", "%2e%2e/x", "*"])
def test_a_place_that_is_none_is_refused(
    path: str, raw: Callable[[bytes], tuple[int, bytes]]
) -> None:
    """Spec: EXPL-13."""
    assert 400 <= raw(head(path, {}))[0] < 500


SCRIPT = re.compile(r"<script(?P<kind>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)


def hashes(page: str) -> list[str]:
    """What a policy has to say for each script that stands in a page."""
    found = [
        base64.b64encode(hashlib.sha256(each["text"].encode()).digest()).decode()
        for each in SCRIPT.finditer(page)
        if "application/json" not in each["kind"] and "src=" not in each["kind"]
    ]
    return [f"'sha256-{each}'" for each in found]


def script_sources(policy: str) -> list[str]:
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    return parts["script-src"].split()


def test_the_live_page_allows_no_script_but_its_own(
    raw: Callable[[bytes], tuple[int, bytes]],
) -> None:
    """A script that got into a page would run. Spec: EXPL-13."""
    _, told = raw(head("", {}))
    headers, _, page = told.decode().partition("\r\n\r\n")
    (policy,) = re.findall(r"(?i)content-security-policy: (.*)\r", headers + "\r")
    sources = script_sources(policy)
    assert "'unsafe-inline'" not in sources
    assert "data:" not in sources
    assert len(hashes(page)) == 2
    assert set(sources) == {"'self'", *hashes(page)}
    assert "frame-ancestors 'none'" in policy
    for module in MODULES:
        _, told = raw(head(f"front/{module}.js", {}))
        assert b"content-security-policy" in told.lower()
    assert "unsafe-inline" not in POLICY.partition("script-src")[2]


def test_a_file_of_worlds_allows_no_script_but_its_own() -> None:
    """The same for a page that is sent by mail. Spec: EXPL-11, EXPL-13."""
    page = page_of(explorable(case_source("writers:as-shipped")))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    sources = script_sources(policy)
    assert "'unsafe-inline'" not in sources
    assert set(sources) == {"data:", *hashes(page)}
    assert len(hashes(page)) == 2
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_what_nobody_foresaw_ends_no_server(
    monkeypatch: pytest.MonkeyPatch,
    raw: Callable[[bytes], tuple[int, bytes]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Spec: END-2, EXPL-13."""
    monkeypatch.setattr(Answers, "answer", lambda *_given: 1 / 0)
    status, told = raw(head("api/init", {"Content-Length": "2"}) + b"{}")
    assert status == 500
    assert "nobody foresaw" in json.loads(told.partition(b"\r\n\r\n")[2])["error"]
    said = capfd.readouterr().err
    assert "nobody foresaw" in said
    assert "Traceback" not in said
    monkeypatch.undo()
    assert raw(head("api/init", {"Content-Length": "2"}) + b"{}")[0] == 200


HALF = b"POST /api/init HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{"
"""A request whose body does not come."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("sent", [b"", b"GET / HT", HALF])
def test_a_request_that_does_not_come_to_its_end_holds_up_nobody(
    sent: bytes, number: signal.Signals
) -> None:
    """Ctrl-C was waited for as long as the one who sent half of it wanted. Spec: EXPL-14."""
    with subprocess.Popen(
        [*MODULE, "explore", "--topology", "line:2", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ran:
        assert ran.stdout is not None
        host, port = ran.stdout.readline().strip(" \n/").removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as talk:
            talk.sendall(sent)
            time.sleep(0.3)
            ran.send_signal(number)
            begun = time.monotonic()
            assert ran.wait(20) == 0
            assert time.monotonic() - begun < 4
        assert ran.stderr is not None
        assert "Traceback" not in ran.stderr.read()


def test_a_body_that_does_not_come_is_waited_for_so_long(
    live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: EXPL-14."""
    monkeypatch.setattr(server, "BODY_SECONDS", 0.2)
    host, port = live.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as talk:
        talk.sendall(HALF)
        told = b"".join(iter(lambda: talk.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 408 ")


def test_a_fault_of_an_upload_names_the_file_and_no_folder_of_ours(
    raw: Callable[[bytes], tuple[int, bytes]],
) -> None:
    """It told where on this machine the text was put. Spec: EXPL-8."""
    body = json.dumps({"file": {"name": "a.txt", "text": "\ud800"}}).encode()
    status, told = raw(head("api/init", {"Content-Length": str(len(body))}) + body)
    assert status == 400
    error = json.loads(told.partition(b"\r\n\r\n")[2])["error"]
    assert error.startswith(r"a.txt: would hold '\ud800'")
