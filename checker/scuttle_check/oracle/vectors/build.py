"""The files of vectors, one for each profile, made from mutants, scenarios and hostile input.

Vectors of robustness: what should bring no node down, with the clause that refuses it.

Vectors from the scenarios: what each node of a dialogue goes through, node by node.

Vectors from the checker: for each mutant, a shortest conversation that tells it apart.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.gossip.coverage import Tally
from scuttle_check.gossip.explain import clauses_of
from scuttle_check.gossip.scenario import play, read_scenario
from scuttle_check.gossip.stage import Stage
from scuttle_check.oracle.contract import contract_of, reads_the_clock
from scuttle_check.oracle.mutants.distinguish import NODE, Ask, Get, conversation, distinguish
from scuttle_check.oracle.mutants.mutants import MUTANTS, Mutant
from scuttle_check.oracle.vectors.convergent import Convergent, convergent
from scuttle_check.oracle.vectors.run import EXCHANGE, reference, run_vector
from scuttle_check.oracle.vectors.steps import Json, Talk, talk
from scuttle_check.oracle.wire import decoded, encoded
from scuttle_ref.config import Config
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Digest, DigestDone, Event, Put, Received, Update
from scuttle_ref.names import NodeId
from scuttle_ref.profile import Profile, rule_of
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, PROFILES, TEXTBOOK
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import RESOLVERS, max_value
from scuttle_ref.rules import PROCESS
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT, message_from_json

UPDATE: Json = {"key": "k", "value": "x", "source_id": "A", "version": 1}
LINE: Json = {"digest": True, "source_id": "A", "version": 0}

HOSTILE: dict[str, Any] = {
    "empty-object": {},
    "null": None,
    "a-number": 7,
    "a-text": "hello",
    "an-array": [UPDATE],
    "update-without-key": {name: UPDATE[name] for name in UPDATE if name != "key"},
    "update-without-value": {name: UPDATE[name] for name in UPDATE if name != "value"},
    "update-without-source": {name: UPDATE[name] for name in UPDATE if name != "source_id"},
    "update-without-version": {name: UPDATE[name] for name in UPDATE if name != "version"},
    "key-is-a-number": {**UPDATE, "key": 5},
    "key-of-the-prototype": {**UPDATE, "key": "__proto__"},
    "key-is-a-method": {**UPDATE, "key": "toString"},
    "source-is-empty": {**UPDATE, "source_id": ""},
    "source-of-the-prototype": {**UPDATE, "source_id": "__proto__"},
    "version-is-zero": {**UPDATE, "version": 0},
    "version-is-negative": {**UPDATE, "version": -1},
    "version-is-a-text": {**UPDATE, "version": "7"},
    "version-is-a-fraction": {**UPDATE, "version": 1.5},
    "version-is-null": {**UPDATE, "version": None},
    "version-is-true": {**UPDATE, "version": True},
    "version-beyond-doubles": {**UPDATE, "version": {"$int": str(2**53 + 2)}},
    "line-without-source": {"digest": True, "version": 0},
    "line-without-version": {"digest": True, "source_id": "A"},
    "line-of-a-number": {**LINE, "source_id": 5},
    "line-below-zero": {**LINE, "version": -1},
    "line-at-a-text": {**LINE, "version": "newest"},
    "line-at-null": {**LINE, "version": None},
}
"""What a peer may send that is no message, by a name that stays."""


@frozen
class Hostile:
    """One hostile message, the clause that refuses it, and the conversation about it."""

    name: str
    comment: str
    clause: str
    talk: Talk


def hostile(profile: Profile) -> Iterator[Hostile]:
    """A write, the hostile message, and proof that the node is as it was. Spec: VEC-2, ERR-1."""
    gossip = Gossip(profile)
    owner = profile.place(Update(NODE, "k", "b1", 1))[:-1]
    asks: list[Ask] = [Put("k", "b1"), Get("k", *owner), Received("A", DigestDone())]
    sound = talk(gossip, NODE, asks)
    for name, message in HOSTILE.items():
        said = {"op": "write", "node": NODE, "from": "A", "message": message}
        steps = ({"do": said, "expect": {"$any": True}}, *sound.steps[1:])
        talked = Talk(NODE, gossip.config, (*sound.steps[:1], *steps))
        comment = f"{name.replace('-', ' ')}: refused, and nothing changes"
        yield Hostile(f"{profile.name}/hostile/{name}", comment, _clause(message), talked)


UNKNOWN: Json = {"ttl": 9}


def unknown_members(profile: Profile) -> Iterator[Hostile]:
    """Messages that say more than they must: understood, and not passed on. Spec: WIRE-1."""
    gossip = Gossip(profile)
    heard = (Digest("A", 0), Update("A", "k", "x", 1))
    asks: list[Ask] = [Put("j", "b1", 5 if reads_the_clock(profile) else None)]
    asks += [*(Received("A", each) for each in heard), Received("C", DigestDone())]
    sound = talk(gossip, NODE, asks)
    for at, name in enumerate(("line", "update", "done"), 1):
        asked = sound.steps[at]
        said = {**asked["do"], "message": {**asked["do"]["message"], **UNKNOWN}}
        steps = (*sound.steps[:at], {**asked, "do": said}, *sound.steps[at + 1 :])
        comment = f"a member that no {name} has is neither in the way nor passed on"
        talked = Talk(NODE, gossip.config, steps)
        yield Hostile(f"{profile.name}/members/{name}", comment, "WIRE-1", talked)


def _clause(message: Any) -> str:
    try:
        message_from_json(decoded(message))
    except InvalidMessage as fault:
        return fault.refusal.clause
    raise AssertionError(message)


EVENTS_MAX = 40
"""How much of a long life is told; what follows are rounds like those before. Unit: events."""


@frozen
class Life:
    """What one node of a scenario goes through, and the reading of all its keys at the end."""

    name: str
    title: str
    profile: Profile
    config: Config
    node: NodeId
    asks: tuple[Ask, ...]


def lives(path: Path) -> Iterator[Life]:
    """The nodes of the scenario in a file that something happens to.

    Left out are nodes that share more than their messages with another: two in one process,
    where the profile lets a process remember for all of its nodes.

    Spec: VEC-1.
    """
    stage = Stage()
    text = read_scenario(path)
    play(text, str(path), stage)
    housed = Counter(stage.process_of.values())
    apart = stage.profile.session("anybody") != PROCESS
    born: Counter[NodeId] = Counter()
    for node, events in stage.lived:
        born[node] += 1
        if events and (apart or housed[stage.process_of[node]] == 1):
            again = "" if born[node] == 1 else f"-{born[node]}"
            name = f"{stage.profile.name}/scenario/{path.stem}-{node}{again}"
            begun = events[:EVENTS_MAX]
            asks = (*begun, *_readings(stage.gossip, node, begun))
            yield Life(name, text.partition("\n")[0], stage.profile, stage.config, node, asks)


def _readings(gossip: Gossip, node: NodeId, events: list[Event]) -> list[Get]:
    """The reading of every key that the events touch, sorted; of its source where it has one."""
    updates = [event.message for event in events if isinstance(event, Received)]
    touched = {gossip.profile.place(each) for each in updates if isinstance(each, Update)}
    puts = [event for event in events if isinstance(event, Put)]
    touched |= {gossip.profile.place(Update(node, put.key, None, 1)) for put in puts}
    return [Get(place[-1], *place[:-1]) for place in sorted(touched)]


USUAL = Config()
"""The configuration that is tried first; most mistakes show under any."""

BY_VALUE = Config(resolve=max_value)
SHORT_MEMORY = Config(max_history=1)
NO_MEMORY = Config(max_history=0)
ONE_AT_A_TIME = Config(mtu=1)

CONFIGS: dict[str, tuple[Config, ...]] = {
    "prefer": (USUAL, BY_VALUE),
    "retain": (USUAL, SHORT_MEMORY, NO_MEMORY),
    "stamp": (USUAL, SHORT_MEMORY),
    "mention": (USUAL, SHORT_MEMORY),
    "pace": (ONE_AT_A_TIME, USUAL),
    "advertise": (USUAL, ONE_AT_A_TIME),
}
"""The configurations under which the mutants of a decision point are looked for."""

EFFORTS = (400, 6_000, 30_000)
"""Each effort is made under all configurations before the next. Unit: pairs of states."""


@frozen
class ToldApart:
    """A mutant, and the configuration and conversation that tell it from its profile."""

    mutant: Mutant
    config: Config
    asks: tuple[Ask, ...]


def told_apart(mutant: Mutant) -> ToldApart | None:
    """The conversation that tells `mutant` from its profile, or None if none is found."""
    asks = conversation(mutant.base)
    for effort in EFFORTS:
        for config in CONFIGS.get(mutant.point, (USUAL,)):
            right, wrong = Gossip(mutant.base, config), Gossip(mutant.profile, config)
            found = distinguish(right, wrong, asks, effort)
            if found is not None:
                return ToldApart(mutant, config, found)
    return None


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
