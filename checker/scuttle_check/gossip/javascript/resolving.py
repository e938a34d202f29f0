"""A function of Node as a resolver of this process, for models, scenarios and nodes."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from attrs import define, field

from scuttle_check.gossip.javascript.driver import Driver
from scuttle_check.gossip.javascript.naming import Script
from scuttle_ref.entries import Entries
from scuttle_ref.messages import Update
from scuttle_ref.names import frozen_value
from scuttle_ref.resolvers import GossipView
from scuttle_ref.state import NodeState

LIMIT = 5.0
"""How long one answer may take. Unit: seconds."""


@define(eq=False)
class ScriptedResolver:
    """Asks the function of a script, each question once. Raises RuntimeError where it fails.

    A process of Node is started with the first question. What other processes are sent is the name
    alone.

    Spec: LAW-25.
    """

    script: Script
    name: str
    _driver: Driver = field(init=False)
    _known: dict[tuple[NodeState, Update], bool] = field(factory=dict, init=False)
    _one: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._driver = Driver(self.script, LIMIT)

    def __reduce__(self) -> tuple[Any, ...]:
        return ScriptedResolver, (self.script, self.name)

    def load(self) -> None:
        """Start the process now. Raises UnrunnableFault."""
        self._driver.load()

    def __call__(self, gossip: GossipView, update: Update) -> bool:
        """What the function answers. Raises RuntimeError where it does not."""
        state = _seen(gossip)
        mine = Update(update.source_id, update.key, frozen_value(update.value), update.version)
        known = self._known.get((state, mine))
        if known is None:
            with self._one:
                (told,) = self._driver.ask([(state, mine)])
            if told.answer is None:
                raise RuntimeError(f"{self.name} {told.says}")
            known = self._known[state, mine] = told.answer
        return known


def scripted(script: Script, name: str) -> ScriptedResolver:
    """The resolver of a script, one for each state of its file. Raises UnrunnableFault."""
    found = _made(script, name, script.path.stat().st_mtime_ns)
    found.load()
    return found


@lru_cache(maxsize=8)
def _made(script: Script, name: str, _changed: int) -> ScriptedResolver:
    return ScriptedResolver(script, name)


def _seen(gossip: Any) -> NodeState:
    """What the function can see of a node: its id, its clock and what the keys hold."""
    state: NodeState = gossip.state
    store = state.store
    owner = getattr(gossip, "owner", ())
    if owner:
        store = Entries(tuple(shelf for shelf in store.shelves if shelf[0] == owner))
    return NodeState(state.id, state.clock, state.sources, state.version, store=store)
