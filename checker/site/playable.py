"""Pages of the site on which message orderings can be tried: explorers, each one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

FOLDER = "_static/explorer"


@frozen
class Playable:
    """An explorer to embed: its name, what it shows, and the model or file that it opens."""

    name: str
    says: str
    opens: tuple[str, ...]


HEAD = """# Try it: the explorer

Deliver, drop and duplicate messages by clicking them, step back, fork, compare. Press `?` in a
frame for its keys, `w` for what went wrong. Each frame is one file that works without a network;
`scuttle explore` opens any model, scenario or counterexample.
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


def write_playables(folder: Path, run: Callable[[list[str]], object]) -> str:
    """Write the explorers below `folder`, and return the page that holds them.

    `run` carries out ``scuttle`` with the arguments that it is given.
    """
    (folder / FOLDER).mkdir(parents=True)
    lines = [HEAD]
    for each in PLAYABLES:
        opens = [str(folder / word) if word.endswith(".txt") else word for word in each.opens]
        target = f"{FOLDER}/{each.name}.html"
        run(["explore", *opens, "--html", str(folder / target)])
        lines.append(f"## {each.says}\n")
        lines.append(
            f'<iframe src="../{target}" title="{each.says}" loading="lazy"'
            ' style="width:100%;height:720px;border:1px solid #8888"></iframe>\n'
        )
        lines.append(f"`scuttle explore {' '.join(each.opens)}`\n")
    return "\n".join(lines)
