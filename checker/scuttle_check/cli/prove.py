"""``scuttle prove``: what follows from the rules of a profile for every size."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from scuttle_check.base.kept_files import made_folder, write_new
from scuttle_check.base.resources import to_write_to
from scuttle_check.cli.options import Amount, ProfileType, examples
from scuttle_check.cli.prove_shown import proof_json, proof_text
from scuttle_check.cli.prove_tried import evaluated, exchanged, exit_code
from scuttle_check.cli.shown import say
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.proofs.clauses import table
from scuttle_check.proofs.dropped import DROPPED
from scuttle_check.proofs.formulas import without_formula
from scuttle_check.proofs.obligations import Obligation, Theory, kept, theory
from scuttle_check.proofs.proving import (
    PROPERTIES,
    SECONDS,
    Proof,
    Status,
    obligations_of,
    prove,
)
from scuttle_check.proofs.record import RECORD, of_proof, write
from scuttle_check.proofs.smtlib import script
from scuttle_check.proofs.solvers import NAMES, solvers
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES


@click.command(
    epilog=examples(
        "scuttle prove --profile documented",
        "scuttle prove --profile textbook --property no-gap --solver both",
        "scuttle prove --profile documented --drop overtake",
        "scuttle prove --profile paper --smtlib obligations",
        "scuttle prove --profile textbook --evaluate 1000",
    )
)
@click.option(
    "--profile",
    "profiles",
    type=ProfileType(),
    multiple=True,
    help="The rules to prove something of: a profile, or a rule file (.toml). May be repeated. "
    "Default: all that have formulas.",
)
@click.option(
    "--property",
    "asked",
    type=click.Choice(list(PROPERTIES)),
    default="agreement",
    show_default=True,
    help="What to prove.",
)
@click.option(
    "--drop",
    type=click.Choice(list(DROPPED)),
    help="Allow a step that no theorem allows, and show what it breaks.",
)
@click.option(
    "--solver", type=click.Choice(NAMES), default="z3", show_default=True, help="Whom to ask."
)
@click.option(
    "--seconds",
    type=Amount(0, min_open=True),
    default=SECONDS,
    show_default=True,
    metavar="S",
    help="After S seconds an obligation is unknown.",
)
@click.option(
    "--smtlib",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write every obligation there, for any solver; ask none.",
)
@click.option(
    "--evaluate",
    type=click.IntRange(1),
    metavar="N",
    help="Evaluate the formulas on N transitions of the reducers; no solver is asked.",
)
@click.option("--swaps", is_flag=True, help="Exchange every rule, and tell what notices it.")
@click.option("--record", is_flag=True, help="Write what was proved to spec/proofs (a checkout).")
@click.option("--clauses", is_flag=True, help="The clauses of the invariant in words, and stop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Prove what holds for any number of nodes, sources, keys, updates, links and exchanges.

    The formulas of a profile's rules are put together as its reducer is; z3 or cvc5 (extra
    prove) proves that every step keeps an invariant, and that agreement follows. An obligation
    is proved, refuted by a small world in words, or unknown; what is unknown is never proved.

    Exit code 0: all is proved. 1: a step breaks the invariant. 3: no solver. 4: something is
    unknown, or a rule has no formula.
    """
    other = "--clauses" if flags["clauses"] else "--smtlib" if flags["smtlib"] is not None else ""
    if flags["as_json"] and other:
        raise UsageFault(f"tells of proofs, and {other} makes none", where="--json")
    if flags["clauses"]:
        click.echo(table())
        return
    asked = [profile_called(named) for named in flags["profiles"]]
    profiles = asked or [each for each in PROFILES.values() if not without_formula(each)]
    if flags["record"] and any(each.name not in PROFILES for each in profiles):
        raise UsageFault("keeps proofs of the profiles that ship", where="--record")
    for each in profiles:
        for point, rule in without_formula(each):
            say(f"{each.name}: the rule {rule} ({point}) has no formula; nothing is claimed")
    known = [each for each in profiles if not without_formula(each)]
    theories = [theory(each) for each in known]
    if flags["smtlib"] is not None:
        _write(theories, flags)
        raise SystemExit(AS_EXPECTED if len(known) == len(profiles) else INCONCLUSIVE)
    if flags["evaluate"] or flags["swaps"]:
        _held_against_reducers(theories, flags)
    raise SystemExit(_proved(theories, profiles, flags))


