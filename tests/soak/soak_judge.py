"""The verdict on a soak: equal replicas, nothing acknowledged lost, memory flat."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from statistics import median
from typing import Any

from soak_ledger import Ledger
from soak_world import NAMES, World

SETTLING = 120.0
FROM, WIDTH = 120.0, 60.0
"""Memory is compared: the minute that begins two minutes in, and the last one."""
GROWTH, SLACK = 1.10, 2.0
"""How much more the last minute may hold: a tenth, and 2 MiB."""


async def settled(world: World) -> tuple[dict[str, dict[str, Any]], float]:
    """What all members hold once they agree, or after 120 s; and the seconds that it took."""
    began = time.monotonic()
    looks: dict[str, dict[str, Any]] = {}
    while True:
        found = await asyncio.gather(*(member.look() for member in world.members.values()))
        looks = {n: look for n, look in zip(world.members, found, strict=True) if look is not None}
        took = time.monotonic() - began
        pending = any(member.pending for member in world.members.values())
        if len(looks) == len(world.members) and not pending and not differing(world.ledger, looks):
            return looks, took
        if took > SETTLING:
            return looks, took
        await asyncio.sleep(1)


def differing(ledger: Ledger, looks: dict[str, dict[str, Any]]) -> list[str]:
    """What is not as it must be: of ours every key, of the library what one node alone writes.

    Keys that several write are the library's own matter: it asks no resolver (DEV-1). They are
    judged by what it would hold if it did, from what it was told.
    """
    wrong: list[str] = []
    newest = ledger.newest()
    for name, look in looks.items():
        for key, at in newest.items():
            wanted = ledger.updates[at][1]
            library = name not in NAMES
            held = look["folded"] if library and key.startswith("s") else look["state"]
            value = held.get(key, {}).get("value")
            if value != wanted:
                wrong.append(f"{name} holds {key}={value!r:.20}, expected {wanted!r:.20} of {at}")
        extra = look["state"].keys() - newest.keys()
        wrong += [f"{name} holds {key}, which nobody is known to have written" for key in extra]
    return wrong


def lost(ledger: Ledger, looks: dict[str, dict[str, Any]]) -> list[str]:
    """Acknowledged writes than which a replica of ours holds something older."""
    highest: dict[str, tuple[int, str]] = {}
    for at in ledger.acknowledged:
        key = ledger.updates[at][0]
        highest[key] = max(at, highest.get(key, at))
    return [
        f"{name} lost {key} of {at}"
        for name, look in looks.items()
        if name in NAMES
        for key, at in highest.items()
        if ledger.by_value.get(look["state"].get(key, {}).get("value"), (0, "")) < at
    ]


def memory(world: World) -> dict[str, dict[str, Any]]:
    """RSS of each member, in MiB: of the life that it ended in, and whether that is flat.

    None where that life was too short to tell.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, member in world.members.items():
        life = [(at, size) for at, size, lives in member.rss if lives == member.lives]
        whole = member.lives == 1 and world.seconds >= FROM + 2 * WIDTH
        early = [size for at, size in life if FROM <= at < FROM + WIDTH]
        late = [size for at, size in life if world.seconds - WIDTH <= at < world.seconds]
        row: dict[str, Any] = {"lives": member.lives, "flat": None}
        row["highest"] = round(max(size for _, size, _ in member.rss), 1)
        row["last"] = round(life[-1][1], 1) if life else None
        if whole and early and late:
            row |= {"third minute": round(median(early), 1), "last minute": round(median(late), 1)}
            row["flat"] = median(late) <= median(early) * GROWTH + SLACK
            row["each minute"] = [
                round(median(sizes), 1)
                for start in range(0, int(world.seconds), 60)
                if (sizes := [size for at, size in life if start <= at < start + 60])
            ]
        found[name] = row
    return found


def judged(world: World, looks: dict[str, dict[str, Any]], took: float) -> dict[str, Any]:
    """The result as a JSON document; `findings` is empty where all is well."""
    ledger = world.ledger
    ours = [name for name in looks if name in NAMES]
    findings = [*world.problems]
    findings += [f"{name} did not say what it holds" for name in world.members if name not in looks]
    findings += differing(ledger, looks)[:20]
    states = [looks[name]["state"] for name in ours]
    if any(state != states[0] for state in states):
        findings.append("the replicas of ours differ")
    gone = lost(ledger, looks)
    findings += [f"acknowledged and lost: {each}" for each in gone[:20]]
    findings += [f"one version, two updates: {each}" for each in ledger.reused[:20]]
    held = memory(world)
    findings += [f"memory of {n} grows: {row}" for n, row in held.items() if row["flat"] is False]
    ended = {name: member.ends for name, member in world.members.items() if member.ends}
    findings += [f"{name} ended by itself: {codes}" for name, codes in ended.items()]
    findings += [
        f"full disk: exit code {code}, expected 3" for code in world.disk_exits if code != 3
    ]
    reasons: Counter[str] = Counter()
    for member in world.members.values():
        reasons += member.reasons
    swapped = [
        sum(
            look["state"].get(key, {}).get("value") != ledger.updates[at][1]
            for key, at in ledger.newest().items()
            if key.startswith("s")
        )
        for name, look in looks.items()
        if name not in NAMES
    ]
    members = world.members.values()
    return {
        "seed": world.seed,
        "seconds": world.seconds,
        "settled after": round(took, 1),
        "keys": len(ledger.newest()),
        "equal": not differing(ledger, looks),
        "acknowledged": len(ledger.acknowledged),
        "acknowledged and lost": len(gone),
        "not acknowledged": sum(member.unacknowledged for member in members),
        "updates told of": len(ledger.updates),
        "lines of updates read": sum(member.events["update"] for member in members),
        "not taken one by one by all of ours": ledger.not_one_by_one(ours),
        "versions used twice": len(ledger.reused),
        "troubles": dict(sorted(world.done.items())),
        "peers that never read": dict(world.bad_readers),
        "exit codes on a full disk": dict(Counter(map(str, world.disk_exits))),
        "clock jumps, and what a control saw": [[round(a), round(b)] for a, b in world.jumps],
        "shared keys that the library holds otherwise (DEV-1)": swapped,
        "memory in MiB": held,
        "told": dict(reasons.most_common(25)),
        "links": {name: dict(sorted(link.counts.items())) for name, link in world.links.items()},
        "findings": findings,
    }
