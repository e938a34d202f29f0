"""Every decision point of the protocol, with the rules that profiles choose from.

Laws of this file: a rule is a pure function of what it is given and never sees the profile;
rules of one decision point have one signature and stand together. A rule that is common to
several profiles is named for what it does, not for who uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import attrs

from scuttle_ref.config import Config
from scuttle_ref.errors import Refusal
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Digest, DigestDone, Message, Update
from scuttle_ref.names import (
    ANSWERED,
    NEVER,
    UNBOUNDED,
    VERSION_MAX,
    NodeId,
    Place,
    Reading,
    Version,
)
from scuttle_ref.order import ascending
from scuttle_ref.outputs import Reason, Send
from scuttle_ref.pairs import get, put
from scuttle_ref.resolvers import GossipView, shown_update
from scuttle_ref.rows import among, appended, insort
from scuttle_ref.state import Marks, NodeState, highest
from scuttle_ref.version_vector import VersionVector

# --- stamp: the version of a local write, or why there is none --------------------------------

EXHAUSTED = Refusal(
    "version",
    "would be above 2**53: this node has used its last version",
    "a restart of this node under a new id",
    "VERS-6",
)


def stamp_next(state: NodeState, _reading: Reading) -> Version | Refusal:
    """One above the own clock entry. Spec: VERS-2, VERS-6."""
    own = state.clock.get(state.id)
    return int(own) + 1 if own < VERSION_MAX else EXHAUSTED


def stamp_saturating(state: NodeState, _reading: Reading) -> Version | Refusal:
    """One above the own clock entry, as a double counts: 2**53 + 1 is 2**53. Spec: DEV-12."""
    return min(int(state.clock.get(state.id)) + 1, VERSION_MAX)


# --- witness: the clock after an update -------------------------------------------------------


def witness_lamport(state: NodeState, update: Update) -> VersionVector:
    """Join with the update; of a foreign one, raise the own entry above it too.

    So the next local version is above everything this node has seen.

    Spec: VERS-3, VERS-4.
    """
    seen = state.clock.raised(update.source_id, update.version)
    if update.source_id == state.id:
        return seen
    return seen.raised(state.id, min(update.version + 1, VERSION_MAX))


def witness_counting(state: NodeState, update: Update) -> VersionVector:
    """As Lamport, but an update of the own source, also an echo, adds one. Spec: DEV-3."""
    if update.source_id != state.id:
        return witness_lamport(state, update)
    return state.clock.raised(state.id, min(state.clock.get(state.id) + 1, VERSION_MAX))


def witness_join(state: NodeState, update: Update) -> VersionVector:
    """Join with the update and nothing else: no Lamport step. Spec: TEXT-1, PAPER-2."""
    return state.clock.raised(update.source_id, update.version)


# --- admit: is a received update news? The reason when it is not -------------------------------


def admit_unremembered(state: NodeState, update: Update) -> Reason | None:
    """News unless history holds the same source and version. Spec: HIST-6."""
    return Reason.DUPLICATE if state.history.knows(update) else None


def admit_all(_state: NodeState, _update: Update) -> Reason | None:
    """Everything is taken again: stale updates, duplicates and echoes. Spec: DEV-4."""
    return None


def admit_above_clock(state: NodeState, update: Update) -> Reason | None:
    """News iff its version is above the clock of its source. Spec: TEXT-2, PAPER-3."""
    return None if update.version > state.clock.get(update.source_id) else Reason.STALE


# --- place: where the value lives --------------------------------------------------------------


def place_shared(update: Update) -> Place:
    """Sources share keys. Spec: MOD-7."""
    return (update.key,)


def place_owned(update: Update) -> Place:
    """Every source has its own keys. Spec: PAPER-1."""
    return (update.source_id, update.key)


# --- prefer: does the update replace the stored value? ------------------------------------------


def prefer_resolver(view: GossipView, update: Update, config: Config) -> object:
    """Whatever the user's resolver says. Spec: MERGE-1, MERGE-2."""
    return config.resolve(view, shown_update(update))


def prefer_latest_arrival(_view: GossipView, _update: Update, _config: Config) -> object:
    """Always: the resolver is never asked. Spec: DEV-1, DEV-5."""
    return True


def prefer_newest(view: GossipView, update: Update, _config: Config) -> object:
    """The larger (version, source). Spec: TEXT-3, PAPER-4, NPM-3."""
    stored = view.get(update.key)
    return (update.version, update.source_id) > (stored.version, stored.source_id)


# --- retain: what history remembers, and what it forgets for it ---------------------------------

HISTORY_DEFAULT = 10
"""``max_history`` when it is falsy. Unit: updates. Spec: HIST-3."""


def newest_bound(config: Config) -> float:
    """How many updates :func:`retain_newest` keeps. Spec: HIST-3."""
    return config.max_history or HISTORY_DEFAULT


def shipped_bound(config: Config) -> float:
    """How many updates :func:`retain_as_shipped` keeps. Spec: DEV-10."""
    return UNBOUNDED if config.max_history is None else config.max_history


