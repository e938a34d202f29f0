"""``scuttle promela``: a model in Promela, so that SPIN can be asked too."""

from __future__ import annotations

from typing import Any

import click

from checker.commands.options import experiment_from, model_options
from checker.promela import promela


@click.command()
@model_options
def command(**flags: Any) -> None:
    """Print a model of the textbook profile in Promela.

    SPIN stores one state for each world that `scuttle check` counts. To ask it, save the text as
    model.pml; then: spin -a -o2 model.pml && gcc -O3 -DSAFETY -DNOREDUCE -w pan.c && ./a.out
    """
    click.echo(promela(experiment_from(flags)), nl=False)
