"""A node from its first connection to its last: what ends it, and with which code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INTERRUPTED, UnrunnableFault
from scuttle_check.base.interrupts import heed
from scuttle_check.cli.node_shell import HELP, Shell
from scuttle_ref.node import StoreFault
from scuttle_ref.node.journal import sentence
from scuttle_ref.node.transport import Transport

LEAVING_SECONDS = 1.7
"""How long a node that is told to end may take for it before it is ended as if killed."""

LINES_AHEAD = 64
"""How many lines of the owner are read before they are carried out."""


async def run(
    transport: Transport, shell: Shell, where: tuple[str, int], calls: list[tuple[str, int]]
) -> int:
    """Listen, call the peers, and take commands until somebody ends it; the exit code.

    Raises UnrunnableFault when the address cannot be used, and OSError when the owner's output
    cannot be written any more.

    Spec: NODE-11, NODE-12, NODE-19.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    shell.unheard = lambda fault: _fail(ended, fault)
    for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, AS_EXPECTED)):
        heed(number, lambda *_, code=code: _leave(loop, ended, code))
    loop.set_exception_handler(lambda _, what: _unforeseen(transport, what))
    try:
        host, port = await transport.listen(*where)
    except OSError as fault:
        raise UnrunnableFault(
            f"cannot listen ({_reason(fault)})",
            where=f"--listen {where[0]}:{where[1]}",
            expected="an address of this machine with a free port",
            hint="--listen 127.0.0.1:0 takes a free port",
        ) from None
    shell.say(
        "listening",
        f"{shell.node.id} listens on {host}:{port}",
        id=shell.node.id,
        host=host,
        port=port,
    )
    if sys.stdin.isatty() and not shell.as_json:
        click.echo(HELP, err=True)
    for call in calls:
        transport.call(*call)
    _listen_to_owner(loop, lambda line: _owner(shell, transport, ended, line))
    try:
        return await ended
    finally:
        await transport.close()
        shell.close()
        shell.node.close()


def _leave(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[int], code: int) -> None:
    """End in good order, or else, when something holds the node up, as if it had been killed.

    A signal arrives in the middle of anything, also of a write to whoever reads no output. What the
    node knows is in its store whole after every step, so nothing is lost by it.

    Spec: NODE-12.
    """
    watch = threading.Timer(LEAVING_SECONDS, os._exit, (code,))
    watch.daemon = True
    watch.start()
    loop.call_soon_threadsafe(_end, ended, code)


def _unforeseen(transport: Transport, what: dict[str, Any]) -> None:
    """What asyncio would print as a traceback is told as every other fault. Spec: NODE-11."""
    fault = what.get("exception")
    transport.tell(
        "fault", "", f"{what['message']} [NODE-11]" if fault is None else sentence(fault)
    )


def _end(ended: asyncio.Future[int], code: int) -> None:
    if not ended.done():
        ended.set_result(code)


def _fail(ended: asyncio.Future[int], fault: OSError) -> None:
    if not ended.done():
        ended.set_exception(fault)


def _owner(shell: Shell, transport: Transport, ended: asyncio.Future[int], line: str) -> None:
    """Carry out one line; what goes wrong with the store ends the node, with nothing half done.

    What was typed behind the line that ended the node is not for it.
    """
    if ended.done():
        return
    try:
        if not shell.carry_out(line, transport):
            _end(ended, AS_EXPECTED)
    except StoreFault as fault:
        click.echo(f"error: {fault}", err=True)
        _end(ended, UnrunnableFault.exit_code)


def _listen_to_owner(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> None:
    """Read standard input in a thread that ends with the process. Its end is not ours.

    Not much further than the node has carried out, so that who writes faster has to wait.
    """
    ahead = threading.Semaphore(LINES_AHEAD)

    def carry_out(line: str) -> None:
        try:
            take(line)
        finally:
            ahead.release()

    def listen() -> None:
        for line in sys.stdin:
            ahead.acquire()
            try:
                loop.call_soon_threadsafe(carry_out, line)
            except RuntimeError:  # the node has ended
                return

    threading.Thread(target=listen, daemon=True).start()


def _reason(fault: OSError) -> str:
    """Why an address could not be used, without the address."""
    number = fault.errno or 0
    return os.strerror(number) if number > 0 else str(fault)
