"""What a user writes. Never run, only type-checked: see test_types.py."""

from __future__ import annotations

import attrs

from scuttle_ref import (
    DOCUMENTED,
    NEVER,
    PROFILES,
    UNBOUNDED,
    Applied,
    Compacted,
    Config,
    Declined,
    Digest,
    DigestDone,
    Event,
    Exchange,
    Gossip,
    GossipView,
    Ignored,
    InvalidConfig,
    InvalidMessage,
    Message,
    NodeState,
    Output,
    Profile,
    Put,
    Received,
    Recorded,
    Rejected,
    Resolver,
    Send,
    Step,
    Update,
    deviations,
    lww_total,
    rules,
)
from scuttle_ref.wire import SHIPPED_DIALECT, line_from_message, message_from_line


def longest_text(gossip: GossipView, update: Update) -> bool:
    """A resolver of one's own: texts by length, everything else by the built-in rule."""
    stored = gossip.get(update.key)
    if isinstance(update.value, str) and isinstance(stored.value, str):
        return len(update.value) > len(stored.value)
    if update.version == stored.version:
        return update.source_id > gossip.id
    return stored.version == NEVER or update.version > gossip.clock.get(update.source_id)


resolver: Resolver = longest_text
other_resolver: Resolver = lww_total


def newest_first(one: Update, other: Update) -> int:
    return other.version - one.version


config = Config(
    resolve=longest_text,
    sort=newest_first,
    max_history=UNBOUNDED,
    mtu=None,
    value_order=lambda one, other: (one > other) - (one < other),
    delta_order=lambda delta: tuple(reversed(delta)),
)
gossip = Gossip(DOCUMENTED, config)
state: NodeState = gossip.start("A")
events: list[Event] = [
    Put("k", ("any", 1, None)),
    Exchange("B"),
    Exchange("B", order=("B", "A")),
    Received("B", Digest("A", 0)),
    Received("B", DigestDone()),
    Received("B", Update(source_id="B", key="k", value=1, version=1)),
    Received("B", "anything a peer may say"),
]


def told(output: Output) -> str:
    """Every output has its own type; a checker knows when all are named."""
    match output:
        case Send(to=peer, message=message):
            return f"to {peer}: {line_from_message(message, SHIPPED_DIALECT)}"
        case Recorded(update=update) | Applied(update=update) | Declined(update=update):
            return f"{update.source_id} wrote {update.key} in version {update.version + 0}"
        case Ignored(update=update, reason=reason):
            return f"{update}: {reason.value}"
        case Compacted(forgotten=forgotten):
            return ", ".join(update.key for update in forgotten)
        case Rejected(refusal=refusal):
            return f"{refusal.path} {refusal.problem} {refusal.expected} {refusal.clause}"


for event in events:
    step: Step = gossip.step(state, event)
    state = step.state
    lines: list[str] = [told(output) for output in step.outputs]

entry = state.at(("k",))
value: object = entry.value
latest: int = state.version
remembered: tuple[Update, ...] = state.history.updates
news: tuple[Update, ...] = state.history.news("A", above=NEVER)
mark: float = state.clock.get("A")


def read(line: str) -> Message | str:
    try:
        return message_from_line(line)
    except InvalidMessage as fault:
        return told(Rejected(fault.refusal))


try:
    Config(mtu=0)
except InvalidConfig as fault:
    problem: str = fault.refusal.problem

push_pull: Profile = attrs.evolve(DOCUMENTED, name="push-pull", close=rules.close_with_digest)
points: list[str] = [each.point for each in deviations(PROFILES["documented"], push_pull)]
