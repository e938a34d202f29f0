"""The live server: the page, its modules, and the two methods, on this machine alone.

The answers to a page: the two methods for whatever it has opened, as JSON in and JSON out.

A live server hands requests to it, and so does the page itself where Python runs in it.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import attrs
import uvicorn
from attrs import define, field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from scuttle_check.base.ending import unforeseen_text
from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault
from scuttle_check.base.kept_files import write_draft
from scuttle_check.explorer.conversion import WRITERS
from scuttle_check.explorer.explorable import Explorable, Modelled, NamedRun, Source, saved_run
from scuttle_check.explorer.export import MODULES, allowing, front, import_map, page, page_of
from scuttle_check.explorer.play import Play
from scuttle_check.explorer.retold import Fixed
from scuttle_check.explorer.sources import (
    Opened,
    case_source,
    explorable,
    menu,
    of_experiment,
    open_file,
    open_named,
)
from scuttle_check.explorer.views import Json
from scuttle_check.gossip.experiment import Experiment, experiment_from_json, own_resolvers_only
from scuttle_check.search.budget import Budget
from scuttle_check.search.plain import breadth_first

SESSIONS_MAX = 32
"""How many pages are remembered; the one that was opened first is forgotten. Unit: pages."""

RUN_MAX = 5_000
"""The longest run that is answered. Unit: steps."""


@define
class Answers:
    """Answers the pages; each has a session of its own.

    Spec: EXPL-1, EXPL-10.
    """

    opened: Opened
    make: Callable[[Opened], Explorable] = explorable
    _sessions: dict[str, Explorable] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)

    def answer(self, name: str, request: object) -> Json:
        """The answer to one request; a fault of the request is an answer, too."""
        try:
            if not isinstance(request, dict):
                raise UsageFault("is no JSON object", where="the request")
            return {"init": self._init, "expand": self._expand}[name](request)
        except Fault as fault:
            return {"error": str(fault)}

    def _init(self, request: Json) -> Json:
        file = request.get("file")
        if isinstance(file, dict):
            with own_resolvers_only():
                one = self.make(
                    self._uploaded(*_insist_on_file(file.get("name"), file.get("text")))
                )
        else:
            name = request.get("open")
            one = self.make(open_named(name) if isinstance(name, str) else self.opened)
        document = one.init()
        self._count += 1
        session = str(self._count)
        self._sessions[session] = one
        if len(self._sessions) > SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        return {**document, "session": session, "menu": menu(), "saves": saves_of(one)}

    def _uploaded(self, name: str, text: str) -> Opened:
        """What a file holds that was opened in the page. Spec: EXPL-8."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            write_draft(path, text)
            try:
                return open_file(path)
            except Fault as fault:
                fault.where = fault.where.replace(str(path), name)
                raise

    def _expand(self, request: Json) -> Json:
        one = self._sessions.get(str(request.get("session")))
        labels, known = request.get("labels"), request.get("known", 0)
        if one is None:
            raise UsageFault("this page was opened before the server started", hint="reload it")
        if not isinstance(labels, list) or not isinstance(known, int) or len(labels) > RUN_MAX:
            raise UsageFault("is no run", where="labels", expected=f"at most {RUN_MAX:,} labels")
        labels = [str(label) for label in labels]
        reply = one.expand(labels, known)
        if request.get("want"):
            reply["saved"] = self._saved(one, labels, str(request["want"]))
        return reply

    def _saved(self, one: Explorable, labels: list[str], end: str) -> str:
        """The text of the file that the run is saved as. Spec: EXPL-7."""
        if end not in [each["end"] for each in saves_of(one)]:
            raise UsageFault(f"there is no {end!r} to save it as", where="want")
        opened: Opened
        if isinstance(one, Modelled):
            opened = _settled(one, labels)
        else:
            assert isinstance(one, Fixed)  # noqa: S101 - there are no others
            opened = one if end == "html" else one.up_to(labels)
        if end == "html":
            return page_of(self.make(opened))
        return WRITERS[f".{end}"](opened)


NAME_MAX = 200
"""The longest name of a file from a page. Unit: bytes; most file systems take 255."""


def _insist_on_file(name: object, text: object) -> tuple[str, str]:
    """The name and the text of a file from a page. Raises UsageFault. Spec: EXPL-13."""
    plain = isinstance(name, str) and name.isprintable() and not set(name) & {"/", "\\"}
    if not isinstance(name, str) or not plain or name in {"", ".", ".."}:
        raise UsageFault(f"{name!a:.60} is no name of a file", where="file.name")
    if len(name.encode()) > NAME_MAX:
        expected = f"at most {NAME_MAX} bytes"
        raise UsageFault("is no name of a file: too long", where="file.name", expected=expected)
    if not isinstance(text, str):
        raise UsageFault("is no text", where="file.text", expected="what the file holds")
    return name, text


SAVES = {
    "json": "the run, to open and replay (JSON)",
    "svg": "a picture (SVG)",
    "html": "this page with its worlds (HTML)",
    "txt": "the text",
    "mmd": "a diagram for Mermaid",
    "shiviz": "a log for ShiViz",
    "itf.json": "a trace in ITF",
}
"""What a run can be saved as, by the end of the name, in the words of the page."""


def saves_of(one: Explorable) -> list[Json]:
    """What of SAVES there is; what happened elsewhere is no file that a model can run again."""
    ends = [end for end in SAVES if isinstance(one, Modelled) or not end.endswith("json")]
    return [{"end": end, "name": SAVES[end]} for end in ends]


def _settled(one: Modelled, labels: list[str]) -> Source:
    """What a file can hold of a run: with a script and budgets that allow it."""
    document = saved_run(one.play, one.play.run(labels))
    experiment = experiment_from_json(document["experiment"], "the run")
    opened = of_run(experiment, document["schedule"], one.source.title)
    return attrs.evolve(opened, saved=document)


