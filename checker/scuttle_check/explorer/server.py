"""The live server: the page, its modules, and the two methods, on this machine alone."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from scuttle_check.base.ending import unforeseen_text
from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.explorer.answers import Answers
from scuttle_check.explorer.export import MODULES, allowing, front, import_map, page

HOST = "127.0.0.1"
"""The only address that is listened on. Spec: EXPL-10."""

HOSTS = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
"""The names that are answered for, as a `Host` has them."""

BODY_MAX = 8_000_000
"""The largest request that is read. Unit: bytes."""

BODY_SECONDS = 10.0
"""How long a request may take to arrive. Unit: seconds."""

LEAVING_SECONDS = 1
"""How long the answers that are being given may still take once the server is to end."""

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
        except TimeoutError:
            return Response("the request did not arrive", 408, {"connection": "close"})
        except asyncio.CancelledError:  # the server ends, and the request has not arrived
            return Response("the server ends", 503, {"connection": "close"})
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

    Raises TooLarge, and TimeoutError when it does not come. Spec: EXPL-13, EXPL-14.
    """
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said.lstrip("0")) > len(str(BODY_MAX)):
        raise TooLarge
    if said.isdecimal() and int(said) > BODY_MAX:
        raise TooLarge
    parts, size = [], 0
    async with asyncio.timeout(BODY_SECONDS):
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
    """Answer until Ctrl-C. `ready` is called once with the address, when answers are given.

    What goes wrong with a request is told by :func:`_guarded`, and nothing of it twice.

    Spec: EXPL-14.
    """
    config = uvicorn.Config(
        application(answers),
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=LEAVING_SECONDS,
    )
    ready(f"http://{HOST}:{on.getsockname()[1]}/")
    uvicorn.Server(config).run(sockets=[on])
