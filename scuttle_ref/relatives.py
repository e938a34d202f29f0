"""Rules of other implementations: npm scuttlebutt, gossiper and txgossip, plasmid.

Laws of this file: those of :mod:`scuttle_ref.rules`. A rule stands here when no profile of
simple-scuttle or of the paper uses it; the rules that these share are there.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from scuttle_ref.config import Config
from scuttle_ref.errors import Refusal
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Digest, DigestDone, Message, Update
from scuttle_ref.names import NEVER, VERSION_MAX, NodeId, Reading, Version
from scuttle_ref.order import replay_key
from scuttle_ref.outputs import Reason, Send
from scuttle_ref.rules import EXHAUSTED, digest_lines
from scuttle_ref.state import Marks, NodeState, mark_of

# --- stamp --------------------------------------------------------------------------------------


def stamp_wall_clock(state: NodeState, reading: Reading) -> Version | Refusal:
    """What the wall clock shows, if that is above the own entry; unread, it has moved on by one.

    Spec: NPM-1, NPM-2, VERS-6.
    """
    own = state.clock.get(state.id)
    if reading is None:
        return int(own) + 1 if own < VERSION_MAX else EXHAUSTED
    if reading > own:
        return reading
    problem = f"is {reading}, and {int(own)} has been stamped"
    return Refusal("reading", problem, "a wall clock that moves forward", "NPM-2")


# --- admit --------------------------------------------------------------------------------------


def admit_known_above_clock(state: NodeState, update: Update) -> Reason | None:
    """News iff its source is known and its version is above the clock. Spec: GOSS-1, PAPER-3."""
    seen = state.clock.get(update.source_id)
    if seen == NEVER:
        return Reason.UNKNOWN
    return None if update.version > seen else Reason.STALE


# --- retain -------------------------------------------------------------------------------------


def retain_value(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """The update whose value is stored, of each key; one that lost is forgotten. Spec: NPM-5."""
    older = tuple(old for old in history.updates if old.key == update.key)
    if any(replay_key(old) > replay_key(update) for old in older):
        return history, (update,)
    kept = tuple(old for old in history.updates if old.key != update.key)
    return History(kept).with_update(update, config.sort), older


def retain_everything(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    """Every update, for ever. Spec: PLAS-3."""
    return history.with_update(update, config.sort), ()


# --- relay --------------------------------------------------------------------------------------


def relay_applied(state: NodeState, update: Update, preferred: bool) -> tuple[Send, ...]:
    """An update that replaced the value, to every open session that lacks it. Spec: NPM-6."""
    if not preferred:
        return ()
    return tuple(
        Send(peer, update)
        for peer, marks in state.open_sessions
        if marks is not None and update.version > mark_of(marks, update.source_id)
    )


# --- advertise ----------------------------------------------------------------------------------


def _hello(state: NodeState, order: Sequence[NodeId], *, returned: bool) -> tuple[Message, ...]:
    written = tuple(source for source in order if state.clock.get(source) > 0)
    return (*digest_lines(state.clock, written), DigestDone(returned))


def advertise_opening(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], _config: Config
) -> tuple[NodeState, tuple[Message, ...]]:
    """Open a session with the peer, in place of an open one, and say hello. Spec: NPM-4, NPM-7."""
    after = attrs.evolve(state, open_sessions=state.with_session(peer, None))
    return after, _hello(state, order, returned=False)


def advertise_acquainted(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], _config: Config
) -> tuple[NodeState, tuple[Message, ...]]:
    """Know the peer, at 0 if it is new; one line per known source, then done. Spec: GOSS-2."""
    after = _acquainted(state, (peer,))
    named = order if peer in order else (*order, peer)
    return after, (*digest_lines(after.clock, named), DigestDone())


def _acquainted(state: NodeState, names: tuple[NodeId, ...]) -> NodeState:
    """The node with each of `names` as a source that it knows, at 0 if it did not."""
    clock = state.clock
    for name in names:
        clock = clock.raised(name, 0)
    return attrs.evolve(state, clock=clock)


# --- fill ---------------------------------------------------------------------------------------


def fill_named(state: NodeState, marks: Marks, config: Config) -> tuple[Delta, ...]:
    """What lies above the marks, of named sources only, in ``delta_order``. Spec: GOSS-3, PLAS-1.

    A source that the digest does not name is left out, however much is known of it.
    """
    named = dict(marks)
    delta = tuple(
        update
        for update in state.history.updates
        if update.source_id in named and update.version > named[update.source_id]
    )
    return (config.delta_order(delta),)


# --- close --------------------------------------------------------------------------------------


def close_opening(
    state: NodeState, peer: NodeId, marks: Marks, done: DigestDone, delta: Delta
) -> tuple[NodeState, tuple[Message, ...]]:
    """Hello, if it has not been said in this session, then the answer; the session is open.

    Spec: NPM-4, NPM-7.
    """
    held = [marks for known, marks in state.open_sessions if known == peer]
    said = bool(held) and (done.returned or held == [None])
    hello = () if said else _hello(state, state.sources, returned=True)
    after = attrs.evolve(state, open_sessions=state.with_session(peer, marks))
    return after, (*hello, *delta)


def close_requesting(
    state: NodeState, _peer: NodeId, marks: Marks, done: DigestDone, delta: Delta
) -> tuple[NodeState, tuple[Message, ...]]:
    """The answer, then a line for each source of which more was named than is known here.

    Spec: GOSS-4, GOSS-5, GOSS-6.
    """
    if done.returned:
        return state, delta
    seen = state.clock.get
    behind = tuple(s for s, mark in marks if seen(s) == NEVER or seen(s) < mark)
    after = _acquainted(state, tuple(source for source, _ in marks))
    requests = tuple(Digest(source, after.clock.get(source)) for source in behind)
    return after, (*delta, *requests, DigestDone(returned=True))


def close_acquainted(
    state: NodeState, _peer: NodeId, marks: Marks, _done: DigestDone, delta: Delta
) -> tuple[NodeState, tuple[Message, ...]]:
    """The answer; every named source is known from now on. Spec: PLAS-2."""
    return _acquainted(state, tuple(source for source, _ in marks)), delta
