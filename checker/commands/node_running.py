"""A node from its first connection to its last: what ends it, and with which code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

import click

from checker.commands.node_shell import HELP, Shell
from checker.faults import AS_EXPECTED, INTERRUPTED, UnrunnableFault
from checker.interrupts import ignored
from scuttle_ref.node import StoreFault
from scuttle_ref.node.transport import Transport


async def run(
    transport: Transport, shell: Shell, where: tuple[str, int], calls: list[tuple[str, int]]
) -> int:
    """Listen, call the peers, and take commands until somebody ends it; the exit code.

    Raises UnrunnableFault when the address cannot be used.
    """
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
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()
    for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, AS_EXPECTED)):
        if not ignored(number):
            loop.add_signal_handler(number, _end, ended, code)
    _listen_to_owner(loop, lambda line: _owner(shell, transport, ended, line))
    try:
        return await ended
    finally:
        await transport.close()
        shell.node.close()


def _end(ended: asyncio.Future[int], code: int) -> None:
    if not ended.done():
        ended.set_result(code)


def _owner(shell: Shell, transport: Transport, ended: asyncio.Future[int], line: str) -> None:
    """Carry out one line; what goes wrong with the store ends the node, with nothing half done."""
    try:
        if not shell.carry_out(line, transport):
            _end(ended, AS_EXPECTED)
    except StoreFault as fault:
        click.echo(f"error: {fault}", err=True)
        _end(ended, UnrunnableFault.exit_code)


def _listen_to_owner(loop: asyncio.AbstractEventLoop, take: Callable[[str], None]) -> None:
    """Read standard input in a thread that ends with the process. Its end is not ours."""

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(take, line)

    threading.Thread(target=listen, daemon=True).start()


def _reason(fault: OSError) -> str:
    """Why an address could not be used, without the address."""
    number = fault.errno or 0
    return os.strerror(number) if number > 0 else str(fault)
