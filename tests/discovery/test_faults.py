"""The hazards that faults, broadcast wiring and shared processes allow are found, and told.

Numbers are upper bounds: steps of the counterexample, worlds looked at before it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import topology
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.counterexample import Counterexample, load, parse_action, shrink
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.liveness import Endless, eventually_agreed
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.plain import breadth_first

SHIPPED = {"profile": "as-shipped"}
TEXTBOOK = {"profile": "textbook"}
DOCUMENTED = {"profile": "documented"}
MUTE = {"exchanges": 0}
TWO = "A set k=1; A set k=2"
KEYS = "A set k=1; A set j=2"
BROADCAST = TWO + "; B gossip A; C gossip A"
HOUSED = TWO + "; B gossip A; B gossip A; A gossip B"


def faults(**budgets: Any) -> dict[str, Any]:
    """The settings of an experiment with these faults."""
    return {"faults": Misfortune(**budgets)}


@frozen
class Hazard:
    """A model that must be refuted, and a control that must hold."""

    name: str
    topology: str
    script: str
    settings: dict[str, Any]
    property: str
    steps: int
    worlds: int
    control: dict[str, Any] = field(factory=dict)

    def __str__(self) -> str:
        return self.name


NOTHING = faults()
HAZARDS = [
    Hazard("H7 one loss", "line:2", KEYS, faults(losses=1), "agreement", 7, 180, NOTHING),
    Hazard("H7 one loss, no gap", "line:2", KEYS, faults(losses=1), "no-gap", 7, 180, NOTHING),
    Hazard("H8 one overtaking", "line:2", TWO, SHIPPED | faults(overtakings=1), "agreement", 7,
           330, SHIPPED | NOTHING),
    Hazard("H8 textbook", "line:2", KEYS, TEXTBOOK | faults(overtakings=1), "agreement", 6, 110,
           DOCUMENTED | NOTHING),
    Hazard("H9 one duplicate", "line:2", TWO, SHIPPED | faults(duplicates=1), "history-sound", 6,
           200, DOCUMENTED | NOTHING),
    Hazard("H22 done lost", "line:2", TWO, SHIPPED | faults(losses=1), "own-writes-kept", 10, 400,
           SHIPPED | NOTHING),
    Hazard("H22 done overtakes", "line:2", TWO, SHIPPED | faults(overtakings=1),
           "own-writes-kept", 9, 400, SHIPPED | NOTHING),
    Hazard("H13 amnesia", "line:2", KEYS, faults(crashes=1, restart="amnesia"), "agreement", 8,
           340, faults(crashes=1)),
    Hazard("H13 shipped", "line:2", KEYS, SHIPPED | faults(crashes=1, restart="amnesia"),
           "agreement", 8, 450, SHIPPED | faults(crashes=1)),
    Hazard("H13 paper", "line:2", KEYS, {"profile": "paper"} | faults(crashes=1, restart="amnesia"),
           "agreement", 7, 300, {"profile": "paper"} | faults(crashes=1, restart="new-id")),
    Hazard("H13 a new id is the cure", "line:2", KEYS, faults(crashes=1, restart="amnesia"),
           "clock-within-issued", 7, 300, faults(crashes=1, restart="new-id")),
    Hazard("H1 with oneself", "line:2", TWO, SHIPPED | faults(crashes=1, restart="new-id"),
           "agreement", 8, 550, DOCUMENTED | faults(crashes=1, restart="new-id")),
    Hazard("H30 broadcast", "complete:3", BROADCAST, SHIPPED | MUTE | {"wiring": "broadcast"},
           "own-writes-kept", 9, 3_000, SHIPPED | {"wiring": "addressed"}),
    Hazard("H30 documented", "complete:3", BROADCAST, SHIPPED | MUTE | {"wiring": "broadcast"},
           "winner-or-ahead", 10, 6_000, DOCUMENTED),
    Hazard("H21 one process", "line:2", HOUSED, SHIPPED | MUTE | {"processes": (("A", "B"),)},
           "agreement", 13, 340, SHIPPED | {"processes": ()}),
    Hazard("H21 documented", "line:2", HOUSED, SHIPPED | MUTE | {"processes": (("A", "B"),)},
           "own-writes-kept", 13, 340, DOCUMENTED),
]  # fmt: skip


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_the_hazard_is_found_soon_and_explained_shortly(
    build: Callable[..., Setup], hunt: Callable[[Setup, str], tuple[Verdict, int]], hazard: Hazard
) -> None:
    """A single fault is enough, and the story is a shortest one. Spec: FAULT-1."""
    verdict, worlds = hunt(
        build(hazard.topology, hazard.script, **hazard.settings), hazard.property
    )
    assert verdict.kind is Kind.REFUTED
    assert len(verdict.schedule or ()) == hazard.steps
    assert worlds <= hazard.worlds


@pytest.mark.parametrize("hazard", HAZARDS, ids=str)
def test_with_the_assumption_in_place_it_is_gone(
    build: Callable[..., Setup], explore: Callable[[Setup], Report], hazard: Hazard
) -> None:
    """The control: without the fault, or with its cure, all replicas agree."""
    report = explore(build(hazard.topology, hazard.script, **hazard.settings | hazard.control))
    assert report.verdict(hazard.property).kind is Kind.HOLDS
    assert report.verdict("agreement").kind is Kind.HOLDS
    assert report.verdict("data-moved").kind is Kind.WITNESSED


def test_two_answers_to_one_broadcast_leave_the_older_value(build: Callable[..., Setup]) -> None:
    """The end of H30: one writer, one exchange per node, and A goes back for ever. Spec: NET-1."""
    setup = build("complete:3", BROADCAST, wiring="broadcast", **SHIPPED, **MUTE)
    agreement = [each for each in setup.properties if each.name == "agreement"]
    from scuttle_check.search.compiled.search import compiled  # noqa: PLC0415 - loads numpy

    verdict = compiled(setup.system, agreement, until_decided=True).verdicts[0]
    assert len(verdict.schedule or ()) == 16
    assert Trace.of(setup.system, verdict.schedule or (), agreement).decided.keys() == {"agreement"}


@pytest.mark.parametrize("profile", ["documented", "as-shipped", "textbook", "paper"])
@pytest.mark.parametrize("budgets", [
    {"cuts": 1}, {"cuts": 2}, {"crashes": 2}, {"crashes": 1, "restart": "new-id"},
    {"pauses": 1}, {"cuts": 1, "crashes": 1},
], ids=str)  # fmt: skip
def test_what_breaks_whole_does_no_harm(
    build: Callable[..., Setup],
    explore: Callable[[Setup], Report],
    profile: str,
    budgets: dict[str, Any],
) -> None:
    """Streams that break lose an end, never a middle: the next exchange asks again.

    But what a node has lost with its state, and nobody had heard of, is lost (CONV-15).

    Spec: FAULT-2, FAULT-3.
    """
    report = explore(build("line:2", KEYS, profile=profile, **faults(**budgets)))
    assert report.verdict("agreement").kind is Kind.HOLDS
    lost = {"writes-survive"} if budgets.get("restart") == "new-id" else set()
    assert {v.property.name for v in report.verdicts if v.kind is Kind.REFUTED} == lost


def test_a_persisted_node_forgets_open_digests_and_its_process_does_not(
    build: Callable[..., Setup],
) -> None:
    """The named sources live in memory: the node's own, or its process's.

    Spec: FAULT-4, FAULT-6.
    """
    schedule = ["perform A", "exchange A>B", "deliver A>B", "crash B", "restart B persisted"]
    actions = [parse_action(line, "test") for line in schedule]
    for processes, named in (((), 0), ((("A", "B"),), 1)):
        setup = build("line:2", KEYS, processes=processes, **SHIPPED, **faults(crashes=1))
        run = Trace.of(setup.system, actions)
        assert run.misfit is None
        assert [len(node.named) for node in run.states[-2].nodes] == [named, 1]
        assert [len(node.named) for node in run.states[-1].nodes] == [named, named]


@pytest.mark.parametrize(("budgets", "kind"), [
    ({"cuts": 1}, Kind.HOLDS),
    ({"crashes": 1}, Kind.HOLDS),
    ({"crashes": 1, "restart": "new-id"}, Kind.HOLDS),
    ({"crashes": 1, "restart": "amnesia"}, Kind.REFUTED),
    ({"pauses": 1}, Kind.HOLDS),
    ({"losses": 1}, Kind.REFUTED),
], ids=str)  # fmt: skip
def test_endless_exchanges_make_good_what_breaks_whole(budgets: dict[str, Any], kind: Kind) -> None:
    """No fault is owed to a fair run, but its end is: nobody stays down for ever. Spec: LIVE-3."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "A set j=2"], graph, "test")
    live = Endless(Experiment(graph, script, "textbook", **faults(**budgets))).build()
    verdict = eventually(live.model, eventually_agreed(), live.fairness).verdicts[0]
    assert verdict.kind is kind


