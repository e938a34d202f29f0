"""Scenes: how nodes are set up, and what is done to them, as data.

Laws of this file: an operation is written in JSON and read back unchanged; one that cannot be done
at the moment, such as a delivery with nothing in flight, does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import attrs
from attrs import field, frozen

from scuttle_check.oracle.wire import decoded, encoded, message_of, told
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.names import one_line

NODES: Final = ("A", "B")
"""The nodes under test in explorations."""

PEERS: Final = ("P", "Q")
"""Peers that the oracle plays."""


SAID_MAX: Final = 4
"""How many messages of a peer are written out in one line."""


def _said(message: Any) -> str:
    """A message of a played peer, as people read it."""
    try:
        return told(message_of(message))
    except InvalidMessage:
        return ascii(message)[:80]


@frozen
class Setting:
    """How every node of a scene is configured; what is None is not given."""

    mtu: float | None = None
    max_history: float | None = None
    resolve: str | None = None
    sort: str | None = None

    def config(self) -> dict[str, Any]:
        """The `config` of an init."""
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}


@frozen
class Put:
    """The owner of `node` sets a value, while its wall clock shows `now` if anything."""

    node: str
    key: str
    value: Any = field(hash=False)
    now: int | None = None

    def __str__(self) -> str:
        at = "" if self.now is None else f" at {self.now}"
        return f"{self.node} sets {one_line(self.key)}={one_line(self.value)}{at}"


@frozen
class Converse:
    """`node` starts an exchange with `peer`, and everything is delivered."""

    node: str
    peer: str

    def __str__(self) -> str:
        return f"{self.node} exchanges with {self.peer}, to the end"


@frozen
class Start:
    """`node` starts an exchange with `peer`; the messages are in flight."""

    node: str
    peer: str

    def __str__(self) -> str:
        return f"{self.node} starts an exchange with {self.peer}"


@frozen
class Deliver:
    """The message at `place` of those in flight from `source` arrives; 0 is the first sent."""

    source: str
    target: str
    place: int = 0

    def __str__(self) -> str:
        late = f", ahead of {self.place} sent before" if self.place else ""
        return f"a message from {self.source} arrives at {self.target}{late}"


@frozen
class Again:
    """The latest message that arrived from `source` at `target` arrives once more."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"the last message from {self.source} arrives at {self.target} again"


@frozen
class Lose:
    """The first message in flight from `source` to `target` is lost."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"a message from {self.source} to {self.target} is lost"


@frozen
class Cut:
    """The connection of two nodes breaks: what is in flight between them is lost."""

    one: str
    other: str

    def __str__(self) -> str:
        return f"the connection of {self.one} and {self.other} breaks"


@frozen
class Tell:
    """The oracle plays `peer` and says `messages` to `node`, one after the other."""

    peer: str
    node: str
    messages: tuple[Any, ...] = field(hash=False)

    def __str__(self) -> str:
        told = ", ".join(_said(message) for message in self.messages[:SAID_MAX])
        more = len(self.messages) - SAID_MAX
        rest = f" and {more} more" if more > 0 else ""
        return f"{self.peer}, played by the oracle, tells {self.node}: {told or 'nothing'}{rest}"


@frozen
class News:
    """What does the history of `node` remember of `source` above `version`?"""

    node: str
    source: str
    version: float

    def __str__(self) -> str:
        return f"{self.node} is asked for news of {self.source} above {self.version}"


@frozen
class Read:
    """The owner of `node` reads `key`, of `source` where sources own their keys."""

    node: str
    source: str
    key: str

    def __str__(self) -> str:
        return f"{self.node} reads {one_line(self.key)}"


Operation: TypeAlias = Put | Converse | Start | Deliver | Again | Lose | Cut | Tell | News | Read

KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__.lower(): kind
    for kind in (Put, Converse, Start, Deliver, Again, Lose, Cut, Tell, News, Read)
}


@frozen
class Scene:
    """A setting and what happens in it: everything that a run is decided by. Spec: ORA-10."""

    setting: Setting
    operations: tuple[Operation, ...]

    def to_json(self) -> dict[str, Any]:
        """The scene as JSON; :func:`scene_from_json` reads it back."""
        return {
            "config": encoded(self.setting.config()),
            "operations": [
                {"do": type(each).__name__.lower(), **encoded(attrs.asdict(each, recurse=False))}
                for each in self.operations
            ],
        }


def scene_from_json(document: Mapping[str, Any]) -> Scene:
    """The scene that :meth:`Scene.to_json` wrote. Raises ValueError, KeyError or TypeError."""
    config = decoded(document["config"])
    operations = []
    for each in document["operations"]:
        members = {name: decoded(value) for name, value in each.items() if name != "do"}
        if "messages" in members:
            members["messages"] = tuple(members["messages"])
        operations.append(KINDS[each["do"]](**members))
    return Scene(Setting(**config), tuple(operations))
