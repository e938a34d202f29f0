"""The laws of who wins: what is sought, and how evidence of it is judged.

Laws of this file: a search gives runs, a judge says in a sentence how runs break the law, or
None; what a search gives, its judge confirms. Where the resolver gives no answer there is
nothing to say here: that is the matter of the law of totality.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise, permutations

from scuttle_check.laws.asking import Asking, NoAnswer, Run, holds
from scuttle_check.laws.cases import (
    Case,
    Runs,
    both_leave,
    differ,
    every_way,
    feasible,
    first_breach,
    left,
    shown,
)

# --- commutative, order-insensitive ---------------------------------------------------------------


def seek_swap(asking: Asking, case: Case) -> Runs | None:
    """Two neighbouring deliveries whose order makes a difference. Spec: LAW-7."""

    def candidates() -> Iterator[Runs]:
        for order in permutations(case.updates):
            *before, one, two = order
            if (one.source_id, one.version) < (two.source_id, two.version):
                for replica in case.observers:
                    yield Run(replica, order), Run(replica, (*before, two, one))

    return first_breach(asking, candidates(), judge_order)


def judge_order(asking: Asking, runs: Runs) -> str | None:
    """Whether the same updates in other orders end in another way. Spec: LAW-7, LAW-9."""
    one, two = runs
    if set(one.delivered) != set(two.delivered):
        return None
    return both_leave(asking, runs, one.delivered[-1].key)


def seek_order(asking: Asking, case: Case) -> Runs | None:
    """Two ways to deliver all updates, each as often as one likes, with two outcomes.

    Every way is tried: what matters of it is which updates have arrived and what is stored.

    Spec: LAW-9.
    """
    key = case.updates[0].key
    for replica in case.observers:
        outcomes: dict[tuple[object, ...], Run] = {}
        for state, arrived, path in every_way(asking, replica, case.updates):
            if len(arrived) == len(case.updates):
                outcomes.setdefault(asking.seen(state, key), Run(replica, path))
        if len(outcomes) > 1:
            one, two, *_ = outcomes.values()
            return one, two
    return None


# --- selection-order ------------------------------------------------------------------------------


def seek_disorder(asking: Asking, case: Case) -> Runs | None:
    """Two updates of which both win or none, or three that beat each other in a circle.

    Spec: LAW-8.
    """

    def candidates() -> Iterator[Runs]:
        for replica in case.observers:
            if len(case.updates) == 2:  # noqa: PLR2004 - a pair
                one, two = case.updates
                yield Run(replica, (one, two)), Run(replica, (two, one))
            else:
                one, two, three = case.updates
                for circle in ((one, two, three), (three, two, one)):
                    pairs = pairwise((*circle, circle[0]))
                    yield tuple(Run(replica, pair) for pair in pairs)

    return first_breach(asking, candidates(), judge_disorder)


def judge_disorder(asking: Asking, runs: Runs) -> str | None:
    """Whether runs of a stored update and a challenger show no strict order. Spec: LAW-8.

    An update that an empty store refuses stands in no order; updates that an observer cannot
    tell apart may tie.
    """
    wins = []
    for run in runs:
        stored, challenger = run.delivered
        if not holds(asking.ended(run.replica, (stored,)), stored):
            return None
        if asking.sees(stored) == asking.sees(challenger):
            return None
        wins.append(holds(asking.ended(run.replica, run.delivered), challenger))
    if len(runs) == 2:  # noqa: PLR2004 - a pair, either way round
        if wins[0] != wins[1]:
            return None
        return "each replaces the other" if wins[0] else "neither replaces the other"
    return "each replaces the one before, in a circle" if all(wins) else None


# --- loser-stays-out ------------------------------------------------------------------------------


def seek_return(asking: Asking, case: Case) -> Runs | None:
    """A delivery that brings back an update which had lost. Spec: LAW-10."""
    for replica in case.observers:
        for state, arrived, path in every_way(asking, replica, case.updates):
            for at in sorted(arrived):
                with suppress(NoAnswer):
                    run = Run(replica, (*path, case.updates[at]))
                    if not holds(state, case.updates[at]) and judge_return(asking, (run,)):
                        return (run,)
    return None


def judge_return(asking: Asking, runs: Runs) -> str | None:
    """Whether the last update had arrived, was not stored, and is stored again. Spec: LAW-10."""
    (run,) = runs
    last = run.delivered[-1]
    if last not in run.delivered[:-1]:
        return None
    before = asking.ended(run.replica, run.delivered[:-1])
    after = asking.after(before, last)
    if holds(before, last) or not holds(after, last) or not differ(asking, before, after, last.key):
        return None
    return f"{shown(last)} had lost, and replaces {left(before, last.key)}"


# --- newest-of-source -----------------------------------------------------------------------------


def seek_older(asking: Asking, case: Case) -> Runs | None:
    """Deliveries after which an older update of a source is stored. Spec: LAW-11."""
    if len({update.source_id for update in case.updates}) == len(case.updates):
        return None
    runs = (
        (Run(replica, order),) for order in permutations(case.updates) for replica in case.observers
    )
    return first_breach(asking, runs, judge_older)


def judge_older(asking: Asking, runs: Runs) -> str | None:
    """Whether an older update of the same source outlives a newer one. Spec: LAW-11."""
    (run,) = runs
    key = run.delivered[-1].key
    state = asking.ended(run.replica, run.delivered)
    held = state.at((key,))
    for update in run.delivered:
        newer = update.source_id == held.source_id and update.version > held.version
        if newer and asking.sees(update) != asking.seen(state, key):
            return (
                f"{left(state, key)} stays, though {update.source_id} wrote {shown(update)} later"
            )
    return None


# --- compaction-safe ------------------------------------------------------------------------------


def seek_forgotten(asking: Asking, case: Case) -> Runs | None:
    """A forgotten update that makes a difference when it comes back. Spec: LAW-12."""

    def candidates() -> Iterator[Runs]:
        for order in permutations(case.updates):
            for replica in case.everyone:
                if feasible(Run(replica, order)):
                    for again in order[:-1]:
                        yield Run(replica, order), Run(replica, (*order, again))

    return first_breach(asking, candidates(), judge_forgotten)


def judge_forgotten(asking: Asking, runs: Runs) -> str | None:
    """Whether a history that forgets makes a difference. Spec: LAW-12.

    A node that remembers an update ignores its copies (HIST-6); one that forgot it asks again.
    """
    remembers, forgets = runs
    if tuple(dict.fromkeys(forgets.delivered)) != remembers.delivered:
        return None
    return both_leave(asking, runs, remembers.delivered[-1].key)
