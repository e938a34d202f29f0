"""Wrong rules of keeping: mistakes that implementations make with what they know.

Laws of this file: a wrong rule has the signature of its decision point and is total; its
docstring says what an implementation with this mistake does.
"""

from __future__ import annotations

import attrs

from scuttle_ref import relatives, rules
from scuttle_ref.config import Config
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import VERSION_MAX, NodeId, Place, Reading, Version
from scuttle_ref.outputs import Reason, Send
from scuttle_ref.resolvers import GossipView
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

# --- stamp --------------------------------------------------------------------------------------


def stamp_seven(_state: NodeState, _reading: Reading) -> Version:
    """Gives every write the version 7."""
    return 7


def stamp_what_is_seen(state: NodeState, _reading: Reading) -> Version:
    """Stamps a write with its clock instead of one above."""
    return max(1, int(state.clock.get(state.id)))


def stamp_skipping(state: NodeState, _reading: Reading) -> Version:
    """Skips a version at each write."""
    return min(int(state.clock.get(state.id)) + 2, VERSION_MAX)


def stamp_counting_writes(state: NodeState, _reading: Reading) -> Version:
    """Counts only its own writes, not what it has seen of others."""
    own = [u.version for u in state.history.updates if u.source_id == state.id]
    return max(own, default=0) + 1


# --- witness ------------------------------------------------------------------------------------


def witness_overshooting(state: NodeState, update: Update) -> VersionVector:
    """Sets its mark of another source one above what it received."""
    own = update.source_id == state.id
    return state.clock.raised(update.source_id, update.version + (not own))


def witness_nothing_foreign(state: NodeState, update: Update) -> VersionVector:
    """Does not move its clock for what it receives."""
    return rules.witness_join(state, update) if update.source_id == state.id else state.clock


def witness_only_the_last(state: NodeState, update: Update) -> VersionVector:
    """Forgets its clock of all sources but the last."""
    return VersionVector().raised(state.id, 0).raised(update.source_id, update.version)


def witness_without_step(state: NodeState, update: Update) -> VersionVector:
    """Raises its own clock only up to what it receives, not above."""
    seen = state.clock.raised(update.source_id, update.version)
    return seen.raised(state.id, update.version)


def witness_overwriting(state: NodeState, update: Update) -> VersionVector:
    """Lets an older update lower its clock."""
    kept = tuple(pair for pair in state.clock.pairs if pair[0] != update.source_id)
    return VersionVector(tuple(sorted((*kept, (update.source_id, update.version)))))


# --- admit --------------------------------------------------------------------------------------


def admit_nothing(_state: NodeState, _update: Update) -> Reason | None:
    """Ignores whatever it receives."""
    return Reason.STALE


def admit_foreign(state: NodeState, update: Update) -> Reason | None:
    """Ignores updates of its own source, also those it does not know."""
    return Reason.DUPLICATE if update.source_id == state.id else None


def admit_above_everything(state: NodeState, update: Update) -> Reason | None:
    """Takes only versions above the highest it has seen of any source."""
    return None if update.version > state.version else Reason.STALE


# --- place --------------------------------------------------------------------------------------


def place_by_length(update: Update) -> Place:
    """Takes keys of one length for one key."""
    return ("k" * len(update.key),)


def place_by_source_only(update: Update) -> Place:
    """Keeps one value of each source, whatever the key."""
    return (update.source_id, "")


# --- prefer -------------------------------------------------------------------------------------


def prefer_smallest(view: GossipView, update: Update, _config: Config) -> bool:
    """Lets the oldest write win."""
    stored = view.get(update.key)
    return not stored.source_id or (update.version, update.source_id) < (
        stored.version,
        stored.source_id,
    )


def prefer_by_version(view: GossipView, update: Update, _config: Config) -> bool:
    """Keeps what is stored when versions tie."""
    return update.version > view.get(update.key).version


