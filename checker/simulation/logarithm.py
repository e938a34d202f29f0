"""Whether rounds grow with the logarithm of the number of nodes, as epidemics do.

With push-pull the nodes that have an update grow by a factor a round until half have it, and those
that lack it shrink at least as fast. So each doubling of the nodes adds the same time. Source:
Demers et al., Epidemic algorithms for replicated database maintenance (PODC 1987).
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from checker.faults import UsageFault
from checker.simulation.estimates import Estimate, Growth, growth
from checker.simulation.neighbours import neighbourhood
from checker.simulation.spread import Setup, Spread
from checker.simulation.weather import FAIR
from checker.topology import FAMILIES
from scuttle_ref.names import UNBOUNDED

SIZES_MAX = 8
"""As many sizes as are run."""

NODES_MIN = 16
"""In fewer nodes there are no crowds."""

BEND_MAX = 0.06
"""What a bend may be and still pass for none. Unit: rounds per doubling squared.

Rounds that grow as the square root of the nodes and reach 8 with 10,000 bend by 0.16 over 8 sizes.
"""

SLOPE = (0.3, 1.0)
"""What a doubling adds in a complete graph without faults. Unit: rounds.

Nodes that meet at random times would take ln N rounds, ln 2 = 0.69 a doubling; that each node
starts exactly one exchange a round helps.
"""


@frozen
class Judgement:
    """An expectation, what was found, and whether it holds; None where seeds are too few."""

    sentence: str
    found: Estimate
    holds: bool | None


def sizes_of(setup: Setup) -> list[int]:
    """The nodes of `setup` and halves of them, the fewest first. Raises UsageFault."""
    family, _, size = setup.topology.partition(":")
    if family not in FAMILIES or not size.isdigit():
        known = ", ".join(usage for usage, _ in FAMILIES.values() if usage.find(":N") > 0)
        raise UsageFault(
            "has no halves", where=f"--growth --topology {setup.topology}", expected=known
        )
    sizes = [neighbourhood(setup.topology).count]
    while len(sizes) < SIZES_MAX and sizes[0] // 2 >= max(NODES_MIN, setup.updates):
        half = sizes[0] // 2
        sizes.insert(0, half + half % 2 if family == "random-regular" else half)
    if len(sizes) < 3:  # noqa: PLR2004 - a bend needs three points
        raise UsageFault(
            "too few nodes to halve them",
            where="--growth",
            expected=f"at least {4 * max(NODES_MIN, setup.updates)} nodes",
        )
    return sizes


def grown(runs: Sequence[Spread]) -> Growth:
    """How rounds grow with the nodes, in runs that arrived."""
    found = [(run.nodes, run.rounds) for run in runs if run.rounds is not None]
    return growth([nodes for nodes, _ in found], [rounds for _, rounds in found])


def judged(setup: Setup, runs: Sequence[Spread]) -> tuple[Judgement, ...]:
    """What is expected of runs over sizes. Nothing is judged of runs that were given up.

    Spec: SIM-6.
    """
    if any(run.rounds is None for run in runs):
        return ()
    found = grown(runs)
    bend, slope = found.bend, found.slope
    straight = None if bend.least <= BEND_MAX < bend.value else bend.value <= BEND_MAX
    answers = [
        Judgement(
            "rounds grow with the logarithm of the nodes (bend per doubling squared, "
            f"at most {BEND_MAX})",
            bend,
            straight,
        )
    ]
    ideal = (
        setup.topology.startswith("complete:") and setup.weather == FAIR and setup.mtu == UNBOUNDED
    )
    if ideal and setup.mode == "push-pull":
        low, high = SLOPE
        sentence = f"each doubling of the nodes adds {low} to {high} rounds"
        answers.append(Judgement(sentence, slope, low <= slope.value <= high))
    return tuple(answers)
