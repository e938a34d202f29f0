"""Vectors of robustness: what should bring no node down, with the clause that refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from checker.conformance.contract import reads_the_clock
from checker.conformance.distinguish import NODE, Ask, Get
from checker.conformance.values import decoded
from checker.conformance.vectors.steps import Json, Talk, talk
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Digest, DigestDone, Put, Received, Update
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.wire import message_from_json

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