@pytest.mark.parametrize("settings", [
    {"wiring": "broadcast"}, {"profile": "as-shipped"} | faults(crashes=1),
], ids=str)  # fmt: skip
def test_endless_runs_without_end_of_worlds_are_refused(settings: dict[str, Any]) -> None:
    """A search that cannot end must not begin. Spec: LIVE-2, LIVE-5."""
    experiment = Experiment(topology("line:2"), ((), ()), **settings)
    with pytest.raises(UsageFault, match=r"may fill a link|may matter"):
        Endless(experiment, early=1).build()


# --- told, saved and read back ------------------------------------------------------------------

ALL_OF_THEM = [
    "perform A",
    "pause B",
    "exchange A>B",
    "resume B",
    "overtake A>B #1",
    "duplicate A>B",
    "drop A>B",
    "exchange B>A",
    "cut A>B",
    "heal A>B",
    "crash A",
    "restart A new-id",
    "perform A",
    "exchange B>A",
    "deliver B>A",
]
EVERY_FAULT = Misfortune(
    losses=1, duplicates=1, overtakings=1, cuts=1, crashes=1, restart="new-id", pauses=1
)


@pytest.fixture
def everything() -> Counterexample:
    """A schedule with every kind of action, of an experiment with every fault."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "A set j=2"], graph, "test")
    experiment = Experiment(graph, script, exchanges=2, faults=EVERY_FAULT)
    schedule = tuple(parse_action(line, "test") for line in ALL_OF_THEM)
    return Counterexample(experiment, "agreement", "CONV-1", "it is so", schedule)


def test_every_action_is_told_drawn_and_read_back(everything: Counterexample) -> None:
    """A counterexample that cannot be read helps nobody. Spec: CHK-3."""
    assert [str(action) for action in everything.schedule] == ALL_OF_THEM
    setup = everything.experiment.build()
    assert Trace.of(setup.system, everything.schedule).misfit is None
    told = Trace.beyond(setup.system, everything.schedule).story()
    for sentence in (
        "B pauses",
        "B goes on",
        "B receives done from A, ahead of 1 sent before",
        "digest A:1 from A to B is lost",
        "the connection of A and B breaks",
        "2 messages in flight lost; what is sent meanwhile goes nowhere [FAULT-2]",
        "A and B are connected again",
        "A crashes",
        "nothing was in flight; what is sent to it meanwhile goes nowhere [FAULT-3]",
        "A comes back with nothing, under the new id A'",
        "remembers j=2@A'1",
    ):
        assert sentence in told, told
    drawn = Trace.beyond(setup.system, everything.schedule).diagram()
    assert len(drawn.splitlines()) == 1 + len(ALL_OF_THEM)
    assert "done (overtakes)" in drawn


@pytest.mark.parametrize(("how", "said"), [
    ("persisted", "with its clock, history and store"),
    ("amnesia", "with nothing, under its old id"),
])  # fmt: skip
def test_each_comeback_is_told(build: Callable[..., Setup], how: str, said: str) -> None:
    """The kind of restart decides the verdict, so the sentence names it. Spec: FAULT-4."""
    setup = build("line:2", KEYS, **faults(crashes=1, restart=how))
    schedule = [parse_action(line, "test") for line in ("crash A", f"restart A {how}")]
    assert f"A comes back {said}" in Trace.beyond(setup.system, schedule).story()


def test_a_file_keeps_the_faults(everything: Counterexample, tmp_path: Path) -> None:
    """Without them the schedule could not run again. Spec: CHK-3."""
    everything.save(tmp_path / "all.json")
    assert load(tmp_path / "all.json") == everything


def test_a_file_from_before_faults_still_loads(everything: Counterexample) -> None:
    """It means what it meant: nothing goes wrong but what its network says. Spec: CHK-3."""
    document = everything.experiment.to_json()
    for name in ("faults", "wiring", "processes"):
        del document[name]
    old = experiment_from_json(document, "old")
    assert (old.faults, old.wiring, old.processes) == (Misfortune(), "addressed", ())


@pytest.mark.parametrize(("change", "said"), [
    ({"faults": {"cuts": -1}}, ["$.faults.cuts", "-1", "an integer from 0"]),
    ({"faults": {"cuts": True}}, ["$.faults.cuts", "True"]),
    ({"faults": {"cuts": "any"}}, ["$.faults.cuts", "'any'"]),
    ({"faults": {"losses": "none"}}, ["$.faults.losses", "'any'"]),
    ({"faults": {"restart": "soon"}}, ["$.faults.restart", "amnesia"]),
    ({"faults": {"floods": 1}}, ["$.faults", "no fault 'floods'", "losses"]),
    ({"faults": 3}, ["$.faults", "an object of budgets"]),
    ({"processes": "A"}, ["$.processes", "a list of lists"]),
    ({"processes": [["A", 1]]}, ["$.processes", "a list of lists"]),
])  # fmt: skip
def test_a_bad_budget_is_refused_with_its_path(
    everything: Counterexample, change: dict[str, Any], said: list[str]
) -> None:
    """A fault that is misspelt must not silently never happen. Spec: FAULT-1."""
    with pytest.raises(UsageFault) as caught:
        experiment_from_json(everything.experiment.to_json() | change, "file")
    assert all(words in str(caught.value) for words in said), caught.value


@pytest.mark.parametrize(("settings", "said"), [
    ({"wiring": "radio"}, "no wiring 'radio'"),
    ({"processes": (("A", "Z"),)}, "no node 'Z'"),
    ({"processes": (("A", "B"), ("A",))}, "A lives in two processes"),
    ({"network": "unordered", "faults": Misfortune(overtakings=1)}, "unordered"),
])  # fmt: skip
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], said: str) -> None:
    """Better than a model that ignores what it was asked for. Spec: FAULT-1, FAULT-7."""
    with pytest.raises(UsageFault, match=said):
        Experiment(topology("line:2"), ((), ()), **settings).build()


def test_a_name_that_looks_like_a_new_id_is_refused(tmp_path: Path) -> None:
    """A' would be two nodes. Spec: FAULT-4."""
    (tmp_path / "prime.edgelist").write_text("A A'\n", encoding="utf-8")
    graph = topology(str(tmp_path / "prime.edgelist"))
    with pytest.raises(UsageFault, match="looks like the new id"):
        Experiment(graph, ((), ()), faults=Misfortune(crashes=1, restart="new-id")).build()
    Experiment(graph, ((), ()), faults=Misfortune(crashes=1)).build()


def test_shrinking_leaves_a_schedule_with_one_crash(build: Callable[..., Setup]) -> None:
    """A counterexample in which everything went wrong is cut down to what matters."""
    graph = topology("line:3")
    script = parse_script(["A set k=1", "A set j=2", "C set i=3"], graph, "test")
    budgets = Misfortune(cuts=1, crashes=1, restart="amnesia", pauses=1)
    experiment = Experiment(graph, script, "textbook", faults=budgets, processes=(("A", "C"),))
    setup = build("line:2", KEYS, **TEXTBOOK, **faults(crashes=1, restart="amnesia"))
    found = breadth_first(setup.system, setup.properties).verdict("clocks-monotone").schedule
    noise = ("pause B", "resume B", "cut B>C", "perform C", "heal B>C")
    lines = [*noise, *map(str, found or ())]
    schedule = tuple(parse_action(line, "test") for line in lines)
    small = shrink(Counterexample(experiment, "clocks-monotone", "CONV-7", "", schedule))
    assert list(map(str, small.schedule)) == ["perform A", "crash A", "restart A amnesia"]
    assert small.experiment.topology.nodes == ("A",)
    assert small.experiment.processes == (("A",),)