def prefer_by_version_or_tie(view: GossipView, update: Update, _config: Config) -> bool:
    """Takes what arrives when versions tie."""
    return update.version >= view.get(update.key).version


def prefer_own(view: GossipView, update: Update, config: Config) -> bool:
    """Never gives up a value it wrote itself."""
    own = view.get(update.key).source_id == view.id
    return update.source_id == view.id or (
        not own and rules.prefer_newest(view, update, config) is True
    )


def prefer_nothing(_view: GossipView, _update: Update, _config: Config) -> bool:
    """Never replaces a value, not even an absent one."""
    return False


# --- retain -------------------------------------------------------------------------------------


def retain_last_only(_history: History, update: Update, _config: Config) -> tuple[History, Delta]:
    """Remembers only the last update."""
    return History((update,)), ()


def retain_in_front(history: History, update: Update, _config: Config) -> tuple[History, Delta]:
    """Puts new updates at the front of history."""
    return History((update, *history.updates)), ()


def retain_foreign_only(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """Does not remember the first update of a source."""
    longer, forgotten = rules.retain_newest(history, update, config)
    return (longer, forgotten) if update.version > 1 else (history, (update,))


def retain_twice(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """Remembers each update twice."""
    return rules.retain_newest(history, update, config)[0].with_update(update, config.sort), ()


def retain_one_more(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """Remembers one update more than max_history."""
    limit = config.max_history or rules.HISTORY_DEFAULT
    return history.with_update(update, config.sort).newest(limit + 1)


def retain_oldest(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """Forgets the newest updates instead of the oldest."""
    longer = history.with_update(update, config.sort)
    limit = config.max_history or rules.HISTORY_DEFAULT
    if len(longer) <= limit:
        return longer, ()
    return History(longer.updates[: int(limit)]), longer.updates[int(limit) :]


def retain_latest_per_key(
    history: History, update: Update, config: Config
) -> tuple[History, Delta]:
    """Remembers the latest update of a key, whoever wrote it."""
    kept = tuple(old for old in history.updates if old.key != update.key)
    return History(kept).with_update(update, config.sort), ()


# --- enlist -------------------------------------------------------------------------------------


def enlist_nobody(sources: tuple[NodeId, ...], _source: NodeId) -> tuple[NodeId, ...]:
    """Names no source but itself."""
    return sources


def enlist_reversed(sources: tuple[NodeId, ...], source: NodeId) -> tuple[NodeId, ...]:
    """Enumerates the newest source first."""
    return sources if source in sources else (source, *sources)


# --- relay --------------------------------------------------------------------------------------


def relay_echo(_state: NodeState, update: Update, _preferred: bool) -> tuple[Send, ...]:
    """Sends what it takes back to its source, unasked."""
    return (Send(update.source_id, update),)


def relay_to_the_first(state: NodeState, update: Update, preferred: bool) -> tuple[Send, ...]:
    """Passes an update on to one of its sessions only."""
    return relatives.relay_applied(state, update, preferred)[:1]


def relay_losers_too(state: NodeState, update: Update, _preferred: bool) -> tuple[Send, ...]:
    """Passes on what did not replace a value."""
    return relatives.relay_applied(state, update, preferred=True)


def relay_without_echo(state: NodeState, update: Update, preferred: bool) -> tuple[Send, ...]:
    """Does not pass an update on to its source."""
    relayed = relatives.relay_applied(state, update, preferred)
    return tuple(send for send in relayed if send.to != update.source_id)


# --- connect, disconnect ------------------------------------------------------------------------


def connect_forgetting_all(state: NodeState, _peer: NodeId) -> NodeState:
    """Forgets what every peer has named when one connection opens."""
    return attrs.evolve(state, named=())


def disconnect_forgetting_all(state: NodeState, _peer: NodeId) -> NodeState:
    """Forgets what every peer has named when one connection is lost."""
    return attrs.evolve(state, named=())
