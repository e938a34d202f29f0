"""``scuttle bench``: what exploring costs here, beside SPIN where it is installed."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UsageFault
from scuttle_check.cli.options import examples
from scuttle_check.evidence import spin
from scuttle_check.evidence.bench import (
    ALL_WORLDS,
    SIZES,
    WORLDS_MIN,
    Plan,
    Row,
    Size,
    Spun,
    Variant,
    rows,
)
from scuttle_check.evidence.node_costs import RATIO_MAX, measured

SEARCHES = ("compiled", "plain")
TURNED_OFF = "turned off by --no-spin"


@click.command(epilog=examples("scuttle bench", "scuttle bench --node", "scuttle bench --json"))
@click.option("--size", "names", multiple=True, metavar="NAME", help="Only this one. Repeatable.")
@click.option("--large", is_flag=True, help="The large sizes too; they need minutes.")
@click.option("--list", "listing", is_flag=True, help="List the sizes.")
@click.option("--node", is_flag=True, help="What hostile lines cost a node that runs, instead.")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Runs of each; the middle one is shown.",
)
@click.option(
    "--search",
    type=click.Choice(SEARCHES),
    default="compiled",
    show_default=True,
    help="The search of the checker.",
)
@click.option(
    "--with",
    "more",
    multiple=True,
    metavar="FLAGS",
    help="Measure each size with these flags of `scuttle check` too. Repeatable.",
)
@click.option("--spin/--no-spin", "asked", default=True, help="Run SPIN on the same models.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Measure the checker, and SPIN on the same models in the same invocation.

    Every run is a fresh process, charged for the start of its interpreter. Numbers say how fast
    this machine is now; compare only what one invocation printed.
    """
    if flags["listing"]:
        _list(as_json=flags["as_json"])
        return
    if flags["node"]:
        sys.exit(_node(flags["runs"], as_json=flags["as_json"]))
    sizes = _chosen(flags["names"], large=flags["large"])
    variants = (ALL_WORLDS, *(Variant(text, tuple(shlex.split(text))) for text in flags["more"]))
    no_spin = (spin.missing() or "") if flags["asked"] else TURNED_OFF
    found_rows = rows(Plan(sizes, variants, flags["search"], flags["runs"], no_spin), _tell)
    about = {**machine(), "spin": no_spin or spin.versions(), "runs": flags["runs"]}
    if flags["as_json"]:
        found = list(found_rows)
        document = {"format": "scuttle-bench/1", **about, "rows": [_json(row) for row in found]}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        found = _print(found_rows, about)
    sys.exit(REFUTED if any(row.differs for row in found) else AS_EXPECTED)


def _node(runs: int, *, as_json: bool) -> int:
    """What lines of many sources cost beside lines of one; the exit code. Spec: NODE-14."""
    costs = list(measured(runs))
    about = {**machine(), "runs": runs}
    if as_json:
        rows = [{**attrs.asdict(each), "ratio": round(each.ratio, 2)} for each in costs]
        document = {"format": "scuttle-bench-node/1", **about, "most": RATIO_MAX, "rows": rows}
        click.echo(json.dumps(document))
    else:
        for name, value in about.items():
            click.echo(f"{name}: {value}")
        click.echo(f"\n{'lines of a peer':<40}{'one source':>12}{'distinct':>12}{'ratio':>8}")
        for each in costs:
            head = f"{each.count:,} {each.says}"
            click.echo(f"{head:<40}{each.one:>10.2f} s{each.many:>10.2f} s{each.ratio:>8.1f}")
        click.echo(
            f"\nseconds of CPU, the best of the runs; the ratio is to stay below {RATIO_MAX:g}"
        )
    return REFUTED if any(each.ratio > RATIO_MAX for each in costs) else AS_EXPECTED


def _tell(text: str) -> None:
    click.echo(f"measuring {text}", err=True)


def _chosen(names: tuple[str, ...], *, large: bool) -> tuple[Size, ...]:
    known = {size.name: size for size in SIZES}
    for name in names:
        if name not in known:
            raise UsageFault(f"no size {name!r}", where="--size", expected=", ".join(known))
    if names:
        return tuple(known[name] for name in dict.fromkeys(names))
    return tuple(size for size in SIZES if large or not size.large)


