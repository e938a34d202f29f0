"""``scuttle graph``: the graph of all worlds of a small model, for drawing and for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scuttle_check.base.kept_files import write_new
from scuttle_check.cli.options import examples, experiment_from, model_options
from scuttle_check.engine.pictures.state_graph import dot, graphml, node_link
from scuttle_check.engine.system import World
from scuttle_check.gossip.experiment import Setup
from scuttle_check.gossip.explain import tell_node
from scuttle_check.search.state_graph import state_graph

FORMATS = {"dot": dot, "graphml": graphml}


@click.command(epilog=examples("scuttle graph --profile as-shipped --exchanges 0 --out worlds.dot"))
@model_options
@click.option(
    "--format",
    "shape",
    type=click.Choice(list(FORMATS)),
    default="dot",
    show_default=True,
    help="For Graphviz, or for other tools.",
)
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=2_000,
    show_default=True,
    metavar="N",
    help="Refuse to write more than N worlds.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document: nodes and links.")
@click.option("--out", type=click.Path(path_type=Path), help="Write this file, not the output.")
def command(**flags: Any) -> None:
    """Write every world of a small model and every step between them.

    Terminal worlds and those that refute a property are marked. For DOT: scuttle graph | dot -Tsvg
    """
    setup = experiment_from(flags).build()
    graph = state_graph(setup.system, setup.properties, flags["max_states"])
    write = node_link if flags["as_json"] else FORMATS[flags["shape"]]
    text = write(graph, lambda world: told(setup, world))
    if flags["out"] is None:
        click.echo(text, nl=False)
        return
    write_new(flags["out"], text)
    click.echo(
        f"{len(graph.states):,} worlds, {len(graph.steps):,} steps: {flags['out']}", err=True
    )


def told(setup: Setup, world: World) -> str:
    """A world in lines: what each node knows, and what is in flight."""
    lines = [tell_node(node) for node in world.nodes]  # type: ignore[arg-type]
    for (source, target), channel in zip(setup.system.topology.links, world.channels, strict=True):
        if channel:
            frames = " | ".join(" + ".join(map(str, frame)) for frame in channel)
            lines.append(f"{source}>{target}: {frames}")
    return "\n".join(lines)