def of_run(experiment: Experiment, labels: list[str], title: str) -> Source:
    """An experiment with one run to begin with. Raises UsageFault if it does not fit."""
    ran = Play(experiment).run(labels)
    if ran.misfit is not None:
        raise UsageFault(str(ran.misfit), where="the run")
    runs = (NamedRun("the run", tuple(labels)),)
    return attrs.evolve(of_experiment(experiment), title=title, runs=runs)


def in_page(case: str = "writers:as-shipped") -> Callable[[str, str], str]:
    """The answers for a page in which Python itself runs: texts of JSON in and out.

    It takes the plain search, because the compiled one needs numpy.

    Spec: EXPL-1.
    """
    answers = Answers(case_source(case), _plainly)
    return lambda name, request: json.dumps(answers.answer(name, json.loads(request)))


def _plainly(opened: Opened) -> Explorable:
    if not isinstance(opened, Source):
        return explorable(opened)
    return Modelled(opened, Budget(states_max=10_000, seconds_max=2.0), breadth_first)


HOST = "127.0.0.1"
"""The only address that is listened on. Spec: EXPL-10."""

HOSTS = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
"""The names that are answered for, as a `Host` has them."""

BODY_MAX = 8_000_000
"""The largest request that is read. Unit: bytes."""

POLICY = (
    "default-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; script-src 'self'"
)
"""What the live page may load. Its own two scripts are added, by their digests. Spec: EXPL-13."""

TYPES = {"css": "text/css", "js": "text/javascript", "html": "text/html"}


class TooLarge(Exception):
    """A request has more than :data:`BODY_MAX` bytes."""


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def _text(text: str, kind: str, policy: str = POLICY) -> Response:
    headers = {"cache-control": "no-store", "content-security-policy": policy}
    return Response(text, media_type=TYPES[kind], headers=headers)


def _json(document: object, status: int) -> Response:
    """A document in ASCII: texts may hold lone surrogates, which no other encoding can write."""
    text = json.dumps(document, allow_nan=False)
    return Response(text, status, media_type="application/json")


def _guarded(handler: Handler) -> Handler:
    """Answers requests for this machine's names only, from pages of this server only.

    Other pages in the same browser could ask, too, and names of elsewhere can lead here. What
    nobody foresaw is an answer, and told here in one line.

    Spec: EXPL-10, EXPL-13.
    """

    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if not HOSTS.fullmatch(host):
            return Response("this server is for this machine only", 403)
        if origin is not None and origin != f"http://{host}":
            return Response("another page may not ask this server", 403)
        try:
            return await handler(request)
        except TooLarge:
            return Response("the request is too large", 413, {"connection": "close"})
        except ClientDisconnect:
            return Response("the request was not sent to its end", 400)
        except Exception as found:  # noqa: BLE001 - one request must not end the others
            told = unforeseen_text(found)
            sys.stderr.write(f"{told}\n")
            return _json({"error": told}, 500)

    return guarded


async def _body(request: Request) -> bytes:
    """The body of a request, counted as it is read: chunks say nothing of their sum.

    Raises TooLarge. Spec: EXPL-13.
    """
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said.lstrip("0")) > len(str(BODY_MAX)):
        raise TooLarge
    if said.isdecimal() and int(said) > BODY_MAX:
        raise TooLarge
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_MAX:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def application(answers: Answers) -> Starlette:
    """The routes: the page, its files, and one for each method."""
    address = {name: f"/front/{name}.js" for name in MODULES}
    head = f'<link rel="stylesheet" href="/front/style.css">\n{import_map(address)}'
    foot = (
        '<script type="module">\nimport { start } from "scuttle/app";\n'
        'import { server } from "scuttle/backends";\n'
        'start(server("/api"));\n</script>'
    )
    files = {"style.css": front("style.css")}
    files |= {f"{name}.js": front(f"{name}.js") for name in MODULES}
    start, policy = page(head, foot), allowing(POLICY, head, foot)

    async def show(_request: Request) -> Response:
        return _text(start, "html", policy)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response("there is no such file", 404)
        return _text(files[name], name.rpartition(".")[2])

    async def ask(request: Request) -> Response:
        name = request.path_params["method"]
        if name not in {"init", "expand"}:
            return _json({"error": f"there is no method {name}"}, 404)
        body = await _body(request)
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return _json({"error": "the request is no JSON"}, 400)
        answer = await run_in_threadpool(answers.answer, name, asked)
        return _json(answer, 400 if "error" in answer else 200)

    routes = [
        Route("/", _guarded(show)),
        Route("/front/{name}", _guarded(file)),
        Route("/api/{method}", _guarded(ask), methods=["POST"]),
    ]
    return Starlette(routes=routes)


def listening(port: int) -> socket.socket:
    """A socket on the loopback address; port 0 is any free one. Raises UnrunnableFault."""
    # Named as TCP, or asyncio leaves small packets waiting for 40 milliseconds.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(64)
    except OSError as fault:
        made.close()
        raise UnrunnableFault(
            f"port {port} cannot be used ({fault.strerror})",
            where="--port",
            expected="a port that nobody listens on",
            hint="--port 0 takes a free one",
        ) from None
    return made


def serve(answers: Answers, on: socket.socket, ready: Callable[[str], None]) -> None:
    """Answer until Ctrl-C. `ready` is called once with the address, when answers are given."""
    config = uvicorn.Config(application(answers), log_level="warning", lifespan="off")
    ready(f"http://{HOST}:{on.getsockname()[1]}/")
    uvicorn.Server(config).run(sockets=[on])
