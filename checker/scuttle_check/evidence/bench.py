"""The benchmark: named models, what exploring them costs, and what it costs SPIN.

Laws of this file: every run is a fresh process and is charged for its start; nothing is reported
that was not measured in this invocation; where SPIN is missing the result says so.
"""

from __future__ import annotations

import json
import shlex
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UnrunnableFault
from scuttle_check.base.measure import Cost, cost
from scuttle_check.evidence import spin

CHILD = "from scuttle_check.cli.main import main; main()"

WORLDS_MIN = 50_000
"""Below this many worlds the memory of a world drowns in that of the interpreter."""


@frozen
class Size:
    """A named model. `flags` are those of ``scuttle check``.

    One with too many worlds to visit them all is measured with `only` these flags more.
    """

    name: str
    flags: tuple[str, ...]
    says: str
    large: bool = False
    only: str = ""


OUTCOMES = "--property agreement --reduction quotient+stubborn"


def _textbook(
    name: str, topology: str, says: str, *more: str, large: bool = False, only: str = ""
) -> Size:
    flags = ("--profile", "textbook", "--topology", topology, *more)
    return Size(name, flags, says, large, only)


SIZES = (
    _textbook("line-2", "line:2", "two nodes, one set each"),
    _textbook("line-3", "line:3", "three nodes in a line, one set each"),
    _textbook("line-3-twice", "line:3", "the same, two sets each", "--writes", "2"),
    _textbook("triangle", "complete:3", "three nodes, all linked, one set each"),
    _textbook("ring-4-2w", "ring:4", "ring of four, A and C set once", "--writers", "A,C"),
    _textbook("ring-4-3w", "ring:4", "the same, and B sets too", "--writers", "A,B,C", large=True),
    _textbook("line-5", "line:5", "line of five, one set each", large=True, only=OUTCOMES),
    _textbook("line-6", "line:6", "line of six, about 6e9 worlds", large=True, only=OUTCOMES),
    _textbook("lossy-line-3", "line:3", "line-3, any message may be lost", "--network", "lossy"),
    Size(
        "documented-line-3",
        ("--profile", "documented", "--topology", "line:3"),
        "line-3 as the README of the library says",
    ),
)
"""The models by size. All worlds are visited of those that have no flags of their own."""


@frozen
class Variant:
    """More flags of ``scuttle check``, such as those of a reduction, to measure each size with."""

    name: str = "all worlds"
    flags: tuple[str, ...] = ()


ALL_WORLDS = Variant()


@frozen
class Times:
    """The runs of one thing, in seconds."""

    runs: tuple[float, ...]

    @property
    def best(self) -> float:
        """The fastest run: the one that was disturbed least."""
        return min(self.runs)

    @property
    def median(self) -> float:
        """The run in the middle."""
        return statistics.median(self.runs)

    def to_json(self) -> dict[str, Any]:
        """Best, median and every run."""
        runs = [round(seconds, 4) for seconds in self.runs]
        return {"best": round(self.best, 4), "median": round(self.median, 4), "runs": runs}


@frozen
class Checked:
    """A size under our checker. `base` is the peak memory of a process that checks line-2."""

    worlds: int
    transitions: int
    search: Times
    wall: Times
    cpu: Times
    peak: int
    base: int

    @property
    def rate(self) -> float:
        """Worlds per second of the search alone, in the best run."""
        return self.worlds / max(self.search.best, 1e-9)

    @property
    def bytes_per_world(self) -> float | None:
        """Peak memory above that of line-2, per world; None below WORLDS_MIN worlds."""
        if self.worlds < WORLDS_MIN:
            return None
        return max(0, self.peak - self.base) / self.worlds


@frozen
class Spun:
    """A size under SPIN. Times are those of the verifier alone, `build` those of spin and gcc."""

    states: int
    transitions: int
    build: float
    wall: Times
    cpu: Times
    peak: int


@frozen
class Row:
    """One size in one variant, and SPIN on the same model or why there is nothing to compare."""

    size: Size
    variant: Variant
    search: str
    checked: Checked
    full: Spun | None = None
    reduced: Spun | None = None
    no_spin: str = ""
    differs: str = ""


@frozen
class Plan:
    """What to measure. `no_spin` says why SPIN is not asked; empty where it is."""

    sizes: tuple[Size, ...]
    variants: tuple[Variant, ...] = (ALL_WORLDS,)
    search: str = "compiled"
    runs: int = 3
    no_spin: str = ""


