"""The checker in ten rooms, each built on those below it, and the names that others use.

Lowest first: base, engine, search, gossip, laws, proofs, oracle, explorer, evidence, cli.
CONTRIBUTING.md says what each is about. ``from scuttle_check import check`` is the way in for an
own protocol, and spec/guide/own-protocol.md shows it; what is not named here may change at any
time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scuttle_check.engine.network import Comeback, Network, Outages, Wiring
    from scuttle_check.engine.properties import (
        Always,
        AlwaysStep,
        Broken,
        Eventually,
        Good,
        Sometimes,
    )
    from scuttle_check.engine.rounds import agreement
    from scuttle_check.engine.system import System
    from scuttle_check.engine.telling import Words
    from scuttle_check.engine.topology import topology
    from scuttle_check.engine.trace import Trace
    from scuttle_check.engine.worlds import Actor, Effects, Scope
    from scuttle_check.explorer.checking import Answer, check
    from scuttle_check.gossip.experiment import Experiment

__all__ = [
    "Actor",
    "Always",
    "AlwaysStep",
    "Answer",
    "Broken",
    "Comeback",
    "Effects",
    "Eventually",
    "Experiment",
    "Good",
    "Network",
    "Outages",
    "Scope",
    "Sometimes",
    "System",
    "Trace",
    "Wiring",
    "Words",
    "agreement",
    "check",
    "topology",
]

_HOMES = {
    "engine.network": ("Comeback", "Network", "Outages", "Wiring"),
    "engine.properties": ("Always", "AlwaysStep", "Broken", "Eventually", "Good", "Sometimes"),
    "engine.rounds": ("agreement",),
    "engine.system": ("System",),
    "engine.telling": ("Words",),
    "engine.topology": ("topology",),
    "engine.trace": ("Trace",),
    "engine.worlds": ("Actor", "Effects", "Scope"),
    "explorer.checking": ("Answer", "check"),
    "gossip.experiment": ("Experiment",),
}
"""Where each name is at home. It is loaded when it is asked for: a command starts fast."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
