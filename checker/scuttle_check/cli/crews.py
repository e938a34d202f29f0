"""Who works: this process, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from scuttle_check.base.errors import UsageFault

if TYPE_CHECKING:
    from scuttle_check.base.workers import Pool
    from scuttle_check.search.divided.crew import Crew

WORKERS_MAX = 64


def worker_options(what: str) -> Callable[[Any], Any]:
    """The flags ``--workers`` and ``--cluster``, which share `what`."""
    cluster = click.option(
        "--cluster",
        metavar="tcp://HOST:PORT",
        help=f"Share {what} with the workers of a dask scheduler. Needs the extra cluster.",
    )
    workers = click.option(
        "--workers",
        type=click.IntRange(1, WORKERS_MAX),
        metavar="N",
        help=f"Share {what} among N processes.",
    )
    return lambda command: workers(cluster(command))


def shares(flags: Mapping[str, Any]) -> str:
    """The flag that asks for workers, or nothing. Raises UsageFault where there are two."""
    if flags["workers"] is not None and flags["cluster"] is not None:
        raise UsageFault(
            "the cluster says how many there are", where="--workers", hint="leave out --workers"
        )
    named = [name for name in ("workers", "cluster") if flags[name] is not None]
    return f"--{named[0]}" if named else ""


def pool_of(flags: Mapping[str, Any], resolver: str = "") -> Pool | None:
    """The pool that the flags ask for; the module of a user's resolver is sent to a cluster."""
    if not shares(flags):
        return None
    if flags["cluster"] is not None:
        from scuttle_check.base.cluster import cluster_executor, sources_of  # noqa: PLC0415 - an extra

        return partial(cluster_executor, flags["cluster"], sources_of(resolver))
    from scuttle_check.base.workers import local_processes  # noqa: PLC0415 - most runs have no workers

    return partial(local_processes, flags["workers"])


def crew_of(flags: Mapping[str, Any]) -> AbstractContextManager[Crew] | None:
    """The crew that the flags ask for, to divide one search."""
    if not shares(flags):
        return None
    if flags["cluster"] is not None:
        from scuttle_check.base.cluster import cluster_crew  # noqa: PLC0415 - an extra

        return cluster_crew(flags["cluster"])
    from scuttle_check.search.divided.crew import local_crew  # noqa: PLC0415 - most runs have no workers

    return local_crew(flags["workers"])
