"""Searching a Scuttlebutt system under a reduction, where its claims hold.

The reductions by name.

The table of the specification: which reduction is sound for which profile and network.

It is made of the refusals themselves, so it cannot say anything else than the tool does.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import Scope, overridden
from scuttle_check.engine.topology import automorphisms, topology
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.agreement import fair_rounds
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions.admissible import RULES, sound_rules
from scuttle_check.gossip.reductions.claims import GossipCommutation, GossipFacets, GossipNaming
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.exhaustive import TOO_WIDE, exhaustive, obstacle
from scuttle_ref.profiles import PROFILES

LEVELS = (
    *("quotient+stubborn+symmetry", "quotient+stubborn"),
    *("quotient+symmetry", "quotient", "symmetry"),
)
"""What ``auto`` tries, the strongest first. Pieces are joined by a plus."""

REDUCTIONS = ("none", "auto", "stubborn", "stubborn+symmetry", *LEVELS)


def refusal_of(setup: Setup, reduction: str = "quotient") -> str | None:
    """Why a reduction would be unsound for this system, or None when it is sound.

    Spec: RED-1, RED-9, RED-15, SYM-2.
    """
    if setup.mixed:
        return "nodes with settings or values of their own, of which no claim is made"
    outages = setup.system.outages
    if outages.stops or outages.may_crash:
        return "nodes that stop for good, or alone may crash, of which no claim is made"
    own = overridden(setup.system)
    if own is not None:
        return f"{own}, which says otherwise what may happen"
    facets, commutation, naming = _pieces(setup, reduction)
    if commutation is not None:
        if not fair_rounds(setup.system).idle(next(iter(setup.system.initial())).nodes):
            return "exchanges that do something before anybody has written"
        refusal = _reads_too_much(setup) or commutation.refusal()
        return refusal or (None if naming is None else naming.refusal())
    unscoped = [each.name for each in setup.properties if not isinstance(each.scope, Scope)]
    if unscoped:
        return f"the property {unscoped[0]}, which may read messages in flight"
    refusals = (each.refusal() for each in (facets, naming) if each is not None)
    return next((refusal for refusal in refusals if refusal is not None), None)


Pieces: TypeAlias = tuple[GossipFacets | None, GossipCommutation | None, GossipNaming | None]


def _pieces(setup: Setup, reduction: str) -> Pieces:
    """The claims that a reduction rests on; the symmetry may build on the quotient."""
    pieces = reduction.split("+")
    claims = GossipFacets(setup.gossip, setup.system)
    facets = claims if "quotient" in pieces else None
    left_out: frozenset[str] = frozenset() if facets is None else facets.rules
    naming = GossipNaming(setup.gossip, setup.system, left_out) if "symmetry" in pieces else None
    return facets, GossipCommutation(claims) if "stubborn" in pieces else None, naming


def _levels(setup: Setup) -> list[str]:
    """The levels that may leave something out: no symmetry where no nodes can change places."""
    naming = GossipNaming(setup.gossip, setup.system)
    group = automorphisms(setup.system.topology, naming.distinguished())
    return [level for level in LEVELS if len(group) > 1 or "symmetry" not in level]


def _reads_too_much(setup: Setup) -> str | None:
    """What a property reads that stubborn sets do not keep. Spec: RED-14."""
    read = [each.name for each in setup.properties if each.scope is not Scope.QUIESCENT_NODES]
    if not read:
        return None
    rest = [f"--property {p.name}" for p in setup.properties if p.name not in read]
    instead = f"; judge the others alone with {' '.join(rest)}" if rest else ""
    return f"the property {read[0]}, which reads more than quiescent worlds{instead}"


def judged_under(setup: Setup, reduction: str) -> tuple[Property, ...]:
    """The properties as a reduction judges them: under stubborn sets, in terminal worlds.

    Spec: RED-15.
    """
    if "stubborn" not in reduction:
        return setup.properties
    return tuple(attrs.evolve(each, scope=Scope.TERMINAL_NODES) for each in setup.properties)


def quotient_of(setup: Setup) -> GossipFacets | None:
    """The claims of the quotient. Raises UsageFault where they do not hold. Spec: RED-1."""
    refusal = refusal_of(setup, "quotient")
    if refusal is not None:
        raise _unsound("quotient", refusal)
    return _pieces(setup, "quotient")[0]


def search_reduced(
    setup: Setup, budget: Budget, reduction: str, *, certify: bool = False
) -> Report:
    """Search under a reduction; ``auto`` is the strongest that is sound, perhaps none.

    What `auto` passed over is in the notes of the report, with the reason. A reduction that was
    asked for by name is done, or refused: raises UsageFault when it would be unsound, and
    UnrunnableFault when a world does not fit in 64 bits, or a certificate finds a false claim.

    Spec: RED-1, RED-8, RED-19.
    """
    if reduction == "auto":
        return _strongest(setup, budget, certify=certify)
    if reduction == "none":
        return _unreduced(setup, budget, certify=certify)
    refusal = refusal_of(setup, reduction)
    if refusal is not None:
        raise _unsound(reduction, refusal)
    from scuttle_check.search.compiled.words import TooWide  # noqa: PLC0415 - loads numpy
    from scuttle_check.search.reductions.promises import Undeclared  # noqa: PLC0415

    try:
        return _reduced(setup, budget, reduction, certify=certify)
    except Undeclared as undeclared:
        raise _unsound(reduction, str(undeclared)) from None
    except TooWide:
        raise UnrunnableFault(
            f"cannot be done: {TOO_WIDE}, and only such are reduced",
            where=f"--reduction {reduction}",
            clause="RED-19",
            hint="--reduction auto takes another, or none, and says so",
        ) from None


def _strongest(setup: Setup, budget: Budget, *, certify: bool) -> Report:
    """The search under the strongest reduction that can be done. Spec: RED-1, RED-19."""
    from scuttle_check.search.compiled.words import TooWide  # noqa: PLC0415 - loads numpy
    from scuttle_check.search.reductions.promises import Undeclared  # noqa: PLC0415

    passed: dict[str, list[str]] = {}
    for level in _levels(setup):
        reason = refusal_of(setup, level)
        if reason is None:
            try:
                return _reduced(setup, budget, level, certify=certify).noting(*_told(passed))
            except TooWide:
                reason = TOO_WIDE
            except Undeclared as undeclared:
                reason = str(undeclared)
        passed.setdefault(reason, []).append(level)
    report = _unreduced(setup, budget, certify=certify)
    return report.noting("no reduction was used", *_told(passed))


def _unreduced(setup: Setup, budget: Budget, *, certify: bool) -> Report:
    """The search of all worlds, certified where it is compiled. Spec: RED-20."""
    if not certify or obstacle(setup.system, setup.properties) is not None:
        return exhaustive(setup.system, setup.properties, budget)
    from scuttle_check.search.compiled.search import compiled  # noqa: PLC0415
    from scuttle_check.search.compiled.words import TooWide  # noqa: PLC0415
    from scuttle_check.search.reductions.certificate import FalseClaims  # noqa: PLC0415 - loads numpy

    try:
        return compiled(setup.system, setup.properties, budget, certify=True)
    except FalseClaims as false:
        raise _uncertified(false, "--certify") from None
    except TooWide:
        return exhaustive(setup.system, setup.properties, budget)


def _told(passed: dict[str, list[str]]) -> list[str]:
    """A sentence for each reason why reductions were passed over."""
    return [f"no {', no '.join(levels)}: {reason}" for reason, levels in passed.items()]


def _reduced(setup: Setup, budget: Budget, reduction: str, *, certify: bool) -> Report:
    """The search under a reduction that seems sound. Raises TooWide and Undeclared."""
    from scuttle_check.search.compiled.search import compiled  # noqa: PLC0415
    from scuttle_check.search.reductions.certificate import FalseClaims  # noqa: PLC0415 - loads numpy

    facets, commutation, naming = _pieces(setup, reduction)
    try:
        return compiled(
            setup.system,
            judged_under(setup, reduction),
            budget,
            facets=facets,
            commutation=commutation,
            naming=naming,
            certify=certify,
        )
    except FalseClaims as false:
        raise _uncertified(false, f"--reduction {reduction}") from None


def _uncertified(false: Exception, where: str) -> UnrunnableFault:
    return UnrunnableFault(
        f"what the search rests on is false: {str(false)[:500]}",
        where=where,
        clause="RED-8",
        hint="search plainly (--search plain), and report this",
    )


def _unsound(reduction: str, refusal: str) -> UsageFault:
    return UsageFault(
        f"would be unsound because of {refusal}",
        where=f"--reduction {reduction}",
        clause="RED-1",
        hint="--reduction auto takes the strongest that is sound",
    )


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
