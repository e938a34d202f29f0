"""What can be wrong, as values and as exceptions.

Inside the reducer nothing raises: a :class:`Refusal` is carried by a ``Rejected`` output.
At the edges, where JSON or a configuration is read, the same refusal is raised.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Refusal:
    """Why something was refused.

    `path` leads to the fault (``"version"``, ``"config.mtu"``), `problem` says what is wrong
    there, `expected` what would be right, `clause` which clause says so.
    """

    path: str
    problem: str
    expected: str
    clause: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; expected {self.expected} [{self.clause}]"


class ScuttleError(Exception):
    """Anything that is wrong with what was given to this library.

    Expected during normal operation at the edges; its text is meant for people.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class InvalidMessage(ScuttleError):
    """JSON that is no message of the protocol. Spec: ERR-2."""


class InvalidConfig(ScuttleError):
    """A configuration that no node can run with. Spec: CONF-1."""
