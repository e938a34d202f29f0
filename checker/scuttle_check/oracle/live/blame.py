"""Whether an implementation is to blame: what it did, held against the unmodified profile.

A search goes on behind a violation that it understands, on a guess of the rule that was followed.
What such a guess then demands is nobody's fault: it is told as what follows, or not at all.

Laws of this file: nothing is a finding that the profile itself, from the start and with the choices
that were seen, does not refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.observation import Ambiguous, Observed
from scuttle_check.oracle.live.stage import judged_again
from scuttle_ref.messages import Received

Journal = Sequence[tuple[str, Any]]


@frozen
class Refused:
    """The first thing in a journal that a profile refuses: its place, and the difference."""

    place: int
    difference: Difference


def first_refused(acceptor: Acceptor, journal: Journal) -> Refused | None:
    """What the unmodified profile refuses first; None if it takes all, or cannot tell.

    Spec: ORA-18.
    """
    try:
        for place, (kind, what) in enumerate(journal):
            found = judged_again(acceptor, kind, what)
            if found is not None:
                return Refused(place, found)
    except Ambiguous:
        return None
    return None


def takes_the_last(acceptor: Acceptor, journal: Journal) -> bool:
    """Whether the profile, going its own way through all before, takes what came last.

    Then nobody did anything wrong there, whatever a guess may say. Spec: ORA-18.
    """
    try:
        for kind, what in journal[:-1]:
            if judged_again(acceptor, kind, what) is not None and kind == "event":
                acceptor.carry_on(what)
        return judged_again(acceptor, *journal[-1]) is None
    except Ambiguous:
        return True


def kind_of(difference: Difference, journal: Journal) -> str:
    """What sort of thing went wrong: in answer to what, with what word, about which kind of value.

    Two violations of one clause that differ in this have two causes. Spec: ORA-9.
    """
    events = [what for kind, what in journal if kind == "event"]
    said = _event(events[-1]) if events else "init"
    note = difference.note.partition(":")[0].strip("0123456789 ")
    leaf = difference.path.rpartition(".")[2]
    kinds = f"{_json_kind(difference.expected)}>{_json_kind(difference.got)}"
    return "/".join(
        each for each in (said, note, kinds if leaf in {"value", "result"} else "") if each
    )


def _event(seen: Observed) -> str:
    event = seen.event
    about = event.message if isinstance(event, Received) else event
    return type(about).__name__


def _json_kind(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "text", list: "list"}
    return "null" if value is None else names.get(type(value), "object")
