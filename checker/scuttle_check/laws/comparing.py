"""Two resolvers compared: the smallest history on which they leave different things."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import attrs
from attrs import frozen

from scuttle_check.laws.asking import Asking, NoAnswer, Run
from scuttle_check.laws.calling import Caller
from scuttle_check.laws.cases import Case, left, listed
from scuttle_check.laws.judging import Plan, drawn_sets
from scuttle_ref.messages import Delta


@frozen
class Difference:
    """A history after which two resolvers hold different things, and what each holds."""

    run: Run
    names: tuple[str, str]
    leaves: tuple[str, str]

    def __str__(self) -> str:
        one, two = (
            f"{name} leaves {what}" for name, what in zip(self.names, self.leaves, strict=True)
        )
        return f"after {listed(self.run.delivered)} at {self.run.replica}: {one}, {two}"


def difference(one: Caller, two: Caller, plan: Plan) -> Difference | None:
    """The first history, fewest and simplest updates first, on which two resolvers differ.

    Tried are all small sets of updates in every order, at replicas that write and that do not,
    and sets that are drawn; None means no more than that none of these shows a difference.

    Spec: LAW-19.
    """
    asking = (Asking(one, plan.observe), Asking(two, plan.observe))
    for size in (1, 2, 3):
        for case in plan.domain.cases(size):
            found = _in_case(asking, case)
            if found is not None:
                return found
    for updates in drawn_sets(plan):
        found = _in_case(asking, plan.domain.case(updates))
        if found is not None:
            return _shorter(asking, found, plan)
    return None


def _in_case(asking: tuple[Asking, Asking], case: Case) -> Difference | None:
    replicas = (case.observers[0], *case.everyone[len(case.observers) :][:1])
    for run in (
        Run(replica, order) for order in permutations(case.updates) for replica in replicas
    ):
        found = _on(asking, run)
        if found is not None:
            return found
    return None


def _on(asking: tuple[Asking, Asking], run: Run) -> Difference | None:
    one, two = (_outcome(each, run) for each in asking)
    if one[0] == two[0]:
        return None
    names = (asking[0].caller.name, asking[1].caller.name)
    return Difference(run, names, (one[1], two[1]))


def _outcome(asking: Asking, run: Run) -> tuple[object, str]:
    """What an observer sees, and how to say it; where there is no answer, that."""
    key = run.delivered[-1].key
    try:
        state = asking.ended(run.replica, run.delivered)
    except NoAnswer as none:
        return none.failure.kind, f"nothing, for at {listed(none.path[-1:])} it {none.failure.says}"
    return asking.seen(state, key), left(state, key)


def _shorter(asking: tuple[Asking, Asking], found: Difference, plan: Plan) -> Difference:
    """The difference with no update to spare, and with values as simple as may be."""
    again = True
    while again:
        again = False
        for smaller in _smaller(found.run.delivered, plan):
            shorter = _on(asking, attrs.evolve(found.run, delivered=smaller))
            if shorter is not None:
                found, again = shorter, True
                break
    return found


def _smaller(delivered: Delta, plan: Plan) -> Iterator[Delta]:
    if len(delivered) > 1:
        yield from (delivered[:at] + delivered[at + 1 :] for at in range(len(delivered)))
    values = plan.domain.values
    for at, update in enumerate(delivered):
        known = values.index(update.value) if update.value in values else len(values)
        for value in values[:known]:
            yield (*delivered[:at], attrs.evolve(update, value=value), *delivered[at + 1 :])
