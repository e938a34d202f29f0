"""Vectors from the checker: for each mutant, a shortest conversation that tells it apart."""

from __future__ import annotations

from attrs import frozen

from checker.conformance.distinguish import Ask, conversation, distinguish
from checker.conformance.mutants import Mutant
from scuttle_ref.config import Config
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import max_value

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
