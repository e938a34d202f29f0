"""Searches that travel: an experiment goes to a worker as data, and its verdicts come back."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from attrs import frozen

from checker.properties import Property
from checker.scuttlebutt.experiment import Experiment
from checker.search.budget import Budget
from checker.verdict import Kind, Report, Stats, Verdict

Found: TypeAlias = tuple[Kind, tuple[Hashable, ...] | None, str, int]
"""A verdict without its property, which is made of functions and stays at home."""

Answer: TypeAlias = tuple[Stats, tuple[Found, ...]]


@frozen
class Job:
    """A search of one experiment. `search` is a function of a module, or a partial of one.

    A resolver of a user travels as its name; the worker imports it from the same folder.
    """

    experiment: Experiment
    search: Callable[..., Report]
    wanted: tuple[str, ...] = ()
    states_max: int | None = None
    seconds_max: float | None = None


def carried_out(job: Job) -> Answer:
    """Build the experiment here and search it. Raises a Fault for what is no good.

    Spec: SCALE-1.
    """
    setup = job.experiment.build()
    properties = chosen(setup.properties, job.wanted)
    report = job.search(setup.system, properties, Budget(job.states_max, job.seconds_max))
    found = tuple((v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts)
    return report.stats, found


def chosen(properties: tuple[Property, ...], wanted: tuple[str, ...]) -> tuple[Property, ...]:
    """The properties with the names that are wanted; all where none is."""
    return tuple(each for each in properties if not wanted or each.name in wanted)


def report_of(answer: Answer, properties: tuple[Property, ...]) -> Report:
    """The report that the worker made, with the properties of this process."""
    stats, found = answer
    pairs = zip(properties, found, strict=True)
    return Report(tuple(Verdict(each, *verdict) for each, verdict in pairs), stats)
