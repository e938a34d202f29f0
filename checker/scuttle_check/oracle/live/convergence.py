"""Convergence: after faults that the links may have, undisturbed exchanges make all nodes equal.

A black box: messages are carried unread. What the profile itself cannot give on the same
schedule is a documented limit, not a violation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
from attrs import frozen

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.contract import owns_keys
from scuttle_check.oracle.live.compare import exactly, same
from scuttle_check.oracle.live.nodes import Loopback, Nodes
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.scene import Converse, Put, Scene
from scuttle_check.oracle.live.stage import Row, Stage, Unsupported, Violated
from scuttle_check.oracle.result import Outcome, Problem, failed_by, of_process
from scuttle_check.oracle.wire import plain
from scuttle_ref.profile import Profile
from scuttle_ref.wire import Dialect

NODES: Final = ("A", "B", "C")
NEEDS: Final = ("set", "get", "gossip", "write")
SPARE_ROUNDS: Final = 6
"""Fair rounds beyond one for each write. Unit: rounds."""


IDLE_ROUNDS: Final = 2
"""After so many rounds in which no update travels and no value changes, none ever will."""


@frozen
class Ended:
    """How a scene ended: the problem if there was one, and the updates that travelled."""

    problem: Problem | None
    moved: int


def attempt(nodes: Nodes, profile: Profile, scene: Scene, dialect: Dialect, case: str) -> Ended:
    """Play the scene, then fair rounds, and compare. Spec: CONV-1, ORA-5."""
    stage = Stage(nodes, None, dialect, whole_answers=profile.whole_answers)
    try:
        stage.play(scene, NODES, case)
        places = _written(scene, owned=owns_keys(profile))
        views = _settle(stage, places, len(scene.operations) + SPARE_ROUNDS)
    except ProcessFailed as failed:
        return Ended(of_process(failed, tuple(stage.rows), stage.journal), stage.moved)
    except Violated as violated:
        found = violated.difference
        return Ended(failed_by(found, found.clause, stage), stage.moved)
    problem = _judged(views, places, tuple(stage.rows))
    if problem is not None:
        problem = attrs.evolve(problem, journal=tuple(stage.journal))
    return Ended(problem, stage.moved)


def is_limit(profile: Profile, scene: Scene, dialect: Dialect) -> bool:
    """Whether the profile itself fails on this schedule. Spec: ORA-6."""
    reference = Loopback(ReferenceAdapter(profile, dialect))
    return attempt(reference, profile, scene, dialect, "model").problem is not None


Place = tuple[str, str]
"""Owner and key; the owner is "" where keys are shared."""


def _written(scene: Scene, *, owned: bool) -> dict[Place, list[tuple[str, Any]]]:
    """For each place the writes to it, as node and value, in order."""
    found: dict[Place, list[tuple[str, Any]]] = {}
    for each in scene.operations:
        if isinstance(each, Put):
            place = (each.node if owned else "", each.key)
            found.setdefault(place, []).append((each.node, each.value))
    return found


Views = dict[str, dict[Place, Any]]


def _settle(stage: Stage, places: Mapping[Place, Any], rounds: int) -> Views:
    """Fair rounds until all agree, and one more; or until nothing moves, or there were enough."""
    quiet = Stage(stage.cluster, None, stage.dialect, whole_answers=stage.whole_answers)
    quiet.inherit(stage)
    views = _views(stage.cluster, places)
    idle = 0
    for _round in range(rounds):
        agreed, moved, before = _agree(views), quiet.moved, views
        for one in NODES:
            for other in NODES:
                if one != other:
                    quiet.perform(Converse(one, other))
        views = _views(stage.cluster, places)
        idle = idle + 1 if quiet.moved == moved and views == before else 0
        if (agreed and _agree(views)) or idle == IDLE_ROUNDS:
            break
    stage.moved += quiet.moved
    stage.rows.append(Row(NODES[0], "fair rounds follow: everybody exchanges with everybody"))
    return views


def _views(nodes: Nodes, places: Mapping[Place, Any]) -> Views:
    return {node: {place: _held(nodes, node, place) for place in sorted(places)} for node in NODES}


def _held(nodes: Nodes, node: str, place: Place) -> Any:
    owner, key = place
    members = {"source_id": owner} if owner else {}
    reply = nodes.ask("get", node, key=key, **members)
    if not reply.ok:
        raise Unsupported(f"get: {reply.error}")
    held = reply.result
    return plain(held.get("value") if isinstance(held, Mapping) else held)


def _agree(views: Views) -> bool:
    return len({exactly(list(held.values())) for held in views.values()}) == 1


def _judged(
    views: Views, places: Mapping[Place, list[tuple[str, Any]]], rows: tuple[Row, ...]
) -> Problem | None:
    """Equal, written by somebody, nothing lost, and the last word of an only writer."""
    for place, writes in sorted(places.items()):
        held = {node: view[place] for node, view in views.items()}
        found = _wrong(held, writes)
        if found is not None:
            clause, expected, told = found
            name = " of ".join(text for text in reversed(place) if text)
            got = ", ".join(f"{node} has {value!r}" for node, value in held.items())
            says = f"{name}: {told}: {got}"
            return Problem(Outcome.FAIL, clause, f"$.{name}", expected, got, says, rows)
    return None


def _wrong(held: Mapping[str, Any], writes: list[tuple[str, Any]]) -> tuple[str, str, str] | None:
    """The clause that a place breaks, what was expected, and what is wrong.

    Spec: CONV-1, CONV-4, CONV-10.
    """
    value = next(iter(held.values()))
    if not all(same(value, other) for other in held.values()):
        return "CONV-1", "equal values", "they disagree"
    if value is None and all(written is not None for _, written in writes):
        return "CONV-10", "a value", "the write is lost"
    if not any(same(value, written) for _, written in writes):
        return "CONV-4", "a value that somebody wrote", "nobody wrote it"
    if len({node for node, _ in writes}) == 1 and not same(value, writes[-1][1]):
        expected = f"{writes[-1][1]!r}, the last write of its only writer"
        return "CONV-10", expected, "an older write won"
    return None
