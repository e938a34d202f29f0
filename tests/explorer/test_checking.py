"""One verb for any protocol, and what becomes of its answer."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from every_kind import ran

import scuttle_check
from scuttle_check import Experiment, System, Words, check, topology
from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.importing import no_foreign_code
from scuttle_check.engine.properties import Always, Broken, Eventually, Good
from scuttle_check.engine.worlds import Scope
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.saved_traces import load_trace, trace_from_json
from scuttle_check.explorer.sources import open_document, open_file
from scuttle_check.gossip.counterexample import load
from scuttle_check.gossip.script import parse_script

CODE = """
from attrs import frozen
from scuttle_check import Always, Broken, Effects, Eventually, Good
from scuttle_check import Network, Scope, System, topology

@frozen(cache_hash=True)
class Box:
    id: str
    full: bool = False

class Boxes:
    FILLS = True
    def start(self, node): return Box(node)
    def command(self, local, command): return Effects(local, ((command[1], "fill"),))
    def receive(self, local, sender, message): return Effects(Box(local.id, self.FILLS))
    def exchange(self, target): return ("push", target)

def empty(nodes):
    return Broken(f"{nodes.id} is full") if nodes.full else Good.KEPT

def all_full(nodes):
    return Good.KEPT if all(node.full for node in nodes) else Broken("one is empty")

def each(world): return world.nodes
def together(world): return (world.nodes,)

EMPTY = Always("empty", "", "boxes stay empty", each, empty, Scope.EACH_NODE)
FULL = Eventually("full", "", "all are full in the end", all_full, together, Scope.ALL_NODES)

TWO = topology("line:2")
def model(): return System(Boxes(), TWO, Network("fifo"), ((), ())), [EMPTY]
def endless(): return System(Boxes(), TWO, Network("lossy", losses=-1), ((), ())), [FULL]
def alone(): return model()[0]
def raising(): raise KeyError("no such box")

class Counter:
    def initial(self): return [0]
    def actions(self, state): return ["up"] if state < 3 else []
    def next(self, state, action): return state + 1

