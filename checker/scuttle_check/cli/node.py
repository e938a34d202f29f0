"""``scuttle node``: run one node on a network, with a small dialogue on standard input."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import ssl
import sys
from math import inf
from pathlib import Path
from typing import Any

import attrs
import click

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.cli.node_running import run
from scuttle_check.cli.node_shell import Shell
from scuttle_check.cli.options import Amount, examples, limit_option, limits_given, say_unread
from scuttle_check.gossip.experiment import resolver_called
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.node import MemoryStore, Node, SqliteStore, Store, StoreFault
from scuttle_ref.node.limits import DEFAULT_LIMITS, Limits
from scuttle_ref.node.store import new_identity
from scuttle_ref.node.transport import Transport
from scuttle_ref.validity import name_refusal
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT

DIALECTS = {"documented": DOCUMENTED_DIALECT, "shipped": SHIPPED_DIALECT}
LOOPBACK = "127.0.0.1"


HISTORY, MTU = 1000, 100
"""The limits of a node whose owner names none. Unit: updates."""


@click.command(
    epilog=examples(
        "scuttle node --id A --listen 127.0.0.1:7001 --store a.db",
        "scuttle node --id B --peer 127.0.0.1:7001",
    )
)
@click.option("--id", "name", required=True, help="What the node is called.")
@click.option("--listen", default=f"{LOOPBACK}:0", show_default=True, help="HOST:PORT; 0 is any.")
@click.option("--peer", "peers", multiple=True, metavar="HOST:PORT", help="Whom to call. Repeat.")
@click.option("--store", type=click.Path(path_type=Path, dir_okay=False), help="Where to keep it.")
@click.option("--force-id", is_flag=True, help="Use --id as it is, though nothing is remembered.")
@click.option("--profile", default="documented", show_default=True, help="See scuttle profiles.")
@click.option(
    "--dialect",
    type=click.Choice(sorted(DIALECTS)),
    default="documented",
    help="The names on the wire.",
)
@click.option(
    "--resolver",
    metavar="NAME|pkg.mod:fn",
    help="Who decides which value stays. Default: lww_total.",
)
@limit_option("--max-history", "How many updates the node remembers. Default: 1000.")
@limit_option("--mtu", "How many updates an answer carries. Default: 100.")
@click.option(
    "--every",
    type=Amount(min=0),
    default=1.0,
    show_default=True,
    help="Seconds between exchanges with each peer; 0 is never.",
)
@click.option(
    "--limit",
    "bounds",
    multiple=True,
    metavar="NAME=NUMBER",
    help=f"What a node puts up with: {', '.join(sorted(attrs.asdict(DEFAULT_LIMITS)))}. Repeat.",
)
@click.option("--tls-cert", type=click.Path(exists=True), help="Our certificate, PEM.")
@click.option("--tls-key", type=click.Path(exists=True), help="Its key, PEM.")
@click.option("--tls-ca", type=click.Path(exists=True), help="Who signs our peers; they must show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line for each event.")
def command(  # noqa: PLR0913 - each is a flag
    *,
    name: str,
    listen: str,
    peers: tuple[str, ...],
    store: Path | None,
    force_id: bool,
    profile: str,
    dialect: str,
    resolver: str | None,
    max_history: str | None,
    mtu: str | None,
    every: float,
    bounds: tuple[str, ...],
    tls_cert: str | None,
    tls_key: str | None,
    tls_ca: str | None,
    as_json: bool,
) -> None:
    """Run a node. It listens, calls its peers, and exchanges with each of them.

    With --store it goes on where it stopped, killed or not. Without, or with a store that is new,
    it is somebody new each time: its id gets a suffix, because nobody asks twice for a version
    that was seen (--force-id if you know that the id was never used). On standard input: set KEY
    VALUE, get KEY, gossip, show, peers, quit.
    """
    typed = {"resolver": resolver, "max_history": max_history, "mtu": mtu}
    say_unread(profile_called(profile), typed)
    limits = {"max_history": HISTORY, "mtu": MTU, **limits_given(typed)}
    config = Config(resolve=resolver_called(resolver or "lww_total"), **limits)
    puts_up_with = _bounds(bounds)
    where, calls = _address(listen, "--listen"), [_address(peer, "--peer") for peer in peers]
    contexts = _tls(tls_cert, tls_key, tls_ca)
    try:
        kept: Store = MemoryStore() if store is None else SqliteStore(store)
        known = kept.identity if isinstance(kept, SqliteStore) else None
        node = Node(
            _identity(name, known, force=force_id),
            config,
            profile=profile_called(profile),
            store=kept,
            history_bytes=puts_up_with.history_bytes,
        )
    except StoreFault as fault:
        raise UnrunnableFault(
            fault.refusal.problem,
            where=fault.refusal.path,
            expected=fault.refusal.expected,
            clause="NODE-3",
        ) from None
    except InvalidConfig as fault:
        raise UsageFault(str(fault), where="--id") from None
    shell = Shell(node, as_json=as_json)
    transport = Transport(
        node,
        DIALECTS[dialect],
        limits=puts_up_with,
        gossip_seconds=every,
        server_tls=contexts[0],
        client_tls=contexts[1],
        tell=shell.happened,
    )
    if not _is_loopback(where[0]) and contexts[0] is None:
        click.echo(f"warning: {where[0]} can be reached from elsewhere, and no TLS is on", err=True)
    sys.exit(asyncio.run(run(transport, shell, where, calls)))


def _identity(name: str, known: str | None, *, force: bool) -> str:
    """The id to use: the remembered one, or a new one that nobody has used. Spec: NODE-5."""
    refusal = name_refusal("--id", name)
    if refusal is not None:
        raise UsageFault(
            refusal.problem, where="--id", expected=refusal.expected, clause=refusal.clause
        )
    if known is None and not force:
        new = new_identity(name, secrets.token_hex(3))
        click.echo(f"note: nothing is remembered of {name}, so this node is {new}", err=True)
        return new
    if known is None:
        return name
    if known == name or known.startswith(f"{name}~"):
        return known
    raise UnrunnableFault(
        f"the store holds the state of {known!r}",
        where="--store",
        expected=f"a store of {name!r}, or a new file",
        clause="NODE-3",
    )


def _bounds(given: tuple[str, ...]) -> Limits:
    """The limits with those that the owner named. Spec: NODE-14."""
    kinds: dict[str, Any] = {
        name: type(limit) for name, limit in attrs.asdict(DEFAULT_LIMITS).items()
    }
    named: dict[str, Any] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in kinds:
            raise UsageFault(f"no limit {name!r}", where="--limit", expected=", ".join(kinds))
        try:
            named[name] = kinds[name](number)
        except ValueError:
            named[name] = -1
        if not 0 < named[name] < inf:
            raise UsageFault(
                f"{text!r} is no limit", where="--limit", expected="NAME=NUMBER, above 0"
            )
    return attrs.evolve(DEFAULT_LIMITS, **named)


def _address(text: str, flag: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the ports of TCP
        raise UsageFault(f"{text!r} is no address", where=flag, expected="HOST:PORT")
    return host.strip("[]") or LOOPBACK, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(
    cert: str | None, key: str | None, ca: str | None
) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """The contexts to serve and to call with. Both sides show a certificate."""
    if cert is None and key is None and ca is None:
        return None, None
    if cert is None or ca is None:
        raise UsageFault("TLS needs all of it", where="--tls-cert", expected="--tls-cert, --tls-ca")
    try:
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
        server.verify_mode = ssl.CERT_REQUIRED
        client = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca)
        for context in (server, client):
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as fault:
        raise UsageFault(f"cannot be used ({fault})", where="--tls-cert") from None
    return server, client
