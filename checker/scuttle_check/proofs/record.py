"""What was proved, of what, and by whom: ``spec/proofs/record.json``.

A proof is *stale* when the rules, the formulas or the clauses have changed since. What it was of is
kept as two digests: of the code of the core, without comments and docstrings, and of the text of
every obligation.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import frozen

import scuttle_ref
from scuttle_check.base.errors import UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import spec_folder
from scuttle_check.gossip.bounds import forgets_nothing, settings_read
from scuttle_check.gossip.catalogue import Case
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.proofs.formulas import RESOLVER_ORDERS
from scuttle_check.proofs.obligations import Theory, theory
from scuttle_check.proofs.proving import Proof, groups, not_claimed, obligations_of
from scuttle_check.proofs.smtlib import script
from scuttle_ref.messages import Exchange, Put
from scuttle_ref.profiles import PROFILES

Json: TypeAlias = dict[str, Any]

RECORD: Final = "proofs/record.json"

ORDERS: Final = ("lww_total", "max_value", "first_writer")
"""The resolvers that are total orders on the updates of a key; tests hold them against the laws."""


@frozen
class Recorded:
    """What is recorded of a profile. `agreement`: that all replicas end equal was proved."""

    profile: str
    agreement: bool
    obligations: dict[str, int]
    seconds: float
    solvers: tuple[str, ...]
    assumes: tuple[str, ...]
    core: str
    text: str


# --- of what it was -------------------------------------------------------------------------------


def core_digest() -> str:
    """A digest of the code of the core: the reducers, their rules and what these are made of."""
    folder = Path(scuttle_ref.__file__).parent
    told = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                kept = [each for each in body if not _says_only(each)]
                node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
        told.update(f"{path.name}\n{ast.dump(tree)}\n".encode())
    return told.hexdigest()[:16]


def _says_only(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def text_digest(of: Theory) -> str:
    """A digest of every obligation, as a solver reads it."""
    told = hashlib.sha256()
    for each in obligations_of(of):
        told.update(script(each.hypotheses, each.goal, each.name).encode())
    return told.hexdigest()[:16]


def stale(known: Recorded) -> list[str]:
    """What has changed since a profile was proved; nothing where the record still says it.

    Spec: PROVE-4.
    """
    changed = []
    if known.core != core_digest():
        changed.append("the core has changed")
    if known.text != text_digest(theory(PROFILES[known.profile])):
        changed.append("formulas or clauses have changed")
    return changed


# --- the file -------------------------------------------------------------------------------------


def of_proof(proof: Proof) -> Recorded:
    """What is recorded of a proof that is complete. Raises UsageFault for one that is not."""
    of = proof.theory
    if not proof.complete:
        raise UsageFault(f"{of.profile.name} was not proved", where="--record")
    return Recorded(
        of.profile.name,
        not not_claimed(of),
        {name: len(results) for name, results in groups(proof.results).items()},
        round(proof.seconds, 1),
        proof.solvers,
        of.assumptions,
        core_digest(),
        text_digest(of),
    )


def write(found: list[Recorded], path: Path) -> None:
    """Write down what was proved; profiles that were not proved anew stay."""
    known = recorded(path) if path.is_file() else {}
    known |= {each.profile: each for each in found}
    proofs = [
        {name: getattr(each, name) for name in Recorded.__annotations__}
        for each in (known[name] for name in PROFILES if name in known)
    ]
    path.parent.mkdir(exist_ok=True)
    document = {"format": "scuttle-proofs-record/1", "proofs": proofs}
    write_over(path, json.dumps(document, indent=1) + "\n")


def recorded(path: Path | None = None) -> dict[str, Recorded]:
    """What is recorded, by profile. Raises UsageFault."""
    where = path or spec_folder() / RECORD
    try:
        document = json.loads(where.read_text(encoding="utf-8"))
        return {each["profile"]: _read(each) for each in document["proofs"]}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UsageFault(
            f"cannot be read ({fault})",
            where=str(where),
            hint="write it anew: scuttle prove --record",
        ) from None


def _read(each: Json) -> Recorded:
    listed = {name: tuple(each[name]) for name in ("solvers", "assumes")}
    return Recorded(**{**each, **listed})


# --- the rows of the table ------------------------------------------------------------------------


def proved_cells(cases: list[Case]) -> set[str]:
    """The cells of the table that a recorded proof covers, by the names of their cases.

    Spec: PROVE-4.
    """
    known = recorded()
    return {
        case.id
        for case in cases
        if (found := known.get(str(case.experiment.profile))) is not None
        and found.agreement
        and not beyond(case.experiment)
    }


def beyond(experiment: Experiment) -> list[str]:
    """What of an experiment no theorem of its profile allows; nothing where it is covered.

    The rules are asked, and what the experiment lets happen. Its size does not matter.
    """
    profile = profile_called(experiment.profile)
    of = theory(profile)
    faults = experiment.faults
    read = settings_read(profile)
    amnesia = any(
        not isinstance(command, Put | Exchange)
        for script in experiment.script
        for command in script
    )
    found = {
        "a node stops for good": bool(faults.stops),
        "nodes have settings or values of their own": bool(experiment.nodes),
        "messages reach more than their addressee": experiment.wiring != "addressed",
        "a node forgets all and keeps its id": amnesia
        or (bool(faults.crashes) and faults.restart == "amnesia"),
        "a node is gone for ever, and only the latest of each key is remembered": bool(
            faults.crashes
        )
        and faults.restart == "new-id"
        and of.rules.retain.one_per_key,
        "history is limited": "max_history" in read
        and not forgets_nothing(profile, experiment.config()),
        "the resolver is no known order": RESOLVER_ORDERS in of.assumptions
        and experiment.resolver not in ORDERS,
    }
    if of.medium.streams:
        found |= {
            "messages overtake each other": experiment.network in {"unordered", "lossy"}
            or bool(faults.overtakings),
            "messages are lost": experiment.network == "lossy" or faults.losses not in {None, 0},
        }
    return [what for what, so in found.items() if so]
