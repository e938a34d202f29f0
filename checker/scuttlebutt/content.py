"""Findings that are remembered by what replicas contain.

Many vectors of node states differ only in what is remembered of a digest that is being answered
(EXCH-4). A property that reads clock, history and store alone is computed once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from checker.properties import Finding
from scuttle_ref.state import NodeState

Check: TypeAlias = Callable[[tuple[NodeState, ...]], Finding]


def by_content(check: Check) -> Check:
    """`check`, computed once for all node states that differ only in names or in `version`.

    The check must read nothing of a node but its id, clock, history and store.
    """
    contents: dict[Hashable, int] = {}
    content_of: dict[NodeState, int] = {}
    findings: dict[tuple[int, ...], Finding] = {}

    def content(node: NodeState) -> int:
        number = content_of.get(node)
        if number is None:
            read = (node.id, node.clock, node.history, node.store)
            number = content_of[node] = contents.setdefault(read, len(contents))
        return number

    def remembered(nodes: tuple[NodeState, ...]) -> Finding:
        key = tuple(map(content, nodes))
        finding = findings.get(key)
        if finding is None:
            finding = findings[key] = check(nodes)
        return finding

    return remembered