def retain_newest(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """The newest ``max_history``, 10 if falsy. Spec: HIST-1, HIST-3."""
    longer = history.with_update(update, config.sort)
    return longer.newest(newest_bound(config))


def retain_as_shipped(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """The newest ``max_history``; not given means no limit, and 0 forgets all. Spec: DEV-10."""
    longer = history.with_update(update, config.sort)
    return longer.newest(shipped_bound(config))


def retain_current(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """The latest update of each (source, key): history is the state. Spec: PAPER-7."""
    outdated = history.to(update.source_id, update.key)
    return history.with_update(update, config.sort, instead_of=outdated), outdated


# --- enlist: the order in which a node enumerates its sources, with a new one --------------------


def enlist_sorted(sources: Sequence[NodeId], source: NodeId) -> Sequence[NodeId]:
    """By id. Spec: EXCH-1."""
    return sources if source in among(sources, source, str) else insort(sources, source, str)


ARRAY_INDICES = range(2**32 - 1)
"""The names that JavaScript enumerates first, as numbers."""


def _array_index(name: NodeId) -> int | None:
    """The number JavaScript takes `name` for when it enumerates an object, or None."""
    short = len(name) <= len(str(ARRAY_INDICES.stop))
    number = int(name) if short and name.isascii() and name.isdigit() else -1
    return number if str(number) == name and number in ARRAY_INDICES else None


def _enumerated(name: NodeId) -> int:
    """What sorts array indices, and all other names behind them."""
    index = _array_index(name)
    return ARRAY_INDICES.stop if index is None else index


def enlist_as_object_keys(sources: Sequence[NodeId], source: NodeId) -> Sequence[NodeId]:
    """As a JavaScript object: array indices ascending, then by arrival. Spec: DEV-13."""
    return insort(sources, source, _enumerated)


# --- relay: what is passed on at once when an update has been taken ------------------------------


def relay_nothing(_state: NodeState, _update: Update, _preferred: bool) -> tuple[Send, ...]:
    """Nothing: who lacks an update asks for it. Spec: EXCH-6."""
    return ()


# --- advertise: the digest with which an exchange starts -----------------------------------------


def digest_lines(clock: VersionVector, order: Sequence[NodeId]) -> tuple[Digest, ...]:
    """One line per source, in the order given. Spec: EXCH-1."""
    marks = dict(clock.pairs)
    return tuple([Digest(source, marks.get(source, NEVER)) for source in order])


def advertise_clock(
    state: NodeState, _peer: NodeId, order: tuple[NodeId, ...], _config: Config
) -> tuple[NodeState, tuple[Message, ...]]:
    """One line per known source, then done, always. Spec: EXCH-1, EXCH-2, FLOW-3."""
    return state, (*digest_lines(state.clock, order), DigestDone())


def advertise_written(
    state: NodeState, _peer: NodeId, order: tuple[NodeId, ...], _config: Config
) -> tuple[NodeState, tuple[Message, ...]]:
    """One line per source with a version above 0, then done. Spec: TEXT-4."""
    written = tuple(source for source in order if state.clock.get(source) > 0)
    return state, (*digest_lines(state.clock, written), DigestDone())


SHIPPED_MTU = 16
"""``mtu`` when it is not given: the default mark of an object stream. Unit: objects."""


def advertise_ticking(
    state: NodeState, _peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> tuple[NodeState, tuple[Message, ...]]:
    """Tick the own clock; send ``mtu + 2`` lines; send done only if no line was cut.

    Spec: DEV-2, DEV-7.
    """
    own = min(state.clock.get(state.id) + 1, VERSION_MAX)
    clock = state.clock.raised(state.id, own)
    after = attrs.evolve(state, clock=clock)
    lines = digest_lines(clock, order)
    room = max(1, config.mtu or SHIPPED_MTU) + 2
    if len(lines) > room:
        return after, lines[: int(room)]
    return after, (*lines, DigestDone())


# --- session: which digest a line belongs to ----------------------------------------------------

PROCESS = ""
"""The one session of a node that does not tell its peers apart. No node has this id."""


def session_per_peer(sender: NodeId) -> NodeId:
    """Each peer's digest is remembered by itself. Spec: EXCH-4."""
    return sender


def session_per_process(_sender: NodeId) -> NodeId:
    """All peers' digests run together, of all nodes in the process. Spec: DEV-9."""
    return PROCESS


# --- mention: what is remembered of a digest line until done -------------------------------------


def mention_source(marks: Marks, digest: Digest) -> Marks:
    """That its source was named; the line itself is answered at once. Spec: EXCH-4."""
    return put(marks, digest.source_id, ANSWERED)


def mention_again(marks: Marks, digest: Digest) -> Marks:
    """That its source was named, once for every time. Spec: DEV-9."""
    return appended(marks, (digest.source_id, ANSWERED))


def mention_mark(marks: Marks, digest: Digest) -> Marks:
    """Its mark; it will be answered with the whole digest. Spec: PAPER-8."""
    before = get(marks, digest.source_id, NEVER)
    return put(marks, digest.source_id, max(digest.version, before))


# --- answer: what a digest line is answered with, before the mtu; fill: the same for done --------


def answer_news(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    """The news of that source above that version, in sort order. Spec: EXCH-3, HIST-4."""
    return (state.history.news(digest.source_id, digest.version),)


def answer_later(_state: NodeState, _digest: Digest) -> tuple[Delta, ...]:
    """Nothing yet: the digest is answered as a whole. Spec: PAPER-8."""
    return ()


def fill_in_sort_order(state: NodeState, marks: Marks, _config: Config) -> tuple[Delta, ...]:
    """What lies above the marks, of all sources together, in sort order. Spec: EXCH-5."""
    return (state.history.above(highest(marks)),)


def fill_by_source(state: NodeState, marks: Marks, _config: Config) -> tuple[Delta, ...]:
    """One batch per unnamed source of the clock, in the node's order of sources. Spec: DEV-6."""
    named = highest(marks)
    return tuple(
        state.history.news(source, NEVER)
        for source in state.sources
        if named.get(source, NEVER) == NEVER
    )


def fill_in_delta_order(state: NodeState, marks: Marks, config: Config) -> tuple[Delta, ...]:
    """What lies above the marks, in the order of ``delta_order``. Spec: PAPER-5, PAPER-6."""
    (delta,) = fill_in_sort_order(state, marks, config)
    return (config.delta_order(delta),)


# --- pace: what of an answer is sent within the mtu ----------------------------------------------

MTU_DEFAULT = 10
"""``mtu`` when it is not given, as in the README's default. Unit: updates. Spec: FLOW-1."""


def pace_prefix(batches: tuple[Delta, ...], config: Config) -> Delta:
    """The first ``mtu`` updates, each source in the order of its versions. Spec: FLOW-1, FLOW-2."""
    return pace_everything(batches, config)[: _whole(config.mtu or MTU_DEFAULT)]


def pace_everything(batches: tuple[Delta, ...], _config: Config) -> Delta:
    """All of it, each source in the order of its versions. Spec: TEXT-5, FLOW-2."""
    return ascending(tuple(chain.from_iterable(batches)))


def pace_first(batches: tuple[Delta, ...], config: Config) -> Delta:
    """The first ``mtu`` deltas, each source in the order of its versions. Spec: PAPER-9, FLOW-2."""
    return pace_everything(batches, config)[: _whole(config.mtu)]


def _whole(mtu: float | None) -> int | None:
    """`mtu` as the end of a slice; None when there is no limit."""
    return None if not mtu or mtu == UNBOUNDED else int(mtu)


def pace_high_water_mark(batches: tuple[Delta, ...], config: Config) -> Delta:
    """Of each batch at least one; on with the next batch once the buffer has reached ``mtu``.

    The buffer is empty when the answer starts (its consumer drains); a consumer that flows has
    no mark: ``mtu`` UNBOUNDED.

    Spec: DEV-8.
    """
    mark = config.mtu or SHIPPED_MTU
    buffer: list[Update] = []
    for batch in batches:
        for update in batch:
            buffer.append(update)
            if len(buffer) >= mark:
                break
    return tuple(buffer)


# --- close: how a digest round ends: the answer, and what comes before and after it --------------


def close_silent(
    state: NodeState, _peer: NodeId, _marks: Marks, _done: DigestDone, delta: Delta
) -> tuple[NodeState, tuple[Message, ...]]:
    """The answer alone: the peer pulls, and will be pulled when this node starts. Spec: EXCH-6."""
    return state, delta


def close_with_digest(
    state: NodeState, _peer: NodeId, _marks: Marks, done: DigestDone, delta: Delta
) -> tuple[NodeState, tuple[Message, ...]]:
    """The answer, then the own digest, so that the peer answers in turn. Spec: PAPER-10."""
    if done.returned:
        return state, delta
    lines = digest_lines(state.clock, state.sources)
    return state, (*delta, *lines, DigestDone(returned=True))


# --- connect, disconnect: what becomes of a node when a connection opens, or is lost --------------


def connect_afresh(state: NodeState, peer: NodeId) -> NodeState:
    """A new connection begins with nothing heard, and with no session. Spec: EXCH-8."""
    return state.apart_from(peer)


def connect_unmoved(state: NodeState, _peer: NodeId) -> NodeState:
    """Nothing: what the process remembers belongs to no connection. Spec: DEV-14."""
    return state


def disconnect_forgetting(state: NodeState, peer: NodeId) -> NodeState:
    """What was half heard of the peer's digest is forgotten, and its session closes. Spec: EXCH-8.

    The rest of the digest can never arrive, and what the peer knew says nothing of what it will
    know when it is back.
    """
    return state.apart_from(peer)


def disconnect_unmoved(state: NodeState, _peer: NodeId) -> NodeState:
    """Nothing: the names of a digest outlive the stream on which they came. Spec: DEV-14."""
    return state
