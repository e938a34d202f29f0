"""The files of vectors, one for each profile, made from mutants, scenarios and hostile input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from checker.conformance.distinguish import NODE, Get
from checker.conformance.mutants import MUTANTS, Mutant
from checker.conformance.values import encoded
from checker.conformance.vectors.hostile import hostile
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

REFUSING = (DOCUMENTED, TEXTBOOK, PAPER)
"""The profiles that refuse what is no message. The shipped library throws, or takes it (SHIP)."""

LEVELS = {
    "step": "each answer is the one that the profile gives",
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
                yield _of_life(life)
    if profile in REFUSING:
        for each in hostile(profile):
            said = each.name.rpartition("/")[2].replace("-", " ")
            comment = f"{said}: refused, and nothing changes"
            yield _vector(each.name, comment, "robustness", [each.clause], each.talk)


def _of_mutant(mutant: Mutant) -> Json:
    found = told_apart(mutant)
    if found is None:
        raise UnrunnableFault(
            f"nothing tells {mutant.name} from its profile",
            expected="a conversation, or a reason in EQUIVALENT",
            clause="VEC-4",
        )
    talked = talk(Gossip(mutant.base, found.config), NODE, found.asks)
    comment = f"an implementation that {mutant.mistake} fails at the last step"
    return _vector(mutant.name, comment, "step", mutant.clauses, talked)


def _of_life(life: Life) -> Json:
    gossip = Gossip(life.profile, life.config)
    comment = f"{life.title} (the part of {life.node})"
    clauses = _clauses_asked(gossip, life)
    return _vector(life.name, comment, "step", clauses, talk(gossip, life.node, life.asks))


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
