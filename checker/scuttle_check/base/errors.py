"""What can be wrong with what a user gave us, and how the command line ends.

A fault is written for the person who reads it: what was wrong, where, what was expected, which
clause says so, and how to go on. No fault shows a traceback.
"""

from __future__ import annotations

AS_EXPECTED = 0
REFUTED = 1
USAGE = 2
UNRUNNABLE = 3
INCONCLUSIVE = 4
UNFORESEEN = 70
INTERRUPTED = 130
PIPE_CLOSED = 141


class Fault(Exception):
    """Something given to the tool cannot be used."""

    exit_code = USAGE

    def __init__(
        self,
        problem: str,
        *,
        where: str = "",
        expected: str = "",
        clause: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.expected = expected
        self.clause = clause
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.where}: {self.problem}" if self.where else self.problem
        lines = [f"{head} [{self.clause}]" if self.clause else head]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.hint:
            lines.append(f"  try: {self.hint}")
        return "\n".join(lines)


class UsageFault(Fault):
    """A flag, a name or a file that the command cannot take. Exit code 2."""


class UnrunnableFault(Fault):
    """The thing under test, or the environment, could not be run. Exit code 3."""

    exit_code = UNRUNNABLE
