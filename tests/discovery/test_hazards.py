"""The checker finds the known hazards of simple-scuttle, soon and with short counterexamples.

Each hazard comes with its control: the assumption put back, or the documented protocol.
Numbers are upper bounds: steps of the counterexample, worlds looked at before it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen

from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.experiment import Setup

SHIPPED = {"profile": "as-shipped"}
TEXTBOOK = {"profile": "textbook"}
SWAP = "A set k=a; B set k=b"
TWO = "A set k=1; A set k=2"
RELAYED = "X set k=1; X set k=2; B gossip X; C gossip X; A gossip B; A gossip C"
FIVE = "B set b=1; C set c=1; D set d=1; E set e=1"
EVICTED = "B set b=1; B set b=2; B set b=3; C set c=1; B gossip C; A gossip B"
MUTE = {"exchanges": 0}


@frozen
class Hazard:
    """A model that must be refuted, and how it differs from one that holds.

    `control` changes the settings so that the hazard is gone; `mended` replaces the script.
    """

    name: str
    topology: str
    script: str
    settings: dict[str, Any]
    property: str
    steps: int
    worlds: int
    control: dict[str, Any] = field(factory=dict)
    mended: str = ""

    def __str__(self) -> str:
        return self.name


DOCUMENTED = {"profile": "documented"}
JOIN = {"resolver": "lww_total"}
LOCAL_TIE = {"resolver": "lww_vs_current_vers"}
BY_CLOCK = {"resolver": "lww_vs_clock"}

RELAY = "A set k=1; A set j=2; B set x=3; B gossip A; C gossip B; C gossip A"
"""C asks the relay B, which has forgotten A's first write, and then A, which still holds both."""

