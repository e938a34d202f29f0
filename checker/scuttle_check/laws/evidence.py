"""Evidence: what a broken law leaves behind, for people and for files."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from scuttle_check.laws.asking import Run
from scuttle_check.laws.cases import listed
from scuttle_ref.messages import Update
from scuttle_ref.names import thawed_value


@frozen
class Evidence:
    """How a law was seen broken: by runs at single replicas, or by a schedule of an experiment.

    `because` is a sentence without a full stop. `experiment` and `schedule` are as in a
    counterexample file.
    """

    because: str
    runs: tuple[Run, ...] = ()
    experiment: dict[str, Any] | None = None
    schedule: tuple[str, ...] = ()

    @property
    def updates(self) -> tuple[Update, ...]:
        """The distinct updates of the runs."""
        return tuple(dict.fromkeys(update for run in self.runs for update in run.delivered))

    @property
    def size(self) -> int:
        """How many updates it takes."""
        if self.experiment is None:
            return len(self.updates)
        return sum(" set " in line for line in self.experiment["script"])

    def lines(self) -> list[str]:
        """The evidence as text."""
        if self.experiment is not None:
            name = self.experiment["topology"]["name"]
            steps = [f"  {line}" for line in self.experiment["script"]]
            after = ", ".join(self.schedule)
            return [f"on {name}, where", *steps, f"after: {after}", self.because]
        width = max((len(run.replica) for run in self.runs), default=0)
        told = [f"at {run.replica:<{width}}: {listed(run.delivered)}" for run in self.runs]
        return [*told, self.because]

    def to_json(self) -> dict[str, Any]:
        """The evidence as it stands in reports and regression files."""
        return {
            "because": self.because,
            "updates": self.size,
            "replicas": [run.replica for run in self.runs],
            "orders": [[update_to_json(update) for update in run.delivered] for run in self.runs],
            "experiment": self.experiment,
            "schedule": list(self.schedule),
        }


def update_to_json(update: Update) -> dict[str, object]:
    """An update as on the wire. Spec: LAW-18."""
    told = {"source_id": update.source_id, "version": update.version}
    return {"key": update.key, "value": thawed_value(update.value), **told}