def _list(*, as_json: bool) -> None:
    if as_json:
        listed = [
            {
                "name": size.name,
                "flags": [*size.flags, *shlex.split(size.only)],
                "says": size.says,
                "large": size.large,
            }
            for size in SIZES
        ]
        click.echo(json.dumps({"format": "scuttle-bench-sizes/1", "sizes": listed}))
        return
    for size in SIZES:
        click.echo(f"{size.name:<18} {size.says}{' (large)' if size.large else ''}")
        click.echo(f"{'':<18} scuttle check {' '.join((*size.flags, size.only)).strip()}")


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    return {
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        "processor": _processor(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": version("numpy"),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - no ordinary file
            names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    except OSError:
        names = []
    return f"{names[0]}, {len(names)} cores" if names else platform.processor() or "unknown"


# --- JSON -----------------------------------------------------------------------------------------


def _json(row: Row) -> dict[str, Any]:
    ours = row.checked
    each = None if ours.bytes_per_world is None else round(ours.bytes_per_world, 1)
    return {
        "size": row.size.name,
        "flags": [*row.size.flags, *row.variant.flags],
        "variant": row.variant.name,
        "search": row.search,
        "worlds": ours.worlds,
        "transitions": ours.transitions,
        "search_seconds": ours.search.to_json(),
        "wall_seconds": ours.wall.to_json(),
        "cpu_seconds": ours.cpu.to_json(),
        "worlds_per_second": round(ours.rate),
        "peak_bytes": ours.peak,
        "base_bytes": ours.base,
        "bytes_per_world": each,
        "spin": _spun_json(row, row.full) if row.full else None,
        "spin_reduced": _spun_json(row, row.reduced) if row.reduced else None,
        "no_spin": row.no_spin,
        "differs": row.differs,
    }


def _spun_json(row: Row, spun: Spun) -> dict[str, Any]:
    return {
        "states": spun.states,
        "transitions": spun.transitions,
        "build_seconds": round(spun.build, 4),
        "wall_seconds": spun.wall.to_json(),
        "cpu_seconds": spun.cpu.to_json(),
        "peak_bytes": spun.peak,
        "wall_ratio": round(spun.wall.best / row.checked.wall.best, 3),
        "cpu_ratio": round(spun.cpu.best / row.checked.cpu.best, 3),
    }


# --- text -----------------------------------------------------------------------------------------

HEAD = (
    f"{'size':<18}{'worlds':>11}{'transitions':>12}{'wall':>8}{'median':>8}{'CPU':>8}"
    f"{'worlds/s':>11}{'B/world':>9}{'x SPIN':>8}{'x por':>7}"
)


def _print(measured: Iterator[Row], about: dict[str, Any]) -> list[Row]:
    for name, value in about.items():
        click.echo(f"{name}: {value}")
    click.echo(f"\n{HEAD}")
    found: list[Row] = []
    for row in measured:
        found.append(row)
        for line in lines(row):
            click.echo(line)
    click.echo("\n" + "\n".join(LEGEND))
    return found


def lines(row: Row) -> list[str]:
    """The lines of one row: before the first variant those of SPIN, then ours."""
    ours, told = row.checked, []
    if not row.variant.flags:
        for label, spun in (("SPIN", row.full), ("SPIN por", row.reduced)):
            if spun is not None:
                told.append(_spin_line(f"  {label}", spun))
    each = "-" if ours.bytes_per_world is None else f"{ours.bytes_per_world:.0f}"
    ratios = (_ratio(row, row.full), _ratio(row, row.reduced))
    alone = bool(row.size.only)
    name = "  with these" if row.variant.flags and not alone else row.size.name
    told.insert(
        0,
        f"{name:<18}{ours.worlds:>11,}{ours.transitions:>12,}"
        f"{ours.wall.best:>8.2f}{ours.wall.median:>8.2f}{ours.cpu.best:>8.2f}"
        f"{ours.rate:>11,.0f}{each:>9}{ratios[0]:>8}{ratios[1]:>7}",
    )
    if row.variant.flags:
        told.insert(0, f"  {row.variant.name}")
    if row.no_spin and (alone or not row.variant.flags):
        told.append(f"  not compared with SPIN: {row.no_spin}")
    if row.differs:
        told.append(f"  COUNTS DIFFER: {row.differs}")
    return told


def _ratio(row: Row, spun: Spun | None) -> str:
    return "-" if spun is None else f"{spun.cpu.best / row.checked.cpu.best:.2f}"


def _spin_line(label: str, spun: Spun) -> str:
    each = f"{spun.peak / spun.states:.0f}" if spun.states >= WORLDS_MIN else "-"
    rate = spun.states / max(spun.wall.best, 1e-9)
    return (
        f"{label:<18}{spun.states:>11,}{spun.transitions - 1:>12,}"
        f"{spun.wall.best:>8.2f}{spun.wall.median:>8.2f}{spun.cpu.best:>8.2f}"
        f"{rate:>11,.0f}{each:>9}   built in {spun.build:.1f} s"
    )


LEGEND = (
    "wall: seconds from before a process starts until it has ended, best and median of the runs.",
    "CPU: user and system seconds, the best run. Ours judges all properties of `scuttle check`",
    "(with --no-scout: a scout would walk for a second once a search takes longer than one).",
    "worlds/s: ours of the search alone, SPIN's of its whole run. B/world: our peak resident",
    "memory above that of a process that checks line-2, per world; of SPIN the whole peak.",
    "x SPIN, x por: CPU of SPIN, without its build, divided by ours; above 1 ours is faster.",
    "Both run on one core; wall times can be compared only on a machine with nothing else to do.",
)
