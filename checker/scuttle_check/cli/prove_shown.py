"""Proofs as text and as JSON: what is assumed stands beside what is proved."""

from __future__ import annotations

from typing import Any

from scuttle_check.proofs.agreement import ON_PAPER
from scuttle_check.proofs.obligations import Theory
from scuttle_check.proofs.proving import PROPERTIES, Proof, Result, Status, groups, not_claimed
from scuttle_check.proofs.small import world_in_words


def allowed(of: Theory) -> str:
    """What the theorem allows, beyond what its medium does."""
    gone = "" if of.rules.retain.one_per_key else ", or under a new id"
    return (
        f"connections break and heal; nodes crash and come back with their state{gone}; nodes "
        "pause; messages arrive twice; nodes share a process; two owners write one key; any mtu "
        "from 1"
    )


UNKNOWN_SHOWN = 5
"""Obligations that are open and shown in full."""


def conclusion(proof: Proof, asked: str) -> str:
    """What is proved, in a sentence; or how far the proof came."""
    if proof.stopped:
        return f"interrupted: {len(proof.of(Status.PROVED))} obligations were proved until then"
    if not proof.complete:
        open_ones = len(proof.results) - len(proof.of(Status.PROVED))
        return f"NOT proved: {open_ones} of {len(proof.results)} obligations are open"
    if asked == "no-gap":
        return f"proved: {PROPERTIES['no-gap']}"
    reasons = not_claimed(proof.theory)
    if reasons:
        return f"proved: the invariant and what exchanges bring; not agreement: {reasons[0]}"
    return "proved: once writers stop and exchanges go on, all replicas end equal"


def proof_text(proof: Proof, asked: str) -> list[str]:
    """A proof in lines."""
    of = proof.theory
    lines = [
        f"{of.profile.name}, for any number of nodes, sources, keys, updates, links and exchanges",
        f"  assumed: {'; '.join(of.assumptions)}",
        f"  allowed: {allowed(of)}",
    ]
    for name, results in groups(proof.results).items():
        proved = sum(each.status is Status.PROVED for each in results)
        spent = sum(each.seconds for each in results)
        what = f"{name}: {proved} of {len(results)} obligations proved"
        lines.append(f"  {what} ({', '.join(proof.solvers)}, {spent:.1f} s)")
    if asked == "agreement" and not not_claimed(of):
        lines += [f"  on paper: {text}" for text in ON_PAPER]
    lines.append(f"  {conclusion(proof, asked)}")
    if asked == "agreement":
        lines += [f"  not claimed: {reason}" for reason in not_claimed(of)]
    shown = [*proof.of(Status.REFUTED), *proof.of(Status.UNKNOWN)]
    for result in shown[:UNKNOWN_SHOWN]:
        lines += [f"  {text}" for text in result_text(result)]
    if len(shown) > UNKNOWN_SHOWN:
        lines.append(f"  and {len(shown) - UNKNOWN_SHOWN} more; --json has them all")
    return [*lines, ""]


def result_text(result: Result) -> list[str]:
    """An obligation that is open: the small world that refutes it, or why it is unknown."""
    each = result.obligation
    head = f"{result.status.value}: {each.name}: {each.words}"
    if result.world is None:
        return [f"{head} ({result.why})"]
    return [
        head,
        "  before, in a small world (no run need come to it):",
        *(f"    {line}" for line in world_in_words(result.world)),
        "  after:",
        *(f"    {line}" for line in world_in_words(result.world, "'")),
    ]


def proof_json(proof: Proof, asked: str) -> dict[str, Any]:
    """A proof as JSON: all that is open, and of what is proved the counts."""
    of = proof.theory
    claims = asked == "agreement" and not not_claimed(of)
    return {
        "profile": of.profile.name,
        "medium": of.medium.name,
        "assumes": list(of.assumptions),
        "allows": allowed(of),
        "leaves_open": list(of.left_open),
        "on_paper": list(ON_PAPER) if claims else [],
        "not_claimed": list(not_claimed(of)),
        "complete": proof.complete,
        "says": conclusion(proof, asked),
        "seconds": round(proof.seconds, 3),
        "groups": [
            {
                "name": name,
                "seconds": round(sum(each.seconds for each in results), 3),
                **{
                    status.value: sum(each.status is status for each in results)
                    for status in Status
                },
            }
            for name, results in groups(proof.results).items()
        ],
        "open": [
            {
                "name": each.obligation.name,
                "words": each.obligation.words,
                "status": each.status.value,
                "why": each.why,
                "before": [] if each.world is None else world_in_words(each.world),
                "after": [] if each.world is None else world_in_words(each.world, "'"),
            }
            for each in proof.results
            if each.status is not Status.PROVED
        ],
    }
