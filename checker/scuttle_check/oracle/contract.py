"""What a profile leaves open, and what its links may do: data, one record per profile.

Laws of this file: a fault that a contract excludes proves nothing against an implementation, and
a choice that it leaves open is followed, not judged.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from scuttle_ref.messages import Update
from scuttle_ref.names import Place
from scuttle_ref.profile import Profile, deviations
from scuttle_ref.profiles import PROFILES
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS


@frozen
class Contract:
    """What an implementation of a profile may do, and may expect of its links.

    `may_cut` lets it send less than the limit, as long as each source goes from its lowest version;
    `exposes` are the parts of a node that can be looked at.

    Spec: ORA-6.
    """

    loses: bool = False
    duplicates: bool = False
    overtakes: bool = False
    may_cut: bool = False
    exposes: frozenset[str] = frozenset({"state", "clock", "history", "version"})


_NO_VERSION: Final = frozenset({"state", "clock", "history"})

CONTRACTS: Final[dict[str, Contract]] = {
    "documented": Contract(duplicates=True, overtakes=True, may_cut=True),
    "as-shipped": Contract(exposes=_NO_VERSION),
    "textbook": Contract(duplicates=True),
    "paper": Contract(loses=True, duplicates=True, overtakes=True, may_cut=True),
    "scuttlebutt": Contract(exposes=_NO_VERSION),
    "plasmid": Contract(exposes=_NO_VERSION),
    "gossiper": Contract(exposes=_NO_VERSION),
    "txgossip": Contract(loses=True, duplicates=True, overtakes=True, exposes=_NO_VERSION),
}
"""Spec: ORA-6."""

STRICT: Final = Contract()
"""The contract of a profile that states none: ordered links, and no choices."""


def contract_of(profile: Profile) -> Contract:
    """The contract of a profile; of somebody's own, that of the nearest of ours."""
    return CONTRACTS.get(profile.name) or CONTRACTS.get(nearest(profile).name, STRICT)


def nearest(profile: Profile) -> Profile:
    """The profile of ours that differs from this one at the fewest decision points."""
    if profile.name in PROFILES:
        return PROFILES[profile.name]
    return min(PROFILES.values(), key=lambda each: len(deviations(each, profile)))


def owner_place(profile: Profile, source: str, key: str) -> Place:
    """Where `key` of `source` lives."""
    return profile.place(Update(source, key, None, 1))


def owns_keys(profile: Profile) -> bool:
    """Whether two sources that use one key write two places."""
    return owner_place(profile, "A", "k") != owner_place(profile, "B", "k")


def shares_process(profile: Profile) -> bool:
    """Whether nodes of one process remember each other's digests. Spec: DEV-9."""
    return profile.session("anybody") == PROCESS


def reads_the_clock(profile: Profile) -> bool:
    """Whether versions come from the wall clock. Spec: NPM-1."""
    later = 5
    return profile.stamp(Gossip(profile).start("A"), later) == later
