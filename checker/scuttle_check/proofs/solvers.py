"""The solvers: z3 and cvc5, each asked in SMT-LIB. Neither is needed unless something is proved.

Laws of this file: an answer other than *unsat* proves nothing; a solver that is missing or cannot
be used is a fault that says so, never a verdict.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.interrupts import put_off
from scuttle_check.base.resources import to_install

UNSAT, SAT, UNKNOWN = "unsat", "sat", "unknown"


@frozen
class Answer:
    """What a solver says: UNSAT, SAT, or UNKNOWN with its reason; `printed` came behind it."""

    said: str
    reason: str = ""
    printed: str = ""


class Solver(Protocol):
    """Something that reads SMT-LIB."""

    @property
    def name(self) -> str:
        """What it is called, with its version."""
        ...

    def ask(self, script: str, seconds: float) -> Answer:
        """Run a script that ends with ``(check-sat)``, or asks for values behind it."""
        ...


def _loaded(module: str, called: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as fault:
        raise UnrunnableFault(
            f"the solver {called} cannot be loaded ({fault})",
            where="--solver",
            expected="a Python package that can be imported",
            hint=to_install(extra="prove"),
        ) from None


def _answer(printed: str) -> Answer:
    first, _, rest = printed.strip().partition("\n")
    if first.startswith(UNSAT):
        return Answer(UNSAT, printed=rest)
    if first.startswith(SAT):
        return Answer(SAT, printed=rest)
    reason = re.sub(r"^unknown *", "", first).strip("() ") or "no reason given"
    return Answer(UNKNOWN, reason, rest)


_MATCHING: Final[dict[str, str | int]] = {"smt.mbqi": "false"}
ATTEMPTS: Final[tuple[tuple[float, dict[str, str | int]], ...]] = (
    (0.2, {**_MATCHING, "auto_config": "false", "smt.case_split": 3}),
    (0.2, _MATCHING),
    (0.6, {**_MATCHING, "auto_config": "false", "smt.case_split": 3}),
)
"""How z3 is asked, and with what share of the time: in another way where it does not find one."""


@frozen
class Z3:
    """z3, with quantifiers instantiated where their terms occur and nowhere else."""

    module: Any

    @property
    def name(self) -> str:
        """``z3`` and its version."""
        return f"z3 {self.module.get_version_string()}"

    def ask(self, script: str, seconds: float) -> Answer:
        """Run a script in a context of its own."""
        answer = Answer(UNKNOWN, "not asked")
        for seed, (share, settings) in enumerate(ATTEMPTS):
            options = {**settings, "smt.random_seed": seed, "timeout": int(seconds * share * 1000)}
            answer = self._asked(script, options)
            if answer.said != UNKNOWN:
                break
        return answer

    def _asked(self, script: str, options: dict[str, str | int]) -> Answer:
        z3 = self.module
        told = "".join(f"(set-option :{name} {value})\n" for name, value in options.items())
        with put_off():  # z3 takes Ctrl-C for the end of this question alone
            context = z3.Context()  # which has to live as long as it is used
            try:
                printed = z3.Z3_eval_smtlib2_string(context.ref(), told + script)
            except z3.Z3Exception as fault:
                said = fault.value
                printed = said.decode() if isinstance(said, bytes) else str(said)
        if "memory" in printed.partition("\n")[0]:
            return Answer(UNKNOWN, printed.strip()[:200])
        if printed.startswith("(error"):
            raise UnrunnableFault(f"z3 cannot read what it was asked: {printed[:200]}")
        return _answer(printed)


@frozen
class Cvc5:
    """cvc5, as it comes."""

    module: Any

    @property
    def name(self) -> str:
        """``cvc5`` and its version."""
        return f"cvc5 {self.module.__version__}"

    def ask(self, script: str, seconds: float) -> Answer:
        """Run a script with a term manager of its own."""
        cvc5 = self.module
        solver = cvc5.Solver(cvc5.TermManager())
        solver.setOption("tlimit-per", str(int(seconds * 1000)))
        solver.setOption("produce-models", "true")
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
        printed: list[str] = []
        try:
            while not (command := parser.nextCommand()).isNull():
                printed.append(command.invoke(solver, parser.getSymbolManager()))
        except RuntimeError as fault:
            raise UnrunnableFault(f"cvc5 cannot read what it was asked: {fault}") from None
        return _answer("".join(printed))


NAMES: Final = ("z3", "cvc5", "both")


def solvers(called: str) -> tuple[Solver, ...]:
    """The solvers that a name stands for. Raises a Fault for one that is missing or unknown."""
    if called not in NAMES:
        raise UsageFault(f"no solver {called!r}", where="--solver", expected=" or ".join(NAMES))
    found: list[Solver] = []
    if called in {"z3", "both"}:
        found.append(Z3(_loaded("z3", "z3")))
    if called in {"cvc5", "both"}:
        found.append(Cvc5(_loaded("cvc5", "cvc5")))
    return tuple(found)


def versions(used: Iterable[Solver]) -> list[str]:
    """The names of solvers, with their versions."""
    return [each.name for each in used]
