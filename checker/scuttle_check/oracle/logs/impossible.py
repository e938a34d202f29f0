"""What no run can show, whatever it does: a value that nobody wrote, a version that is too high.

Laws of this file: sound for every network, every fault and every number of untold steps; what is
not known of a rule bounds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.vectors.matching import Mismatch, mismatch
from scuttle_ref import rules

HIGHEST: Final[dict[Callable[..., object], Callable[[int], int]]] = {
    rules.witness_lamport: lambda writes: 2 * writes - 1,
    rules.witness_join: lambda writes: writes,
}
"""The highest version that so many writes of all nodes can have, by the rule of the clock.

Under Lamport's rule each write may be stamped one above a clock that stands one above the last.
"""


@frozen
class Impossible:
    """The first event that shows what no run can show, and why."""

    event: Event
    mismatch: Mismatch


def impossible(log: Log) -> Impossible | None:
    """The first event of a log that no run can have. Spec: OBS-6."""
    events = sorted((e for thread in log.threads for e in thread), key=lambda e: e.number)
    ids = {node.name for node in log.nodes}
    if any(e.kind == "recv" and e.members.get("from", e.node) not in ids for e in events):
        return None
    written: dict[str, list[Any]] = {}
    writes = 0
    for event in events if not log.total else ():
        if event.kind == "set":
            written.setdefault(event.members["key"], []).append(event.members["value"])
            writes += 1
    highest = HIGHEST.get(log.profile.witness) if log.profile.stamp is rules.stamp_next else None
    for event in events:
        if event.kind == "set" and log.total:
            written.setdefault(event.members["key"], []).append(event.members["value"])
            writes += 1
        if event.kind == "state":
            most = None if highest is None else highest(writes)
            for path, key, entry in _entries(event.members.get("state", {}), "$.state"):
                wrong = _wrong(path, entry, written.get(key, []), most)
                if wrong is not None:
                    return Impossible(event, wrong)
    return None


def _entries(held: Any, path: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The entries that a line shows, with path and key; owned keys stand below their source."""
    for key, entry in held.items() if isinstance(held, Mapping) else ():
        if isinstance(entry, Mapping) and ("value" in entry or "version" in entry):
            yield f"{path}.{key}", key, entry
        else:
            yield from _entries(entry, f"{path}.{key}")


def _wrong(
    path: str, entry: Mapping[str, Any], written: list[Any], most: int | None
) -> Mismatch | None:
    if "value" in entry and not any(mismatch(entry["value"], each) is None for each in written):
        known = ", ".join(str(each) for each in written[-3:]) or "nothing"
        return Mismatch(f"{path}.value", f"what was written ({known})", str(entry["value"]))
    version = entry.get("version")
    if most is not None and type(version) is int and version > most:
        return Mismatch(f"{path}.version", f"at most {most}, after so many writes", str(version))
    return None
