"""Flags of ``scuttle check`` that do not go together."""

from __future__ import annotations

from typing import Any

from checker.commands.crews import shares
from checker.faults import UsageFault


def refuse_for_catalogue(flags: dict[str, Any]) -> None:
    """Refuse what cannot be done to a whole catalogue."""
    for name, flag in (
        ("wanted", "--property"),
        ("save", "--save"),
        ("find", "--find"),
        ("every", "--all"),
        ("coverage", "--coverage"),
        ("run", "--run"),
    ):
        if flags[name] not in {None, False, ()}:
            raise UsageFault("needs one model", where=flag, hint="add --case or --topology")
    if flags["reduction"] != "none":
        raise UsageFault("needs one model", where="--reduction", hint="add --case or --topology")
    if flags["search"] not in {"compiled", "plain"}:
        raise UsageFault("needs one model", where="--search", hint="add --case or --topology")


def refuse_for_workers(flags: dict[str, Any]) -> None:
    """Refuse what one process does by itself. Spec: SCALE-4."""
    limited = flags["max_states"] is not None or flags["max_seconds"] is not None
    alone = flags["live"] or flags["every"] or flags["coverage"] or flags["reduction"] != "none"
    divisible = flags["search"] == "compiled" or (flags["search"] == "random" and not limited)
    flag = shares(flags)
    if flag and (alone or not divisible):
        raise UsageFault(
            "shares the catalogue, a compiled search, or random walks that end by themselves",
            where=flag,
            expected="no --live, --all, --coverage, --reduction or other --search, and no limits "
            "for random walks",
            clause="SCALE-4",
            hint=f"leave out {flag}: one process does it",
        )


def refuse_for_run(flags: dict[str, Any]) -> None:
    """Refuse what is not saved level by level. Spec: RUN-5."""
    others = flags["live"] or flags["every"] or flags["coverage"] or flags["reduction"] != "none"
    if flags["run"] is not None and (others or flags["search"] != "compiled"):
        raise UsageFault(
            "saves the levels of a compiled search of all worlds",
            where="--run",
            expected="no --live, --all, --coverage, --reduction or other --search",
            clause="RUN-5",
            hint="leave out --run",
        )


def refuse_for_shortest(flags: dict[str, Any]) -> None:
    """Refuse what does not go with looking for shortest counterexamples. Spec: CHK-8, CHK-9."""
    flag = "--all" if flags["every"] else "--find"
    if flags["find"] is not None and (flags["every"] or flags["wanted"]):
        raise UsageFault("stands alone", where="--find", hint="leave out --all and --property")
    if flags["search"] not in {"compiled", "plain"} or flags["reduction"] != "none":
        raise UsageFault(
            "looks breadth-first at the whole model",
            where=flag,
            expected="--search compiled or plain, and no reduction",
        )
