"""The laws of single answers: what is sought, and how evidence of it is judged.

Laws of this file: a search gives runs, a judge says in a sentence how runs break the law, or
None; what a search gives, its judge confirms. Where the resolver gives no answer there is
nothing to say here: that is the matter of the law of totality.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import attrs

from scuttle_check.laws.asking import Asking, NoAnswer, Run
from scuttle_check.laws.calling import Failure
from scuttle_check.laws.cases import (
    Case,
    Runs,
    both_leave,
    feasible,
    first_breach,
    listed,
)
from scuttle_ref.resolvers import View

# --- total ----------------------------------------------------------------------------------------


def seek_failure(asking: Asking, case: Case) -> Runs | None:
    """A question without an answer. Spec: LAW-1."""
    for order in permutations(case.updates):
        for replica in case.observers:
            try:
                asking.ended(replica, order)
            except NoAnswer as none:
                return (Run(replica, none.path),)
    return None


def judge_failure(asking: Asking, runs: Runs) -> str | None:
    """Whether the last update finds no answer. Spec: LAW-1."""
    try:
        asking.ended(runs[0].replica, runs[0].delivered)
    except NoAnswer as none:
        return f"at {listed(none.path[-1:])} it {none.failure.says}"
    return None


# --- pure -----------------------------------------------------------------------------------------


def seek_meddling(asking: Asking, case: Case) -> Runs | None:
    """A call that changes its arguments. Spec: LAW-3."""
    orders = permutations(case.updates)
    return first_breach(
        asking, ((Run(case.observers[0], order),) for order in orders), judge_meddling
    )


def judge_meddling(asking: Asking, runs: Runs) -> str | None:
    """What the resolver changes when it is asked about the last update. Spec: LAW-3."""
    (run,) = runs
    state = asking.fresh(run.replica)
    for update in run.delivered[:-1]:
        state = asking.after(state, update)
    answer = asking.ask(state, run.delivered[-1])
    if isinstance(answer, Failure) and answer.lost:
        return None
    return asking.caller.meddled(View(state), run.delivered[-1])


# --- local ----------------------------------------------------------------------------------------


def seek_neighbour(asking: Asking, case: Case) -> Runs | None:
    """An update of another key that changes the outcome. Spec: LAW-4."""
    keys = sorted({*case.beside, *asking.watched} - {case.updates[0].key})

    def candidates() -> Iterator[Runs]:
        for order in permutations(case.updates):
            plain = order[1:]
            for key in keys:
                other = attrs.evolve(order[0], key=key)
                for at in range(len(plain)):
                    mixed = (*plain[:at], other, *plain[at:])
                    replica = case.observers[0]
                    yield Run(replica, plain), Run(replica, mixed)

    return first_breach(asking, candidates(), judge_neighbour)


def judge_neighbour(asking: Asking, runs: Runs) -> str | None:
    """Whether updates of other keys made a difference. Spec: LAW-4."""
    plain, mixed = runs
    key = plain.delivered[-1].key
    if tuple(update for update in mixed.delivered if update.key == key) != plain.delivered:
        return None
    return both_leave(asking, runs, key)


# --- replica-independent --------------------------------------------------------------------------


def seek_local_id(asking: Asking, case: Case) -> Runs | None:
    """The same deliveries with another outcome at another replica. Spec: LAW-5."""

    def candidates() -> Iterator[Runs]:
        for order in permutations(case.updates):
            for replica in case.everyone[1:]:
                yield Run(case.everyone[0], order), Run(replica, order)

    return first_breach(asking, candidates(), judge_local_id)


def judge_local_id(asking: Asking, runs: Runs) -> str | None:
    """Whether the id of the replica made a difference. Spec: LAW-5."""
    one, two = runs
    if one.delivered != two.delivered or not (feasible(one) and feasible(two)):
        return None
    return both_leave(asking, runs, one.delivered[-1].key)


# --- idempotent -----------------------------------------------------------------------------------


def seek_echo(asking: Asking, case: Case) -> Runs | None:
    """An update that makes a difference when it arrives a second time. Spec: LAW-6."""

    def candidates() -> Iterator[Runs]:
        for order in permutations(case.updates):
            for replica in case.observers:
                yield Run(replica, order), Run(replica, (*order, order[-1]))

    return first_breach(asking, candidates(), judge_echo)


def judge_echo(asking: Asking, runs: Runs) -> str | None:
    """Whether the second arrival made a difference. Spec: LAW-6."""
    once, twice = runs
    if twice.delivered != (*once.delivered, once.delivered[-1]):
        return None
    return both_leave(asking, runs, once.delivered[-1].key)
