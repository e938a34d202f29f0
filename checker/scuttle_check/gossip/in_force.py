"""What of a configuration is in force: which settings the rules of a profile read, and in words.

Laws of this file: the rules are asked, and never the name of the profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scuttle_check.engine.topology import Topology
from scuttle_check.gossip.bounds import (
    Limit,
    answer_room,
    forgets_nothing,
    history_room,
    settings_read,
)
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_ref.config import Config
from scuttle_ref.messages import Exchange, Put
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile

NAMED_MAX = 4
"""More nodes than these are counted and not named."""


def unread(profile: Profile, given: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Those of the settings `given` that no rule of the profile reads."""
    return tuple(name for name in given if name not in settings_read(profile))


def unread_note(profile: Profile, setting: str) -> str:
    """What to say of a setting that makes no difference."""
    named = "asks a resolver" if setting == "resolve" else f"reads {setting}"
    return f"no rule of the profile {profile.name} {named}"


# --- limits ---------------------------------------------------------------------------------------


def limits_text(profile: Profile, config: Config) -> list[str]:
    """What bounds history and answers, in words."""
    history = _room(config.max_history, history_room(profile, config))
    if "max_history" not in settings_read(profile):
        history = "unlimited" if forgets_nothing(profile, config) else "of the latest of each key"
    answers = "unlimited"
    if "mtu" in settings_read(profile):
        answers = _room(config.mtu, answer_room(profile, config))
    if history == answers == "unlimited":
        return ["history and answers unlimited"]
    return [f"history {history}", f"answers {answers}"]


def _room(limit: Limit, room: float) -> str:
    said = "unlimited" if room == UNBOUNDED else _updates(int(room))
    return said if limit else f"{said} ({'0' if limit == 0 else 'not'} given)"


def _updates(count: int) -> str:
    if not count:
        return "of no update"
    return "of 1 update" if count == 1 else f"of at most {count} updates"


# --- the model in words ---------------------------------------------------------------------------


def presumed(experiment: Experiment, exchanges: str | None = None) -> str:
    """What is assumed of the network, the writers and the nodes, in a line.

    `exchanges` says how many there are where it is not a number for each link. Shown is what is in
    force: a setting that no rule reads is named as such when it differs from the default.
    """
    profile, config = profile_called(experiment.profile), experiment.config()
    told = [
        *limits_text(profile, config),
        *filter(None, [str(experiment.faults), *_wired(experiment)]),
        *([f"resolver {experiment.resolver}"] if "resolve" in settings_read(profile) else []),
    ]
    told.extend(f"{unread_note(profile, name)}" for name in idle_settings(experiment))
    told.extend(f"{node}: {own}" for node, own in experiment.nodes)
    return (
        f"{experiment.profile} on {experiment.topology.name}, {experiment.network}: "
        f"{'; '.join([f'{_written(experiment)}, {exchanges or _exchanges(experiment)}', *told])}"
    )


def idle_settings(experiment: Experiment) -> tuple[str, ...]:
    """The settings that the experiment changes and no rule of its profile reads."""
    standard = Experiment(experiment.topology, experiment.script)
    changed = {
        "resolve": experiment.resolver != standard.resolver,
        "max_history": experiment.max_history != standard.max_history,
        "mtu": experiment.mtu != standard.mtu,
        "delta_order": experiment.delta_order != standard.delta_order,
    }
    given = tuple(name for name, differs in changed.items() if differs)
    return unread(profile_called(experiment.profile), given)


def _exchanges(experiment: Experiment) -> str:
    count = experiment.exchanges
    if not count:
        return "no exchanges but the script's" if _asked(experiment) else "no exchanges"
    return f"{count} exchange{'s' if count > 1 else ''} per directed link"


def _asked(experiment: Experiment) -> bool:
    return any(isinstance(each, Exchange) for script in experiment.script for each in script)


def _written(experiment: Experiment) -> str:
    """How many nodes write how often."""
    writes = written(experiment.topology, experiment.script)
    if not writes:
        return "nobody writes"
    counts = sorted(set(writes.values()))
    if len(writes) == 1:
        ((node, count),) = writes.items()
        return f"{node} writes {_times(count)}"
    if len(counts) == 1:
        named = f" ({', '.join(writes)})" if len(writes) <= NAMED_MAX else ""
        return f"{len(writes)} nodes{named} write {_times(counts[0])} each"
    if len(writes) <= NAMED_MAX:
        each = ", ".join(f"{node} {_times(count)}" for node, count in writes.items())
        return f"{len(writes)} nodes write: {each}"
    return f"{len(writes)} nodes write, each {counts[0]} to {counts[-1]} times"


def written(topology: Topology, script: tuple[tuple[Any, ...], ...]) -> dict[str, int]:
    """How often each node that writes does."""
    pairs = zip(topology.nodes, script, strict=True)
    counts = {node: sum(isinstance(each, Put) for each in lines) for node, lines in pairs}
    return {node: count for node, count in counts.items() if count}


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _wired(experiment: Experiment) -> list[str]:
    """How messages and processes are wired, where it is not the default."""
    told = [] if experiment.wiring == "addressed" else [f"wiring {experiment.wiring}"]
    return told + [f"one process for {' and '.join(group)}" for group in experiment.processes]
