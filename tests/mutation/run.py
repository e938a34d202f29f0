"""Mutation testing of the core and the engine: is every decision in them held by a test?

Run as ``python tests/mutation/run.py [MODULE ...]``, for instance ``history reducer``; without
modules, all of the pure core. ``--area reductions`` takes another area (``areas.py``), whose
modules are named by their path, ``checker/scuttle_check/search/judge``. Each mutant changes one
operator, constant or condition of a module; the tests of the area run against it until the first
fails. A changes one operator, mutant that no test kills is printed with its line, unless it is
listed as equivalent, with the reason, in ``tests/mutation/equivalent.toml``. The recorded result is
in spec/mutation.md.

It is quick because the tests are collected once. Each mutant is put into the code of the function
that it changes, in a forked process, and only tests that reach that function run, the likeliest
killer first. What lies outside of functions is judged by all tests in a process that imports the
changed module afresh.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from areas import AREAS
from in_place import FLAGS, MUTANT_SECONDS, hush, in_place
from mutants import ROOT, Mutant, by_hand, compiled, mutants_of, path_of

FIRST = ("tests/clauses/test_small_print.py",)
"""The tests that most mutants of the core outside of functions fail: others need not run."""


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of the core from a changed tree instead of its file."""

    def __init__(self, mutant: Mutant) -> None:
        path = path_of(mutant.module).relative_to(ROOT).with_suffix("")
        self.module = ".".join(path.parts).removeprefix("checker.")
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Only for the one module."""
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed tree."""
        exec(compiled(self.mutant), module.__dict__)  # noqa: S102


def survives(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether all tests pass in a process that imports the changed module."""
    pid = os.fork()
    if pid == 0:
        os.setpgrp()
        hush(1, 2)
        signal.setitimer(signal.ITIMER_PROF, 12 * MUTANT_SECONDS)
        for name in [
            name for name in sys.modules if name.split(".")[0] in {"scuttle_ref", "scuttle_check"}
        ]:
            del sys.modules[name]  # plugins of Hypothesis have loaded them
        sys.meta_path.insert(0, Mutated(mutant))
        import pytest  # noqa: PLC0415 - loaded before the fork

        os._exit(int(pytest.main([*FLAGS, *tests])))
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def equivalent() -> dict[tuple[str, str, str], str]:
    """The mutants that differ from the core in nothing anybody can see, and why."""
    listed = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text(encoding="utf-8"))
    return {(e["module"], e["owner"], e["change"]): e["reason"] for e in listed["mutant"]}


def table(names: Sequence[str], rows: dict[str, list[int]]) -> Iterator[str]:
    """The result as Markdown."""
    yield "| module | mutants | killed | equivalent | survive |"
    yield "|---|---|---|---|---|"
    for name in names:
        every, alive, same = rows[name]
        yield f"| `{name}` | {every} | {every - alive - same} | {same} | {alive} |"
    every, alive, same = (sum(rows[name][at] for name in names) for at in range(3))
    yield f"| all | {every} | {every - alive - same} | {same} | {alive} |"


def main() -> int:
    """Try all mutants; 0 when each is killed or equivalent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="by default all of the area")
    parser.add_argument("--area", choices=list(AREAS), default="core")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after")
    parser.add_argument("--by-hand", action="store_true", help="the faults of by_hand.toml")
    parser.add_argument("--sample", type=int, default=1, metavar="K", help="every K-th mutant only")
    parser.add_argument(
        "--patience",
        type=float,
        default=float("inf"),
        metavar="S",
        help="of the tests that reach a mutant those that take S seconds, none later",
    )
    parser.add_argument("--list", action="store_true", help="say what each mutant is called, only")
    asked = parser.parse_args()
    area = AREAS[asked.area]
    names = asked.modules or list(area.modules)
    tests = (*FIRST, *area.tests) if asked.area == "core" else area.tests
    tests += tuple(f"--deselect={test}" for test in area.without)
    os.environ["SCUTTLE_MODELS"] = "64"
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import attrs  # noqa: F401, PLC0415
    import hypothesis  # noqa: F401, PLC0415
    import networkx as nx  # noqa: F401, PLC0415
    import numpy as np  # noqa: F401, PLC0415
    import pytest  # noqa: F401, PLC0415

    mutants = [
        mutant for name in names for mutant in (by_hand if asked.by_hand else mutants_of)(name)
    ]
    mutants = mutants[:: asked.sample]
    if asked.list:
        sys.stdout.writelines(f"{m.module}:{m.line} [{m.owner}] {m.change}\n" for m in mutants)
        return 0
    deadline, listed = time.monotonic() + asked.seconds, equivalent()
    judged, alive, elsewhere = in_place(mutants, deadline, tests, asked.patience)
    if area.later and alive and asked.patience == float("inf"):
        tried, left, _ = in_place(
            [mutants[at] for at in alive], deadline, area.later, asked.patience
        )
        alive = [alive[at] for at in left] + alive[tried:]
    rows = {name: [0, 0, 0] for name in names}
    for mutant in mutants[:judged]:
        rows[mutant.module][0] += 1
    for at in sorted([*alive, *elsewhere]):
        mutant = mutants[at]
        if mutant.key in listed:
            rows[mutant.module][2] += 1
        elif at in alive or survives(mutant, tests):
            rows[mutant.module][1] += 1
            sys.stdout.write(
                f"survives {mutant.module}:{mutant.line} [{mutant.owner}] {mutant.change}\n"
            )
            sys.stdout.flush()
    sys.stdout.writelines(line + "\n" for line in table(names, rows))
    if asked.sample > 1:
        sys.stdout.write(f"a sample: every {asked.sample}th mutant\n")
    if judged < len(mutants):
        sys.stdout.write(f"{judged} of {len(mutants)} mutants tried\n")
    return 1 if judged < len(mutants) or any(row[1] for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
