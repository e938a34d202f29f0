"""``scuttle check``: the convergence matrix, or one model of your own.

A small model is checked in the time that a process takes to start, so what only some flags need is
imported where they are obeyed.

Flags of ``scuttle check`` that do not go together.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.junit import Case, junit_file, suite_of
from scuttle_check.base.kept_files import write_over
from scuttle_check.cli import shown
from scuttle_check.cli.answers import Answer, Question, plain_answer
from scuttle_check.cli.check_live import live_options, refuse_without_live
from scuttle_check.cli.crews import shares, worker_options
from scuttle_check.cli.options import (
    Amount,
    case_named,
    describes_model,
    examples,
    experiment_from,
    model_options,
    named,
    report_option,
)
from scuttle_check.cli.searching import SEARCHES, scouted, search_called, search_for
from scuttle_check.cli.shown import Teller
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip import catalogue
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.lasting import Heeded
from scuttle_check.gossip.model_files import model_text
from scuttle_check.gossip.reductions.reduce import REDUCTIONS
from scuttle_check.search.budget import Budget, memory_free

if TYPE_CHECKING:
    from scuttle_check.gossip.counterexample import Counterexample


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


@click.command(
    epilog=examples(
        "scuttle check",
        "scuttle check --case order:as-shipped",
        "scuttle check --profile as-shipped --topology line:3 --writers A,C --save swap.json",
    )
)
@model_options
@click.option(
    "--nodes",
    metavar="pkg.mod:Class",
    help="Nodes of your own, of any protocol; MODEL says the rest.",
)
@click.option(
    "--size", type=click.Choice(["small", "large"]), default="small", help="How much of it."
)
@click.option(
    "--search",
    type=click.Choice([*SEARCHES, "random"]),
    default="compiled",
    show_default=True,
    help="Compiled and plain agree in everything; random proves nothing.",
)
@click.option(
    "--reduction",
    type=click.Choice(REDUCTIONS),
    default="none",
    show_default=True,
    help="Leave out worlds that cannot matter; refused where that would be unsound.",
)
@click.option(
    "--certify",
    is_flag=True,
    help="Execute again what a reduction rests on, and some worlds.",
)
@click.option("--walks", type=click.IntRange(1), default=1000, help="Random walks. Default: 1000.")
@click.option("--seed", type=int, default=0, help="Seed of the random walks. Default: 0.")
@click.option(
    "--scout/--no-scout",
    "scouted",
    default=True,
    help="After a second, look for a bug at random and depth-first. Default: yes.",
)
@worker_options("the catalogue, a compiled search or random walks")
@live_options
@click.option(
    "--property",
    "wanted",
    multiple=True,
    metavar="NAME|pkg.mod:fn",
    help="Judge only this one: one of ours, or one of yours. May be repeated.",
)
@click.option(
    "--find", metavar="NAME|pkg.mod:fn", help="Judge only this one, and stop once it is decided."
)
@click.option("--write-model", is_flag=True, help="Print the model file that the flags mean.")
@click.option("--all", "every", is_flag=True, help="A counterexample for each cause of failure.")
@click.option("--outcomes", is_flag=True, help="All that the replicas can end with, and how.")
@click.option("--coverage", is_flag=True, help="Which rules were asked, and which never.")
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop beyond N worlds.")
@click.option("--max-seconds", type=Amount(0), metavar="S", help="Stop after S seconds.")
@click.option(
    "--max-memory",
    type=click.IntRange(1),
    metavar="MB",
    help="Stop above N MB. Default: nine tenths of what is free.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the counterexample there.")
@click.option(
    "--run",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Save each level in a folder, to go on after an interruption. Default: .scuttle/runs/...",
)
@click.option(
    "--ladder",
    metavar="ROW[:PROFILE]",
    help="Climb the models behind a row of the table, or all, and compare with the record.",
)
@click.option("--record", is_flag=True, help="With --ladder: write the record anew.")
@click.option("--markdown", is_flag=True, help="The matrix as a Markdown table.")
@report_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Explore every interleaving and judge the properties.

    Without arguments: the catalogue, and the matrix of the assumptions that convergence needs.
    With arguments: one model. Every writer sets values, every directed link may start exchanges,
    and all orders of all messages are tried. MODEL is a model file, a case (ROW:PROFILE), or code
    of your own that makes one (module:name); flags take the place of what it says.
    """
    budget = Budget(
        flags["max_states"],
        flags["max_seconds"],
        Teller(),
        bytes_max=_bytes_max(flags["max_memory"]),
        partial=True,
    )
    if flags["ladder"] is not None:
        from scuttle_check.cli.check_ladder import check_ladder  # noqa: PLC0415 - see the top

        refuse_for_ladder(flags)
        sys.exit(check_ladder(flags["ladder"], as_json=flags["as_json"], recording=flags["record"]))
    if flags["record"]:
        raise UsageFault("goes with --ladder", where="--record")
    if flags["nodes"] is not None or named(flags) is not None:
        from scuttle_check.cli.check_own import check_own, is_own  # noqa: PLC0415 - see the top

        if is_own(flags):
            refuse_to_overwrite(flags["save"])
            sys.exit(check_own(flags, budget))
    if flags["outcomes"]:
        refuse_for_outcomes(flags)
    if flags["live"]:
        from scuttle_check.cli.check_live import check_live  # noqa: PLC0415 - see the top

        refuse_for_workers(flags)
        refuse_for_run(flags)
        sys.exit(check_live(flags, budget))
    refuse_without_live(flags)
    if not describes_model(flags):
        from scuttle_check.cli.check_catalogue import check_catalogue  # noqa: PLC0415 - see the top

        refuse_for_catalogue(flags)
        sys.exit(check_catalogue(flags, budget, search_called(flags["search"])))
    experiment = _with_own_properties(experiment_from(flags), flags)
    if flags["write_model"]:
        click.echo(model_text(experiment), nl=False)
        return
    if flags["outcomes"]:
        from scuttle_check.cli.check_outcomes import check_outcomes  # noqa: PLC0415 - see the top

        sys.exit(check_outcomes(experiment, budget, as_json=flags["as_json"]))
    refuse_to_overwrite(flags["save"])
    sys.exit(_one(experiment, flags, budget))


