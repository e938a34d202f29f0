"""What can be explored: models and recordings, and what is saved of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.trace import Trace
from scuttle_check.explorer.explorable import Modelled, NamedRun, Source, saved_run
from scuttle_check.explorer.export import document_of
from scuttle_check.explorer.play import Misfit, Play
from scuttle_check.explorer.recordings import recorded
from scuttle_check.explorer.scenarios import scenario_source
from scuttle_check.explorer.sources import case_source, explorable, menu, open_file, open_named
from scuttle_check.explorer.sources_of_oracle import oracle_run
from scuttle_check.explorer.tables import BEYOND
from scuttle_check.gossip.counterexample import load as load_counterexample
from scuttle_check.gossip.scenario import play
from scuttle_check.gossip.stage import Stage
from scuttle_check.oracle.recordings.load import load
from scuttle_check.oracle.recordings.replay import Agreement, compare
from scuttle_check.search.plain import breadth_first

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "spec" / "scenarios").glob("*.txt"))
RECORDINGS = sorted((ROOT / "tests" / "golden" / "data").rglob("multi/*.json"))


def modelled(case: str = "writers:as-shipped") -> Modelled:
    """A case of the catalogue, ready to be explored."""
    return Modelled(case_source(case))


def test_the_steps_listed_are_those_of_the_model_and_lead_where_it_says() -> None:
    """A page draws and does not compute. Spec: EXPL-1."""
    one = modelled("order:as-shipped")
    system = one.play.setup(one.source.experiment.script).system
    world = next(iter(system.initial()))
    labels: list[str] = []
    for _ in range(8):
        view = one.expand(labels)["steps"][-1]["view"] if labels else one.init()["start"]
        planned = [act["label"] for act in view["acts"] if not act.get("extra")]
        assert planned == [str(action) for action in system.actions(world)]
        if not planned:
            break
        action = system.actions(world)[-1]
        world = system.next(world, action)
        labels.append(str(action))

    assert len(labels) == 8


def test_beyond_the_budgets_anything_may_happen_and_is_marked() -> None:
    """A person asks "what if", and the experiment said nothing of it. Spec: EXPL-2."""
    one = modelled()
    asked = ["A set k=x", "exchange A>B", "exchange A>B", "drop A>B", "duplicate A>B", "cut A>B"]
    asked += ["heal A>B", "crash B", "restart B new-id", "pause A", "resume A", "A restart"]
    reply = one.expand(asked)

    assert reply["misfit"] is None
    assert [step["label"] for step in reply["steps"]] == asked
    start = one.init()["start"]["acts"]
    assert {act["label"] for act in start if act.get("extra")} >= {"crash A", "pause B", "cut A>B"}
    assert not any(act.get("extra") for act in start if act["label"].startswith("perform"))


@pytest.mark.parametrize(
    ("label", "because"),
    [
        ("deliver A>B", "nothing is in flight from A to B"),
        ("deliver B>A #1", "nothing is in flight from B to A"),
        ("restart A amnesia", "A is up"),
        ("resume A", "A is not paused"),
        ("heal A>B", "not broken"),
        ("crash Z", "there is no node Z"),
        ("exchange A>Z", "there is no node Z"),
        ("Z set k=1", "there is no node Z"),
        ("nonsense", "is no step"),
    ],
)
def test_a_step_that_cannot_happen_says_why(label: str, because: str) -> None:
    """Each reason is another mistake of the person. Spec: EXPL-3."""
    play_ = Play(case_source("writers:as-shipped").experiment)
    misfit = play_.run(["perform A", label]).misfit

    assert isinstance(misfit, Misfit)
    assert misfit.step == 2
    assert because in misfit.because


def test_a_script_that_is_done_and_a_node_that_is_down_say_so() -> None:
    """The two reasons that need a past. Spec: EXPL-3."""
    play_ = Play(case_source("writers:as-shipped").experiment)

    assert "no further command" in str(play_.run(["perform A", "perform A"]).misfit)
    assert "A is down" in str(play_.run(["crash A", "perform A"]).misfit)
    assert "only 2 in flight" in str(play_.run(["exchange A>B", "drop A>B #5"]).misfit)
    assert "overtake" in str(play_.run(["exchange A>B", "deliver A>B #1"]).misfit)


def test_each_property_is_told_at_each_step() -> None:
    """Silent at the start, broken at the end of a counterexample. Spec: EXPL-5, EXPL-6."""
    one = modelled()
    document = one.init()
    names = [each["name"] for each in document["properties"]]
    shortest = document["shortest"]["agreement"]
    steps = one.expand(shortest["labels"])["steps"]

    assert len(shortest["labels"]) == 2
    assert document["start"]["findings"][names.index("agreement")] == 0
    assert steps[-1]["view"]["findings"][names.index("agreement")] == shortest["because"]


def test_a_step_property_is_told_at_the_step_that_breaks_it() -> None:
    """It looks at two worlds; the second of them shows it. Spec: EXPL-5."""
    one = modelled("order:as-shipped")
    document = one.init()
    at = [each["name"] for each in document["properties"]].index("own-writes-kept")
    steps = one.expand(document["shortest"]["own-writes-kept"]["labels"])["steps"]

    assert isinstance(steps[-1]["view"]["findings"][at], str)
    assert not any(isinstance(step["view"]["findings"][at], str) for step in steps[:-1])


def test_a_run_that_refutes_is_saved_as_a_counterexample_that_replays(tmp_path: Path) -> None:
    """With a write that no script had, and a loss that no budget had. Spec: EXPL-7."""
    one = modelled()
    labels = ["exchange A>B", "drop A>B", "deliver A>B", "perform A", "perform B", "A set k=late"]
    path = tmp_path / "found.json"
    path.write_text(json.dumps(one.saved(labels)), encoding="utf-8")
    found = load_counterexample(path)
    setup = found.experiment.build()
    run = Trace.of(setup.system, found.schedule, setup.properties)

    assert found.property == "agreement"
    assert run.misfit is None
    assert "agreement" in run.decided
    opened = open_file(path)
    assert isinstance(opened, Source)
    assert [len(each.labels) for each in opened.runs] == [6, 15]


def test_a_run_that_refutes_nothing_is_saved_as_a_run(tmp_path: Path) -> None:
    """It can be opened again, and is no counterexample. Spec: EXPL-7, EXPL-8."""
    document = modelled().saved(["A set q=1", "exchange B>A"])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    opened = open_file(path)

    assert document["format"] == "scuttle-run/1"
    assert document["schedule"] == ["perform A", "exchange B>A"]
    assert isinstance(opened, Source)
    assert opened.runs[0].labels == ("perform A", "exchange B>A")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_ends_as_its_dialogue_does(path: Path) -> None:
    """Its run over linked nodes is what the dialogue did on its stage. Spec: EXPL-8."""
    text = path.read_text(encoding="utf-8")
    stage = Stage()
    play(text, path.name, stage)
    source = scenario_source(text, path.name)
    ran = Play(source.experiment).run(source.runs[0].labels)

    assert ran.misfit is None
    assert len(ran.taken) == min(150, len(stage.moves))
    if len(ran.taken) == len(stage.moves):
        world = ran.taken[-1].after.world
        for name, node in zip(source.experiment.topology.nodes, world.nodes, strict=True):
            ended = stage.nodes[name]
            assert (node.clock, node.store, node.history) == (  # type: ignore[attr-defined]
                ended.clock,
                ended.store,
                ended.history,
            )


def test_every_entry_of_the_menu_opens() -> None:
    """A menu with a broken entry is worse than none. Spec: EXPL-8."""
    entries = menu()
    assert len(entries) > 30
    for entry in entries:
        opened = open_named(entry["id"])
        assert isinstance(opened, Source)
        for run in opened.runs:
            assert Play(opened.experiment).run(run.labels).misfit is None, entry


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_shown_as_far_as_the_reference_follows_it(path: Path) -> None:
    """Each message goes from who sent it to who got it. Spec: EXPL-8."""
    trace = load([path])[0].trace
    one = recorded(trace)
    document = one.init()
    labels = document["runs"][0]["labels"]
    found = compare(trace)

    assert one.expand(labels)["misfit"] is None
    assert one.expand(["A set k=1", *labels])["misfit"] is not None
    if found.agreement is Agreement.AGREE:
        assert len(labels) == sum(step["op"]["op"] != "random" for step in trace["steps"])
        assert "exactly what was recorded" in document["note"]


def test_each_finding_of_the_oracle_is_a_run_that_ends_where_it_went_wrong(
    every_kind: Path,
) -> None:
    """With the reference beside it, as the report has it. Spec: EXPL-8, EXPL-4, EXPL-5."""
    one = explorable(open_file(every_kind / "oracle.json"))
    document = one.init()
    report = json.loads((every_kind / "oracle.json").read_text(encoding="utf-8"))
    findings = [each for case in report["cases"] for each in case["findings"]]

    assert [run["name"] for run in document["runs"]] == [each["id"] for each in findings]
    assert findings
    for at, (run, finding) in enumerate(zip(document["runs"], findings, strict=True)):
        steps = one.expand(run["labels"])["steps"]
        assert len(steps) == len(finding["happened"]) + 1
        fares = [step["view"]["findings"][at] for step in steps]
        assert fares == [0] * len(finding["happened"]) + [finding["told"]]
        assert any(finding["clauses"][0] in each for each in steps[-1]["details"])
        known = {node["id"]: node for node in steps[-1]["view"]["nodes"]}
        last = finding["happened"][-1]
        assert known[last["node"]]["clock"] == [
            [source, f"{source}:{mark}"]
            for source, mark in sorted(last["expected"]["clock"].items())
        ]
    names = [run["name"] for run in document["runs"]]
    told = one.expand(document["runs"][names.index("step/EXCH-3")]["labels"])["steps"][-1][
        "details"
    ]
    assert "the implementation sends nothing" in told
    assert any(each.startswith("sends k=") and "EXCH-3" in each for each in told)
    misfit = one.expand([document["runs"][0]["labels"][0], "crash A"])["misfit"]
    assert misfit["step"] == 2
    assert "read and not changed" in misfit["because"]


def test_where_an_implementation_knows_otherwise_is_shown_beside_the_reference() -> None:
    """The clock of somebody who forgot the Lamport step. Spec: EXPL-8."""
    update = {"key": "k", "value": 1, "source_id": "A", "version": 7}
    held = {"state": {"k": {"value": 1, "version": 7, "source_id": "A"}}, "history": [update]}
    finding = {
        "id": "step/VERS-3", "clauses": ["VERS-3"], "mistakes": ["witness_join"], "told": "no",
        "nodes": ["B"], "scene": None,
        "happened": [{
            "node": "B", "do": "write", "from": "A", "message": update,
            "got": {"out": [{"to": "A", "message": ["garbage"]}], "error": "slow"},
            "expected": {"out": [], **held, "clock": {"A": 7, "B": 7}},
            "looked": [{"node": "B", "inspect": {**held, "clock": {"A": 7, "B": 0}}}],
        }],
    }  # fmt: skip
    report = {"version": 1, "profile": "documented", "sut": {}, "seed": 3}
    unstarted = {**finding, "id": "convergence/CONV-1", "happened": []}
    cases = [{"findings": [finding, finding]}, {"findings": [unstarted]}]
    one = oracle_run({**report, "cases": cases}, "here")
    step = one.runs[1].steps[-1]

    assert [run.name for run in one.runs[:2]] == ["step/VERS-3", "step/VERS-3.2"]
    assert "fair rounds followed" in " ".join(one.runs[2].steps[0]["details"])
    assert one.runs[2].steps[0]["view"]["findings"] == [None, None, "no"]
    assert [text for _, text in step["view"]["nodes"][1]["differs"]] == [
        "clock: B:0", "clock: no B:7",
    ]  # fmt: skip
    assert "the implementation refuses: slow" in step["details"]
    assert 'the implementation sends ["garbage"]' in step["details"]
    assert "as if it followed: witness_join" in step["details"]
    assert one.runs[0].steps[0]["view"]["flight"] == [["k=1@A7"], []]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "$.version: is 2"),
        ({"cases": []}, "nothing went wrong"),
        ({"cases": [{"findings": [{}]}]}, "cannot be read as a report (KeyError"),
        ({"cases": None}, "cannot be read as a report (TypeError"),
        ({"profile": "x"}, "documented"),
    ],
)
def test_a_report_that_shows_nothing_says_why(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    """Another version, nothing found, or no report at all. Spec: EXPL-8."""
    report = {"format": "scuttle-report", "version": 1, "profile": "paper", "cases": [], **change}
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")

    with pytest.raises(UsageFault, match=re.escape(said)):
        open_file(path)


def test_a_file_of_worlds_holds_the_whole_model_and_its_findings() -> None:
    """All worlds, all steps, as the plain search counts them. Spec: EXPL-9."""
    one = modelled()
    document = document_of(one)
    setup = one.play.setup(one.source.experiment.script)
    stats = breadth_first(setup.system, setup.properties).stats

    assert document["complete"]
    assert len(document["worlds"]) == stats.states
    assert sum(len(row) // 4 for row in document["steps"]) == stats.transitions
    assert BEYOND not in [target for row in document["steps"] for target in row[2::4]]


def test_a_file_of_a_large_model_holds_its_runs_and_says_what_it_lacks() -> None:
    """584,394 worlds do not fit a mail; the run does. Spec: EXPL-9."""
    source = case_source("triangle:textbook")
    labels = ("perform A", "perform B", "exchange B>A", "deliver B>A", "deliver B>A")
    one = Modelled(Source(source.title, source.experiment, (NamedRun("mine", labels),)))
    document = document_of(one, worlds_max=300, neighbours_max=200)
    at = 0
    for label in labels:
        row = document["steps"][at]
        number = document["labels"].index(label)
        at = next(row[k + 2] for k in range(0, len(row), 4) if row[k] == number)

    assert not document["complete"]
    assert at > 0
    assert BEYOND in [target for row in document["steps"] for target in row[2::4]]


def test_the_same_model_gives_the_same_file() -> None:
    """Files are compared and kept. Spec: EXPL-9."""
    one, two = document_of(modelled()), document_of(modelled())
    assert json.dumps(one) == json.dumps(two)


def test_what_does_not_fit_cannot_be_saved() -> None:
    """A file that cannot be replayed would be a lie. Spec: EXPL-3, EXPL-7."""
    play_ = Play(case_source("writers:as-shipped").experiment)
    with pytest.raises(UsageFault, match="nothing is in flight"):
        saved_run(play_, play_.run(["deliver A>B"]))


def test_a_recording_becomes_a_file_as_well() -> None:
    """One chain of worlds. Spec: EXPL-9."""
    document = document_of(explorable(open_file(RECORDINGS[0])))
    assert len(document["worlds"]) == len(document["runs"][0]["labels"]) + 1
