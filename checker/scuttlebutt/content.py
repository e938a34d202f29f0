"""Findings that are remembered by what replicas contain.

Many vectors of node states differ only in what is remembered of a digest that is being answered
(EXCH-4). A property that reads clock, history and store alone is computed once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from attrs import define, field

from checker.properties import Finding
from scuttle_ref.state import NodeState

Nodes: TypeAlias = tuple[NodeState, ...]
Check: TypeAlias = Callable[[Nodes], Finding]


@define
class Contents:
    """Numbers for what replicas contain: id, clock, history and store.

    Several properties ask about one vector in a row, so the last answer is kept.
    """

    _numbers: dict[Hashable, int] = field(factory=dict)
    _of_node: dict[NodeState, int] = field(factory=dict)
    _last: tuple[Nodes, tuple[int, ...]] = ((), ())

    def of(self, nodes: Nodes) -> tuple[int, ...]:
        """A number for the content of each node: equal for equal content."""
        if self._last[0] is not nodes:
            self._last = (nodes, tuple(map(self._number, nodes)))
        return self._last[1]

    def _number(self, node: NodeState) -> int:
        number = self._of_node.get(node)
        if number is None:
            read = (node.id, node.clock, node.history, node.store)
            number = self._of_node[node] = self._numbers.setdefault(read, len(self._numbers))
        return number


def by_content(check: Check, contents: Contents | None = None) -> Check:
    """`check`, computed once for all node states that differ only in names or in `version`.

    The check must read nothing of a node but its id, clock, history and store. Checks of the same
    vectors share their `contents`.
    """
    shared = contents or Contents()
    findings: dict[tuple[int, ...], Finding] = {}

    def remembered(nodes: Nodes) -> Finding:
        key = shared.of(nodes)
        finding = findings.get(key)
        if finding is None:
            finding = findings[key] = check(nodes)
        return finding

    return remembered
