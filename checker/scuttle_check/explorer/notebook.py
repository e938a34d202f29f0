"""A run that shows itself in a notebook: the whole page, in a frame of its own."""

from __future__ import annotations

import html
from pathlib import Path

from attrs import frozen

from scuttle_check.explorer.explorable import Explorable
from scuttle_check.explorer.export import page_of
from scuttle_check.explorer.sources import explorable, of_experiment, open_file
from scuttle_check.explorer.walk import Walk
from scuttle_check.gossip.experiment import Experiment

HEIGHT = 640
"""The height of the frame. Unit: pixels."""


@frozen
class Framed:
    """A model, a run of it or a recording. At the end of a notebook's cell it is the explorer.

    No server and no address outside is needed, and the notebook keeps it when it is saved.

    Spec: EXPL-11.
    """

    explorable: Explorable

    def _repr_html_(self) -> str:
        """The page in a frame."""
        source = html.escape(page_of(self.explorable), quote=True)
        style = f"width:100%;height:{HEIGHT}px;border:1px solid #8888"
        return f'<iframe srcdoc="{source}" style="{style}" title="scuttle explore"></iframe>'

    def __str__(self) -> str:
        walk = Walk(self.explorable)
        walk.go(len(walk.steps))
        return walk.diagram()


def trace(of: str | Path | Experiment) -> Framed:
    """The run that a file holds (see ``scuttle explore FILE``), or a model. Raises UsageFault."""
    opened = of_experiment(of) if isinstance(of, Experiment) else open_file(Path(of))
    return Framed(explorable(opened))
