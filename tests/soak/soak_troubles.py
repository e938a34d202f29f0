"""What befalls the nodes of a soak: drawn before it begins, so that a seed names it."""

from __future__ import annotations

from random import Random

from attrs import frozen

KINDS = ("kill", "cut", "stall", "slow link", "never reads", "sleep", "clock", "burst", "disk")
"""In each round all of them happen, in an order that is drawn."""

EVERY = 4.5
"""From one trouble to the next, about. Unit: seconds."""

KEEPS_ALL = 6.0
"""How long a link of the library, or a node that it calls, may be away: less than history lasts.

The library cannot ask for the state instead of updates that were forgotten (NODE-18).
"""

OTHERS_AWAY = 35.0
"""How long others may be: longer than the 1,000 updates of a default history last at 30 a second.
"""


@frozen
class Trouble:
    """Something that happens `at` a time, to whom, and for how long. Unit: seconds."""

    at: float
    kind: str
    whom: str
    lasts: float
    amount: float = 0.0


def drawn(
    random: Random, seconds: float, nodes: list[str], near_library: list[str], links: list[str]
) -> list[Trouble]:
    """The troubles of a run. The first node is never killed: its memory is watched throughout."""
    troubles: list[Trouble] = []
    at = min(10.0, seconds / 10)
    while at < seconds - EVERY:
        for kind in random.sample(KINDS, len(KINDS)):
            if at < seconds - EVERY:
                troubles.append(_one(random, kind, at, nodes, near_library, links))
                at += EVERY * random.uniform(0.7, 1.3)
    return troubles


def _one(  # noqa: PLR0913, PLR0917 - what there is to draw from
    random: Random,
    kind: str,
    at: float,
    nodes: list[str],
    near_library: list[str],
    links: list[str],
) -> Trouble:
    match kind:
        case "kill":
            whom = random.choice(nodes[1:])
            most = KEEPS_ALL if whom in near_library else OTHERS_AWAY
            return Trouble(at, kind, whom, random.uniform(0.2, most))
        case "cut" | "stall" | "slow link":
            whom = random.choice(links)
            most = KEEPS_ALL if "L" in whom else OTHERS_AWAY / 2
            return Trouble(at, kind, whom, random.uniform(0.5, most))
        case "never reads":
            return Trouble(at, kind, random.choice(nodes), 45.0)
        case "sleep":
            return Trouble(at, kind, random.choice(nodes), random.uniform(1, 4))
        case "clock":
            jump = random.choice((-1, 1)) * random.choice((1.0, 90.0, 3600.0, 86400.0, 40e6))
            return Trouble(at, kind, random.choice(nodes), 0.0, jump)
        case "burst":
            return Trouble(at, kind, random.choice(nodes), 0.0, 200)
        case _:
            return Trouble(at, kind, nodes[-1], random.uniform(3, 12), random.choice((4096, 65536)))
