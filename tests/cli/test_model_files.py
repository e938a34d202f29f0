"""Models as files: what flags mean, what nodes have of their own, and what a wrong file hears."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from followed import faults, follows

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.catalogue import SIZES, cases_of, load_catalogue
from scuttle_check.gossip.experiment import Experiment, Own
from scuttle_check.gossip.model_files import (
    experiment_from_json,
    model_from,
    model_text,
    read_any_model,
    read_model,
)
from scuttle_check.gossip.own_profiles import Chosen, OwnProfile
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.exhaustive import exhaustive
from scuttle_ref.messages import Put


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write a file into the folder in which we are."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "model.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return Path(name)

    return write


@pytest.mark.parametrize("case", list(cases_of(load_catalogue(), SIZES)), ids=lambda case: case.id)
def test_every_case_of_the_catalogue_can_be_written_and_read(case: Any, tmp_path: Path) -> None:
    """The catalogue is made of the same. Spec: CHK-17."""
    (tmp_path / "model.toml").write_text(model_text(case.experiment), encoding="utf-8")
    assert read_model(tmp_path / "model.toml") == case.experiment


MIXED = """
topology = "line:3"
script = ["A set k=1"]
[nodes.B]
profile = "as-shipped"
max_history = 2
[nodes.C]
values = {old = [1, true], "a b" = "x"}
"""


def test_nodes_may_have_settings_and_values_of_their_own(written: Callable[..., Path]) -> None:
    """A rolling upgrade and a node that begins with something. Spec: CHK-17."""
    model = read_model(written(MIXED))
    own = dict(model.nodes)
    assert own["B"] == Own((("profile", "as-shipped"), ("max_history", 2)))
    assert own["C"].values == (Put("old", (1, True)), Put("a b", "x"))
    setup = model.build()
    start = next(iter(setup.system.initial()))
    assert [len(node.store) for node in start.nodes] == [0, 0, 2]
    actor: Any = setup.system.actor
    assert [actor.of(node).profile.name for node in "ABC"] == [
        *("documented", "as-shipped", "documented"),
    ]
    assert actor.of("B").config.max_history == 2
    assert experiment_from_json(model.to_json(), "here") == model
    written(model_text(model), "again.toml")
    assert read_model(Path("again.toml")) == model


def test_what_a_node_begins_with_was_written_by_its_owner(written: Callable[..., Path]) -> None:
    """No property takes it for what nobody wrote. Spec: CHK-17."""
    model = read_model(written('topology = "line:2"\nscript = []\n[nodes.A]\nvalues = {k = 1}\n'))
    setup = model.build()
    report = exhaustive(setup.system, setup.properties)
    assert report.verdict("provenance").kind.value == "holds"
    assert report.verdict("writes-survive").kind.value == "holds"
    assert report.verdict("data-moved").kind.value == "witnessed"


def test_a_mixed_model_agrees_in_all_searches_and_is_told_by_each_node(
    scuttle: Callable[..., Any], written: Callable[..., Path]
) -> None:
    """Plain and compiled are two readings of one model, also of a mixed one. Spec: CHK-17."""
    path = written(MIXED.replace("line:3", "line:2").partition("[nodes.C]")[0])
    found = [scuttle("check", path, "--search", which, "--json") for which in ("compiled", "plain")]
    one, two = (ran.document for ran in found)
    for name in ("states", "transitions", "terminal", "depth"):
        assert one[name] == two[name], name
    assert [each["verdict"] for each in one["properties"]] == [
        each["verdict"] for each in two["properties"]
    ]
    text = scuttle("check", path).out
    assert "B: profile as-shipped, max_history 2" in text


def test_a_mixed_model_is_refused_a_reduction_with_the_reason(
    scuttle: Callable[..., Any], written: Callable[..., Path]
) -> None:
    """No claim was made of it; `auto` takes none, and says so. Spec: RED-1, CHK-17."""
    path = written(MIXED)
    counted = scuttle("check", path, "--coverage")
    assert counted.code == 2
    assert "counts the rules of one profile" in counted.err
    refused = scuttle("check", path, "--reduction", "quotient")
    assert refused.code == 2
    assert "nodes with settings or values of their own" in refused.err
    auto = scuttle("check", path, "--reduction", "auto", "--max-states", "2000")
    assert "settings or values of their own" in auto.out + auto.err


def test_flags_mean_a_file_and_only_override_it(
    scuttle: Callable[..., Any], written: Callable[..., Path]
) -> None:
    """What `--write-model` prints is the model. Spec: CHK-17."""
    flags = ("--topology", "ring:3", "--writers", "A,C", "--crashes", "1", "--mtu", "2")
    flags += ("--restart", "amnesia", "--wiring", "broadcast", "--process", "A,B")
    printed = scuttle("check", *flags, "--write-model")
    assert printed.code == 0
    path = written(printed.out)
    assert scuttle("check", path, "--write-model").out == printed.out
    changed = scuttle("check", path, "--crashes", "0", "--profile", "paper", "--write-model").out
    model = read_model(written(changed, "changed.toml"))
    assert (model.faults.crashes, model.profile, model.mtu) == (0, "paper", 2)
    shrunk = scuttle("check", path, "--topology", "line:2", "--process", "A,B", "--write-model")
    model = read_model(written(shrunk.out, "shrunk.toml"))
    assert model.topology.nodes == ("A", "B")
    assert model.script == generated_script(topology("line:2"), "AB", 1, 1)


@pytest.mark.parametrize("command", ["graph", "step", "check", "explore"])
def test_each_command_takes_the_same_model(
    scuttle: Callable[..., Any],
    written: Callable[..., Path],
    command: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file, a file with a flag, and a case. Spec: CHK-17."""
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("quit\n"))
    path = written('topology = "line:2"\nscript = ["A set k=1"]\nexchanges = 0\n')
    more = ["--html"] if command == "explore" else []
    for number, model in enumerate((path, "baseline:textbook")):
        page = [f"page{number}.html"] * len(more)
        ran = scuttle(command, model, *more, *page)
        assert ran.code == 0, ran.err
    ran = scuttle(command, path, "--exchanges", "1", *more, *(["other.html"] * len(more)))
    assert ran.code == 0, ran.err


