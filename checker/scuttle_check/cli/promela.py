"""``scuttle promela``: a model in Promela, so that SPIN can be asked too."""

from __future__ import annotations

import json
from typing import Any

import click

from scuttle_check.cli.options import examples, experiment_from, model_options, named
from scuttle_check.evidence.promela import promela

PROFILE = "textbook"
"""The profile that is written in Promela."""


@click.command(epilog=examples("scuttle promela --topology line:2 --writers A,B > model.pml"))
@model_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document that holds the model.")
def command(**flags: Any) -> None:
    """Print a model of the textbook profile in Promela.

    SPIN stores one state for each world that `scuttle check` counts. To ask it, save the text as
    model.pml; then: spin -a -o2 model.pml && gcc -O3 -DSAFETY -DNOREDUCE -w pan.c && ./a.out
    """
    if named(flags) is None:
        flags["profile"] = flags["profile"] or PROFILE
    experiment = experiment_from(flags)
    model = promela(experiment)
    if flags["as_json"]:
        told = {"format": "scuttle-promela/1", "experiment": experiment.to_json(), "model": model}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(model, nl=False)


for _option in command.params:
    if isinstance(_option, click.Option) and _option.name == "profile":
        _option.help = f"Default: {PROFILE}, the only one that is written in Promela."
