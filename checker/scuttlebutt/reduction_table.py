"""The table of the specification: which reduction is sound for which profile and network.

It is made of the refusals themselves, so it cannot say anything else than the tool does.
"""

from __future__ import annotations

from typing import Any

from checker.scuttlebutt.admissible import RULES, sound_rules
from checker.scuttlebutt.agreement import fair_rounds
from checker.scuttlebutt.commutation import GossipCommutation
from checker.scuttlebutt.experiment import Experiment
from checker.scuttlebutt.facets import GossipFacets
from checker.scuttlebutt.misfortune import Misfortune
from checker.scuttlebutt.naming import GossipNaming
from checker.scuttlebutt.script import generated_script, parse_script
from checker.topology import topology
from scuttle_ref.profiles import PROFILES

SITUATIONS: dict[str, dict[str, Any]] = {
    "links keep the order and lose nothing": {},
    "messages overtake each other": {"network": "unordered"},
    "one message overtakes others": {"faults": Misfortune(overtakings=1)},
    "messages are lost": {"network": "lossy"},
    "a message arrives twice": {"network": "duplicating"},
    "connections break": {"faults": Misfortune(cuts=1)},
    "nodes crash, the state survives": {"faults": Misfortune(crashes=1)},
    "nodes crash and forget all": {"faults": Misfortune(crashes=1, restart="amnesia")},
    "nodes come back with a new id": {"faults": Misfortune(crashes=1, restart="new-id")},
    "nodes pause": {"faults": Misfortune(pauses=1)},
    "nodes pause, and messages are lost": {"faults": Misfortune(pauses=1, losses=1)},
    "every neighbour hears everything": {"wiring": "broadcast"},
    "two nodes share a process": {"processes": (("A", "B"),)},
    "histories forget": {"max_history": 1},
    "answers are cut by the mtu": {"mtu": 1},
    "a resolver that looks at the own id": {"resolver": "lww_vs_clock"},
    "... and histories forget": {"resolver": "lww_vs_clock", "max_history": 1},
    "a restart in the script": {"script": ("A set k=1", "A restart")},
}
"""What may differ from the first, as fields of an experiment."""


def _cell(profile: str, differs: dict[str, Any]) -> str:
    """The sound rules, whether stubborn sets are sound, and the symmetry, alone or with these."""
    graph = topology("line:3")
    fields = dict(differs)
    lines = fields.pop("script", None)
    script = generated_script(graph, "B", 3, 1)
    if lines is not None:
        script = parse_script(lines, graph, "script")
    setup = Experiment(graph, script, profile, **fields).build()
    sound = sound_rules(setup.gossip, setup.system)
    shown = [rule.name for rule in RULES if rule.name in sound]
    quotient = "all" if len(shown) == len(RULES) else ", ".join(shown) or "none"
    facets = GossipFacets(setup.gossip, setup.system)
    start = next(iter(setup.system.initial())).nodes
    if GossipCommutation(facets).refusal() is None and fair_rounds(setup.system).idle(start):
        quotient += "; stubborn"
    alone, upon = (
        GossipNaming(setup.gossip, setup.system, left_out).refusal() is None
        for left_out in (frozenset[str](), sound)
    )
    return f"{quotient}{'; S' if alone else '; S+' if upon else ''}"


def table() -> str:
    """The table, as Markdown. Spec: RED-1, SYM-2."""
    head = f"| | {' | '.join(PROFILES)} |\n|---|{'---|' * len(PROFILES)}\n"
    rows = (
        f"| {says} | {' | '.join(_cell(profile, differs) for profile in PROFILES)} |"
        for says, differs in SITUATIONS.items()
    )
    return head + "\n".join(rows)
