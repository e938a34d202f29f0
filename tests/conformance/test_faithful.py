"""Values, names and reads: what an implementation gets wrong beside the protocol is found, too."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest
from attrs import define, field

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.live import answering
from scuttle_check.oracle.live.beside import steps_of
from scuttle_check.oracle.live.drawing import Palette
from scuttle_check.oracle.live.exploring import Explorer
from scuttle_check.oracle.live.faithful import faithful_scenes
from scuttle_check.oracle.live.nodes import Launch, Loopback
from scuttle_check.oracle.live.running import cases
from scuttle_check.oracle.live.scene import Cut, Read, Scene, Setting, Tell
from scuttle_check.oracle.live.trial import Plan, Trial
from scuttle_check.oracle.result import Level, Outcome
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import DOCUMENTED, PROFILES, TEXTBOOK
from scuttle_ref.wire import DOCUMENTED_DIALECT


def player_of(adapter: ReferenceAdapter, profile: Profile, *, exact: bool = False) -> Explorer:
    return Explorer(Loopback(adapter), profile, DOCUMENTED_DIALECT, exact, "test")


def _text_or(value: object, other: object) -> object:
    return value if isinstance(value, str) else other


CARELESS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "null is nothing": lambda u: {**u, "value": 0 if u["value"] is None else u["value"]},
    "false is 0": lambda u: {**u, "value": 0 if u["value"] is False else u["value"]},
    "whole numbers": lambda u: {
        **u, "value": int(u["value"]) if isinstance(u["value"], float) else u["value"]
    },
    "1,000 characters": lambda u: {**u, "value": _text_or(u["value"], "")[:1000] or u["value"]},
    "no lists in lists": lambda u: {**u, "value": [] if u["value"] == [[]] else u["value"]},
    "keys trimmed": lambda u: {**u, "key": u["key"].strip()},
    "keys in one case": lambda u: {**u, "key": u["key"].lower()},
    "keys composed": lambda u: {**u, "key": unicodedata.normalize("NFC", u["key"])},
    "keys up to 255": lambda u: {**u, "key": u["key"][:255]},
    "ids without case": lambda u: {**u, "source_id": u["source_id"].lower()},
}  # fmt: skip
"""What implementations do to updates without meaning to."""


@define
class Careless(ReferenceAdapter):
    """The reference behind something that changes the updates that arrive."""

    changed: Callable[[dict[str, Any]], dict[str, Any]] = lambda update: update

    def _write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        message = request["message"]
        if isinstance(message, dict) and "key" in message:
            request = {**request, "message": self.changed(message)}
        return super()._write(request)


@pytest.mark.parametrize("careless", CARELESS.values(), ids=list(CARELESS))
def test_what_does_not_travel_as_it_is_is_found(
    careless: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """Random scenes use few values and names, and such an implementation passes them all.

    Spec: ORA-16.
    """
    player = player_of(Careless(TEXTBOOK, changed=careless), TEXTBOOK)
    assert any(player.attempt(scene) for scene in faithful_scenes("lww_total", timed=False))


@pytest.mark.parametrize("name", PROFILES)
def test_the_reference_carries_everything_as_it_is(name: str) -> None:
    """Every profile passes on what it takes, whatever it is called. Spec: ORA-16."""
    profile = PROFILES[name]
    timed = Palette.of(Loopback(ReferenceAdapter(profile)).hello, profile, hostile=False).timed
    for exact in (False, True):
        player = player_of(ReferenceAdapter(profile), profile, exact=exact)
        for scene in faithful_scenes("lww_total", timed=timed):
            assert player.attempt(scene) is None
        assert player.moved > 50


@define
class Remembering(ReferenceAdapter):
    """Reads from a cache that only its own writes clear."""

    cached: dict[str, dict[str, Any]] = field(factory=dict)

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        place = f"{request['node']} {request['key']}"
        return self.cached.setdefault(place, super()._get(request))

    def _set(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.cached.pop(f"{request['node']} {request['key']}", None)
        return super()._set(request)

    def _init(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.cached.clear()
        return super()._init(request)


def test_a_read_that_is_out_of_date_is_found() -> None:
    """What inspect shows may be right where get is wrong. Spec: ORA-5, MERGE-1."""
    once, twice = ({"key": "k", "value": v, "source_id": "P", "version": v} for v in (1, 2))
    read = Read("A", "P", "k")
    scene = Scene(Setting(), (Tell("P", "A", (once,)), read, Tell("P", "A", (twice,)), read))
    found = player_of(Remembering(DOCUMENTED), DOCUMENTED).attempt(scene)
    assert found is not None
    assert found.path == "$.result.value"


@define
class Contrary(ReferenceAdapter):
    """Its resolvers say the opposite when they are asked by themselves."""

    def _resolve(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"result": not super()._resolve(request)["result"]}


def test_resolvers_are_asked_by_themselves() -> None:
    """A law kit would believe what they say. Spec: ADP-8, ADP-10."""
    right, wrong = Loopback(ReferenceAdapter(DOCUMENTED)), Loopback(Contrary(DOCUMENTED))
    for name in answering.known(right.hello):
        assert answering.attempt(right, name, "test") is None
        found = answering.attempt(wrong, name, "test")
        assert found is not None
        assert found.clause


@define
class Moody(ReferenceAdapter):
    """Swallows the hundredth write of its owner, whatever was started in between."""

    writes: int = 0

    def _set(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.writes += 1
        return {"out": [], "events": []} if self.writes == 100 else super()._set(request)


def test_what_goes_wrong_once_is_reported_though_it_does_not_come_back() -> None:
    """An answer that was wrong was wrong, though nothing can be left out. Spec: ORA-17."""
    nodes = Loopback(Moody(DOCUMENTED))
    plan = Plan(DOCUMENTED, Launch(("moody",)), examples=200)
    trial = Trial(plan, "step/explore", Level.STEP, nodes, nodes.hello, 200)
    (case,) = (each for each in cases() if each.id == trial.case)
    case.run(trial)
    result = trial.result()
    assert result.outcome is Outcome.FAIL
    assert len(result.findings) == 1
    assert "did not fail again" in result.says
    assert result.findings[0].steps


@define
class Closing(ReferenceAdapter):
    """When a connection is gone it forgets what everybody has named, or what nobody has."""

    everybody: bool = True

    def _close(self, request: Mapping[str, Any]) -> dict[str, Any]:
        node = self._node(request)
        if self.everybody:
            node.state = attrs.evolve(node.state, named=())
        return {"out": [], "events": []}


def test_a_connection_that_breaks_touches_no_other() -> None:
    """What the lost peer has named must be forgotten, and what others have named must not.

    Spec: ORA-15, EXCH-4, EXCH-8.
    """
    update = {"key": "k", "value": 1, "source_id": "P", "version": 1}
    line = {"digest": True, "source_id": "P", "version": 0}
    done = {"digest": True, "done": True}
    both = tuple(Tell(peer, "A", (update, line)) for peer in ("P", "Q"))
    ends = tuple(Tell(peer, "A", (done,)) for peer in ("P", "Q"))
    scene = Scene(Setting(), (*both, Cut("A", "P"), *ends))
    assert player_of(ReferenceAdapter(DOCUMENTED), DOCUMENTED).attempt(scene) is None
    kept = player_of(Closing(DOCUMENTED, everybody=False), DOCUMENTED).attempt(scene)
    assert kept is not None
    assert (kept.difference.path, kept.difference.got) == ("$.out", [])
    found = player_of(Closing(DOCUMENTED), DOCUMENTED).attempt(scene)
    assert found is not None
    steps = steps_of(DOCUMENTED, {}, found.journal, DOCUMENTED_DIALECT)
    closed = next(each for each in steps if each["do"] == "close")
    assert closed["peer"] == "P"
    assert len(steps) == 7
