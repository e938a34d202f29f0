"""What is proved of a resolver, beside cases that could contradict it, and how it is told."""

from __future__ import annotations

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.laws.calling import Caller, InProcess
from scuttle_check.laws.conclusions import OF_KIND, PROVED, REFUTED, Conclusion
from scuttle_check.laws.judging import HOLDS, Judging, Verdict
from scuttle_check.laws.symbolic import Proof, conclude

STATEMENTS = 6
"""Among so many statements the time of a run is divided."""


class Contradiction(Exception):
    """A law that was proved is broken by a case: a fault of this program, and no verdict."""


@frozen
class Weighed:
    """What is known of a resolver for all updates of a kind, cases taken into account."""

    name: str
    kind: str
    proof: Proof
    laws: tuple[Conclusion, ...]

    @property
    def needed(self) -> list[Conclusion]:
        """The laws that are not optional."""
        return [each for each in self.laws if not each.law.optional]

    @property
    def all_proved(self) -> bool:
        """Whether every required law is proved."""
        return all(each.kind == PROVED for each in self.needed)

    @property
    def sentence(self) -> str:
        """What a user can act on."""
        broken = [each.law.name for each in self.needed if each.kind == REFUTED]
        if broken:
            verb = "is" if len(broken) == 1 else "are"
            return f"{self.name} is no order of updates: {', '.join(broken)} {verb} refuted."
        if self.all_proved:
            return (
                f"{self.name} is a total order of all updates whose values are "
                f"{OF_KIND[self.kind]}: whatever arrives, in whatever order and however often, "
                "replicas that have heard the same hold the same. That they hear the same is the "
                "matter of the network."
            )
        beyond = self.proof.beyond
        told = f" Its code is beyond the formulas: it {beyond}." if beyond else ""
        return f"Nothing is claimed of {self.name} but what stands above.{told}"


def proved_with_cases(caller: Caller, kind: str, judging: Judging) -> Weighed:
    """What is proved of a resolver, and refuted. Raises UsageFault. Spec: LAW-21, LAW-23."""
    name = caller.name
    if not isinstance(caller, InProcess):
        raise UsageFault(
            f"cannot prove anything of {name}: the formulas are made of code in Python",
            where="--prove",
            expected="a resolver in Python",
            hint="without --prove cases are tried, which can refute and not prove; "
            "or prove the same rule written in Python",
        )
    plan = judging.plan
    proof = conclude(caller, kind, plan.observe, plan.seconds / STATEMENTS)
    tried = {each.law.name: each for each in judging.verdicts()}
    laws = [_weighed(each, tried.get(each.law.name)) for each in proof.laws]
    laws += [
        _weighed(Conclusion(each.law, each.kind, each.scope, each.evidence), each)
        for name, each in tried.items()
        if name not in {law.law.name for law in proof.laws} and each.kind == REFUTED
    ]
    return Weighed(name, kind, proof, tuple(laws))


def _weighed(proved: Conclusion, tried: Verdict | None) -> Conclusion:
    """A conclusion beside what the cases say. Raises Contradiction. Spec: LAW-23."""
    if tried is None or tried.kind != REFUTED:
        if proved.kind not in {PROVED, REFUTED} and tried is not None and tried.kind == HOLDS:
            because = f"{proved.because}; no case breaks it"
            return Conclusion(proved.law, proved.kind, because)
        return proved
    if proved.kind == PROVED:
        shown = "; ".join(tried.evidence.lines()) if tried.evidence else tried.scope
        raise Contradiction(
            f"{proved.law.name} was proved, and a case breaks it ({shown}). This is a fault of "
            "scuttle-ref: please report it with the resolver"
        )
    if proved.kind == REFUTED or tried.evidence is None:
        return proved
    return Conclusion(proved.law, REFUTED, tried.evidence.because, tried.evidence)


def proved_text(found: Weighed) -> str:
    """What is proved, as text: a line for each law, with its domain, and one sentence."""
    lines = [f"{found.name}, by {found.proof.means}, for {found.proof.domain}:"]
    for each in found.laws:
        notes = " (optional)" if each.law.optional else ""
        scope = f"for all {OF_KIND[found.kind]}: " if each.kind == PROVED else ""
        head = f"  {each.kind:<13} {each.law.name:<20} {each.law.clause:<6}"
        lines.append(f"{head} {scope}{each.because}{notes}")
        if each.evidence is not None:
            lines.extend(f"      {line}" for line in each.evidence.lines()[:-1])
    return "\n".join([*lines, "", found.sentence])