HAZARDS = [
    # two writers of one key swap their values for ever
    Hazard("H1 swap", "line:2", SWAP, SHIPPED, "agreement", 2, 10, DOCUMENTED),
    Hazard("H1 distinct keys", "line:2", SWAP, SHIPPED, "agreement", 2, 10, {},
           "A set a=a; B set b=b"),
    Hazard("H1 ring", "ring:3", "A set k=a; B set k=b; C set k=c", SHIPPED | MUTE, "agreement",
           3, 10, DOCUMENTED),
    Hazard("H1 by clock", "line:2", SWAP, BY_CLOCK, "agreement", 2, 10, JOIN),
    # the older of two updates arrives last
    Hazard("H8 reorder", "line:2", TWO, SHIPPED | {"network": "unordered"}, "agreement", 7, 300,
           SHIPPED | {"network": "fifo"}),
    Hazard("H8 reorder, textbook", "line:2", "A set k=1; A set j=2",
           TEXTBOOK | {"network": "unordered"}, "no-gap", 5, 60, TEXTBOOK | {"network": "fifo"}),
    Hazard("H9 duplicate", "line:2", TWO, SHIPPED | {"network": "duplicating"}, "history-sound",
           6, 200, DOCUMENTED),
    Hazard("H22 done twice", "line:2", TWO, SHIPPED | {"network": "duplicating"},
           "own-writes-kept", 11, 600, DOCUMENTED),
    Hazard("H22 done first", "line:2", TWO, SHIPPED | {"network": "unordered"},
           "own-writes-kept", 8, 500, DOCUMENTED),
    Hazard("H23 duplicates evict", "line:2", "A set k=1; B set j=2",
           SHIPPED | {"network": "duplicating", "max_history": 2}, "agreement", 7, 410,
           SHIPPED | {"network": "duplicating", "max_history": None}),
    Hazard("H23 documented", "line:2", "A set k=1; B set j=2",
           SHIPPED | {"network": "duplicating", "max_history": 2}, "agreement", 7, 410,
           DOCUMENTED),
    Hazard("H3 asked twice", "line:2", TWO, SHIPPED | {"exchanges": 2}, "history-sound", 9,
           1_200, DOCUMENTED),
    # several exchanges at once: one answer undoes another
    Hazard("H19 hub", "line:3", TWO, SHIPPED, "own-writes-kept", 13, 4_000, DOCUMENTED),
    Hazard("H19 one peer", "line:3", TWO, SHIPPED, "own-writes-kept", 13, 4_000, MUTE,
           "A set k=1; A set k=2; B gossip A; A gossip B"),
    Hazard("H30 two answers", "square", RELAYED, SHIPPED | MUTE, "agreement", 20, 3_200,
           DOCUMENTED),
    Hazard("H30 one relay", "square", RELAYED, SHIPPED | MUTE, "agreement", 20, 3_200, {},
           RELAYED.removesuffix("; A gossip C")),
    # the history forgets what somebody still needs
    Hazard("H4 truncation", "line:2", "A set k=1; A set j=2; A set i=3", {"max_history": 2},
           "agreement", 3, 20, {"max_history": 3}),
    Hazard("H4 truncation, shipped", "line:2", "A set k=1; A set j=2; A set i=3",
           SHIPPED | {"max_history": 2}, "agreement", 3, 20, {"max_history": 3}),
    Hazard("H4 paper", "line:2", "A set k=1; A set j=2; A set i=3",
           TEXTBOOK | {"max_history": 2}, "agreement", 3, 20, {"profile": "paper"}),
    Hazard("H5 relay forgot", "complete:3", RELAY, MUTE | {"max_history": 2}, "no-gap", 13, 900,
           {"max_history": 3}),
    Hazard("H5 shipped", "complete:3", RELAY, SHIPPED | MUTE | {"max_history": 2}, "no-gap", 13,
           1_200, {"max_history": 3}),
    Hazard("H6 newcomer evicted", "line:3", EVICTED, MUTE | {"max_history": 2}, "agreement",
           10, 160, {"max_history": 4}),
    Hazard("H27 nothing kept", "line:2", "A set k=1", SHIPPED | {"max_history": 0}, "agreement",
           1, 10, DOCUMENTED),
    # a hole below the clock
    Hazard("H7 loss", "line:2", "A set x=1; A set y=2", {"network": "lossy"}, "no-gap", 7, 150,
           {"network": "fifo"}),
    Hazard("H7 loss for ever", "line:2", "A set x=1; A set y=2", {"network": "lossy"},
           "agreement", 7, 150, {"network": "fifo"}),
    Hazard("H7 paper", "line:2", "A set x=1; A set y=2", TEXTBOOK | {"network": "lossy"},
           "agreement", 6, 100, {"profile": "paper"}),
    # the done that never comes
    Hazard("H10 cut digest", "star:5", FIVE, SHIPPED | MUTE | {"mtu": 1}, "agreement", 4, 16,
           {"mtu": 3}),
    Hazard("H10 documented", "star:5", FIVE, SHIPPED | MUTE | {"mtu": 1}, "agreement", 4, 16,
           DOCUMENTED),
    # one identity, two lives
    Hazard("H13 amnesia", "line:2", "A set k=1; A restart; A set k=2", {}, "agreement", 7, 120,
           {}, "A set k=1; A set k=2"),
    Hazard("H13 the clock falls", "line:2", "A set k=1; A restart; A set k=2", {},
           "clocks-monotone", 2, 10, {}, "A set k=1; A set k=2"),
    # a tie that everybody breaks for itself
    Hazard("H33 local tie-break", "line:3", SWAP, LOCAL_TIE, "agreement", 2, 15, JOIN),
    Hazard("H33 star", "star:4", SWAP, LOCAL_TIE | MUTE, "agreement", 2, 10, JOIN),
]  # fmt: skip


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_the_hazard_is_found_soon_and_explained_shortly(
    build: Callable[..., Setup], hunt: Callable[[Setup, str], tuple[Verdict, int]], hazard: Hazard
) -> None:
    """A checker that needs long, or tells a long story, does not help anybody."""
    setup = build(hazard.topology, hazard.script, **hazard.settings)
    verdict, worlds = hunt(setup, hazard.property)
    assert verdict.kind is Kind.REFUTED
    assert len(verdict.schedule or ()) <= hazard.steps
    assert worlds <= hazard.worlds


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_with_the_assumption_in_place_it_is_gone(
    build: Callable[..., Setup], explore: Callable[[Setup], Report], hazard: Hazard
) -> None:
    """The control: a hazard that is found everywhere would be a fault of the checker."""
    settings = hazard.settings | hazard.control
    report = explore(build(hazard.topology, hazard.mended or hazard.script, **settings))
    assert report.verdict(hazard.property).kind is Kind.HOLDS
    assert report.verdict("agreement").kind is Kind.HOLDS
    assert report.verdict("data-moved").kind is Kind.WITNESSED
