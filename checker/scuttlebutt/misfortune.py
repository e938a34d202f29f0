"""What may go wrong in an experiment, as data: budgets for a whole run.

The same names stand in flags, in the catalogue and in counterexample files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from checker.faults import UsageFault
from checker.network import UNLIMITED, Network
from checker.outages import Comeback, Outages

ANY = "any"
"""How files and flags write a budget without a limit."""

RESTARTS = tuple(how.value for how in Comeback)


@frozen
class Misfortune:
    """How often each fault may happen in a whole run.

    Losses and duplicates that are None are as the network has them. `restart` says how crashed
    nodes come back.

    Spec: FAULT-1.
    """

    losses: int | None = None
    duplicates: int | None = None
    overtakings: int = 0
    cuts: int = 0
    crashes: int = 0
    restart: str = Comeback.PERSISTED.value
    pauses: int = 0

    def links(self, network: Network) -> Network:
        """The network with the faults of links. Raises UsageFault."""
        if self.overtakings and not network.ordered:
            raise UsageFault(
                "every message may overtake on an unordered network",
                where="overtakings",
                expected="a budget of overtakings on an ordered network only",
            )
        return attrs.evolve(
            network,
            losses=network.losses if self.losses is None else self.losses,
            duplicates=network.duplicates if self.duplicates is None else self.duplicates,
            overtakings=self.overtakings,
            cuts=self.cuts,
        )

    def outages(self) -> Outages:
        """The faults of nodes."""
        return Outages(self.crashes, self.pauses, Comeback(self.restart))

    def to_json(self) -> dict[str, Any]:
        """What differs from a run without misfortune; :func:`misfortune_from` reads it back."""
        fields = attrs.asdict(self)
        default = attrs.asdict(NO_MISFORTUNE)
        given = {name: value for name, value in fields.items() if value != default[name]}
        return {name: ANY if value == UNLIMITED else value for name, value in given.items()}

    def __str__(self) -> str:
        told = [f"{name} {value}" for name, value in self.to_json().items() if name != "restart"]
        if self.crashes:
            told.append(f"restart {self.restart}")
        return ", ".join(told)


NO_MISFORTUNE = Misfortune()


def misfortune_from(document: object, where: str) -> Misfortune:
    """The budgets that a JSON object or a TOML table names. Raises UsageFault."""
    if not isinstance(document, Mapping):
        raise UsageFault(f"is {document!r}", where=where, expected="an object of budgets")
    known = attrs.asdict(NO_MISFORTUNE)
    found: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no fault {name!r}", where=where, expected=expected)
        found[name] = _budget(name, value, f"{where}.{name}")
    return Misfortune(**found)


def _budget(name: str, value: object, where: str) -> object:
    if name == "restart":
        if value not in RESTARTS:
            raise UsageFault(f"is {value!r}", where=where, expected=" or ".join(RESTARTS))
        return value
    if value == ANY and name == "losses":
        return UNLIMITED
    if type(value) is not int or value < 0:
        expected = "an integer from 0" + (f" or {ANY!r}" if name == "losses" else "")
        raise UsageFault(f"is {value!r}", where=where, expected=expected)
    return value