def test_a_counterexample_is_a_model_too(
    scuttle: Callable[..., Any], written: Callable[..., Path]
) -> None:
    """What a saved file is about can be checked again, and changed. Spec: CHK-17."""
    written("", "x")
    scuttle("check", "--profile", "as-shipped", "--topology", "line:2", "--save", "swap.json")
    again = scuttle("check", "swap.json", "--json")
    assert again.verdicts["agreement"] == "refuted"
    mended = scuttle("check", "swap.json", "--profile", "documented", "--json")
    assert mended.verdicts["agreement"] == "holds"


WRONG = [
    ("topolgy = 1", "model.toml, line 1, topolgy: no member 'topolgy'", "topology"),
    ('topology = "line:2"\nexchanges = -1', "model.toml, line 2, exchanges: is -1", "from 0"),
    ("exchanges = true", "line 1, exchanges: is True", "integer"),
    ("[nodes.Z]\nmtu = 1", "line 1, nodes.Z: no node 'Z'", "A, B"),
    ("[nodes.B]\n\nmtu = 0", "line 3, nodes.B.mtu: is 0", "from 1"),
    ("[nodes.B]\nmtuu = 1", "line 2, nodes.B.mtuu: no member 'mtuu'", "max_history"),
    ("[nodes.A]\nvalues = {k = 1e400}", "line 2, nodes.A.values", "a finite number"),
    ("[faults]\nquakes = 1", "line 2, faults.quakes: no fault 'quakes'", "crashes"),
    ("[faults]\ncrashes = 'many'", "line 2, faults.crashes: is 'many'", "from 0"),
    ('profile = "papper"', "line 1, profile: no profile 'papper'", "a rule file"),
    ('profile = "gone.toml"', "gone.toml: cannot be read as a rule file", "scuttle profiles"),
    ('script = ["A put k"]', "line 1, script", "NODE set KEY=VALUE"),
    ('script = ["A set k=1"]\nwriters = ["A"]', "line 2, writers: the script says", ""),
    ('writers = ["Q"]', "line 1, writers: no node 'Q'", "A, B"),
    ('delta_order = "up"', "line 1, delta_order: is 'up'", "depth"),
    ('format = "scuttle-model/9"', "line 1, format: is 'scuttle-model/9'", "scuttle-model/1"),
    ("= 3", "is no TOML", "--write-model"),
    ('topology = {nodes = ["A", "B"], links = [["A"]]}', "topology.links[0]", "[FROM, TO]"),
    ('network = "pigeons"', "no network 'pigeons'", "fifo"),
    ('topology = {nodes = ["A"], links = 3}', "topology.links: is an int", "a list of pairs"),
    ("properties = [1]", "line 1, properties", "a list of texts"),
]


