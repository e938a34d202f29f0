"""The verdict on a log."""

from __future__ import annotations

from attrs import frozen

from scuttle_check.oracle.logs.log import Event
from scuttle_check.oracle.logs.telling import Miss


@frozen
class Judged:
    """The verdict on a log: accepted, rejected or inconclusive, and why.

    `matched` events fit; `run` tells one longest run that does, or its last steps where it ended.
    Of a log that is not accepted, `event` is the first that fits no run, and `miss` how the nearest
    run differs from it. `supplied` counts the steps that the log does not tell, by kind; `advice`
    says which line to log where nothing could be decided.
    """

    verdict: str
    matched: int
    events: int
    candidates: int
    run: tuple[str, ...]
    event: Event | None = None
    miss: Miss | None = None
    because: str = ""
    supplied: tuple[tuple[str, int], ...] = ()
    advice: str = ""
    interrupted: bool = False
