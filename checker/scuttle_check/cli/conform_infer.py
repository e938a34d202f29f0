"""``scuttle conform infer``: the rules that an implementation follows, as a rule file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE
from scuttle_check.base.kept_files import write_over
from scuttle_check.cli.conform_check import PASS_ON, program_of, timeout_option
from scuttle_check.cli.conform_run import need_hypothesis
from scuttle_check.cli.options import examples
from scuttle_check.oracle.live.nodes import Cluster, Launch
from scuttle_check.oracle.reports import printable
from scuttle_ref.profile import deviations

FORMAT = "scuttle-inferred/1"
LEFT_MAX = 5
"""So many scenes that nothing explains are shown."""


@click.command(
    context_settings=PASS_ON,
    epilog=examples("scuttle conform infer --save rules.toml -- node my-adapter.mjs"),
)
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@click.option(
    "--examples", type=click.IntRange(1), default=60, show_default=True, help="Scenes drawn."
)
@timeout_option
@click.option(
    "--profile", default="documented", metavar="NAME|FILE", help="Without COMMAND: whose."
)
@click.option("--mutant", metavar="RULE", help="Without COMMAND: a reference with that rule.")
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the rule file there."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(program: tuple[str, ...], **flags: Any) -> None:
    """Ask an implementation, and propose a rule file that explains all of its answers.

    For each decision point: the rule that explains everything, and which others do so as well. What
    no known rule explains is shown as a scene. Judge by the file with scuttle conform run --profile
    FILE. Exit codes: 0 all is explained, 3 the adapter cannot be run, 4 something is not.
    """
    need_hypothesis("scuttle conform infer")
    from scuttle_check.oracle.live.inferring import infer  # noqa: PLC0415 - Hypothesis is an extra
    from scuttle_check.oracle.live.trial import dialect_of  # noqa: PLC0415

    tried = program_of(program, flags["profile"], flags["mutant"])
    cluster = Cluster(Launch(tried, flags["seed"], flags["timeout"]))
    try:
        hello = cluster.hello
        found = infer(cluster, dialect_of(hello), examples=flags["examples"], seed=flags["seed"])
        cluster.close()
    finally:
        cluster.abandon()
    toml = found.toml()
    if flags["save"]:
        write_over(flags["save"], toml)
    if flags["as_json"]:
        click.echo(json.dumps(_document(found), ensure_ascii=True))
    else:
        click.echo(_text(found, toml))
    sys.exit(INCONCLUSIVE if found.left else AS_EXPECTED)


def _document(found: Any) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "base": found.base.name,
        "rules": {each.point: each.other for each in deviations(found.base, found.profile)},
        "open": {point: list(names) for point, names in found.open},
        "scenes": found.scenes,
        "unexplained": [
            {"scene": watched.scene.to_json(), "told": str(difference)}
            for watched, difference in found.left
        ],
        "toml": found.toml(),
    }


def _text(found: Any, toml: str) -> str:
    explained = found.scenes - len(found.left)
    lines = [f"# {explained} of {found.scenes} scenes are explained by these rules", toml.rstrip()]
    for watched, difference in found.left[:LEFT_MAX]:
        lines += ["", "no known rule explains:"]
        lines += [f"  {at}. {printable(str(each))[:150]}"
                  for at, each in enumerate(watched.scene.operations, 1)]  # fmt: skip
        lines.append(f"  {printable(str(difference))[:400]}")
    return "\n".join(lines)