def _proved(theories: list[Theory], profiles: list[Profile], flags: dict[str, Any]) -> int:
    """Prove what is asked of each theory, and say so; the exit code. Spec: PROVE-1."""
    using = solvers(flags["solver"])
    proofs: list[Proof] = []
    for each in theories:
        asked = obligations(each, flags["asked"], flags["drop"])
        proofs.append(prove(each, asked, using, flags["seconds"], say))
        if not flags["as_json"]:
            click.echo("\n".join(proof_text(proofs[-1], flags["asked"])))
        if proofs[-1].stopped:
            break
    code = _exit_code(proofs, whole=True)
    if flags["record"] and code == AS_EXPECTED and flags["drop"] is None:
        write([of_proof(each) for each in proofs], to_write_to() / RECORD)
        say(f"recorded in spec/{RECORD}")
    unclaimed = {
        each.name: [f"{point}: {rule}" for point, rule in without_formula(each)]
        for each in profiles
        if without_formula(each)
    }
    if flags["as_json"]:
        document = {
            "property": flags["asked"],
            "solvers": [solver.name for solver in using],
            "proofs": [proof_json(each, flags["asked"]) for each in proofs],
            "without_formula": unclaimed,
        }
        click.echo(json.dumps({"format": "scuttle-proofs/1", **document}, ensure_ascii=False))
    return _exit_code(proofs, whole=not unclaimed)


def obligations(of: Theory, asked: str, drop: str | None) -> list[Obligation]:
    """What is to be proved; with `drop`, that a forbidden step keeps each clause."""
    if drop is None:
        return list(obligations_of(of, asked))
    action = DROPPED[drop](of)
    return [kept(of, action, clause) for clause in of.clauses]


def _held_against_reducers(theories: list[Theory], flags: dict[str, Any]) -> None:
    """Evaluate, and exchange rules, as asked; then end. Spec: PROVE-3."""
    as_text = not flags["as_json"]
    count = flags["evaluate"]
    trials = evaluated(theories, count, as_text=as_text) if count else []
    exchanges = []
    if flags["swaps"]:
        solver = solvers(flags["solver"])[0]
        exchanges = exchanged(theories, solver, flags["seconds"], as_text=as_text)
    if not as_text:
        document = {"trials": trials, "swaps": exchanges}
        click.echo(json.dumps({"format": "scuttle-proofs-tried/1", **document}))
    raise SystemExit(exit_code(trials, exchanges))


def _exit_code(proofs: list[Proof], *, whole: bool) -> int:
    if any(proof.stopped for proof in proofs):
        return INTERRUPTED
    if any(proof.of(Status.REFUTED) for proof in proofs):
        return REFUTED
    if not whole or any(proof.of(Status.UNKNOWN) for proof in proofs):
        return INCONCLUSIVE
    return AS_EXPECTED


def _write(theories: list[Theory], flags: dict[str, Any]) -> None:
    """Each obligation as a file of SMT-LIB: it is proved where a solver says unsat."""
    count = 0
    for of in theories:
        for each in obligations(of, flags["asked"], flags["drop"]):
            folder = flags["smtlib"] / of.profile.name
            made_folder(folder)
            name = re.sub(r"[^A-Za-z0-9-]+", "_", each.name)
            write_new(folder / f"{name}.smt2", script(each.hypotheses, each.goal, each.words))
            count += 1
    say(f"wrote {count} obligations below {flags['smtlib']}")