def refuse_to_overwrite(path: Path | None) -> None:
    """Raise UsageFault for a file that is there already."""
    if path is not None and path.exists():
        raise UsageFault(
            "exists already",
            where=str(path),
            hint="nothing was overwritten; choose another name",
        )


def _with_own_properties(experiment: Experiment, flags: dict[str, Any]) -> Experiment:
    """The experiment, with the properties of somebody's own that are asked for. Spec: CHK-18."""
    asked = [*flags["wanted"], *filter(None, [flags["find"]])]
    own = tuple(name for name in asked if ":" in name and name not in experiment.properties)
    return attrs.evolve(experiment, properties=(*experiment.properties, *dict.fromkeys(own)))


def _bytes_max(megabytes: int | None) -> int | None:
    """The memory to keep within: a search that is killed for taking more has no verdict."""
    if megabytes is not None:
        return megabytes << 20
    free = memory_free()
    return None if free is None else free * 9 // 10


def _cases(answer: Answer) -> list[Case]:
    """The properties for a build server. Spec: ORA-12."""
    faults = {"refuted": "failure", "unknown": "error"}
    found = []
    for each in answer.report.verdicts:
        kind, prop = each.kind.value, each.property
        text = each.because + "".join(f"\n{step}" for step in each.schedule or ())
        found.append(Case(prop.clause, prop.name, faults.get(kind, ""), each.because, kind, text))
    return found


def _one(experiment: Experiment, flags: dict[str, Any], budget: Budget) -> int:
    junit = junit_file(flags["report"])
    if flags["reduction"] != "none" and flags["search"] != "compiled":
        raise UsageFault("needs the compiled search", where="--reduction")
    if flags["certify"] and flags["search"] != "compiled":
        raise UsageFault("needs the compiled search", where="--certify", clause="RED-20")
    wanted = flags["wanted"]
    if flags["find"] is not None or flags["every"]:
        refuse_for_shortest(flags)
        wanted = wanted if flags["find"] is None else (flags["find"],)
    if flags["coverage"]:
        refuse_for_coverage(flags)
    setup = narrowed(experiment.build(), wanted)
    refuse_for_workers(flags)
    refuse_for_run(flags)
    once = not (flags["every"] or flags["coverage"])
    if flags["scouted"] and once and flags["search"] in {"compiled", "plain"}:
        budget = scouted(setup, budget, flags["seed"])
    if flags["run"] is not None:
        answer = _kept(experiment, setup, wanted, flags, budget)
    else:
        answer = _asked(experiment, setup, wanted, flags, budget)
    plainly = once and not wanted and flags["run"] is None and flags["reduction"] == "none"
    case = case_named(flags)
    if case is not None and plainly:
        answer = _compared(experiment, setup, case, answer)
    if flags["save"] is not None:
        _save(experiment, answer, flags["save"])
    if junit is not None:
        write_over(junit, suite_of(f"scuttle check {experiment.profile}", _cases(answer)))
    return answer.tell(as_json=flags["as_json"])


