"""Wrong rules of talking: mistakes that implementations make in an exchange.

Laws of this file: as in :mod:`scuttle_check.oracle.mutants.wrong_keeping`.
"""

from __future__ import annotations

import attrs

from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.messages import Delta, Digest, DigestDone
from scuttle_ref.names import ANSWERED, NEVER, NodeId
from scuttle_ref.profile import Said
from scuttle_ref.state import Marks, NodeState, mark_of
from scuttle_ref.version_vector import VersionVector

# --- advertise ----------------------------------------------------------------------------------


def advertise_too_much(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> Said:
    """Advertises one more than it has seen."""
    after, messages = rules.advertise_clock(state, peer, order, config)
    raised = (
        attrs.evolve(m, version=m.version + 1) if isinstance(m, Digest) else m for m in messages
    )
    return after, tuple(raised)


def advertise_without_done(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> Said:
    """Does not end its digest with done."""
    after, messages = rules.advertise_clock(state, peer, order, config)
    return after, messages[:-1]


def advertise_forgetting(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> Said:
    """Loses its clock when it starts an exchange."""
    _, messages = rules.advertise_clock(state, peer, order, config)
    return attrs.evolve(state, clock=VersionVector(((state.id, 0),))), messages


def advertise_others(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> Said:
    """Does not name itself in its digest."""
    others = tuple(source for source in order if source != state.id)
    return rules.advertise_clock(state, peer, others, config)


def advertise_cut(
    state: NodeState, peer: NodeId, order: tuple[NodeId, ...], config: Config
) -> Said:
    """Cuts its digest at the mtu."""
    return rules.advertise_clock(
        state, peer, order[: int(min(config.mtu or 1, len(order)))], config
    )


# --- session and mention ------------------------------------------------------------------------


def mention_everybody(_marks: Marks, _digest: Digest) -> Marks:
    """Takes every source for named after one line."""
    return tuple((node, ANSWERED) for node in "ABCD")


def mention_nobody(_marks: Marks, _digest: Digest) -> Marks:
    """Forgets at once which sources were named."""
    return ()


def mention_last(_marks: Marks, digest: Digest) -> Marks:
    """Remembers only the last source that was named."""
    return ((digest.source_id, ANSWERED),)


def mention_last_mark(_marks: Marks, digest: Digest) -> Marks:
    """Remembers only the last line of a digest."""
    return ((digest.source_id, digest.version),)


def mention_lowest(marks: Marks, digest: Digest) -> Marks:
    """Keeps the lower of two marks of one source."""
    known = mark_of(marks, digest.source_id)
    mark = digest.version if known == NEVER else min(digest.version, known)
    others = tuple(pair for pair in marks if pair[0] != digest.source_id)
    return tuple(sorted((*others, (digest.source_id, mark))))


# --- answer and fill ----------------------------------------------------------------------------


def answer_off_by_one(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    """Leaves out the first update above the mark."""
    return (state.history.news(digest.source_id, digest.version + 1),)


def answer_inclusive(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    """Sends the update at the mark again."""
    return (state.history.news(digest.source_id, digest.version - 1),)


def answer_everything(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    """Sends all it has of a source, whatever the mark."""
    return (state.history.news(digest.source_id, NEVER),)


def answer_of_all_sources(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    """Sends what is above the mark of other sources too."""
    return (tuple(u for u in state.history.updates if u.version > digest.version),)


def fill_nothing(_state: NodeState, _marks: Marks, _config: Config) -> tuple[Delta, ...]:
    """Sends nothing for the sources that a digest leaves out."""
    return ()


def fill_everything(state: NodeState, _marks: Marks, _config: Config) -> tuple[Delta, ...]:
    """Answers done with all it has, whatever was named."""
    return (state.history.updates,)


def fill_foreign(state: NodeState, marks: Marks, config: Config) -> tuple[Delta, ...]:
    """Never sends its own updates when the digest leaves it out."""
    return rules.fill_in_sort_order(state, (*marks, (state.id, ANSWERED)), config)


# --- pace ---------------------------------------------------------------------------------------


def pace_without_the_first(batches: tuple[Delta, ...], _config: Config) -> Delta:
    """Drops the beginning of an answer."""
    return tuple(update for batch in batches for update in batch[len(batch) // 2 :])


def pace_backwards(batches: tuple[Delta, ...], _config: Config) -> Delta:
    """Sends an answer the newest first."""
    return tuple(update for batch in batches for update in reversed(batch))


def pace_one_more(batches: tuple[Delta, ...], config: Config) -> Delta:
    """Sends one update more than the mtu."""
    delta = tuple(update for batch in batches for update in batch)
    return delta[: int(min(config.mtu or 1, len(delta))) + 1]


def pace_last(batches: tuple[Delta, ...], config: Config) -> Delta:
    """Sends the last updates when the mtu cuts an answer."""
    delta = tuple(update for batch in batches for update in batch)
    return delta[-int(min(config.mtu or 1, len(delta))) :] if delta else ()


# --- close --------------------------------------------------------------------------------------


def close_always(
    state: NodeState, peer: NodeId, marks: Marks, _done: DigestDone, delta: Delta
) -> Said:
    """Sends its digest after every done, also after one that was returned."""
    return rules.close_with_digest(state, peer, marks, DigestDone(), delta)


def close_with_done(
    state: NodeState, _peer: NodeId, _marks: Marks, _done: DigestDone, delta: Delta
) -> Said:
    """Answers done with done."""
    return state, (*delta, DigestDone())
