"""``scuttle scenario``: play a dialogue and compare its output with the recorded one."""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import carried, spec_folder, to_write_to
from scuttle_check.cli.options import examples
from scuttle_check.gossip.scenario import Played, play, read_scenario


@click.command(epilog=examples("scuttle scenario swap", "scuttle scenario spec/scenarios/swap.txt"))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--rewrite", is_flag=True, help="Write the new output into the file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(paths: tuple[Path, ...], rewrite: bool, as_json: bool) -> None:
    """Play the dialogue in each FILE (or each .txt file of a folder), or of this name.

    Prints the dialogue. Exit code 1 when the output is not the recorded one; the difference is
    shown. Rewrite only when you understand what caused it.
    """
    results = []
    for path in _files(paths):
        played = play(read_scenario(path), str(path))
        if rewrite and not played.as_recorded:
            if path.is_relative_to(spec_folder()):
                to_write_to()
            write_over(path, played.played)
        results.append(played)
        if not as_json:
            click.echo(_text(played, rewrite=rewrite))
    if as_json:
        click.echo(json.dumps(_as_json(results), ensure_ascii=False))
    same = rewrite or all(played.as_recorded for played in results)
    sys.exit(AS_EXPECTED if same else REFUTED)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in map(carried, paths):
        found = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        if not found:
            raise UsageFault("has no .txt file", where=str(path))
        files.extend(found)
    return files


def _text(played: Played, *, rewrite: bool) -> str:
    if played.as_recorded:
        return f"{played.played}\n{played.name}: {played.commands} commands, output as recorded"
    if rewrite:
        return f"{played.name}: rewritten"
    difference = difflib.unified_diff(
        played.recorded.splitlines(), played.played.splitlines(), "recorded", "played", lineterm=""
    )
    return "\n".join([f"{played.name}: the output differs", *difference])


def _as_json(results: list[Played]) -> dict[str, object]:
    return {
        "format": "scuttle-scenario/1",
        "scenarios": [
            {
                "name": played.name,
                "commands": played.commands,
                "as_recorded": played.as_recorded,
                "played": played.played,
            }
            for played in results
        ],
    }
