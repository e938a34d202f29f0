"""The formulas of a profile, tried on what its reducer really does.

Models are explored to their end. On every distinct local transition the relation of its action is
evaluated, and on every world the invariant. A formula that says something else than the rule does
is false there.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from attrs import field, frozen

from scuttle_check.engine.network import NETWORKS, wiring
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.experiment import NO_MISFORTUNE, Misfortune
from scuttle_check.gossip.script import parse_script
from scuttle_check.proofs.evaluated import Predicate, Table, Tables, compiled, default_of
from scuttle_check.proofs.obligations import Theory
from scuttle_check.proofs.seen import Seen, positions_of, rigid, tables, things
from scuttle_check.proofs.smtlib import functions_in
from scuttle_check.proofs.taken import Ghost, Taken, Watched
from scuttle_check.proofs.terms import Term
from scuttle_check.proofs.vocabulary import AFTER, BEFORE, unchanged
from scuttle_ref.config import Config
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip


@frozen
class Failure:
    """A formula that is false on a step, or in a world, of a real run."""

    action: str
    formula: str

    def __str__(self) -> str:
        return f"{self.action}: {self.formula}"


@frozen(eq=False)
class Trial:
    """What evaluation came to: transitions by action, worlds, and what was false."""

    transitions: Counter[str] = field(factory=Counter)
    locally: Counter[str] = field(factory=Counter)
    worlds: Counter[str] = field(factory=Counter)
    failures: Counter[Failure] = field(factory=Counter)

    @property
    def count(self) -> int:
        """How many transitions were tried."""
        return sum(self.transitions.values())

    @property
    def distinct(self) -> int:
        """How many of them differ in what the acting node sees: its state, and what arrives."""
        return sum(self.locally.values())


class Trier:
    """The formulas of a theory, compiled, and a memory of which local transitions were tried."""

    def __init__(
        self, theory: Theory, profile: Profile | None = None, *, every: bool = False
    ) -> None:
        self.theory = theory
        self.every = every
        self.profile = profile or theory.profile
        self.trial = Trial()
        self._tried: set[object] = set()
        self._relations = {each.name: _compiled(_facts(each)) for each in theory.actions}
        self._invariant = _compiled(
            (clause.name, clause.says(BEFORE, theory.rules)) for clause in theory.clauses
        )
        self._axioms = _compiled((f"axiom {at}", each) for at, each in enumerate(theory.axioms))

    def step(self, taken: Taken) -> None:
        """Evaluate the relation of a step; of locally equal ones once, unless `every` one is to."""
        if taken.local not in self._tried:
            self._tried.add(taken.local)
            self.trial.locally[taken.action] += 1
        elif not self.every:
            return
        self.trial.transitions[taken.action] += 1
        positions = positions_of(taken.before, taken.after) + 1
        read = {
            **rigid(self.profile, taken.after),
            **tables(self.profile, taken.before, BEFORE, positions),
            **tables(self.profile, taken.after, AFTER, positions),
            **taken.constants,
        }
        about = things(self.profile, taken.after, positions)
        self._judge(taken.action, self._relations[taken.action], read, about)

    def world(self, seen: Seen) -> None:
        """Evaluate the invariant in a world."""
        self.trial.worlds["worlds"] += 1
        positions = positions_of(seen) + 1
        read = {
            **rigid(self.profile, seen),
            **tables(self.profile, seen, BEFORE, positions),
        }
        about = things(self.profile, seen, positions)
        self._judge("world", self._invariant, read, about)
        self._judge("world", self._axioms, read, about)

    def _judge(
        self,
        action: str,
        formulas: Mapping[str, tuple[Predicate, Tables]],
        read: Tables,
        about: dict[str, Any],
    ) -> None:
        for name, (predicate, defaults) in formulas.items():
            told = {key: _as_table(read.get(key, value), value) for key, value in defaults.items()}
            if not predicate(told, about):
                self.trial.failures[Failure(action, name)] += 1


def _as_table(value: Any, silent: Any) -> Any:
    """What a step determines: a function given as a plain mapping has its sort's default."""
    return Table(value, silent.otherwise) if type(value) is dict else value


def _facts(action: Any) -> Iterator[tuple[str, Term]]:
    """What an action's relation says, fact by fact."""
    for at, fact in enumerate(action.relation):
        yield f"fact {at}", fact
    for at, fact in enumerate((*action.all_said, *action.one_said)):
        yield f"what is said, {at}", fact
    for name, fact in zip(action.same, unchanged(*action.same), strict=True):
        yield f"{name} stays", fact


