"""Flags of ``scuttle check`` that do not go together."""

from __future__ import annotations

from typing import Any

from checker.commands.crews import shares
from checker.commands.options import describes_model
from checker.faults import UsageFault


def refuse_for_catalogue(flags: dict[str, Any]) -> None:
    """Refuse what cannot be done to a whole catalogue."""
    for name, flag in (
        ("wanted", "--property"),
        ("save", "--save"),
        ("find", "--find"),
        ("every", "--all"),
        ("coverage", "--coverage"),
        ("outcomes", "--outcomes"),
        ("run", "--run"),
    ):
        if flags[name] not in {None, False, ()}:
            raise UsageFault("needs one model", where=flag, hint="add --case or --topology")
    if flags["reduction"] != "none":
        raise UsageFault("needs one model", where="--reduction", hint="add --case or --topology")
    if flags["search"] not in {"compiled", "plain"}:
        raise UsageFault("needs one model", where="--search", hint="add --case or --topology")


def refuse_for_ladder(flags: dict[str, Any]) -> None:
    """Refuse what cannot be done to a row of the table."""
    refuse_for_catalogue(flags)
    limited = flags["max_states"] is not None or flags["max_seconds"] is not None
    others = flags["live"] or flags["markdown"] or limited
    if describes_model(flags) or others or shares(flags):
        raise UsageFault(
            "climbs the models of a row, one after the other, each within the same worlds",
            where="--ladder",
            hint="leave out flags of a model, limits, --live, --markdown and --workers",
        )


def refuse_for_outcomes(flags: dict[str, Any]) -> None:
    """Refuse what does not go with a list of all outcomes: it judges nothing. Spec: CHK-13."""
    others = {
        "--live": flags["live"],
        "--markdown": flags["markdown"],
        "--find": flags["find"],
        "--all": flags["every"],
        "--coverage": flags["coverage"],
        "--property": flags["wanted"],
        "--save": flags["save"],
        "--run": flags["run"],
        "--certify": flags["certify"],
        "--reduction": flags["reduction"] != "none",
        "--search": flags["search"] not in {"compiled", "plain"},
        "--workers": shares(flags),
    }
    for flag, given in others.items():
        if given:
            hint = f"leave out {flag}: every world is looked at in one process"
            raise UsageFault("does not go with --outcomes", where=flag, hint=hint)


ALONE: dict[str, str] = {
    "--live": "fair cycles are looked for in the graph of all worlds, which one process holds",
    "--certify": "a certificate goes over all that one process has met, and is not written down",
    "--reduction": "stubborn sets and symmetry compare nodes of a world with each other by what "
    "the protocol declares, and workers and folders know worlds as numbers only",
    "--search": "only the compiled search knows its worlds as numbers that can be sent and saved",
}
"""What one process does by itself, and why."""

GO_ON: dict[str, str] = {
    "--reduction": "--reduction quotient, which needs numbers only",
    "--search": "--search compiled, which agrees in every count",
}
"""What does go together, if anything does."""


def _alone(flags: dict[str, Any]) -> str:
    """The flag for which one process is needed, or nothing."""
    if flags["live"]:
        return "--live"
    if flags["certify"]:
        return "--certify"
    return "--reduction" if flags["reduction"] not in {"none", "quotient"} else ""


def refuse_for_workers(flags: dict[str, Any]) -> None:
    """Refuse what one process does by itself. Spec: SCALE-4."""
    flag = shares(flags)
    if not flag:
        return
    limited = flags["max_states"] is not None or flags["max_seconds"] is not None
    alone = _alone(flags) or ("--search" if flags["search"] in {"plain", "depth-first"} else "")
    if alone:
        raise _refused(flag, alone, "SCALE-4")
    if flags["search"] == "random" and limited:
        raise UsageFault(
            f"random walks with {flag} end by themselves, so that all workers walk the same",
            where="--max-states, --max-seconds",
            expected="--walks N",
            clause="SCALE-4",
            hint=f"leave out the limit, or {flag}",
        )
    if flags["search"] == "random" and flags["coverage"]:
        raise UsageFault(
            f"counts the rules in this process, and with {flag} the walks ask them in others",
            where="--coverage",
            clause="SCALE-4",
            hint=f"leave out {flag}, or --search random: the compiled search asks them here",
        )


def refuse_for_run(flags: dict[str, Any]) -> None:
    """Refuse what is not saved level by level. Spec: RUN-5."""
    if flags["run"] is None:
        return
    if flags["search"] == "random":
        raise UsageFault(
            "walks have no levels to save: the same --seed and --walks walk again",
            where="--search random --run",
            clause="RUN-5",
            hint="leave out --run",
        )
    alone = _alone(flags) or ("--search" if flags["search"] != "compiled" else "")
    if alone:
        raise _refused("--run", alone, "RUN-5")


def _refused(flag: str, alone: str, clause: str) -> UsageFault:
    other = GO_ON.get(alone)
    return UsageFault(
        f"does not go with {flag}: {ALONE[alone]}",
        where=alone,
        clause=clause,
        hint=" or ".join(filter(None, [other, f"leave out {flag}: one process does it"])),
    )


def refuse_for_coverage(flags: dict[str, Any]) -> None:
    """Refuse counts of several searches, or of a smaller graph. Spec: CHK-10."""
    if flags["every"] or flags["reduction"] != "none" or flags["save"] is not None:
        hint = "leave out --all, --reduction and --save"
        raise UsageFault("counts one plain run", where="--coverage", hint=hint)


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