@pytest.mark.parametrize(("text", "said", "expected"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_member(
    scuttle: Callable[..., Any], written: Callable[..., Path], text: str, said: str, expected: str
) -> None:
    """Never a traceback, and nothing half done. Spec: CHK-17."""
    ran = scuttle("check", written(text + "\n"))
    assert ran.code == 2, ran.out
    assert said in ran.err, ran.err
    assert expected in ran.err, ran.err


def test_a_file_that_is_not_there_and_a_name_that_is_no_case(scuttle: Callable[..., Any]) -> None:
    """Each is told for what it looks like. Spec: CHK-17."""
    gone = scuttle("check", "gone.toml")
    assert gone.code == 2
    assert "gone.toml: cannot be read" in gone.err
    unknown = scuttle("check", "order:papper")
    assert unknown.code == 2
    assert "no model file and no case 'order:papper'" in unknown.err
    both = scuttle("check", "order:paper", "--case", "order:paper")
    assert both.code == 2
    assert "choose one model" in both.err


def test_profiles_of_one_model_presume_the_same_frames() -> None:
    """An answer that is one frame for some would be several for others. Spec: NET-5, CHK-17."""
    graph = topology("line:2")
    own = (("B", Own((("profile", "paper"),))),)
    with pytest.raises(UsageFault, match="presumes that an answer is one frame") as fault:
        Experiment(graph, parse_script(["A set k=1"], graph, ""), nodes=own).build()
    assert fault.value.clause == "NET-5"


def test_a_model_in_json_is_read_and_one_of_an_older_member_refused(tmp_path: Path) -> None:
    """Both spellings have the same members. Spec: CHK-17."""
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"topology": "line:2", "script": "A set k=1\nB set k=2"}))
    assert read_any_model(path).script == ((Put("k", 1),), (Put("k", 2),))
    with pytest.raises(Fault, match="no member 'gossips'"):
        model_from({"gossips": 1}, "here")


def test_an_own_profile_travels_in_the_file_that_was_saved(tmp_path: Path) -> None:
    """A counterexample needs no rule file beside it. Spec: PROF-8, CHK-3."""
    graph = topology("line:2")
    own = OwnProfile("mine", "documented", (("admit", Chosen("admit_above_clock")),))
    model = Experiment(graph, parse_script(["A set k=1"], graph, ""), own)
    assert experiment_from_json(json.loads(json.dumps(model.to_json())), "here") == model
    (tmp_path / "model.toml").write_text(model_text(model), encoding="utf-8")
    assert read_model(tmp_path / "model.toml") == model


def test_a_model_file_follows_its_schema() -> None:
    """An editor that knows schemas helps with the members. Spec: CONVERT-4."""
    graph = topology("line:2")
    own = (("B", Own((("profile", "as-shipped"), ("mtu", 1)), (Put("k", 1),))),)
    model = Experiment(graph, parse_script(["A set k=1"], graph, ""), nodes=own)
    follows("model", tomllib.loads(model_text(model)))
    assert faults("model", {"nodes": {"B": {"mtuu": 1}}})
    assert faults("model", {"topolgy": "line:2"})
