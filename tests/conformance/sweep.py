"""Every mutant and many seeds: what is too slow for each run of the tests.

``python tests/conformance/sweep.py mutants [PROFILE...]`` tries to catch every mutant and says how;
``python tests/conformance/sweep.py seeds N [PROFILE...]`` looks for false alarms at every level, in
twenty scenes for each seed and level, or in M with ``NxM``.
``python tests/conformance/sweep.py pace COMMAND...`` counts round trips a second with an adapter.
The results are recorded in spec/decisions/0024-the-oracle.md.
"""

from __future__ import annotations

import re
import resource
import sys
import time
from collections import Counter

from attrs import define

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.contract import contract_of
from scuttle_check.oracle.live import convergence, robustness
from scuttle_check.oracle.live.drawing import Palette, hostile_scenes, scenes, troubled
from scuttle_check.oracle.live.exploring import Explorer
from scuttle_check.oracle.live.nodes import Launch, Loopback, Session
from scuttle_check.oracle.live.scene import Scene
from scuttle_check.oracle.live.searching import search
from scuttle_check.oracle.mutants.mutants import MUTANTS, Mutant
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES
from scuttle_ref.wire import DOCUMENTED_DIALECT

EXAMPLES = 600


@define
class First:
    """Fails for the first scene that fails, and for no other: nothing is shrunk."""

    player: Explorer
    found: Scene | None = None

    def __call__(self, scene: Scene) -> bool:
        if self.found is None and self.player.attempt(scene) is not None:
            self.found = scene
        return scene == self.found


def caught(mutant: Mutant) -> tuple[str, int, int] | None:
    """The level that catches a mutant, the operations until then, and the scenes."""
    for exact in (False, True):
        nodes = Loopback(ReferenceAdapter(mutant.profile))
        player = Explorer(nodes, mutant.base, DOCUMENTED_DIALECT, exact, "sweep")
        palette = Palette.of(nodes.hello, mutant.base, hostile=exact)
        drawn = search(
            scenes(palette), First(player), examples=EXAMPLES, at_seed=0, tries=lambda: 0
        )
        if drawn.first is not None:
            return ("wire" if exact else "step"), len(drawn.first.operations), drawn.examples
    return None


def mutants(names: list[str]) -> int:
    """Try every mutant of the profiles of those names."""
    missed, steps, levels = [], [], Counter[str]()
    for mutant in MUTANTS:
        if names and mutant.base.name not in names:
            continue
        found = caught(mutant)
        if found is None:
            missed.append(mutant.name)
            print("missed", mutant.name, flush=True)  # noqa: T201
            continue
        level, operations, examples = found
        levels[level] += 1
        steps.append(operations)
        print(level, mutant.name, operations, examples, flush=True)  # noqa: T201
    within = sum(each <= 60 for each in steps)
    print(f"{len(steps)} caught, {dict(levels)}, {within} in a scene of at most 60 operations;"  # noqa: T201
          f" missed: {missed}")  # fmt: skip
    return len(missed)


def alarms(profile: Profile, seed: int, examples: int) -> list[str]:
    """The levels at which the reference itself is accused."""
    nodes = Loopback(ReferenceAdapter(profile))
    step = Explorer(nodes, profile, DOCUMENTED_DIALECT, exact=False, case="sweep")
    wire = Explorer(nodes, profile, DOCUMENTED_DIALECT, exact=True, case="sweep")
    kind, rude = (Palette.of(nodes.hello, profile, hostile=each) for each in (False, True))

    def diverges(scene: Scene) -> bool:
        ended = convergence.attempt(nodes, profile, scene, DOCUMENTED_DIALECT, "sweep")
        return ended.problem is not None and not convergence.is_limit(
            profile, scene, DOCUMENTED_DIALECT
        )

    levels = {
        "robustness": (hostile_scenes(rude), lambda s: robustness.attempt(nodes, s, "sweep")),
        "convergence": (troubled(kind, contract_of(profile), convergence.NODES), diverges),
        "step": (scenes(kind), step.attempt),
        "wire": (scenes(rude), wire.attempt),
    }
    return [
        level
        for level, (strategy, attempt) in levels.items()
        if search(strategy, lambda s, a=attempt: bool(a(s)), examples=examples, at_seed=seed).found  # type: ignore[misc]
    ]


def seeds(wanted: str, names: list[str]) -> int:
    """Accuse the reference with many seeds."""
    wrong = 0
    count, examples = (int(each or 20) for each in wanted.partition("x")[::2])
    for name, profile in PROFILES.items():
        if names and name not in names:
            continue
        began = time.process_time()
        found = {
            seed: levels for seed in range(count) if (levels := alarms(profile, seed, examples))
        }
        wrong += len(found)
        spent = time.process_time() - began
        print(f"{name}: {count} seeds, 4 levels of {examples} scenes, {spent:.0f} s of CPU,"  # noqa: T201
              f" false alarms: {found}", flush=True)  # fmt: skip
    return wrong


def pace(command: list[str], count: int = 20_000) -> int:
    """Reads one after the other: how many a second, by the clock and by what they cost."""
    session = Session(Launch(tuple(command)))
    node = {"node": "A", "id": "A", "config": {}}
    session.ask("init", case="pace", nodes=[node])
    session.ask("set", node="A", key="k", value=1)
    began, before = time.perf_counter(), time.process_time()
    for _request in range(count):
        session.ask("get", node="A", key="k", source_id="A")
    spent, ours = time.perf_counter() - began, time.process_time() - before
    session.close()
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    both = ours + theirs.ru_utime + theirs.ru_stime
    print(f"{count:,} round trips: {count / spent:,.0f} a second by the clock,"  # noqa: T201
          f" {count / both:,.0f} a second of CPU, both processes together")  # fmt: skip
    return 0


WORDS = "mutants [PROFILE...], seeds N|NxM [PROFILE...], or pace COMMAND..."


def run(words: list[str]) -> int:
    """What the words ask for. Raises UsageFault."""
    match words:
        case ["mutants", *names]:
            return bool(mutants(known(names)))
        case ["seeds", count, *names] if re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", count):
            return bool(seeds(count, known(names)))
        case ["pace", *command] if command:
            return pace(command)
        case _:
            said = " ".join(words) or "nothing"
            raise UsageFault(f"cannot do {said!r}", where="sweep.py", expected=WORDS)


def known(names: list[str]) -> list[str]:
    """The names, each of a profile. Raises UsageFault."""
    for name in names:
        if name not in PROFILES:
            expected = ", ".join(PROFILES)
            raise UsageFault(f"no profile {name!r}", where="sweep.py", expected=expected)
    return names


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except Fault as fault:
        print(f"error: {fault}", file=sys.stderr)  # noqa: T201
        sys.exit(fault.exit_code)
