"""Whatever a shrinker of scenes comes to has failed, however few tries it had."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.conformance.scene import Converse, Put, Scene, Setting, Start, Tell
from checker.conformance.searching import search, smallest

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
