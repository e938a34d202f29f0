"""Pages of the site on which message orderings can be tried: explorers, each one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

FOLDER = "_static/explorer"
PLAYGROUND = "_static/playground"


@frozen
class Playable:
    """An explorer to embed: its name, what it shows, and the model or file that it opens."""

    name: str
    says: str
    opens: tuple[str, ...]


FIRST = "writers:as-shipped"
"""The case with which the page of the reference begins."""

HEAD = """# Try it: the explorer

Deliver, drop and duplicate messages by clicking them, step back, fork, compare. Press `?` in a
frame for its keys, `w` for what went wrong. `scuttle explore` opens any model, scenario or
counterexample.
"""

SERVED = """## The reference itself, in this page

Python runs in the frame, and in it the reference, unchanged: any write, exchange and fault at any
time, every case and scenario from the menu, and files of your own. It takes some seconds to begin
and needs a web server, because browsers load no programs from a disk: `python -m http.server -d`
with the folder of this site.

"""

UNSERVED = """This copy of the site was built without Pyodide. `scuttle docs --pyodide FOLDER` adds
a frame in which the reference itself runs, FOLDER being the unpacked npm package `pyodide`.

"""

FILES = """## Files of worlds

Each frame is one file that works without a network and without a server.
"""

PLAYABLES = (
    Playable("overtaking", "Two updates, and links that do not keep order.",
             ("--case", "order:textbook")),
    Playable("small-history", "Two keys, room for one update.", ("--case", "history:documented")),
    Playable("tie", "Two writers, and a resolver that is no join.",
             ("--case", "resolver:documented")),
    Playable("hub", "Two shipped nodes gossip with a hub at once.", ("scenarios/hub.txt",)),
    Playable("swap", "Two shipped nodes end with each other's value.", ("scenarios/swap.txt",)),
)  # fmt: skip


def write_playables(
    folder: Path, run: Callable[[list[str]], object], pyodide: Path | None = None
) -> str:
    """Write the explorers below `folder`, and return the page that holds them.

    `run` carries out ``scuttle`` with the arguments that it is given. With the folder of `pyodide`
    there is one in which the reference itself runs.
    """
    (folder / FOLDER).mkdir(parents=True)
    lines = [HEAD]
    if pyodide is None:
        lines.append(UNSERVED)
    else:
        where = str(folder / PLAYGROUND)
        run(["explore", "--case", FIRST, "--html", where, "--pyodide", str(pyodide)])
        lines.append(SERVED + _frame(f"{PLAYGROUND}/index.html", "The reference in this page"))
    lines.append(FILES)
    for each in PLAYABLES:
        opens = [str(folder / word) if word.endswith(".txt") else word for word in each.opens]
        target = f"{FOLDER}/{each.name}.html"
        run(["explore", *opens, "--html", str(folder / target)])
        lines.append(f"### {each.says}\n")
        lines.append(_frame(target, each.says))
        lines.append(f"`scuttle explore {' '.join(each.opens)}`\n")
    return "\n".join(lines)


def _frame(target: str, title: str) -> str:
    return (
        f'<iframe src="../{target}" title="{title}" loading="lazy"'
        ' style="width:100%;height:720px;border:1px solid #8888"></iframe>\n'
    )
