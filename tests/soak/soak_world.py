"""The soak itself: five nodes of ours and two of the library, their links, writers and troubles."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from attrs import define, field
from soak_ledger import Ledger
from soak_links import Link, never_reads
from soak_members import CannotRun, Member, free_ports, library, node_of_ours
from soak_troubles import Trouble, drawn

NAMES = ["A", "B", "C", "D", "E"]
CALLS = [("B", "A"), ("C", "B"), ("D", "C"), ("E", "D"), ("A", "E"), ("A", "C")]
"""Who calls whom: a ring and a chord."""

LIBRARIES = {"L1": "B", "L2": "D"}
"""The real library, and the node that each calls."""

WRITES = {True: 5.0, False: 3.0}
"""Of a node of ours, and of the library. Unit: writes a second."""

OWN_KEYS, SHARED_KEYS, SHARED = 30, 20, 0.3
PERIOD = 1.0
QUESTIONS = 600
"""What a peer asks that never reads: answers of about 8 MB."""


@define(eq=False)
class World:
    """A run of the soak."""

    seed: int
    seconds: float
    folder: Path
    checkout: Path | None
    faketime: Path | None
    progress: Callable[[str], None]
    sabotage: bool = False
    ledger: Ledger = field(factory=Ledger)
    members: dict[str, Member] = field(factory=dict)
    links: dict[str, Link] = field(factory=dict)
    done: Counter[str] = field(factory=Counter)
    problems: list[str] = field(factory=list)
    jumps: list[tuple[float, float]] = field(factory=list)
    bad_readers: Counter[str] = field(factory=Counter)
    disk_exits: list[int] = field(factory=list)
    began: float = 0.0
    writing: bool = True
    jobs: list[asyncio.Task[None]] = field(factory=list)
    _busy: set[str] = field(factory=set)
    _serial: int = 0

    async def begin(self) -> None:
        """Start every process, each with a link on every call."""
        ports = free_ports(len(NAMES) + len(CALLS) + len(LIBRARIES))
        port_of = dict(zip(NAMES, ports, strict=False))
        free = iter(ports[len(NAMES) :])
        peers: dict[str, list[int]] = {name: [] for name in NAMES}
        libraries = LIBRARIES if self.checkout is not None else {}
        for caller, target in [*CALLS, *libraries.items()]:
            link = Link(f"{caller}-{target}", next(free), port_of[target])
            await link.open()
            self.links[link.name] = link
            peers.setdefault(caller, []).append(link.port)
        for name in NAMES:
            flags = [f"--store={self.folder / name}.db", f"--every={PERIOD}"]
            flags += [f"--peer=127.0.0.1:{port}" for port in peers[name]]
            member = node_of_ours(name, self.ledger, port_of[name], *flags)
            member.env = self._clock_env(name)
            self.members[name] = member
        for name in libraries:
            assert self.checkout is not None
            self.members[name] = library(
                self.checkout, name, self.ledger, "call", peers[name][0], every=0.9, history="5000"
            )
        for member in self.members.values():
            if not await member.start():
                raise CannotRun(f"{member.name} did not start: {list(member.said)[-3:]}")
            self._take_force_away(member)

    @staticmethod
    def _take_force_away(member: Member) -> None:
        """Its id is remembered by now; from here on it has to find it in its store."""
        if "--force-id" in member.command:
            member.command.remove("--force-id")

    def _clock_env(self, name: str) -> dict[str, str]:
        if self.faketime is None:
            return {}
        self._jump_to(name, 0.0)
        return {
            "LD_PRELOAD": str(self.faketime),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / f"{name}.clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def _jump_to(self, name: str, offset: float) -> None:
        aside = self.folder / f"{name}.clock.new"
        aside.write_text(f"{offset:+.0f}\n", encoding="ascii")
        aside.replace(self.folder / f"{name}.clock")

    async def _jump(self, member: Member, offset: float) -> None:
        """Set the wall clock of a node; a control under the same clock says how far it went.

        Only the wall clock: a monotonic one does not jump, but it runs while a node sleeps.
        """
        if self.faketime is None:
            return
        self._jump_to(member.name, offset)
        control = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import time; print(time.time())",
            env={**os.environ, **member.env},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await control.communicate()
        self.jumps.append((offset, float(said) - time.time()))

    async def run(self) -> None:
        """Write and be troubled for the whole time, then heal."""
        self.began = time.monotonic()
        near = [] if self.checkout is None else list(LIBRARIES.values())
        random = Random(self.seed)  # noqa: S311 - a schedule, no secret
        troubles = drawn(random, self.seconds, NAMES, near, list(self.links))
        jobs = [asyncio.ensure_future(self._write(member)) for member in self.members.values()]
        jobs += [asyncio.ensure_future(self._measure()), asyncio.ensure_future(self._tell())]
        befalling = [asyncio.ensure_future(self._befall(trouble)) for trouble in troubles]
        await asyncio.sleep(self.seconds)
        self.writing = False
        for fault in await asyncio.gather(*befalling, return_exceptions=True):
            if isinstance(fault, BaseException):
                self.problems.append(f"the soak itself: {type(fault).__name__}: {fault}")
        for link in self.links.values():
            link.cut(on=False)
            link.stall(on=False)
            link.slow = False
        for member in self.members.values():
            if not member.running:
                self.problems.append(f"{member.name} was not running at the end: {member.ends}")
                await member.start()
        for job in jobs[:-2]:
            await job
        self.jobs = jobs[-2:]

    async def end(self) -> None:
        """End every process."""
        for job in self.jobs:
            job.cancel()
        for member in self.members.values():
            await member.kill()
        for link in self.links.values():
            await link.close()

    def _set(self, member: Member, random: Random) -> None:
        shared = random.random() < SHARED
        key = (
            f"s{random.randrange(SHARED_KEYS)}"
            if shared
            else (f"{member.name}.k{random.randrange(OWN_KEYS)}")
        )
        self._serial += 1
        member.set(key, f"{member.name}.{self._serial}." + "x" * random.randrange(60))

    async def _write(self, member: Member) -> None:
        random = Random(f"{self.seed} {member.name}")  # noqa: S311 - a schedule, no secret
        while self.writing:
            await asyncio.sleep(random.expovariate(WRITES[member.ours]))
            if member.running and not member.ends_soon and len(member.pending) < 500:
                self._set(member, random)

    async def _measure(self) -> None:
        while True:
            for member in self.members.values():
                member.measure(self.began)
            await asyncio.sleep(5)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(30)
            self.progress(
                f"{time.monotonic() - self.began:4.0f} s: {len(self.ledger.acknowledged)} writes "
                f"acknowledged, {sum(self.done.values())} troubles"
            )

    async def _befall(self, trouble: Trouble) -> None:
        await asyncio.sleep(trouble.at)
        if trouble.whom in self._busy:
            self.done[f"{trouble.kind}, passed over"] += 1
            return
        alone = trouble.kind not in {"clock", "never reads", "burst"}
        if alone:
            self._busy.add(trouble.whom)
        try:
            if trouble.whom in self.links:
                await self._of_a_link(self.links[trouble.whom], trouble)
            else:
                await self._of_a_node(self.members[trouble.whom], trouble)
        finally:
            if alone:
                self._busy.discard(trouble.whom)
        self.done[trouble.kind] += 1

    async def _of_a_link(self, link: Link, trouble: Trouble) -> None:
        def bad(on: bool) -> None:
            match trouble.kind:
                case "cut":
                    link.cut(on)
                case "stall":
                    link.stall(on)
                case _:
                    link.slow = on

        bad(True)
        await asyncio.sleep(trouble.lasts)
        bad(False)

    async def _of_a_node(self, member: Member, trouble: Trouble) -> None:
        match trouble.kind:
            case "kill":
                await member.kill()
                if self.sabotage:
                    self._forget(member)
                await asyncio.sleep(trouble.lasts)
                await self._again(member)
            case "never reads":
                what = await never_reads(member.port, QUESTIONS, trouble.lasts)
                self.bad_readers[what] += 1
            case "sleep":
                member.pause(stopped=True)
                await asyncio.sleep(trouble.lasts)
                member.pause(stopped=False)
            case "clock":
                await self._jump(member, trouble.amount)
            case "burst":
                random = Random(f"{self.seed} {trouble.at}")  # noqa: S311 - a schedule
                for _ in range(int(trouble.amount)):
                    if member.running and not member.ends_soon:
                        self._set(member, random)
            case _:
                await self._full_disk(member, trouble)

    def _forget(self, member: Member) -> None:
        """Throw a store away and go on under the same id: what the soak must notice."""
        for path in self.folder.glob(f"{member.name}.db*"):
            path.unlink()
        member.command.append("--force-id")

    async def _full_disk(self, member: Member, trouble: Trouble) -> None:
        """No room: what peers say cannot be kept, and an owner's write ends the node with 3.

        Later it is started with room.
        """
        member.ends_soon = True
        while member.pending and member.running:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)
        member.room_on_disk(int(trouble.amount))
        await asyncio.sleep(trouble.lasts / 2)
        ends = len(member.ends)
        for _ in range(20):  # a step that fits into pages written before is no fault
            self._set(member, Random(trouble.at))  # noqa: S311 - a schedule
            await asyncio.sleep(0.1)
            if not member.running:
                break
        member.ends_soon = False
        await asyncio.sleep(0.2)
        if member.running:
            self.problems.append(f"{member.name} wrote beyond the bound of its files")
        else:
            self.disk_exits += member.ends[ends:]
            del member.ends[ends:]
            await asyncio.sleep(trouble.lasts / 2)
            await self._again(member)
            return
        member.room_on_disk(-1)

    async def _again(self, member: Member) -> None:
        """Start it once more; its store says who it is."""
        if not await member.start():
            said = list(member.said)[-2:]
            self.problems.append(f"{member.name} did not start again: {member.ends[-1:]} {said}")
