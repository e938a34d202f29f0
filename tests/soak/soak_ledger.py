"""What was written, acknowledged and seen in a soak, by whom and when, from what the nodes say."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from attrs import define, field

Version = tuple[int, str]
"""An update's place in the order of all: its version and its source."""


@define
class Ledger:
    """Every update that any node has told of.

    `updates`: its key and value. `seen`: when each member told of it first. `acknowledged`: when
    its writer said that it is set. `reused` are versions under which two different updates stand.
    """

    updates: dict[Version, tuple[str, str]] = field(factory=dict)
    seen: dict[Version, dict[str, float]] = field(factory=lambda: defaultdict(dict))
    acknowledged: dict[Version, float] = field(factory=dict)
    by_value: dict[str, Version] = field(factory=dict)
    reused: list[str] = field(factory=list)

    def told(self, member: str, document: dict[str, Any]) -> None:
        """A member has taken an update into its history."""
        at = (int(document["version"]), str(document["source"]))
        said = (document["key"], document["value"])
        if self.updates.setdefault(at, said) != said:
            self.reused.append(f"{at}: {self.updates[at]} and {said}")
        self.by_value[said[1]] = at
        self.seen[at].setdefault(member, time.monotonic())

    def set(self, value: str) -> bool:
        """The writer of a value has acknowledged it. False if it never told of the update."""
        at = self.by_value.get(value)
        if at is not None:
            self.acknowledged[at] = time.monotonic()
        return at is not None

    def newest(self) -> dict[str, Version]:
        """The update that each key must end with: the largest of all that were told of."""
        newest: dict[str, Version] = {}
        for at, (key, _) in self.updates.items():
            newest[key] = max(at, newest.get(key, at))
        return newest

    def not_one_by_one(self, members: list[str]) -> int:
        """Acknowledged updates that some of the members never took as such."""
        return sum(not self.seen[at].keys() >= set(members) for at in self.acknowledged)
