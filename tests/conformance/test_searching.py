"""Whatever a shrinker of scenes comes to has failed, however few tries it had."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle_check.oracle.live import searching
from scuttle_check.oracle.live.scene import Converse, Put, Scene, Setting, Start, Tell
from scuttle_check.oracle.live.searching import search, smallest

UPDATE = {"key": "k", "value": 1, "source_id": "P", "version": 1}


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Scenes of some operations, messages and settings."""
    messages = st.lists(
        st.builds(lambda version: {**UPDATE, "version": version}, st.integers(1, 40)),
        min_size=1,
        max_size=3,
    ).map(tuple)
    step = st.one_of(
        st.builds(Put, st.just("A"), st.sampled_from("kj"), st.integers(0, 3)),
        st.builds(Tell, st.just("P"), st.just("A"), messages),
        st.just(Start("A", "B")),
        st.just(Converse("A", "B")),
    )
    limits = st.one_of(st.none(), st.integers(1, 3))
    setting = Setting(mtu=draw(limits), max_history=draw(limits), resolve="lww_total")
    return Scene(setting, tuple(draw(st.lists(step, max_size=6))))


def failing(salt: int, needed: int) -> Callable[[Scene], bool]:
    """Fails by what a scene holds and by chance, but always in the same way."""

    def fails(scene: Scene) -> bool:
        puts = sum(isinstance(step, Put) for step in scene.operations)
        return puts >= needed and (salt + len(repr(scene))) % 3 != 0

    return fails


@given(scenes(), st.integers(0, 2), st.integers(0, 2), st.integers(0, 12))
def test_the_smallest_scene_fails_when_tries_run_out(
    scene: Scene, salt: int, needed: int, tries: int
) -> None:
    """At no try, at one, at the limit, and beyond; and it says no more than it was given.

    Spec: ORA-10.
    """
    fails = failing(salt, needed)
    if not fails(scene):
        return
    asked: list[Scene] = []

    def counted(each: Scene) -> bool:
        asked.append(each)
        return fails(each)

    small = smallest(scene, counted, tries)

    assert fails(small)
    assert len(asked) <= tries
    assert len(small.operations) <= len(scene.operations)


@given(scenes(), st.integers(0, 2), st.integers(0, 2))
def test_with_tries_enough_no_operation_can_be_left_out(
    scene: Scene, salt: int, needed: int
) -> None:
    """What is left is minimal. Spec: ORA-10."""
    fails = failing(salt, needed)
    if not fails(scene):
        return

    steps = (small := smallest(scene, fails, 10_000)).operations

    assert fails(small)
    for at in range(len(steps)):
        assert not fails(attrs.evolve(small, operations=(*steps[:at], *steps[at + 1 :])))


@pytest.mark.parametrize(("tries", "salt"), [(0, 0), (1, 1), (2, 2), (20, 0), (400, 1)])
def test_what_a_search_found_fails_and_is_not_called_flaky(tries: int, salt: int) -> None:
    """A failure that comes back is a finding, wherever the tries ended. Spec: ORA-10."""
    fails = failing(salt, 2)

    found = search(scenes(), fails, examples=60, at_seed=tries, tries=lambda: tries)

    assert found.first is not None
    assert found.found is not None
    assert fails(found.first)
    assert fails(found.found)
    assert not found.flaky


def test_a_failure_that_does_not_come_back_is_flaky() -> None:
    """It is told as such, and the scene that failed is kept. Spec: ORA-10."""
    seen: set[str] = set()

    def once(scene: Scene) -> bool:
        new = bool(scene.operations) and not seen
        seen.add(repr(scene)) if new else None
        return new

    found = search(scenes(), once, examples=60, at_seed=1)

    assert found.flaky
    assert found.first is not None


def puts(scene: Scene) -> int:
    """How often an owner writes."""
    return sum(isinstance(step, Put) for step in scene.operations)


def test_what_is_drawn_is_made_small_before_anything_is_left_out_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The scene that Hypothesis came to is gone on with, not the first. Spec: ORA-10."""
    monkeypatch.setattr(searching, "smallest", lambda scene, _fails, _tries: scene)

    found = search(scenes(), lambda scene: puts(scene) >= 2, examples=60, at_seed=3)

    assert found.found is not None
    assert found.found != found.first
    assert found.found.operations == (Put("A", "k", 0), Put("A", "k", 0))


def test_examples_are_counted_up_to_the_first_that_fails() -> None:
    """What is tried to make it smaller is no example. Spec: ORA-10."""
    said: list[bool] = []

    def fails(scene: Scene) -> bool:
        said.append(puts(scene) >= 2)
        return said[-1]

    found = search(scenes(), fails, examples=60, at_seed=3)

    assert found.examples == said.index(True) + 1 < len(said)
    assert search(scenes(), lambda _: False, examples=7, at_seed=3).examples == 7


def test_another_seed_draws_another_scene() -> None:
    """And the same one the same. Spec: ORA-10."""
    first = [
        search(scenes(), lambda scene: puts(scene) >= 2, examples=60, at_seed=at).first
        for at in (1, 1, 2, 3)
    ]
    assert first[0] == first[1]
    assert len(set(map(repr, first))) > 1


@pytest.mark.parametrize(("version", "left"), [(11, 11), (12, 12), (13, 1), (40, 1)])
def test_messages_settings_and_high_versions_that_do_not_matter_go(version: int, left: int) -> None:
    """One message of two is enough, no limit is needed, and a high version is not. Spec: ORA-10."""
    messages = ({**UPDATE, "key": "j"}, {**UPDATE, "version": version})
    setting = Setting(mtu=1, max_history=2, sort="scuttle_breadth")
    scene = Scene(setting, (Start("A", "B"), Tell("P", "A", messages)))

    def fails(each: Scene) -> bool:
        told = [step for step in each.operations if isinstance(step, Tell)]
        return any(said["key"] == "k" for step in told for said in step.messages)

    small = smallest(scene, fails)

    (step,) = small.operations
    assert isinstance(step, Tell)
    assert step.messages == ({**UPDATE, "version": left},)
    assert small.setting == Setting()


@pytest.mark.parametrize("needed", ["mtu", "max_history", "sort"])
def test_a_setting_that_matters_stays(needed: str) -> None:
    """And the others go. Spec: ORA-10."""
    setting = Setting(mtu=1, max_history=2, sort="scuttle_breadth")

    small = smallest(Scene(setting, ()), lambda each: getattr(each.setting, needed) is not None)

    assert small.setting == Setting(**{needed: getattr(setting, needed)})
