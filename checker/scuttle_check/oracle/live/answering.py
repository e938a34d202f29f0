"""Resolvers asked by themselves: those that bear a name of this specification decide as it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from scuttle_check.gossip.explain import clauses_of
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.live.nodes import Loopback, Nodes
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.stage import Row, Unsupported
from scuttle_check.oracle.protocol import NAMED_RESOLVERS, Hello
from scuttle_check.oracle.result import Outcome, Problem, of_process
from scuttle_check.oracle.wire import encoded
from scuttle_ref.profiles import DOCUMENTED

NEEDS: Final = ("resolve",)
NODE: Final = "B"
"""The node that decides: of the writers, one has a smaller id and one a larger one."""

_HELD: Final = (None, (1, "A", 1), (2, "A", 0), (1, "C", 2), (2, "B", "x"))
_COMES: Final = ((1, "A", 2), (1, "C", 0), (2, "B", 1), (2, "C", None))


def questions() -> Iterator[dict[str, Any]]:
    """Views and updates that tell the named resolvers from each other."""
    for held, (version, source, value), heard in product(_HELD, _COMES, (0, 1)):
        state = {"k": _entry(*held)} if held else {}
        clock = {source: version - 1 + heard} if version - 1 + heard else {}
        view = {"id": NODE, "state": state, "clock": clock}
        yield {"view": view, "update": {"key": "k", **_entry(version, source, value)}}


def _entry(version: int, source: str, value: Any) -> dict[str, Any]:
    return {"value": value, "version": version, "source_id": source}


def known(hello: Hello) -> list[str]:
    """The resolvers that are offered under a name of this specification. Spec: ADP-8."""
    return [name for name in hello.named("resolver") if name in NAMED_RESOLVERS]


def attempt(nodes: Nodes, resolver: str, case: str) -> Problem | None:
    """Ask everything. The first answer that differs is the problem. Spec: ADP-8, ADP-10."""
    reference = Loopback(ReferenceAdapter(DOCUMENTED))
    for at, question in enumerate(questions()):
        wanted = reference.ask("resolve", NODE, resolver=resolver, **question).result
        rows = (Row(NODE, f"{resolver} of {encoded(question)}"),)
        try:
            if at == 0:
                nodes.init(case, (NODE,), {})
            reply = nodes.ask("resolve", NODE, resolver=resolver, **question)
        except ProcessFailed as failed:
            return of_process(failed, rows, ())
        if reply.error is not None and reply.error.kind.value == "unsupported":
            raise Unsupported(f"resolve: {reply.error}")
        got = reply.result if reply.ok else str(reply.error)
        if got is not wanted:
            clauses = clauses_of(NAMED_RESOLVERS[resolver], DOCUMENTED.name) or ["ADP-8"]
            told = f"{resolver} says {got} of {question['update']}, shown {question['view']}"
            return Problem(Outcome.FAIL, clauses[0], "$.result", wanted, got, told, rows)
    return None
