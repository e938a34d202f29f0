"""Mutants put in place: into the living functions of a forked process, once tests are collected.

Only tests that reach the line of a mutant are run, those that killed others first. A mutant that
lies in no function cannot be put in place.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mutants import ROOT, Mutant, compiled, path_of

FLAGS = (
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
MUTANT_SECONDS = 25
"""When a fresh import of a mutant counts as killed, in twelve times that; in processor seconds."""
TEST_SECONDS = 5
"""When a test counts as failed because it does not end. Unit: seconds of the processor.

Longer for a test that takes longer without the mutant: then five times as long as that.
"""


ELSEWHERE = "elsewhere"
"""Said of a mutant that lies in no function, so that it cannot be put in place."""


def twins(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The pieces of code that differ, outer ones first."""
    if before != after:
        yield before, after
        inner = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (before, after))
        for one, two in zip(*inner, strict=True):
            yield from twins(one, two)


def put_in_place(mutant: Mutant, functions: list[FunctionType], caches: list[Any]) -> bool:
    """Change the living functions, closures among them; whether there are any."""
    path = str(path_of(mutant.module))
    original = compile(Path(path).read_text(encoding="utf-8"), path, "exec")
    changed = dict(list(twins(original, compiled(mutant)))[1:])
    hit = [each for each in functions if each.__code__ in changed]
    for each in hit:
        each.__code__ = changed[each.__code__]
    for cache in caches:
        cache.cache_clear()  # what was computed before the change
    return bool(hit)


def living() -> tuple[list[FunctionType], list[Any]]:
    """The functions of the core and the engine, and all caches."""
    core = tuple(str(ROOT / folder) for folder in ("scuttle_ref", "checker"))
    everything = gc.get_objects()
    functions = [each for each in everything if type(each) is FunctionType]
    caches = [each for each in everything if type(each) is _lru_cache_wrapper]
    return [f for f in functions if f.__code__.co_filename.startswith(core)], caches


class Runner:
    """A plugin of pytest that, instead of the tests, runs all mutants against them."""

    def __init__(self, mutants: Sequence[Mutant], deadline: float, patience: float) -> None:
        self.mutants = mutants
        self.deadline = deadline
        self.patience = patience
        self.alive: list[Mutant] = []
        self.elsewhere: list[Mutant] = []
        self.judged = 0
        self.recent: list[str] = []
        self.control = 0
        self.functions: list[FunctionType] = []
        self.caches: list[Any] = []
        self.reaching: dict[str, dict[int, list[str]]] = {}
        self.seconds: dict[str, float] = {}

    def pytest_runtestloop(self, session: Any) -> bool:
        """Judge every mutant in a process of its own."""
        items = {item.nodeid: item for item in session.items}
        self.control = self._measure(items)
        if self.control:
            return True
        self.functions, self.caches = living()
        gc.freeze()  # else every child would copy what it only looks at
        for mutant in self.mutants:
            if time.monotonic() > self.deadline:
                break
            killer = self._killer(mutant, items)
            self.judged += 1
            if self.judged % 25 == 0:
                tell(f"{self.judged} of {len(self.mutants)} mutants")
            if killer == ELSEWHERE:
                self.elsewhere.append(mutant)
            elif killer is None:
                self.alive.append(mutant)
                tell(f"no test fails: {mutant.module}:{mutant.line} {mutant.change}")
            elif killer:
                self.recent = [killer, *(name for name in self.recent if name != killer)][:40]
        return True

    def _measure(self, items: dict[str, Any]) -> int:
        """Which tests reach which line, and that all pass on the core as it is."""
        import coverage  # noqa: PLC0415

        gauge = coverage.Coverage(
            None,
            config_file=False,
            include=sorted({str(path_of(mutant.module)) for mutant in self.mutants}),
        )
        gauge.start()
        failed = 0
        for name, item in items.items():
            gauge.switch_context(name)
            began = time.perf_counter()
            failed += not passes(item)
            self.seconds[name] = time.perf_counter() - began
        gauge.stop()
        data = gauge.get_data()
        for file in data.measured_files():
            self.reaching[file] = data.contexts_by_lineno(file)
        return failed

    def _killer(self, mutant: Mutant, items: dict[str, Any]) -> str | None:
        """The test that fails first, or None. Empty if the mutant does not end by itself."""
        lines = self.reaching.get(str(path_of(mutant.module)), {})
        at = lines.get(mutant.line, [])
        reached = [name for name in at if name in items]
        first = [name for name in self.recent if name in reached]
        rest = sorted((set(reached) - set(first)), key=lambda name: (self.seconds[name], name))
        ordered, used = [], 0.0
        for name in (*first, *rest):
            used += self.seconds[name]
            if not ordered or used <= self.patience:
                ordered.append(name)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            hush(1, 2)
            gc.disable()
            code = 1  # also where a test interrupts the whole session: this process is not for that
            try:
                code = self._judged(mutant, [items[name] for name in ordered], writer)
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 1 and said:
            return ordered[int(said)]
        return {0: None, 2: ELSEWHERE}.get(code, "")

    def _judged(self, mutant: Mutant, ordered: Sequence[Any], writer: int) -> int:
        """Run the tests until one fails: 0 if none does, 1 if one does, 2 if it lies elsewhere."""
        try:
            hit = put_in_place(mutant, self.functions, self.caches)
        except ValueError:  # it has more functions, or fewer
            hit = False
        if not hit:
            return 2
        for number, item in enumerate(ordered):
            most = max(TEST_SECONDS, 5 * self.seconds[item.nodeid])
            signal.setitimer(signal.ITIMER_PROF, most)
            if not passes(item):
                os.write(writer, str(number).encode())
                return 1
        return 0


def passes(item: Any) -> bool:
    """Whether one collected test passes."""
    from _pytest.runner import runtestprotocol  # noqa: PLC0415

    return not any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def hush(*descriptors: int) -> None:
    """Say nothing any more: what a mutant prints is nobody's."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for each in descriptors:
        os.dup2(quiet, each)


def tell(line: str) -> None:
    """Progress."""
    sys.__stderr__.write(line + "\n")  # type: ignore[union-attr]


def in_place(
    mutants: Sequence[Mutant], deadline: float, tests: Sequence[str], patience: float
) -> tuple[int, list[int], list[int]]:
    """How many were judged, which survive, and which lie elsewhere; in a process of its own.

    Nothing of the core is imported in this one, so that it can be imported afresh.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        hush(1)
        import pytest  # noqa: PLC0415

        runner = Runner(mutants, deadline, patience)
        code = pytest.main([*FLAGS, *tests], plugins=[runner])
        known = {id(mutant): at for at, mutant in enumerate(mutants)}
        both = runner.alive, runner.elsewhere
        numbers = [runner.judged, *(len(each) for each in both)]
        numbers += [known[id(mutant)] for each in both for mutant in each]
        os.write(writer, " ".join(map(str, numbers)).encode())
        os._exit(3 if runner.control or code else 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        judged, alive, elsewhere, *numbers = map(int, pipe.read().split() or "000")
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit("error: the tests fail on the core as it is")
    return judged, numbers[:alive], numbers[alive : alive + elsewhere]
