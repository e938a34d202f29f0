"""Vectors of convergence: several nodes write and exchange, and end with what the reference has.

The runner carries the messages of an exchange unread, so any encoding will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any, Final

from attrs import frozen

from scuttle_check.oracle.contract import Contract, owns_keys, reads_the_clock
from scuttle_check.oracle.live.drawing import classic_scenes
from scuttle_check.oracle.live.scene import Converse, Operation, Put, Scene
from scuttle_check.oracle.vectors.run import EXCHANGE, Answerer, exchange, reference
from scuttle_check.oracle.vectors.steps import Json
from scuttle_check.oracle.wire import encoded
from scuttle_ref.profile import Profile

NODES: Final = ("A", "B", "C")
TOO_LONG: Final = frozenset({"large-values", "long-absence"})
"""Scenes that make a file unreadable; the oracle plays them."""

ROUNDS_MAX: Final = 6

NAMES: Final = (
    "two-writers", "heard-then-written", "written-again", "same-value", "large-values",
    "left-behind", "long-absence", "narrow",
)  # fmt: skip
"""What the classic scenes without faults are called here, in their order."""


@frozen
class Convergent:
    """A conversation of several nodes that ends in agreement."""

    name: str
    nodes: tuple[Json, ...]
    steps: tuple[Json, ...]


def convergent(profile: Profile, resolver: str) -> Iterator[Convergent]:
    """The classic scenes without faults, as far as the profile itself converges. Spec: VEC-7."""
    timed = reads_the_clock(profile)
    whole = classic_scenes(resolver, Contract(), timed=timed)
    scenes = [each for each in whole if all(map(_is_plain, each.operations))]
    for name, scene in zip(NAMES, scenes, strict=True):
        if name in TOO_LONG:
            continue
        answer = reference(profile)
        nodes = tuple({"node": n, "id": n, "config": _config(scene)} for n in NODES)
        answer({"op": "init", "case": name, "nodes": list(nodes)})
        done = [_step(answer, _request(each)) for each in scene.operations]
        places = sorted({(p.node if owns_keys(profile) else "", p.key) for p in _puts(scene)})
        for _round in range(ROUNDS_MAX):
            for one, other in permutations(NODES, 2):
                done.append(_step(answer, {"op": EXCHANGE, "node": one, "peer": other}))
            reads = [_read(answer, node, *place) for place in places for node in NODES]
            values = {str((read["do"]["key"], read["expect"])) for read in reads}
            if len(values) == len(places):
                yield Convergent(f"{profile.name}/convergence/{name}", nodes, (*done, *reads))
                break


def _is_plain(operation: Operation) -> bool:
    return isinstance(operation, Put | Converse)


def _puts(scene: Scene) -> list[Put]:
    return [each for each in scene.operations if isinstance(each, Put)]


def _config(scene: Scene) -> Json:
    limits = {"mtu": scene.setting.mtu, "max_history": scene.setting.max_history}
    return {"resolve": scene.setting.resolve, **encoded(limits)}


def _request(operation: Operation) -> Json:
    match operation:
        case Put(node=node, key=key, value=value, now=now):
            at = {} if now is None else {"now": now}
            return {"op": "set", "node": node, "key": key, "value": encoded(value), **at}
        case Converse(node=node, peer=peer):
            return {"op": EXCHANGE, "node": node, "peer": peer}
        case _:  # pragma: no cover - only scenes of these are taken
            raise AssertionError(operation)


def _step(answer: Answerer, request: Json) -> Json:
    """Do it on the reference; what it answers is not part of convergence."""
    if request["op"] == EXCHANGE:
        exchange(answer, NODES, request)
    else:
        answer(request)
    return {"do": request, "expect": {"$any": True}}


def _read(answer: Answerer, node: str, owner: str, key: str) -> Json:
    members = {"source_id": owner} if owner else {}
    asked = {"op": "get", "node": node, "key": key, **members}
    held: Mapping[str, Any] = answer(asked)["result"]
    return {"do": asked, "expect": {"result": {"value": held["value"]}}}