def _compiled(named: Any) -> dict[str, tuple[Predicate, Tables]]:
    """Each formula with what its functions say where nothing is told of them."""
    found: dict[str, tuple[Predicate, Tables]] = {}
    for name, fact in named:
        functions = functions_in([fact]).values()
        defaults = {
            each.name: Table({}, default_of(each.result))
            if each.domain
            else default_of(each.result)
            for each in functions
        }
        found[name] = (compiled(fact), defaults)
    return found


# --- the models -----------------------------------------------------------------------------------

TWO_KEYS = ("A set k=1", "A set j=2", "B set k=3")
ONE_KEY = ("A set k=1", "A set k=2", "B set j=3", "B set k=4")


@frozen
class Model:
    """A model of the trial, for any profile. `faults` are budgets of the whole run."""

    shape: str
    script: tuple[str, ...] = TWO_KEYS
    exchanges: int = 1
    mtu: float = UNBOUNDED
    faults: Misfortune = NO_MISFORTUNE
    housed: bool = False


MODELS = (
    Model("line:3"),
    Model("line:2", ONE_KEY, exchanges=2),
    Model("line:2", ONE_KEY, exchanges=2, mtu=1),
    Model("line:3", ONE_KEY, mtu=2),
    Model("line:3", faults=Misfortune(cuts=1)),
    Model("line:2", exchanges=2, mtu=1, faults=Misfortune(cuts=2)),
    Model("line:3", faults=Misfortune(crashes=1)),
    Model("line:2", exchanges=2, faults=Misfortune(crashes=1, cuts=1)),
    Model("line:2", exchanges=2, faults=Misfortune(crashes=1, restart="new-id")),
    Model("line:2", ONE_KEY, exchanges=2, faults=Misfortune(duplicates=1)),
    Model("line:3", ONE_KEY, faults=Misfortune(duplicates=1, pauses=1)),
    Model("ring:3", mtu=1),
    Model("line:3", housed=True),
)
"""What is explored: shapes, scripts, limits and faults, as far as a theorem allows them."""

LOSSY = Misfortune(losses=2, duplicates=1)
"""What frames may suffer besides: they also overtake each other."""


def system_of(model: Model, theory: Theory, profile: Profile) -> System:
    """A model with the rules of `profile` on every node, over the medium of the theory."""
    graph = topology(model.shape)
    frames = not theory.medium.streams
    faults = model.faults
    if frames:
        faults = attrs.evolve(faults, losses=LOSSY.losses, duplicates=LOSSY.duplicates)
    config = Config(max_history=UNBOUNDED, mtu=model.mtu)
    housed = graph.nodes[:2] if model.housed else ()
    network = attrs.evolve(
        faults.links(NETWORKS["unordered" if frames else "fifo"]), whole_answers=frames
    )
    return System(
        GossipActor(Gossip(profile, config), housed),
        graph,
        network,
        parse_script(list(model.script), graph, model.shape),
        model.exchanges,
        faults.outages(),
        wiring(graph, "addressed", (housed,) if housed else ()),
    )


def tried(
    trier: Trier,
    count: int,
    enough: Callable[[Trial], bool] = lambda _: False,
    *,
    deep: bool = False,
) -> None:
    """Explore models, each for a like share, until `count` transitions were tried or `enough`.

    With `deep` most worlds are the one met last, so that few transitions come far.

    Spec: PROVE-3.
    """
    for at, model in enumerate(MODELS):
        share = count * (at + 1) // len(MODELS)
        system = system_of(model, trier.theory, trier.profile)

        def full(share: int = share) -> bool:
            return trier.trial.count >= share or enough(trier.trial)

        explored(trier, system, unlimited=model.mtu == UNBOUNDED, full=full, deep=deep)
        if enough(trier.trial):
            return


def explored(
    trier: Trier, system: System, *, unlimited: bool, full: Callable[[], bool], deep: bool
) -> None:
    """Explore one model, in breadth unless `deep`, to its end or until it is `full`."""
    watched = Watched(system, unlimited, trier.theory.medium.streams)
    start = [(world, Ghost()) for world in system.initial()]
    known, waiting = set(start), deque(start)
    for world, ghost in start:
        trier.world(watched.seen(world, ghost))
    while waiting and not full():
        last = deep and len(known) % 5
        world, ghost = waiting.pop() if last else waiting.popleft()
        for action in system.actions(world):
            after = system.next(world, action)
            then = watched.ghost(world, ghost, action, after)
            for taken in watched.steps(world, ghost, action, after, then):
                trier.step(taken)
            if (after, then) not in known:
                known.add((after, then))
                waiting.append((after, then))
                trier.world(watched.seen(after, then))
