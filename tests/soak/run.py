"""A soak of ``scuttle node``: by command, for ten minutes, beside the real library.

Usage: python tests/soak/run.py [--minutes 10] [--seed N] [--library CHECKOUT] [--json]
       python tests/soak/run.py --beside [--library CHECKOUT] [--json]

Five nodes of ours with stores and two of simple-scuttle 3.0.2 (a checkout in which
``npm install --omit=dev`` has been run; also SCUTTLE_SIMPLE_SCUTTLE) write at random while they are
killed, cut off, slowed down and put to sleep. At the end all replicas must be equal, nothing that
was acknowledged lost, and memory flat. ``--beside`` measures rates and latencies instead.
The seed names the writes and the troubles, not their timing: two runs are never the same.

Exit codes: 0 as it must be, 1 a finding, 2 usage, 3 it could not run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from soak_beside import beside
from soak_judge import judged, settled
from soak_members import CannotRun
from soak_world import World

FAKETIME = [
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/local/lib/faketime/libfaketimeMT.so.1"),
]


def progress(says: str) -> None:
    """A line for who waits."""
    sys.stderr.write(f"{says}\n")
    sys.stderr.flush()


async def soak(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One run, and what is to say of it."""
    world = World(
        arguments.seed,
        arguments.minutes * 60,
        folder,
        arguments.library,
        arguments.faketime,
        progress,
        sabotage=arguments.sabotage,
    )
    try:
        await world.begin()
        await world.run()
        looks, took = await settled(world)
        result = judged(world, looks, took)
    finally:
        await world.end()
    return {"library": library_said(arguments.library), **result}


def library_said(checkout: Path | None) -> str:
    """Which library it was."""
    if checkout is None:
        return "absent: five nodes of ours alone"
    package = json.loads((checkout / "package.json").read_text(encoding="utf-8"))
    return f"{package['name']} {package['version']}"


def parsed() -> argparse.Namespace:
    """The arguments, with what the environment adds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--library", type=Path, default=os.environ.get("SCUTTLE_SIMPLE_SCUTTLE"))
    parser.add_argument("--faketime", type=Path, help="libfaketimeMT.so.1, if it is elsewhere")
    parser.add_argument("--beside", action="store_true", help="measure rates instead")
    parser.add_argument(
        "--sabotage", action="store_true", help="throw away a store at each kill: must be found"
    )
    parser.add_argument("--json", action="store_true", help="the result as one JSON document")
    arguments = parser.parse_args()
    arguments.library = arguments.library and Path(arguments.library).resolve()
    if arguments.faketime is None:
        arguments.faketime = next((path for path in FAKETIME if path.exists()), None)
    if arguments.library and shutil.which("node") is None:
        parser.exit(3, "error: the library needs Node.js, and there is no node in PATH\n")
    if arguments.library and not (arguments.library / "node_modules").is_dir():
        parser.exit(3, f"error: {arguments.library}: run npm install --omit=dev there first\n")
    return arguments


def main() -> int:
    """Run, and print the result."""
    arguments = parsed()
    try:
        with tempfile.TemporaryDirectory(prefix="scuttle-soak-") as folder:
            if arguments.beside:
                result = asyncio.run(beside(arguments.library, progress))
            else:
                result = asyncio.run(soak(arguments, Path(folder)))
    except (CannotRun, OSError) as fault:
        progress(f"error: {fault}")
        return 3
    if arguments.json:
        print(json.dumps(result, indent=1))  # noqa: T201 - the result
    else:
        for name, found in result.items():
            print(f"{name}: {json.dumps(found)}")  # noqa: T201 - the result
    return 1 if result.get("findings") else 0


if __name__ == "__main__":
    sys.exit(main())
