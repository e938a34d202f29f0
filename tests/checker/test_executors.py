"""Work shared among processes: the same results on any number of workers, whatever ends them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.workers import local_processes, mapped
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.catalogue import cases_of, judge, judge_all, load_catalogue
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.jobs import Answer, Job, carried_out, swarms
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import exhaustive

RESOLVER = "def mine(gossip, update):\n    return False\n"


def told(report: Report) -> list[object]:
    """Everything a report says except the time it took."""
    stats = report.stats
    return [
        [(v.property.name, v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts],
        (stats.states, stats.transitions, stats.terminal, stats.depth, stats.stop, stats.walks),
    ]


def killed_search(job: Job, told_in: str) -> Answer:
    """A search whose worker is killed in the middle, the first time, as the system would do it."""

    def killed(*given: object) -> None:
        del given
        path = Path(told_in)
        if not path.exists():
            path.write_text("killed")
            os.kill(os.getpid(), signal.SIGKILL)

    setup = job.experiment.build()
    exhaustive(setup.system, setup.properties, Budget(tell=killed, every=1))
    return carried_out(job)


def always_killed(item: int) -> int:
    """A task that no worker survives."""
    os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_catalogue_comes_out_the_same_on_any_number_of_workers(workers: int) -> None:
    """Whoever adds workers wants the same table, sooner. Spec: SCALE-1."""
    cases = list(cases_of(load_catalogue(), ("tiny",)))[:8]
    assert len(cases) > 3
    pool = partial(local_processes, workers)
    shared = list(judge_all(cases, exhaustive, Budget(), pool))
    for one, other in zip(shared, map(judge, cases), strict=True):
        assert one.case == other.case
        assert told(one.report) == told(other.report)
        assert not one.surprises


def test_a_search_whose_worker_is_killed_is_made_again(
    experiment: Callable[..., Experiment], tmp_path: Path
) -> None:
    """Memory runs out on real machines; no count may depend on whether it did. Spec: SCALE-2."""
    small = [experiment("line:2", profile=name) for name in ("documented", "textbook", "paper")]
    jobs = [Job(each, exhaustive) for each in small]
    mark = tmp_path / "killed"
    task = partial(killed_search, told_in=str(mark))
    answers = list(mapped(task, jobs, partial(local_processes, 2)))
    assert mark.exists()
    for (stats, found), job in zip(answers, jobs, strict=True):
        known_stats, known = carried_out(job)
        assert found == known
        assert (stats.states, stats.transitions) == (known_stats.states, known_stats.transitions)


def test_workers_that_always_die_are_told_of() -> None:
    """A task that kills every worker must end with a message, not be tried for ever.

    Spec: SCALE-2.
    """
    with pytest.raises(UnrunnableFault, match="the workers ended 3 times"):
        list(mapped(always_killed, [1], partial(local_processes, 1)))


def test_swarms_find_the_same_on_any_number_of_workers(
    experiment: Callable[..., Experiment],
) -> None:
    """A seed that found something must find it on another machine. Spec: SCALE-3."""
    swap = experiment("line:2", profile="as-shipped")
    reports = [swarms(swap, (), 2_500, 3, partial(local_processes, n)) for n in (1, 2)]
    assert told(reports[0]) == told(reports[1])
    assert reports[0].stats.walks == 2_500
    assert reports[0].verdict("agreement").kind is Kind.REFUTED


def test_a_resolver_of_a_user_travels_to_the_workers(
    experiment: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tests a resolver may use all cores: it is found by its name from the same folder.

    Spec: SCALE-1.
    """
    (tmp_path / "travelling.py").write_text(RESOLVER)
    monkeypatch.chdir(tmp_path)
    job = Job(experiment("line:2", resolver="travelling:mine"), exhaustive)
    [(stats, found)] = mapped(carried_out, [job], partial(local_processes, 1))
    here_stats, here = carried_out(job)
    assert found == here
    assert stats.states == here_stats.states
