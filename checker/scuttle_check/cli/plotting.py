"""The flag ``--plot`` of simulations."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import click

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.resources import to_install
from scuttle_check.cli.options import Command
from scuttle_check.evidence.simulation.plots import ENDINGS

plot_option: Callable[[Command], Command] = click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the curves there, .png or .svg (needs the extra plot).",
)


def checked(path: Path | None) -> Path | None:
    """The file to draw to, refused before anything runs. Raises a Fault. Spec: SIM-8."""
    if path is None:
        return None
    where = f"--plot {path}"
    if path.suffix.lower() not in ENDINGS:
        raise UsageFault("is no picture that is known", where=where, expected=" or ".join(ENDINGS))
    if path.exists():
        raise UsageFault(
            "exists already", where=where, hint="nothing was overwritten; choose another name"
        )
    if not path.absolute().parent.is_dir():
        raise UsageFault("there is no such folder", where=where)
    if importlib.util.find_spec("matplotlib") is None:
        raise UnrunnableFault(
            "matplotlib is not installed",
            where="--plot",
            expected="the extra plot",
            hint=to_install(extra="plot"),
        )
    return path
