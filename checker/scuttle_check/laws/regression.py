"""Regression files: one broken law with its evidence, kept for ever and judged again each time.

Hypothesis' own database is a cache that any upgrade may empty; these files are for keeping.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.files import read_members, write_json
from scuttle_check.base.kept_files import made_folder
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.laws.asking import Asking, GaveUp, NoAnswer, Run
from scuttle_check.laws.book import Law, law_called
from scuttle_check.laws.calling import Caller
from scuttle_check.laws.converging import judge_schedule
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.forerunner import sent_ahead
from scuttle_check.laws.named import caller_called
from scuttle_ref.messages import Update
from scuttle_ref.names import frozen_value
from scuttle_ref.validity import message_refusal

FORMAT = "scuttle-regression/1"
SUFFIX = ".scuttle.json"

SECONDS = 60.0
"""How long judging one piece of evidence may take. Unit: seconds."""

_MEMBERS = {"id": str, "law": str, "resolver": str, "observe": list, "orders": list}


@frozen
class Regression:
    """One broken law of one resolver: `resolver` is how it is imported, or a built-in name.

    A file of JavaScript is looked for from the folders of `beside` as well.

    Spec: LAW-18.
    """

    law: Law
    resolver: str
    observe: tuple[str, ...]
    evidence: Evidence
    beside: tuple[Path, ...] = field(default=(), eq=False)

    @property
    def id(self) -> str:
        """A stable name: the law, and a digest of what decides."""
        told = self.evidence.to_json()
        decides = [self.law.name, self.resolver, list(self.observe), told["replicas"]]
        decides += [told["orders"], told["experiment"], told["schedule"]]
        text = json.dumps(decides, sort_keys=True, default=str)
        return f"{self.law.name}-{blake2b(text.encode(), digest_size=4).hexdigest()}"

    def to_json(self) -> dict[str, Any]:
        """The content of the file."""
        told = self.evidence.to_json()
        return {
            "format": FORMAT,
            "id": self.id,
            "law": self.law.name,
            "clause": self.law.clause,
            "resolver": self.resolver,
            "observe": list(self.observe),
            "replicas": told["replicas"],
            "orders": told["orders"],
            "experiment": told["experiment"],
            "schedule": told["schedule"],
            "explanation": f"{self.law.says}; but {self.evidence.because}",
        }

    def save(self, folder: Path) -> Path:
        """Write the file into `folder`, made if it is not there. One that is there stays.

        Raises UsageFault when it cannot be written.
        """
        made_folder(folder)
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", self.resolver.replace(":", "."))
        path = folder / f"{name}-{self.id}{SUFFIX}"
        if not path.exists():
            write_json(path, self.to_json())
        return path

    def caller(self) -> Caller:
        """The resolver, imported as the file says. Raises a Fault."""
        return caller_called(self.resolver, beside=self.beside)

    def broken(self, caller: Caller) -> str | None:
        """How the law is still broken on this evidence, as a sentence, or None. Spec: LAW-18."""
        fatal = sent_ahead(caller, self._judged, SECONDS)
        if fatal is not None:
            return f"it {fatal.failure.says}"
        return self._judged(Asking(caller, self.observe))

    def _judged(self, asking: Asking) -> str | None:
        try:
            if self.law.by_schedule:
                experiment = self.evidence.experiment or {}
                return judge_schedule(
                    asking, experiment_from_json(experiment, ""), self.evidence.schedule
                )
            return self.law.judge(asking, self.evidence.runs)
        except (GaveUp, NoAnswer) as none:
            return f"it gives no answer: {none}"


def load_regression(path: Path) -> Regression:
    """Read a regression file. Raises UsageFault with the path of a fault."""
    where = str(path)
    document = read_members(path, FORMAT, _MEMBERS)
    law = law_called(document["law"], f"{where}: $.law")
    observe = tuple(map(str, document["observe"]))
    if not observe or set(observe) - {"value", "version"}:
        raise UsageFault(
            f"is {list(observe)}", where=f"{where}: $.observe", expected="value, version or both"
        )
    evidence = _evidence(document, law, where)
    return Regression(law, document["resolver"], observe, evidence, (path.parent,))


def _evidence(document: dict[str, Any], law: Law, where: str) -> Evidence:
    because = str(document.get("explanation", ""))
    if law.by_schedule:
        experiment, schedule = document.get("experiment"), document.get("schedule")
        if not isinstance(experiment, dict) or not isinstance(schedule, list):
            raise UsageFault(
                "is missing or of another type",
                where=f"{where}: $.experiment or $.schedule",
                expected="an experiment and the lines of its schedule",
            )
        experiment_from_json(experiment, f"{where}: $.experiment")
        return Evidence(because, (), experiment, tuple(map(str, schedule)))
    replicas = document.get("replicas")
    orders = document["orders"]
    if not isinstance(replicas, list) or len(replicas) != len(orders) or not orders:
        raise UsageFault("does not name one replica per order", where=f"{where}: $.replicas")
    runs = tuple(
        Run(str(replica), _order(order, f"{where}: $.orders[{at}]"))
        for at, (replica, order) in enumerate(zip(replicas, orders, strict=True))
    )
    return Evidence(because, runs)


def _order(order: object, where: str) -> tuple[Update, ...]:
    if not isinstance(order, list) or not order:
        raise UsageFault("is no list of updates", where=where)
    found = []
    for at, item in enumerate(order):
        members = item if isinstance(item, dict) else {}
        update = Update(
            source_id=members.get("source_id"),  # type: ignore[arg-type]
            key=members.get("key"),  # type: ignore[arg-type]
            value=frozen_value(members.get("value")),
            version=members.get("version"),  # type: ignore[arg-type]
        )
        refusal = message_refusal(update)
        if refusal is not None:
            raise UsageFault(
                f"{refusal.path} {refusal.problem}",
                where=f"{where}[{at}]",
                expected=refusal.expected,
                clause=refusal.clause,
            )
        found.append(update)
    return tuple(found)
