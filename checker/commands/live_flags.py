"""The flags of ``scuttle check`` that speak of endless runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from checker.faults import UsageFault
from checker.liveness.assumption import FAIRNESS

LIVE_OPTIONS = (
    click.option(
        "--live", is_flag=True, help="Nodes never stop exchanging: do they agree in the end?"
    ),
    click.option("--fairness", type=click.Choice(FAIRNESS), help="Of exchanges. Default: strong."),
    click.option("--vectors", is_flag=True, help="Decide --live by the criterion on node vectors."),
)


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of liveness."""
    for option in reversed(LIVE_OPTIONS):
        command = option(command)
    return command


def refuse_without_live(flags: Mapping[str, Any]) -> None:
    """Raise UsageFault for flags that say something about endless runs only."""
    for name in ("fairness", "vectors"):
        if flags[name]:
            raise UsageFault("speaks of endless runs", where=f"--{name}", hint="add --live")
