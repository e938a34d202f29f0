"""Our node and the real library in one run: rates of questions, latencies, and a burst."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen
from soak_ledger import Ledger
from soak_members import CannotRun, Member, free_ports, library, node_of_ours

PERIOD = 1.0
SECONDS = 30.0
TALKS = 0.9
"""How often the peer asks that must not silence a node. Unit: periods."""

WRITES, BURST = 100, 3000
STILL = 10.0
"""A burst has arrived as far as it will when nothing more comes for so long. Unit: seconds."""

QUESTION = b'{"digest":true,"id":"P","source_id":"P","version":0}\n{"digest":true,"done":true}\n'


@frozen
class Kind:
    """A sort of node, and how one is made: that listens at a port, or calls it."""

    says: str
    made: Callable[[str, Ledger, int, bool], Member]


def kinds(checkout: Path | None) -> dict[str, Kind]:
    """Ours with its defaults, and the library: as its ``Base.config`` has it, and without bounds.

    The library has no timer: ``library.js`` calls its ``gossip()`` once in a period.
    """

    def ours(name: str, ledger: Ledger, port: int, calls: bool) -> Member:
        flags = [f"--every={PERIOD}", *([f"--peer=127.0.0.1:{port}"] if calls else [])]
        return node_of_ours(name, ledger, 0 if calls else port, *flags)

    def theirs(mtu: str, history: str) -> Callable[[str, Ledger, int, bool], Member]:
        def made(name: str, ledger: Ledger, port: int, calls: bool) -> Member:
            assert checkout is not None
            mode = "call" if calls else "listen"
            bounds = {"mtu": mtu, "history": history}
            return library(checkout, name, ledger, mode, port, every=PERIOD, steady=True, **bounds)

        return made

    found = {"ours": Kind("scuttle node, defaults", ours)}
    if checkout is not None:
        found["library"] = Kind("mtu and max_history unlimited", theirs("unlimited", "unlimited"))
        found["library, Base.config"] = Kind("mtu 10, max_history 10", theirs("10", "10"))
    return found


async def questions(kind: Kind, every: float) -> int:
    """How often a node asks in 30 s a peer that asks it every so often; 0 is never."""
    member = kind.made("R", Ledger(), free_ports(1)[0], False)
    await member.start()
    member.set("k", "1")
    reader, writer = await asyncio.open_connection("127.0.0.1", member.port)
    heard = 0

    async def talk() -> None:
        while every:
            writer.write(QUESTION)
            await asyncio.sleep(every)

    talking = asyncio.ensure_future(talk())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            while line := await reader.readline():
                document = json.loads(line)
                heard += bool(document.get("digest") and document.get("done"))
    talking.cancel()
    writer.close()
    await member.kill()
    return heard


async def pair(writes: Kind, hears: Kind, ledger: Ledger) -> tuple[Member, Member]:
    """Two nodes that are connected."""
    (port,) = free_ports(1)
    writer, reader = writes.made("W", ledger, port, False), hears.made("R", ledger, port, True)
    for member in (writer, reader):
        if not await member.start():
            raise CannotRun(f"{member.name} did not start: {list(member.said)[-3:]}")
    await asyncio.sleep(1.5)
    return writer, reader


async def latencies(writes: Kind, hears: Kind, seed: int) -> dict[str, Any]:
    """From the acknowledgement of a write to its arrival at the peer. Unit: periods."""
    ledger, random = Ledger(), Random(seed)  # noqa: S311 - a schedule, no secret
    writer, reader = await pair(writes, hears, ledger)
    for count in range(WRITES):
        await asyncio.sleep(random.uniform(0.1, 1.1) * PERIOD)
        writer.set(f"k{count % 10}", f"v{count}")
    await asyncio.sleep(5 * PERIOD)
    await writer.kill()
    await reader.kill()
    late = sorted(
        max(0.0, ledger.seen[at]["R"] - when) / PERIOD
        for at, when in ledger.acknowledged.items()
        if "R" in ledger.seen[at]
    )
    at = {"p50": 0.5, "p99": 0.99, "most": 1.0}
    found = {
        name: round(late[min(len(late) - 1, int(part * len(late)))], 2) for name, part in at.items()
    }
    return {"writes": WRITES, "arrived": len(late), **found}


async def burst(kind: Kind) -> dict[str, Any]:
    """3,000 keys, set as fast as they are taken: what of them the peer has in the end, and when."""
    ledger = Ledger()
    writer, reader = await pair(kind, kind, ledger)
    began = time.monotonic()
    for count in range(BURST):
        writer.set(f"k{count}", f"v{count}")
    while len(ledger.acknowledged) < BURST:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)
    written = max(ledger.acknowledged.values()) - began
    came, latest = 0, time.monotonic()
    while came < BURST and time.monotonic() - latest < STILL:
        await asyncio.sleep(0.1)
        if reader.events["update"] > came:
            came, latest = reader.events["update"], time.monotonic()
    look = await reader.look() or {}
    last = max((seen["R"] for seen in ledger.seen.values() if "R" in seen), default=began)
    await writer.kill()
    await reader.kill()
    return {
        "written in s": round(written, 2),
        "keys at the peer": len(look.get("state", {})),
        "of": BURST,
        "last one after s": round(last - began, 2),
        "its clock says": look.get("clock", {}).get("W"),
        "told": dict(writer.reasons + reader.reasons),
    }


async def beside(checkout: Path | None, progress: Callable[[str], None]) -> dict[str, Any]:
    """All three measurements, of each kind of node."""
    nodes = kinds(checkout)
    plain = {name: kind for name, kind in nodes.items() if "," not in name}
    progress(f"rates: {SECONDS:g} s")
    asked = await asyncio.gather(
        *(questions(kind, every) for kind in plain.values() for every in (0.0, TALKS * PERIOD))
    )
    rates = {
        name: {
            "of a silent peer": asked[2 * at],
            f"of one that asks every {TALKS} s": asked[2 * at + 1],
        }
        for at, name in enumerate(plain)
    }
    progress(f"latencies: {WRITES * 0.6 * PERIOD:g} s")
    pairs = [(one, other) for one in plain for other in plain]
    late = await asyncio.gather(
        *(latencies(plain[w], plain[h], at) for at, (w, h) in enumerate(pairs))
    )
    told = {f"{w} to {h}": found for (w, h), found in zip(pairs, late, strict=True)}
    bursts = {}
    for name, kind in nodes.items():
        progress(f"burst: {name}")
        bursts[name] = {"configuration": kind.says, **await burst(kind)}
    findings = [
        f"{name}: {found['keys at the peer']} of {BURST} keys of a burst arrived"
        for name, found in bursts.items()
        if name == "ours" and found["keys at the peer"] < BURST
    ]
    if told["ours to ours"]["p99"] > 2:
        findings.append(f"ours to ours: p99 above two periods: {told['ours to ours']}")
    if rates["ours"][f"of one that asks every {TALKS} s"] < SECONDS / PERIOD - 1:
        findings.append(f"a peer that asks silences our node: {rates['ours']}")
    return {
        "period in s": PERIOD,
        "questions in 30 s": rates,
        "latency in periods": told,
        "burst": bursts,
        "findings": findings,
    }
