"""The runs of a simulation: collected as they end, in a run folder if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import frozen

from scuttle_check.base.errors import Fault, UnrunnableFault
from scuttle_check.cli.crews import pool_of, shares
from scuttle_check.cli.options import Command
from scuttle_check.cli.pace import Pace
from scuttle_check.cli.shown import say
from scuttle_check.evidence.simulation import seeds
from scuttle_check.evidence.simulation.kept import SimulationRun, begun_simulation
from scuttle_check.evidence.simulation.plans import AnyPlan, Plan

S = TypeVar("S")
R = TypeVar("R")

run_option: Callable[[Command], Command] = click.option(
    "--run",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Save each run in a folder as it ends, to go on after an interruption. "
    "Default: .scuttle/runs/...",
)


@frozen
class Work:
    """A plan to carry out: with the flags of its command, and with a run folder or none."""

    plan: AnyPlan
    run: SimulationRun | None
    flags: Mapping[str, Any]

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Alone in the folder; whoever leaves before the end is told how to go on.

        Raises UnrunnableFault where the folder cannot be written.

        Spec: RUN-2, RUN-4.
        """
        if self.run is None:
            yield
            return
        try:
            with self.run.locked():
                try:
                    yield
                except (Fault, KeyboardInterrupt):
                    self.say_how()
                    raise
        except OSError as fault:
            raise UnrunnableFault(
                f"cannot be written ({fault.strerror or fault})",
                where=str(self.run.folder),
                clause="RUN-2",
                hint=f"make room, then {self._how()}: runs that have ended are kept",
            ) from None

    def _how(self) -> str:
        """The command that goes on."""
        name = "" if self.run is None else self.run.name
        flags = ["--json"] * self.flags["as_json"]
        flags += [] if self.flags["plot"] is None else [f"--plot {self.flags['plot']}"]
        return " ".join(["scuttle runs resume", name, *flags])

    def say_how(self) -> None:
        """Say what is saved, and how to go on."""
        if self.run is not None:
            ended, tasks = len(self.run.ended), len(self.plan.tasks)
            say(f"saved: {ended} of {tasks} runs in {self.run.folder}; go on with: {self._how()}")

    def finish(self, result: Mapping[str, Any]) -> None:
        """All runs have ended: write down what came of them."""
        if self.run is not None:
            self.run.finish(result)


def work_of(plan: AnyPlan, flags: Mapping[str, Any]) -> Work:
    """What a command is asked for, in a new run folder if it asks for one. Spec: RUN-7."""
    shares(flags)
    if flags["run"] is None:
        return Work(plan, None, flags)
    return Work(plan, begun_simulation(Path(flags["run"]) if flags["run"] else None, plan), flags)


def collected(
    work: Work,
    plan: Plan[S, R],
    task: Callable[[tuple[S, int]], R],
    told: Callable[[R], str],
    failed: Callable[[R], bool] = lambda _run: False,
) -> tuple[list[R], bool]:
    """The runs in the order of their tasks, and whether they were interrupted.

    What the folder has is read; each other run is put there as it ends. `told` says in words how
    one ended; those that `failed` are always told.

    Spec: RUN-7.
    """
    tasks = plan.tasks
    kept = nullcontext(None) if work.run is None else closing(work.run.open())
    with kept as ends:
        had = {} if ends is None else ends.runs
        runs = {at: plan.read(tasks[at], run) for at, run in had.items() if 0 <= at < len(tasks)}
        if runs:
            say(f"goes on with {len(runs)} of {len(tasks)} runs")
        pace = Pace([plan.weight(setup) for setup, _ in tasks], frozenset(runs))
        left = [at for at in range(len(tasks)) if at not in runs]
        try:
            for number, run in seeds.ended(task, [tasks[at] for at in left], pool_of(work.flags)):
                at = left[number]
                if ends is not None:
                    ends.add(at, plan.written(run))
                runs[at] = run
                pace.hear(at, told(run), always=failed(run))
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    return [runs[at] for at in sorted(runs)], interrupted
