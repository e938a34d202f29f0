"""A refuted property as people read it."""

from __future__ import annotations

from typing import Any

from checker.catalogue import AGREEMENT
from checker.scuttlebutt.aftermath import aftermath
from checker.scuttlebutt.experiment import Setup
from checker.scuttlebutt.explain import diagram, story, tell_node, worlds_of
from checker.verdict import Verdict


def failure_text(setup: Setup, verdict: Verdict) -> str:
    """The schedule that refutes a property: as sentences, as a diagram, and how it ends."""
    system, profile = setup.system, setup.gossip.profile
    schedule: tuple[Any, ...] = verdict.schedule or ()
    world = worlds_of(system, schedule)[-1]
    lines = [
        f"{verdict.property.name} [{verdict.property.clause}] refuted in {len(schedule)} steps:",
        f"{verdict.because}.",
        "",
        story(system, profile, schedule),
        "",
        diagram(system, schedule),
        "",
        *(tell_node(node) for node in world.nodes),  # type: ignore[arg-type]
    ]
    if verdict.property.name != AGREEMENT:
        return "\n".join(lines)
    healed, actions = aftermath(system, world)
    worlds = worlds_of(healed, actions, world)
    first = len(schedule) + 1
    lines.extend(
        [
            "",
            "Nothing is in flight and all owners are done. From here every link exchanges in turn:",
            "",
            story(healed, profile, actions, worlds, first),
            "",
            diagram(healed, actions, worlds, first),
            "",
            *(tell_node(node) for node in worlds[-1].nodes),  # type: ignore[arg-type]
        ]
    )
    return "\n".join(lines)
