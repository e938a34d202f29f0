"""The files of vectors, one for each profile, made from mutants, scenarios and hostile input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from checker.conformance.contract import contract_of
from checker.conformance.distinguish import NODE, Get
from checker.conformance.mutants import MUTANTS, Mutant
from checker.conformance.values import encoded
from checker.conformance.vectors.convergent import Convergent, convergent
from checker.conformance.vectors.hostile import hostile, unknown_members
from checker.conformance.vectors.run import EXCHANGE, reference, run_vector
from checker.conformance.vectors.steps import Json, Talk, talk
from checker.conformance.vectors.told import Life, lives
from checker.conformance.vectors.told_apart import told_apart
from checker.faults import UnrunnableFault
from checker.scuttlebutt.coverage import Tally
from checker.scuttlebutt.explain import clauses_of
from scuttle_ref.config import Config
from scuttle_ref.profile import Profile, rule_of
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, PROFILES, TEXTBOOK
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import RESOLVERS
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT

FORMAT = "scuttle-vectors/1"

RESOLVER = "lww_total"

REFUSING = (DOCUMENTED, TEXTBOOK, PAPER)
"""The profiles that refuse what is no message. The shipped library throws, or takes it (SHIP)."""

LEVELS = {
    "wire": "each answer is the one that the profile gives, in its order and with its members",
    "step": "each answer is one that the profile allows: any order among sources, any allowed cut",
    "convergence": "after the exchanges all nodes hold what the reference holds; a black box",
    "robustness": "no input stops a node or changes what it must refuse",
}
"""What a vector claims, from the strictest to the least."""


def vector_files(scenarios: Path) -> dict[str, Json]:
    """Every file by its name. The same input gives the same files. Spec: VEC-1, VEC-4, VEC-5."""
    return {
        f"{profile.name}.json": {
            "format": FORMAT,
            "profile": profile.name,
            "title": profile.summary,
            "wire": {"digest_source": _digest_source(profile)},
            "levels": LEVELS,
            "vectors": list(_vectors(profile, scenarios)),
        }
        for profile in PROFILES.values()
    }


def _digest_source(profile: Profile) -> str:
    dialect = SHIPPED_DIALECT if profile is AS_SHIPPED else DOCUMENTED_DIALECT
    return dialect.digest_source


def _vectors(profile: Profile, scenarios: Path) -> Iterator[Json]:
    for mutant in MUTANTS:
        if mutant.base is profile:
            yield _of_mutant(mutant)
    for path in sorted(scenarios.glob("*.txt")):
        for life in lives(path):
            if life.profile is profile:
                yield from _of_life(life)
    for unknown in unknown_members(profile):
        yield _vector(unknown.name, unknown.comment, "wire", [unknown.clause], unknown.talk)
    for each in convergent(profile, RESOLVER):
        yield _of_several(each)
    if profile in REFUSING:
        for refused in hostile(profile):
            yield _vector(
                refused.name, refused.comment, "robustness", [refused.clause], refused.talk
            )


def _of_mutant(mutant: Mutant) -> Json:
    found = told_apart(mutant)
    if found is None:
        raise UnrunnableFault(
            f"nothing tells {mutant.name} from its profile",
            expected="a conversation, or a reason in EQUIVALENT",
            clause="VEC-4",
        )
    gossip, contract = Gossip(mutant.base, found.config), contract_of(mutant.base)
    comment = f"an implementation that {mutant.mistake} fails at the last step"
    loose = _vector(
        mutant.name, comment, "step", mutant.clauses, talk(gossip, NODE, found.asks, contract)
    )
    if run_vector(loose, reference(mutant.profile)).outcome == "failed":
        return loose
    return _vector(mutant.name, comment, "wire", mutant.clauses, talk(gossip, NODE, found.asks))


def _of_several(found: Convergent) -> Json:
    said = found.name.rpartition("/")[2].replace("-", " ")
    return {
        "id": found.name,
        "comment": f"{said}: all nodes end with what the reference has",
        "level": "convergence",
        "clauses": ["CONV-1"],
        "requires": sorted({"gossip", "write", *(s["do"]["op"] for s in found.steps)} - {EXCHANGE}),
        "nodes": list(found.nodes),
        "steps": list(found.steps),
    }


def _of_life(life: Life) -> Iterator[Json]:
    gossip = Gossip(life.profile, life.config)
    comment = f"{life.title} (the part of {life.node})"
    clauses = _clauses_asked(gossip, life)
    loose = talk(gossip, life.node, life.asks, contract_of(life.profile))
    exact = talk(gossip, life.node, life.asks)
    yield _vector(life.name, comment, "step", clauses, loose)
    if exact != loose:
        name = life.name.replace("/scenario/", "/order/")
        yield _vector(name, f"{comment}, in the order of the profile", "wire", clauses, exact)


def _clauses_asked(gossip: Gossip, life: Life) -> list[str]:
    """The clauses of the rules that the events of a life ask for, sorted."""
    tally = Tally()
    counting = Gossip(tally.counting(gossip.profile), gossip.config)
    state = gossip.start(life.node)
    for ask in life.asks:
        if not isinstance(ask, Get):
            state = tally.take(partial(counting.step, state, ask)).state
    rules = [rule_of(gossip.profile, point) for point, asked in tally.asked.items() if asked]
    return sorted({clause for rule in rules for clause in clauses_of(rule, gossip.profile.name)})


def _vector(name: str, comment: str, level: str, clauses: Sequence[str], talked: Talk) -> Json:
    node = {"node": talked.id, "id": talked.id, "config": _settings(talked.config)}
    return {
        "id": name,
        "comment": comment,
        "level": level,
        "clauses": list(clauses),
        "requires": talked.requires,
        "nodes": [node],
        "steps": list(talked.steps),
    }


def _settings(config: Config) -> Json:
    """A configuration as the adapter protocol writes it; resolvers have names."""
    names = {resolver: name for name, resolver in RESOLVERS.items()}
    limits = {"mtu": encoded(config.mtu), "max_history": encoded(config.max_history)}
    return {"resolve": names[config.resolve], **limits}


def text_of(document: Json) -> str:
    """A file of vectors: one line for each step, so that a change reads well."""
    head = {name: value for name, value in document.items() if name != "vectors"}
    lines = [f" {json.dumps(name)}: {_line(value)}," for name, value in head.items()]
    vectors = ",\n".join(map(_vector_text, document["vectors"]))
    return "\n".join(["{", *lines, ' "vectors": [', vectors, " ]", "}"]) + "\n"


def _vector_text(vector: Json) -> str:
    lines = [f"   {json.dumps(name)}: {_line(value)}," for name, value in vector.items()]
    steps = ",\n".join(f"    {_line(step)}" for step in vector["steps"])
    return "\n".join(["  {", *lines[:-1], f'   "steps": [\n{steps}\n   ]', "  }"])


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