def small(state): return Broken(f"{state} is big") if state > 2 else Good.KEPT
def counter(): return Counter(), [Always("small", "", "", lambda state: (state,), small)]
NUMBER = 7
"""


@pytest.fixture
def boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a module of somebody's own, which is where we are."""
    (tmp_path / "boxes_of_mine.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    sys.modules.pop("boxes_of_mine", None)


def changed(folder: Path, before: str, after: str) -> None:
    """Somebody works on the module."""
    assert before in CODE
    path = folder / "boxes_of_mine.py"
    path.write_text(CODE.replace(before, after), encoding="utf-8")
    sys.modules.pop("boxes_of_mine", None)


@pytest.mark.usefixtures("boxes")
def test_an_answer_tells_a_shortest_story_of_what_it_refutes() -> None:
    """What changed, what was sent, how it ends, and a drawing. Spec: CHK-16."""
    shown = check("boxes_of_mine:model").show()

    assert shown.startswith("refuted   empty                A is full\n")
    assert (
        "empty is refuted in 2 steps: A is full.\n\n"
        "  1. B starts an exchange with A\n"
        "       B sends fill to A\n"
        "  2. A receives fill from B\n"
        "       A: full is now True\n\n"
        "A  full True\nB  full False\n\n"
    ) in shown
    assert re.search(r"\n2 +\|<-+\| +fill$", shown)


@pytest.mark.usefixtures("boxes")
def test_a_run_without_end_is_told_with_its_circle() -> None:
    """Spec: CHK-16, LIVE-1."""
    answer = check("boxes_of_mine:endless", fairness="weak")
    shown = answer.show()

    assert answer.verdict("full").cycle
    assert "And then for ever:" in shown
    assert "is lost" in answer.cycle("full").story()
    assert answer.replay("full")
    assert answer.page("full").runs[0].labels == [
        *map(str, answer.verdict("full").schedule or ()),
        *map(str, answer.verdict("full").cycle or ()),
    ]


@pytest.mark.usefixtures("boxes")
def test_a_model_without_nodes_is_told_by_its_actions_and_states() -> None:
    answer = check("boxes_of_mine:counter")

    assert answer.stats.states == 4
    assert "  3. up\n       then 3" in answer.show()
    assert answer.replay("small")
    assert [step["label"] for step in answer.page("small").runs[0].steps] == ["up"] * 3
    assert "<svg" in answer.trace("small").draw("svg")


@pytest.mark.usefixtures("boxes")
def test_in_a_notebook_an_answer_is_its_verdicts_and_a_drawing_of_kilobytes() -> None:
    shown = check("boxes_of_mine:model")._repr_html_()

    assert "empty" in shown
    assert "<svg" in shown
    assert len(shown) < 20_000


def test_an_experiment_is_checked_with_its_own_properties_and_saved_as_a_counterexample(
    tmp_path: Path,
) -> None:
    graph = topology("line:3")
    script = parse_script(("A set k=1", "C set k=2"), graph, "here")
    answer = check(Experiment(graph, script, "as-shipped"), states=200_000)

    answer.save("agreement", tmp_path / "swap.json")

    assert answer.verdict("agreement").kind.value == "refuted"
    assert re.search(r"now holds k=1@A1 \[", answer.show())
    assert load(tmp_path / "swap.json").schedule == answer.verdict("agreement").schedule
    assert answer.replay("agreement")


@pytest.mark.parametrize("budget", [{"states": 1}, {"seconds": 0.0}])
@pytest.mark.usefixtures("boxes")
def test_what_a_search_did_not_decide_is_unknown(budget: dict[str, Any]) -> None:
    """Spec: CONV-14."""
    answer = check("boxes_of_mine:alone", kept(), **budget)

    assert answer.verdict("kept").kind.value == "unknown"
    assert "stopped: " in str(answer)


def kept() -> Always:
    """A property that holds."""
    return Always("kept", "", "", lambda w: w.nodes, lambda _node: Good.KEPT, Scope.EACH_NODE)


# --- files ----------------------------------------------------------------------------------------


def test_a_saved_run_is_taken_again_by_the_command_line(boxes: Path) -> None:
    """It names the code, so what was mended is judged anew. Spec: CHK-15."""
    check("boxes_of_mine:model").save("empty", "run.json")
    document = json.loads((boxes / "run.json").read_text("utf-8"))
    assert document["model"] == "boxes_of_mine:model"
    assert document["schedule"] == ["exchange B>A", "deliver B>A"]

    code, out = ran("replay", "run.json")
    assert code == 1
    assert "empty is refuted in 2 steps: A is full." in out
    assert json.loads(ran("replay", "run.json", "--json")[1])["verdict"] == "refuted"

    changed(boxes, "FILLS = True", "FILLS = False")
    code, out = ran("replay", "run.json")
    assert (code, out) == (0, "empty: this schedule no longer refutes it\n")


def test_a_run_that_is_none_any_more_says_where_and_what_could_happen(boxes: Path) -> None:
    """Spec: CHK-15, EXPL-8."""
    check("boxes_of_mine:model").save("empty", "run.json")
    changed(boxes, 'Network("fifo"), ((), ())), [EMPTY]', 'Network("fifo"), ((), ()), 0), [EMPTY]')

    with pytest.raises(UsageFault) as raised:
        open_file(boxes / "run.json")

    assert raised.value.where == f"{boxes / 'run.json'}: $.schedule[0]"
    assert raised.value.problem == "'exchange B>A' cannot happen"
    assert raised.value.expected == "the end"


def test_a_saved_run_opens_as_a_page_of_its_own(boxes: Path) -> None:
    """Spec: CHK-15, EXPL-8."""
    answer = check("boxes_of_mine:model")
    answer.save("empty", "run.json")
    opened = open_file(boxes / "run.json")

    assert isinstance(opened, Fixed)
    assert opened.title == "Boxes on line:2"
    assert opened.note == "empty: A is full"
    last = opened.runs[0].steps[-1]["view"]
    assert last["nodes"][0]["holds"] == [["id", "id=A"], ["full", "full=True"]]
    assert answer.explore("empty", boxes / "run.html").read_text("utf-8").startswith("<!doctype")


@pytest.mark.usefixtures("boxes")
def test_a_page_may_not_load_code() -> None:
    """What is uploaded to the explorer names no code. Spec: EXPL-10."""
    document = {"format": "scuttle-model-run/1", "model": "boxes_of_mine:model"}
    document |= {"property": "empty", "schedule": []}  # type: ignore[dict-item]

    with no_foreign_code(), pytest.raises(UsageFault, match="a page may not load code"):
        open_document(document, "$")
    assert "boxes_of_mine" not in sys.modules


@pytest.mark.parametrize(
    ("member", "value", "where"),
    [
        ("schedule", "exchange A>B", "$.schedule"),
        ("schedule", ["exchange A>B", 3], "$.schedule[1]"),
        ("model", 3, "$.model"),
    ],
)
@pytest.mark.usefixtures("boxes")
def test_a_file_that_is_none_says_where(member: str, value: object, where: str) -> None:
    document = {"format": "scuttle-model-run/1", "model": "boxes_of_mine:model"}
    document |= {"property": "empty", "schedule": [], member: value}  # type: ignore[dict-item]

    with pytest.raises(UsageFault) as raised:
        trace_from_json(document, "$")

    assert raised.value.where == where


def test_a_property_that_the_code_does_not_return_is_named(boxes: Path) -> None:
    """Nothing else can judge the run. Spec: CHK-15."""
    check("boxes_of_mine:model").save("empty", "run.json")
    changed(boxes, "((), ())), [EMPTY]", "((), ())), []")

    with pytest.raises(UsageFault, match="no property 'empty' comes with the model"):
        load_trace(boxes / "run.json").judged()


# --- what is no model -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "fault", "says"),
    [
        ("boxes_of_mine", UsageFault, "no model 'boxes_of_mine'"),
        ("boxes_of_mine:nothing", UnrunnableFault, "cannot be imported (AttributeError"),
        ("no_such_module:model", UnrunnableFault, "cannot be imported (ModuleNotFoundError"),
        ("boxes_of_mine:raising", UnrunnableFault, "raises KeyError: 'no such box'"),
        ("boxes_of_mine:NUMBER", UsageFault, "has no initial"),
        (7, UsageFault, "has no initial"),
    ],
)
@pytest.mark.usefixtures("boxes")
def test_what_is_no_model_is_said_so(model: Any, fault: type[Exception], says: str) -> None:
    with pytest.raises(fault) as raised:
        check(model)

    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("before", "after", "says", "where"),
    [
        ("Box(local.id, self.FILLS)", "Box(local.name)", "raises AttributeError", "receive"),
        ("if nodes.full", "if nodes.fool", "raises AttributeError", "empty"),
        ("def exchange", "def exchanges", "raises AttributeError", "the model"),
        ("full: bool = False", "full: object = []", "raises TypeError: unhashable", "the model"),
    ],
)
def test_code_that_raises_is_named_with_its_place(
    boxes: Path, before: str, after: str, says: str, where: str
) -> None:
    """A traceback through the engine says less, and is no answer."""
    changed(boxes, before, after)

    with pytest.raises(UnrunnableFault) as raised:
        check("boxes_of_mine:model")

    assert says in raised.value.problem
    assert where in raised.value.where
    assert where == "the model" or re.search(r"boxes_of_mine.py, line \d+", raised.value.where)