Tell = Callable[[str], None]


def check_flags(size: Size, variant: Variant, search: str) -> tuple[str, ...]:
    """The arguments of ``scuttle`` for one run: the search alone, without a scout."""
    return ("check", *size.flags, "--search", search, "--no-scout", *variant.flags)


def run_check(size: Size, variant: Variant, search: str) -> tuple[dict[str, Any], Cost]:
    """One run in a fresh process: its JSON document and its cost. Raises UnrunnableFault.

    Spec: BENCH-1.
    """
    flags = check_flags(size, variant, search)
    ran = cost([sys.executable, "-c", CHILD, *flags, "--json"])
    if ran.code not in {AS_EXPECTED, REFUTED}:
        said = ran.err.strip()[-300:] or "the search did not finish"
        raise UnrunnableFault(f"exit code {ran.code}: {said}", where=" ".join(flags))
    document: dict[str, Any] = json.loads(ran.out)
    return document, ran


def base_memory(search: str) -> int:
    """The peak memory of a process that checks line-2: interpreter, libraries and no worlds."""
    return min(run_check(SIZES[0], ALL_WORLDS, search)[1].peak for _ in range(3))


def measure_check(size: Size, variant: Variant, search: str, runs: int, base: int) -> Checked:
    """Run the checker `runs` times, each in a fresh process."""
    results = [run_check(size, variant, search) for _ in range(runs)]
    document = results[0][0]
    return Checked(
        worlds=document["states"],
        transitions=document["transitions"],
        search=Times(tuple(each["seconds"] for each, _ in results)),
        wall=Times(tuple(ran.wall for _, ran in results)),
        cpu=Times(tuple(ran.cpu for _, ran in results)),
        peak=min(ran.peak for _, ran in results),
        base=base,
    )


def promela_of(size: Size) -> str | None:
    """The Promela of a size, or None where it has none (SPIN-2)."""
    if "textbook" not in size.flags:
        return None
    ran = cost([sys.executable, "-c", CHILD, "promela", *size.flags])
    if ran.code:
        raise UnrunnableFault(ran.err.strip()[-300:], where=f"promela of {size.name}")
    return ran.out


def measure_spin(model: str, reduction: tuple[str, ...], runs: int) -> Spun:
    """Build SPIN's verifier once and run it `runs` times."""
    with tempfile.TemporaryDirectory() as folder:
        build = spin.build(model, Path(folder), reduction)
        results = [spin.verify(Path(folder)) for _ in range(runs)]
    return Spun(
        states=results[0].states,
        transitions=results[0].transitions,
        build=build,
        wall=Times(tuple(each.cost.wall for each in results)),
        cpu=Times(tuple(each.cost.cpu for each in results)),
        peak=min(each.cost.peak for each in results),
    )


def difference(checked: Checked, full: Spun) -> str:
    """How SPIN's counts differ from ours, or nothing. Spec: BENCH-2, SPIN-1."""
    ours = (checked.worlds, checked.transitions)
    theirs = (full.states, full.transitions - 1)
    if ours == theirs:
        return ""
    return f"{ours[0]:,} worlds and {ours[1]:,} transitions, SPIN {theirs[0]:,} and {theirs[1]:,}"


def rows(plan: Plan, tell: Tell) -> Iterator[Row]:
    """Measure every size in every variant. Spec: BENCH-2, BENCH-3."""
    base = base_memory(plan.search)
    for size in plan.sizes:
        model = None if plan.no_spin or size.only else promela_of(size)
        full = reduced = None
        if model is not None:
            tell(f"{size.name}, SPIN")
            full = measure_spin(model, spin.FULL, plan.runs)
            reduced = measure_spin(model, spin.REDUCED, plan.runs)
        too_many = "more worlds than can be visited" if size.only else ""
        no_spin = "" if full else too_many or plan.no_spin or "no Promela for this profile"
        alone = (Variant(size.only, tuple(shlex.split(size.only))),)
        for variant in alone if size.only else plan.variants:
            tell(f"{size.name}, {variant.name}")
            checked = measure_check(size, variant, plan.search, plan.runs, base)
            differs = "" if full is None or variant.flags else difference(checked, full)
            yield Row(size, variant, plan.search, checked, full, reduced, no_spin, differs)
