"""Who may gossip with whom, for populations that a list of all links would not fit.

The families and files are those of :mod:`checker.topology`. A complete graph is never built: a
peer is drawn from all others. Nodes are numbered from 0, in the order of the family or file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Protocol

from attrs import frozen

from checker.faults import UsageFault
from checker.topology import READERS, edges_of, from_file

NODES_MAX = 100_000
"""More than this do not fit the memory of an ordinary machine as node states."""


class Neighbourhood(Protocol):
    """A population and its links."""

    @property
    def count(self) -> int:
        """How many nodes there are."""
        ...

    def peer(self, node: int, random: Random) -> int | None:
        """A neighbour of `node`, each as likely; None where it has none."""
        ...


@frozen
class Everyone:
    """All may gossip with all."""

    count: int

    def peer(self, node: int, random: Random) -> int | None:
        """Any other node."""
        if self.count == 1:
            return None
        other = random.randrange(self.count - 1)
        return other + (other >= node)


@frozen
class Linked:
    """Who may gossip with whom, as lists."""

    lists: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.lists)

    def peer(self, node: int, random: Random) -> int | None:
        """One of the list."""
        peers = self.lists[node]
        return random.choice(peers) if peers else None


@cache
def neighbourhood(text: str) -> Neighbourhood:
    """The population that `text` names, ``FAMILY:N`` or a graph file. Raises UsageFault.

    One that falls apart is refused: no update could reach all of it.
    """
    path = Path(text)
    if path.suffix.lower() in READERS:
        graph = from_file(path)
        at = graph.node_index
        return _linked(len(graph.nodes), [(at[one], at[other]) for one, other in graph.links], text)
    count, edges = edges_of(text, NODES_MAX)
    if text.startswith("complete:"):
        return Everyone(count)
    both = {pair for one, other in edges for pair in ((one, other), (other, one)) if one != other}
    return _linked(count, sorted(both), text)


def _linked(count: int, links: Sequence[tuple[int, int]], name: str) -> Linked:
    lists: list[list[int]] = [[] for _ in range(count)]
    either: list[list[int]] = [[] for _ in range(count)]
    for one, other in links:
        lists[one].append(other)
        either[one].append(other)
        either[other].append(one)
    reached, waiting = {0}, [0]
    while waiting:
        new = set(either[waiting.pop()]) - reached
        reached |= new
        waiting.extend(new)
    if len(reached) < count:
        problem = f"{count - len(reached):,} of {count:,} nodes cannot be reached from the first"
        raise UsageFault(problem, where=f"--topology {name[:80]}", expected="a connected graph")
    return Linked(tuple(map(tuple, lists)))
