"""What of a configuration is in force: asked of the rules, in words and as limits."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

import attrs
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.bounds import (
    SETTINGS,
    answer_room,
    history_room,
    limit_from,
    limit_json,
    settings_read,
)
from scuttle_check.gossip.catalogue import load_catalogue
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.in_force import idle_settings, presumed
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.gossip.scenario import play
from scuttle_check.gossip.script import parse_script
from scuttle_ref.config import Config
from scuttle_ref.messages import Exchange, Put, Received
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.outputs import Send
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import pace_first, pace_prefix

SEEN: set[str] = set()

READ = {
    "documented": {"resolve", "sort", "max_history", "mtu"},
    "as-shipped": {"sort", "max_history", "mtu"},
    "textbook": {"sort", "max_history"},
    "paper": {"sort", "mtu", "delta_order"},
    "scuttlebutt": {"sort"},
    "plasmid": {"sort", "delta_order"},
    "gossiper": {"sort", "delta_order"},
    "txgossip": {"sort", "delta_order"},
}


class Recording(Config):
    """A configuration that tells what was read of it."""

    def __getattribute__(self, name: str) -> Any:
        if name in SETTINGS:
            SEEN.add(name)
        return super().__getattribute__(name)


def _settings_that_runs_read(profile: Profile) -> set[str]:
    """What is read while three nodes write and exchange at random, but not for the views."""
    SEEN.clear()
    gossip = Gossip(profile, Recording(max_history=3, mtu=1))
    SEEN.clear()
    random = Random(1)  # noqa: S311 - reproducibility is the point
    nodes = {node: gossip.start(node) for node in "ABC"}
    flight: list[tuple[str, str, Any]] = []
    for _ in range(300):
        node, kind = random.choice("ABC"), random.random()
        if flight and kind < 0.6:
            source, node, message = flight.pop(0)
            step = gossip.step(nodes[node], Received(source, message))
        elif kind < 0.8:
            step = gossip.step(nodes[node], Put(random.choice("kl"), 1))
        else:
            peer = random.choice([each for each in "ABC" if each != node])
            step = gossip.step(nodes[node], Exchange(peer))
        nodes[node] = step.state
        flight += [(node, out.to, out.message) for out in step.outputs if isinstance(out, Send)]
    return SEEN - {"value_order"}


@pytest.mark.parametrize("name", PROFILES)
def test_the_settings_that_rules_read_are_those_that_runs_read(name: str) -> None:
    assert settings_read(PROFILES[name]) == READ[name] == _settings_that_runs_read(PROFILES[name])


def _through(batches: Any, config: Config) -> Any:
    return pace_prefix(batches, config)


class Pacing:
    """A rule that is an object."""

    def __call__(self, batches: Any, config: Config) -> Any:
        return pace_first(batches, config)


@pytest.mark.parametrize(
    ("rule", "read"),
    [
        (_through, True),
        (partial(pace_first), True),
        (Pacing(), True),
        (lambda batches, config: pace_first(batches[:1], config), True),
        (lambda batches, _config: sum(batches, ()), False),
        (max, True),
    ],
)
def test_made_up_rules_are_looked_into(rule: Any, read: bool) -> None:
    """A rule that hides what it reads may read everything."""
    assert ("mtu" in settings_read(attrs.evolve(PROFILES["textbook"], pace=rule))) == read


@pytest.mark.parametrize(
    ("profile", "limit", "history", "answer"),
    [
        ("documented", UNBOUNDED, UNBOUNDED, UNBOUNDED),
        ("documented", None, 10, 10),
        ("documented", 3, 3, 3),
        ("as-shipped", None, UNBOUNDED, 16),
        ("as-shipped", 3, 3, 3),
        ("textbook", None, 10, UNBOUNDED),
        ("paper", None, UNBOUNDED, UNBOUNDED),
        ("paper", 3, UNBOUNDED, 3),
    ],
)
def test_what_a_limit_comes_to_is_tried(
    profile: str, limit: float | None, history: float, answer: float
) -> None:
    """Spec: HIST-3, DEV-10, FLOW-1, DEV-8, PAPER-9."""
    config = Config(max_history=limit, mtu=limit)
    assert history_room(PROFILES[profile], config) == history
    assert answer_room(PROFILES[profile], config) == answer


@pytest.mark.parametrize(
    ("profile", "room"), [("documented", 10), ("textbook", 10), ("as-shipped", 0)]
)
def test_a_history_of_0_is_what_the_profile_makes_of_it(profile: str, room: int) -> None:
    """Spec: HIST-3, DEV-10."""
    assert history_room(PROFILES[profile], Config(max_history=0)) == room


def _model(**settings: Any) -> Experiment:
    graph = topology("line:3")
    script = parse_script(settings.pop("lines", ["A set k=1", "C set k=2"]), graph, "script")
    return Experiment(graph, script, **settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "documented on line:3, fifo: 2 nodes (A, C) write once each, 1 exchange per "),
        ({}, "directed link; history and answers unlimited; resolver lww_total"),
        ({"lines": []}, "nobody writes"),
        ({"lines": ["A set k=1"] * 3}, "A writes 3 times, 1 exchange"),
        ({"lines": ["A set k=1"] * 3 + ["B set k=1"]}, "2 nodes write: A 3 times, B once, 1 ex"),
        ({"exchanges": 0}, "each, no exchanges;"),
        ({"exchanges": 0, "lines": ["A gossip B"]}, "nobody writes, no exchanges but the script's"),
        ({"exchanges": 2}, "2 exchanges per directed link"),
        ({"max_history": 0}, "; history of at most 10 updates (0 given); answers unlimited"),
        ({"max_history": 0, "profile": "as-shipped"}, "; history of no update (0 given); answers"),
        ({"max_history": None, "profile": "as-shipped"}, "; history unlimited (not given); answ"),
        ({"mtu": None}, "; history unlimited; answers of at most 10 updates (not given); res"),
        ({"mtu": 2}, "answers of at most 2 updates"),
        ({"profile": "paper", "max_history": 1}, "; history of the latest of each key; answers "),
        ({"profile": "paper", "max_history": 1}, "no rule of the profile paper reads max_history"),
        ({"profile": "textbook", "mtu": 1}, "unlimited; no rule of the profile textbook reads mtu"),
        ({"profile": "textbook", "resolver": "max_value"}, "no rule of the profile textbook asks"),
        ({"profile": "plasmid"}, "history and answers unlimited"),
    ],
)  # fmt: skip
def test_a_model_says_in_words_what_is_in_force(settings: dict[str, Any], says: str) -> None:
    assert says in presumed(_model(**settings))


@pytest.mark.parametrize(
    "settings", [{}, {"profile": "paper"}, {"profile": "textbook", "mtu": None}]
)
def test_a_resolver_is_told_where_one_is_asked(settings: dict[str, Any]) -> None:
    model = _model(**settings)
    assert ("resolver lww_total" in presumed(model)) == (model.profile == "documented")


def test_every_setting_of_the_catalogue_is_read_under_some_profile_of_its_row() -> None:
    """A row whose setting nobody reads would drop no assumption."""
    for row in load_catalogue():
        idle = [set(idle_settings(case.experiment)) for case in row.cases.values()]
        assert not set.intersection(*idle), row.id


@pytest.mark.parametrize("limit", [UNBOUNDED, None, 0, 7])
def test_a_limit_is_read_back_as_it_was_written(limit: float | None) -> None:
    model = _model(max_history=limit)
    assert experiment_from_json(model.to_json(), "here") == model
    assert limit_from(limit_json(limit), "max_history", "here") == limit


def test_null_in_an_older_file_is_no_limit() -> None:
    document = _model().to_json() | {"max_history": None}
    assert experiment_from_json(document, "here").max_history == UNBOUNDED


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "none", "10", [], 0])
def test_what_is_no_limit_is_refused_with_what_may_stand_there(wrong: Any) -> None:
    with pytest.raises(UsageFault) as refused:
        experiment_from_json(_model().to_json() | {"mtu": wrong}, "here")
    assert str(refused.value).split("\n") == [
        f"here: $.mtu: is {wrong!r}",
        "  expected: an integer from 1, or unlimited or not-given",
    ]


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("max_history=unlimited", "k1=v@A1"),
        ("max_history=0", "k2=v@A2"),
        ("max_history=not-given", "k2=v@A2"),
        ("max_history=11", "k1=v@A1"),
        ("max_history=1", "k11=v@A11"),
    ],
)
def test_a_scenario_has_the_same_limits(line: str, last: str) -> None:
    """Eleven writes: of a history of ten the first is forgotten. Spec: HIST-3."""
    writes = "".join(f"> A set k{number}=v\n" for number in range(1, 12))
    played = play(f"> config {line}\n> nodes A\n{writes}> show\n", "limits").played
    assert f"history {last}" in played


def test_a_scenario_refuses_another_word_for_a_limit() -> None:
    with pytest.raises(UsageFault, match="max_history is 'none'\n  expected: an integer from 0"):
        play("> config max_history=none\n", "limits")
