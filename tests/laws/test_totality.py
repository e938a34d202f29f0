"""A step never raises, refuses without a trace, and depends on its input only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from generated import configs, events, hostile_events, nodes, revealed
from hypothesis import given
from hypothesis import strategies as st

from scuttle_ref import (
    PROFILES,
    Config,
    Gossip,
    GossipView,
    Ignored,
    Profile,
    Put,
    Rejected,
    Step,
    Update,
)

EACH_PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


@EACH_PROFILE
@given(config=configs, recipes=st.lists(hostile_events, max_size=6))
def test_no_event_whatever_makes_a_step_raise(
    profile: Profile, config: Config, recipes: list[object]
) -> None:
    """What is refused or ignored leaves the very same state behind.

    Spec: ERR-1.
    """
    gossip = Gossip(profile, config)
    state = gossip.start("A")
    for recipe in recipes:
        step = gossip.step(state, revealed(recipe))
        assert type(step) is Step
        if any(isinstance(output, Rejected | Ignored) for output in step.outputs):
            assert len(step.outputs) == 1
            assert step.state is state
        state = step.state
        hash(state)
        assert state == state  # noqa: PLR0124 - the comparison itself must not raise
        assert gossip.step(state, Put("alive", 1)).outputs


@given(event=events, verdict=st.sampled_from([True, False, 1, 0, None, "raise"]))
def test_a_resolver_decides_or_is_reported(event: object, verdict: object) -> None:
    """Whatever it does, the node goes on, and only a bool has any effect.

    Spec: MERGE-4.
    """

    def resolve(_gossip: GossipView, _update: Update) -> bool:
        if verdict == "raise":
            raise ValueError(verdict)
        return verdict  # type: ignore[return-value]

    gossip = Gossip(PROFILES["documented"], Config(resolve=resolve))
    state = gossip.start("A")

    step = gossip.step(state, event)  # type: ignore[arg-type]

    if type(verdict) is not bool and isinstance(event, Put):
        assert isinstance(step.outputs[0], Rejected)
    assert step.state is state or type(verdict) is bool or not step.state.store


@EACH_PROFILE
@given(config=configs, node=nodes, happened=st.lists(events, max_size=12))
def test_the_same_input_gives_the_same_output(
    profile: Profile, config: Config, node: str, happened: list[object]
) -> None:
    """No clock, no chance, no memory outside the state."""
    gossip, again = Gossip(profile, config), Gossip(profile, config)
    state = gossip.start(node)
    for event in happened:
        step = gossip.step(state, event)  # type: ignore[arg-type]
        assert again.step(state, event) == step  # type: ignore[arg-type]
        assert repr(again.step(state, event)) == repr(step)  # type: ignore[arg-type]
        state = step.state


STORY = """
from scuttle_ref import *

for profile in PROFILES.values():
    gossip = Gossip(profile, Config(max_history=4, mtu=3))
    state = gossip.start("N")
    for number in range(40):
        source, key = "XYZ"[number % 3], "klmno"[number % 5]
        for event in (
            Received(source, Update(source, key, ("v", number), number + 1)),
            Put(key, number),
            *(Received(source, Digest("XYZN"[(number + i) % 4], number // 2)) for i in range(3)),
            Exchange(source, ("Z", "N")),
            Received(source, DigestDone()),
        ):
            step = gossip.step(state, event)
            state = step.state
            print(step)
"""


def test_a_run_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Sets and dicts of strings are enumerated differently in each process of Python."""
    story = tmp_path / "story.py"
    story.write_text(STORY)

    told = {
        subprocess.run(
            [sys.executable, story],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }

    assert len(told) == 1
    assert len(told.pop()) > 100_000
