"""The laws, as data: what each says, what it costs when it is broken, how it is sought and judged.

The order is that of explanation: of two broken laws with evidence of one size, the earlier one
explains the later.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.laws import answers, circumstances, selection
from scuttle_check.laws.asking import Asking
from scuttle_check.laws.cases import Case, Judge, Runs


def _nowhere(_asking: Asking, _case: Case) -> Runs | None:
    """The search of a law that is not sought in single sets of updates."""
    return None


def _by_schedule(_asking: Asking, _runs: Runs) -> str | None:
    """The judge of a law whose evidence is no runs."""
    return None


@frozen
class Law:
    """One law. `sizes` are the numbers of updates of the cases it is sought in.

    `drawn` is how many updates of a drawn set it is sought in. A law without `seek` has a search
    of its own: of all questions, or of all schedules.
    """

    name: str
    clause: str
    says: str
    costs: str
    judge: Judge = _by_schedule
    seek: Callable[[Asking, Case], Runs | None] = _nowhere
    sizes: tuple[int, ...] = ()
    drawn: int = 0
    optional: str = ""

    @property
    def by_schedule(self) -> bool:
        """Whether its evidence is a schedule of a whole network."""
        return self.judge is _by_schedule


LAWS: tuple[Law, ...] = (
    Law(
        "pure",
        "LAW-3",
        "asking changes neither the replica nor the update",
        "the replica holds, and passes on, something that nobody wrote",
        answers.judge_meddling,
        answers.seek_meddling,
        sizes=(1, 2),
    ),
    Law(
        "total",
        "LAW-1",
        "every update gets a bool and no exception, on the empty store too",
        "one update of a peer stops the node, or is refused there and taken elsewhere",
        answers.judge_failure,
        answers.seek_failure,
        sizes=(1, 2),
        drawn=3,
    ),
    Law(
        "deterministic",
        "LAW-2",
        "the same question has the same answer, whenever and however often it is asked",
        "two replicas that heard the same decide differently, and nothing can be replayed",
        circumstances.judge_unsteady,
    ),
    Law(
        "replica-independent",
        "LAW-5",
        "the id of the replica does not decide",
        "replicas that heard the same updates in the same order hold different values for ever",
        answers.judge_local_id,
        answers.seek_local_id,
        sizes=(1, 2, 3),
        drawn=3,
    ),
    Law(
        "idempotent",
        "LAW-6",
        "an update that arrives twice leaves what it leaves once",
        "a replica that hears an update from two peers differs from one that hears it once",
        answers.judge_echo,
        answers.seek_echo,
        sizes=(1, 2, 3),
        drawn=3,
    ),
    Law(
        "commutative",
        "LAW-7",
        "two updates leave the same in either order",
        "two replicas that hear two writers in different orders differ for ever",
        selection.judge_order,
        selection.seek_swap,
        sizes=(2, 3),
        drawn=4,
    ),
    Law(
        "selection-order",
        "LAW-8",
        "of two updates exactly one beats the other, and no three beat each other in a circle",
        "who wins depends on who came last, so replicas end with different winners",
        selection.judge_disorder,
        selection.seek_disorder,
        sizes=(2, 3),
        drawn=3,
    ),
    Law(
        "order-insensitive",
        "LAW-9",
        "the same updates leave the same, in whatever order and however often they arrive",
        "replicas with different neighbours end with different values",
        selection.judge_order,
        selection.seek_order,
        sizes=(2, 3),
        drawn=5,
    ),
    Law(
        "loser-stays-out",
        "LAW-10",
        "an update that has lost never comes back",
        "a late copy of an old update undoes a newer one",
        selection.judge_return,
        selection.seek_return,
        sizes=(2, 3),
        drawn=5,
    ),
    Law(
        "compaction-safe",
        "LAW-12",
        "what history has forgotten makes no difference",
        "a replica with a short history undoes what one with a long history keeps",
        selection.judge_forgotten,
        selection.seek_forgotten,
        sizes=(2, 3),
        drawn=3,
    ),
    Law(
        "local",
        "LAW-4",
        "updates of other keys make no difference",
        "keys that arrive in different orders at two replicas drag each other apart",
        answers.judge_neighbour,
        answers.seek_neighbour,
        sizes=(2, 3),
        drawn=3,
    ),
    Law(
        "newest-of-source",
        "LAW-11",
        "of one source the newest update wins",
        "an owner cannot take back, or replace, what it wrote",
        selection.judge_older,
        selection.seek_older,
        sizes=(2, 3),
        drawn=3,
        optional="resolvers that keep the largest value, or the first, break it by design",
    ),
    Law(
        "convergent",
        "LAW-13",
        "every schedule of a line of 3, a triangle and a star of 4 ends with equal replicas",
        "replicas stay different for ever, however often they exchange",
    ),
)

BY_NAME = {law.name: law for law in LAWS}


def law_called(name: str, where: str) -> Law:
    """The law of that name; underscores count as hyphens. Raises UsageFault."""
    found = BY_NAME.get(name.replace("_", "-"))
    if found is None:
        raise UsageFault(f"no law {name!r}", where=where, expected=", ".join(BY_NAME))
    return found