def _compared(experiment: Experiment, setup: Setup, name: str, answer: Answer) -> Answer:
    """The answer, and how it differs from what is recorded of the case. Spec: CHK-2, CHK-12."""
    from scuttle_check.cli.check_ladder import spoken  # noqa: PLC0415 - see the top
    from scuttle_check.gossip.ladder import recorded  # noqa: PLC0415 - see the top

    report = answer.report
    if report.stats.complete:
        case = catalogue.find_case(catalogue.load_catalogue(), name)
        found = catalogue.compared(case, report).surprises
        for said in found or ("verdicts and counts are as recorded in spec/models.toml",):
            report = report.noting(f"NOT as recorded: {said}" if found else said)
    cell = recorded().get(name)
    if cell is not None:
        report = report.noting(f"its row: {spoken(cell)} (scuttle check --ladder {name})")
    return plain_answer(experiment, attrs.evolve(setup, heeded=Heeded()), report)


def _asked(
    experiment: Experiment,
    setup: Setup,
    wanted: tuple[str, ...],
    flags: dict[str, Any],
    budget: Budget,
) -> Answer:
    """Search without a run folder."""
    if flags["coverage"] and setup.mixed:
        problem = "counts the rules of one profile, and nodes have settings of their own"
        raise UsageFault(problem, where="--coverage", clause="CHK-10")
    decided = flags["find"] is not None
    question = Question(flags["every"], flags["coverage"], until_decided=decided)
    with search_for(experiment, setup, wanted, flags) as search:
        answer = question.answer(experiment, setup, search, budget)
    if flags["search"] in {"depth-first", "random"} and not flags["coverage"]:
        return plain_answer(experiment, setup, _shortened(experiment, answer.report))
    return answer


def _kept(
    experiment: Experiment,
    setup: Setup,
    wanted: tuple[str, ...],
    flags: dict[str, Any],
    budget: Budget,
) -> Answer:
    """Search with a run folder. Spec: RUN-1."""
    from scuttle_check.cli.divided import facets_of  # noqa: PLC0415 - see the top
    from scuttle_check.cli.saved import (  # noqa: PLC0415 - see the top
        Asked,
        answered,
        begun,
    )

    facets_of(setup, flags["reduction"])  # what is unsound is refused before there is a folder
    asked = Asked(
        wanted, flags["find"] is not None, flags["every"], flags["coverage"], flags["reduction"]
    )
    run = begun(Path(flags["run"]) if flags["run"] else None, experiment, asked)
    return answered(run, setup, budget, flags)


def narrowed(setup: Setup, wanted: tuple[str, ...]) -> Setup:
    """With the properties of these names only; with all where none is given. Raises UsageFault."""
    known = {each.name: each for each in setup.properties}
    wanted = tuple(map(setup.called, wanted))
    for name in wanted:
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no property {name!r}", where="--property, --find", expected=expected)
    if not wanted:
        return setup
    return attrs.evolve(setup, properties=tuple(p for n, p in known.items() if n in wanted))


def _shortened(experiment: Experiment, report: Report) -> Report:
    """The report with each counterexample shrunk to a schedule with no action to spare."""
    from scuttle_check.gossip.counterexample import shrink  # noqa: PLC0415 - see the top

    def shorten(verdict: Verdict) -> Verdict:
        if verdict.kind is not Kind.REFUTED or verdict.schedule is None:
            return verdict
        found = shrink(_counterexample(experiment, verdict), script_too=False)
        return attrs.evolve(verdict, schedule=found.schedule, because=found.because)

    return attrs.evolve(report, verdicts=tuple(map(shorten, report.verdicts)))


def _counterexample(experiment: Experiment, verdict: Verdict) -> Counterexample:
    from scuttle_check.gossip.counterexample import Counterexample  # noqa: PLC0415 - see the top

    return Counterexample(
        experiment,
        verdict.property.name,
        verdict.property.clause,
        verdict.because,
        verdict.schedule or (),  # type: ignore[arg-type]
    )


def _save(experiment: Experiment, answer: Answer, path: Path) -> None:
    if answer.found is not None:
        from scuttle_check.cli.answers import save_found  # noqa: PLC0415 - see the top

        save_found(experiment, answer.found, path)
        return
    refuted = shown.first_refuted(answer.report)
    if refuted is None:
        click.echo("note: nothing was refuted, so nothing was saved", err=True)
        return
    _counterexample(experiment, refuted).save(path)
    click.echo(f"saved: {path} (run it with: scuttle replay {path})", err=True)
