"""Laws proved for all updates: an order of two and three is an order of any number.

For a resolver that looks at the stored entry and the update alone, two statements are enough. Of
two updates to one key exactly one replaces the other, whoever comes first and whoever is asked; and
no three replace each other in a circle. Then what is stored is the greatest of what has arrived, in
whatever order and however often: for any number of updates, at any number of replicas.

A solver (z3) decides them of the translated code (:mod:`scuttle_check.laws.fragment`), for every
value of a kind, every key, source and replica. What it refutes is judged on the real function
before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import z3
from attrs import define, field, frozen

from scuttle_check.laws.asking import Run
from scuttle_check.laws.book import BY_NAME, Law
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.conclusions import (
    IDLE,
    PROVED,
    REFUTED,
    UNKNOWN,
    Conclusion,
    broken_by,
)
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.fragment import Translation
from scuttle_check.laws.terms import (
    BOOL,
    KINDS,
    NONE,
    NUMBER,
    TEXT,
    Beyond,
    Entry,
    Number,
    Term,
    Text,
    Value,
    exactly,
)
from scuttle_ref.messages import Update
from scuttle_ref.names import VERSION_MAX

FAMILIAR = ("k", "A", "B", "C", "Z", "0")
"""Names that examples have where they may."""

FEW = 3

SOLVER_MS = 5_000
"""How long the solver may take for one statement. Unit: milliseconds."""


Statement: TypeAlias = tuple[Term, Sequence[tuple[tuple[int, ...], ...]]]
"""What would break a law, and runs that would show it: each a replica, then updates."""


@frozen
class Symbols:
    """An update whose members are symbols."""

    entry: Entry

    @property
    def source(self) -> Term:
        """The place of its source in the order of ids."""
        return self.entry.source.place

    @property
    def version(self) -> Term:
        """Its version."""
        return self.entry.version.is_


@define
class Prover:
    """The statements about one resolver, and what the solver says of them."""

    caller: InProcess
    kind: str
    observe: tuple[str, ...]
    translation: Translation = field(init=False)
    key: Text = field(init=False)
    replicas: tuple[Text, Text] = field(init=False)
    updates: tuple[Symbols, ...] = field(init=False)
    facts: list[Term] = field(init=False)
    _wins: dict[tuple[int, int, int], tuple[Term, Term]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.translation = Translation(resolver=self.caller.resolver, kind=self.kind)
        for name in FAMILIAR:
            self.translation.text(name)
        self.key = Text(z3.Real("key"))
        self.replicas = (Text(z3.Real("replica")), Text(z3.Real("other")))
        self.updates = tuple(self._update(at) for at in range(3))
        self.wins(0, None, 0)  # what it mentions is known from here on
        self.facts = self._facts()

    def _update(self, at: int) -> Symbols:
        sort = z3.Real if self.kind in {"numbers", "json"} else z3.Int
        value = Value(z3.Int(f"kind{at}"), sort(f"number{at}"), z3.Real(f"place{at}"))
        version = Number(z3.Int(f"version{at}"))
        return Symbols(Entry(value, version, Text(z3.Real(f"source{at}")), self.key))

    def _facts(self) -> list[Term]:
        """What holds of every three updates."""
        first = self.translation.text("")
        facts = [self.key.place > first, *(each.place > first for each in self.replicas)]
        observer = self.replicas[0].place
        facts += [each.source != observer for each in self.updates]
        for each in self.updates:
            value = each.entry.value
            facts += [each.version >= 1, each.version <= VERSION_MAX, each.source > first]
            facts.append(z3.Or([value.kind == kind for kind in KINDS[self.kind]]))
            facts.append(value.place >= first)
            facts.append(
                z3.Implies(value.kind == BOOL, z3.Or(value.number == 0, value.number == 1))
            )
            facts.append(z3.Implies(value.kind == NONE, value.number == 0))
            if self.kind == "integers":
                facts += [value.number >= -VERSION_MAX, value.number <= VERSION_MAX]
        pairs = ((0, 1), (0, 2), (1, 2))
        for one, two in pairs:
            a, b = self.updates[one], self.updates[two]
            facts.append(z3.Or(a.source != b.source, a.version != b.version))
        return facts + self.translation.facts()

    # --- what the resolver says -------------------------------------------------------------------

    def wins(self, replica: int, stored: int | None, update: int) -> tuple[Term, Term]:
        """When an update replaces a stored one, or the empty store; and when there is no answer."""
        key = (replica, -1 if stored is None else stored, update)
        if key not in self._wins:
            entry = self._unset() if stored is None else self.updates[stored].entry
            asked = self.updates[update].entry
            self._wins[key] = self.translation.wins(self.replicas[replica], entry, asked)
        return self._wins[key]

    def _unset(self) -> Entry:
        number = z3.RealVal(0) if self.kind in {"numbers", "json"} else z3.IntVal(0)
        first = self.translation.text("")
        value = Value(z3.IntVal(NONE), number, first)
        version = Number(z3.IntVal(0), z3.BoolVal(val=True))
        return Entry(value, version, Text(first), self.key)

    def taken(self, update: int) -> Term:
        """When the empty store takes an update."""
        return self.wins(0, None, update)[0]

    def beats(self, one: int, two: int) -> Term:
        """When the second replaces the first."""
        return self.wins(0, one, two)[0]

    def alike(self, one: int, two: int) -> Term:
        """When an observer cannot tell two updates apart."""
        a, b = self.updates[one].entry, self.updates[two].entry
        members = {
            "value": exactly(a.value, b.value),
            "version": a.version.is_ == b.version.is_,
            "source_id": a.source.place == b.source.place,
        }
        return z3.And([members[name] for name in self.observe])

    # --- the statements ---------------------------------------------------------------------------

    def broken(self, name: str) -> Iterator[Statement]:
        """What would break a law, each with runs that would show it."""
        ways = {
            "total": self._unanswered,
            "replica-independent": self._apart,
            "selection-order": self._unordered,
            "commutative": self._late,
            "newest-of-source": self._older,
        }
        return ways[name]()

    def _unanswered(self) -> Iterator[Statement]:
        """A question without an answer."""
        for replica in (0, 1):
            yield self.wins(replica, None, 0)[1], [((replica, 0),)]
            fault = self.wins(replica, 0, 1)[1]
            yield z3.And(self.taken(0), fault), [((replica, 0, 1),)]

    def _apart(self) -> Iterator[Statement]:
        """An observer and another replica that answer differently; what it writes is its newest."""
        for stored in (None, 0):
            here, there = (self.wins(each, stored, 1)[0] for each in (0, 1))
            delivered = (1,) if stored is None else (0, 1)
            found = here != there
            if stored is not None:
                own = self.updates[1].source == self.replicas[1].place
                newest = self.updates[1].version > self.updates[0].version
                told_apart = z3.Not(self.alike(0, 1))
                found = z3.And(found, z3.Implies(own, newest), self.taken(0), told_apart)
            yield found, [((0, *delivered), (1, *delivered))]

    def _unordered(self) -> Iterator[Statement]:
        """A tie of two, or a circle of three, that an observer can tell apart."""
        apart = [z3.Not(self.alike(*each)) for each in ((0, 1), (0, 2), (1, 2))]
        tie, circle = self._disorder()
        yield z3.And(tie, apart[0]), [((0, 0, 1), (0, 1, 0))]
        yield z3.And(circle, *apart), [((0, 0, 1), (0, 1, 2), (0, 2, 0))]

    def _late(self) -> Iterator[Statement]:
        """What an empty store refuses and a full one takes; and what looks alike and wins unlike.

        The latter is no matter where even those that look alike are in one order.
        """
        yes = self.beats
        late = z3.And(z3.Not(self.taken(0)), self.taken(1), yes(1, 0))
        yield late, [((0, 0, 1), (0, 1, 0))]
        here, there = (self.wins(each, 0, 1)[0] for each in (0, 1))
        unlike = z3.And(self.alike(0, 1), here != there)
        if all(self.decided(each)[0] == "no" for each in (*self._disorder(), unlike)):
            return
        same = z3.And(self.alike(0, 1), z3.Not(self.alike(0, 2)))
        known = z3.And([self.taken(each) for each in (0, 1, 2)])
        other = z3.Or(yes(0, 2) != yes(1, 2), yes(2, 0) != yes(2, 1))
        yield z3.And(same, known, other), [((0, 0, 2), (0, 2, 0)), ((0, 1, 2), (0, 2, 1))]

    def _older(self) -> Iterator[Statement]:
        """A later update of a source that does not replace an earlier one, or the reverse."""
        one, two = self.updates[0], self.updates[1]
        order = z3.And(one.source == two.source, one.version < two.version)
        wrong = z3.Or(z3.Not(self.taken(1)), z3.Not(self.beats(0, 1)), self.beats(1, 0))
        yield z3.And(order, wrong), [((0, 0, 1),), ((0, 1, 0),)]

    def _disorder(self) -> tuple[Term, Term]:
        """Two updates of which not exactly one wins, and three that win in a circle."""
        known, yes = [self.taken(each) for each in (0, 1, 2)], self.beats
        tie = z3.And(known[0], known[1], yes(0, 1) == yes(1, 0))
        return tie, z3.And(*known, yes(0, 1), yes(1, 2), yes(2, 0))

    def decided(self, formula: Term) -> tuple[str, Any]:
        """Whether a statement can be broken: "no", "yes" with a model, or "?"."""
        solver = z3.Solver()
        solver.set("timeout", SOLVER_MS)
        solver.add(*self.facts, *self.translation.facts(), formula)
        found = solver.check()
        if found == z3.unsat:
            return "no", None
        if found != z3.sat:
            return "?", solver.reason_unknown()
        model = solver.model()
        for wish in self._familiar():
            solver.push()
            solver.add(wish)
            if solver.check() == z3.sat:
                model = solver.model()
            else:
                solver.pop()
        return "yes", model

    def _familiar(self) -> Iterator[Term]:
        """What makes an example easy to read; a proof does without."""
        yield self.key.place == self.translation.texts["k"]
        for each, letter in zip(self.updates, "ABC", strict=True):
            yield each.source == self.translation.texts[letter]
        for place, letter in zip(self.replicas, "Z0", strict=True):
            yield place.place == self.translation.texts[letter]
        yield z3.And([each.version <= FEW for each in self.updates])
        numbers = [each.entry.value.number for each in self.updates]
        yield z3.And([z3.And(number >= 0, number <= FEW) for number in numbers])

    # --- models as updates ------------------------------------------------------------------------

    def concrete(self, model: Any) -> tuple[list[Update], list[str]] | None:
        """The updates and the replicas of a model; None where its texts cannot be written."""
        places = [
            *(each.place for each in self.replicas),
            self.key.place,
            *(each.source for each in self.updates),
            *(each.entry.value.place for each in self.updates if self.kind in {"text", "json"}),
            *self.translation.texts.values(),
        ]
        known = {_fraction(model, place): text for text, place in self.translation.texts.items()}
        texts = _written(sorted({_fraction(model, place) for place in places}), known)
        if texts is None:
            return None

        def text(place: Term) -> str:
            return texts[_fraction(model, place)]

        updates = [
            Update(
                text(each.source),
                text(self.key.place),
                _value(model, each.entry.value, text),
                model.eval(each.version, model_completion=True).as_long(),
            )
            for each in self.updates
        ]
        return updates, [text(each.place) for each in self.replicas]


def _fraction(model: Any, term: Term) -> Any:
    return model.eval(term, model_completion=True).as_fraction()


def _written(places: list[Any], known: dict[Any, str]) -> dict[Any, str] | None:
    """A text for each place, in the order of places; those that are known are given."""
    found: dict[Any, str] = {}
    last = ""
    for at, place in enumerate(places):
        text = known.get(place)
        if text is None:
            after = next((known[each] for each in places[at:] if each in known), None)
            text = _between(last, after)
            if text is None:
                return None
        found[place] = last = text
    return found


def _between(low: str, high: str | None) -> str | None:
    """A short text after one and before another, if there is one to be read."""
    following = low[:-1] + chr(ord(low[-1]) + 1) if low else "A"
    for text in (following, low + "A", low + "0", low + "-", low + " "):
        readable = text.isalnum() or (text.isprintable() and text.startswith(low))
        if readable and low < text and (high is None or text < high):
            return text
    return None


def _value(model: Any, value: Value, text: Any) -> Any:
    kind = model.eval(value.kind, model_completion=True).as_long()
    number = model.eval(value.number, model_completion=True)
    if kind == NONE:
        return None
    if kind in {NUMBER, BOOL}:
        fraction = number.as_fraction() if z3.is_real(number) else number.as_long()
        whole = int(fraction) if fraction == int(fraction) else float(fraction)
        return bool(whole) if kind == BOOL else whole
    named = text(value.place)
    return named if kind == TEXT else (named,)


# --- the laws -------------------------------------------------------------------------------------

DIRECT = ("total", "replica-independent", "selection-order", "commutative", "newest-of-source")
"""The laws that have statements of their own."""

FOLLOWING = ("order-insensitive", "loser-stays-out", "compaction-safe")
"""The laws that follow from those of a total order, for any number of updates."""

READ = {
    "pure": "it only reads",
    "deterministic": "it reads the update, what is stored, and the id of the replica alone",
    "local": "of the store it reads the entry of its own key alone",
    "idempotent": "a second arrival meets itself, or what has refused it",
}
"""The laws that the translation itself shows."""


def conclusions(caller: InProcess, kind: str, observe: tuple[str, ...]) -> list[Conclusion]:
    """What is proved, and refuted, of a resolver of the fragment. Raises Beyond.

    Spec: LAW-21, LAW-23.
    """
    prover = Prover(caller, kind, observe)
    if prover.decided(prover.taken(0))[0] == "no":
        told = "no update is ever taken by an empty store"
        names = (*READ, *DIRECT, *FOLLOWING)
        idle = {name: Conclusion(BY_NAME[name], IDLE, told) for name in names}
        total = _direct(prover, "total")
        if total.kind == REFUTED:
            idle["total"] = total
        return [idle[name] for name in _in_order(names)]
    found = {name: Conclusion(BY_NAME[name], PROVED, told) for name, told in READ.items()}
    for name in DIRECT:
        found[name] = _direct(prover, name)
    order = ("total", "replica-independent", "selection-order", "commutative")
    missing = [name for name in order if found[name].kind != PROVED]
    for name in FOLLOWING:
        if missing:
            told = f"would follow from {', '.join(missing)}"
            found[name] = _by_evidence(prover, name, [found[each] for each in missing], told)
        else:
            told = "what is stored is the greatest of what has arrived"
            found[name] = Conclusion(BY_NAME[name], PROVED, told)
    if missing and found["commutative"].kind in {PROVED, UNKNOWN}:
        others = [found[each] for each in missing]
        unsure = found["commutative"].kind == UNKNOWN
        told = f"would follow from {', '.join(missing)}"
        told = found["commutative"].because if unsure else told
        found["commutative"] = _by_evidence(prover, "commutative", others, told)
    return [found[name] for name in _in_order(found)]


def _in_order(names: Any) -> list[str]:
    return [name for name in BY_NAME if name in names]


def _direct(prover: Prover, name: str) -> Conclusion:
    law, unsure = BY_NAME[name], ""
    for formula, shown in prover.broken(name):
        answer, model = prover.decided(formula)
        if answer == "no":
            continue
        if answer == "?":
            unsure = f"the solver could not decide: {model}"
            continue
        evidence = _judged(prover, law, model, shown)
        if evidence is not None:
            return Conclusion(law, REFUTED, evidence.because, evidence)
        unsure = "the solver found a case that the real function does not confirm"
    if unsure:
        return Conclusion(law, UNKNOWN, unsure)
    return Conclusion(law, PROVED, _said(name))


def _said(name: str) -> str:
    return {
        "total": "it answers, with a bool",
        "replica-independent": "no answer depends on the replica",
        "selection-order": "of two exactly one wins, and no three win in a circle",
        "commutative": "what an empty store refuses never wins, and what looks alike wins alike",
        "newest-of-source": "a later update of a source replaces an earlier, never the reverse",
    }[name]


def _judged(prover: Prover, law: Law, model: Any, shown: Any) -> Evidence | None:
    """A model of the solver, judged on the real function before it is believed. Spec: LAW-21."""
    made = prover.concrete(model)
    if made is None:
        return None
    updates, replicas = made
    for each in shown:
        runs = tuple(
            Run(replicas[replica], tuple(updates[at] for at in delivered))
            for replica, *delivered in each
        )
        evidence = broken_by(law, prover.caller, prover.observe, runs)
        if evidence is not None:
            return evidence
    return None


def _by_evidence(prover: Prover, name: str, others: list[Conclusion], otherwise: str) -> Conclusion:
    """A law that does not follow, tried on what broke those that it would follow from."""
    law = BY_NAME[name]
    for other in others:
        for run in () if other.evidence is None else other.evidence.runs:
            for runs in _runs_for(name, run):
                evidence = broken_by(law, prover.caller, prover.observe, runs)
                if evidence is not None:
                    return Conclusion(law, REFUTED, evidence.because, evidence)
    return Conclusion(law, UNKNOWN, otherwise)


def _runs_for(name: str, run: Run) -> Iterator[tuple[Run, ...]]:
    for order in (run.delivered, run.delivered[::-1]):
        if name == "idempotent":
            yield Run(run.replica, order), Run(run.replica, (*order, order[-1]))
        elif name == "loser-stays-out":
            yield (Run(run.replica, (*order, order[0])),)
        elif name != "compaction-safe":
            yield Run(run.replica, order), Run(run.replica, order[::-1])


__all__ = ["Beyond", "conclusions"]