@pytest.mark.usefixtures("boxes")
def test_a_model_that_was_made_here_cannot_be_saved_and_says_how_it_could(tmp_path: Path) -> None:
    system = check("boxes_of_mine:alone").subject.model
    full = Eventually("x", "", "", lambda _: Broken("no"), lambda w: (w.nodes,), Scope.ALL_NODES)
    answer = check(system, full)

    with pytest.raises(UsageFault, match="no file can name it") as raised:
        answer.save("x", tmp_path / "run.json")
    assert raised.value.expected == 'check("package.module:name"), which makes it'
    assert not (tmp_path / "run.json").exists()


@pytest.mark.usefixtures("boxes")
def test_of_what_holds_there_is_no_run_to_show() -> None:
    answer = check("boxes_of_mine:alone", kept())

    with pytest.raises(UsageFault, match="holds: there is no run to show"):
        answer.trace("kept")
    with pytest.raises(KeyError):
        answer.trace("no such property")


@pytest.mark.usefixtures("boxes")
def test_a_protocol_tells_its_states_in_its_own_words() -> None:
    class Loud(Words):
        def state(self, local: Any) -> str:
            return "FULL" if local.full else "-"

    system: System = check("boxes_of_mine:alone").subject.model
    told = check((attrs.evolve(system, words=Loud()), [kept()]))

    assert str(told) == str(check(system, kept()))
    schedule = check("boxes_of_mine:model").verdict("empty").schedule or ()
    trace = scuttle_check.Trace.beyond(told.subject.model, schedule)
    assert trace.ends() == ["A  FULL", "B  -"]


def test_every_public_name_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    for name in scuttle_check.__all__:
        assert getattr(scuttle_check, name) is not None
    assert dir(scuttle_check) == scuttle_check.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(scuttle_check, "nothing")  # noqa: B009 - which pyright would notice
    assert capsys.readouterr().out == ""
