"""What is told of peers, so that nobody can fill a log: the first of each kind, then a count.

Laws of this file: nothing of a new kind is held back, and nothing is left out of the counts. A kind
is an event, the machine of a peer and the clause that is at stake: the words may be the peer's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import define, field

from scuttle_ref.errors import ScuttleError

Teller: TypeAlias = Callable[[str, str, str], None]
"""Told what happens: the event, the peer, and a sentence that ends with its clause, if any."""

EVENTS = (
    *("connected", "disconnected", "fault", "forgot", "gap", "malformed", "refused"),
    "unreachable",
)
"""What there is to tell of a peer."""

BURSTS: Mapping[str, int] = {"connected": 10, "disconnected": 10}
"""How many of a kind are told in a row, where that is more than one."""

_CLAUSE = re.compile(r"\[([A-Z]+-[0-9]+)\](?: \((?:and )?[0-9]+ more like it\))?$")

Kind: TypeAlias = tuple[str, str, str]


@define
class _Seen:
    """What there was of a kind since it was told in full. Unit of `since`: seconds."""

    since: float
    told: int = 1
    more: int = 0
    latest: tuple[str, str] = ("", "")


@define
class Journal:
    """A teller that tells another: one of each kind every `quiet_seconds`, and how many came since.

    `now` is any clock that only goes forward. Unit: seconds.

    Spec: NODE-13.
    """

    tell: Teller
    now: Callable[[], float]
    quiet_seconds: float = 60.0
    kinds_max: int = 1000
    bursts: Mapping[str, float] = field(factory=lambda: dict(BURSTS))
    kinds: dict[Kind, _Seen] = field(factory=dict)

    def __call__(self, event: str, peer: str, says: str) -> None:
        """Tell it, or count it."""
        kind = (event, peer.rpartition(":")[0], clause_of(says))
        seen, now = self.kinds.pop(kind, None), self.now()
        if seen is None or now - seen.since >= self.quiet_seconds:
            more = f" (and {seen.more} more like it)" if seen is not None and seen.more else ""
            self._keep(kind, _Seen(now))
            self.tell(event, peer, says + more)
            return
        self._keep(kind, seen)
        if seen.told < self.bursts.get(event, 1):
            seen.told += 1
            self.tell(event, peer, says)
        else:
            seen.more += 1
            seen.latest = (peer, says)

    def close(self) -> None:
        """Tell what was only counted."""
        while self.kinds:
            self._let_go(next(iter(self.kinds)))

    def _keep(self, kind: Kind, seen: _Seen) -> None:
        while len(self.kinds) >= self.kinds_max:
            self._let_go(next(iter(self.kinds)))
        self.kinds[kind] = seen

    def _let_go(self, kind: Kind) -> None:
        """Forget a kind, and tell what was only counted of it."""
        seen = self.kinds.pop(kind)
        if seen.more:
            peer, says = seen.latest
            self.tell(kind[0], peer, f"{says} ({seen.more} more like it)")


def clause_of(says: str) -> str:
    """The clause with which a sentence ends, before the count, or nothing."""
    found = _CLAUSE.search(says)
    return "" if found is None else found[1]


def is_of_the_line(fault: BaseException) -> bool:
    """Whether a connection broke, which is no fault of anybody here."""
    return isinstance(fault, ConnectionError | ssl.SSLError | TimeoutError)


def sentence(fault: BaseException) -> str:
    """What went wrong, in one line with its clause. Spec: NODE-11."""
    if isinstance(fault, ScuttleError):
        return str(fault.refusal)
    kind = type(fault).__name__
    return f"{kind}: {' '.join(str(fault).split())[:200] or 'it says no more'} [NODE-11]"
