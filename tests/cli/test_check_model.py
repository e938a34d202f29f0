"""``scuttle check`` with a model: flags, verdicts, exit codes and JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

PROPERTIES = [
    ("agreement", "CONV-1"),
    ("data-moved", "CONV-14"),
    ("unique-versions", "CONV-2"),
    ("clock-within-issued", "CONV-3"),
    ("provenance", "CONV-4"),
    ("entries-below-clock", "CONV-5"),
    ("history-sound", "CONV-6"),
    ("clocks-monotone", "CONV-7"),
    ("own-writes-kept", "CONV-8"),
    ("no-gap", "CONV-9"),
    ("writes-survive", "CONV-15"),
    ("writes-take-effect", "CONV-16"),
    ("never-undone", "CONV-17"),
    ("winner-or-ahead", "CONV-10"),
]
SWAP = ["--profile", "as-shipped", "--topology", "line:2"]


def test_one_model_as_json_says_everything(scuttle: Callable[..., Any]) -> None:
    """What was assumed, what was found, how much was looked at. Spec: CHK-1."""
    ran = scuttle("check", "--topology", "line:2", "--json")
    document = ran.document
    assert ran.code == 0
    assert document["format"] == "scuttle-check/1"
    assert [(each["name"], each["clause"]) for each in document["properties"]] == PROPERTIES
    assert set(ran.verdicts.values()) == {"holds", "witnessed"}
    counts = {name: document[name] for name in ("states", "transitions", "terminal", "depth")}
    assert counts == {"states": 137, "transitions": 270, "terminal": 8, "depth": 10}
    assert (document["complete"], document["stop"]) == (True, None)
    assert 0 < document["seconds"] < 30
    assert document["experiment"]["script"] == ["A set k1=a1", "B set k1=b1"]
    assert {"profile", "topology", "network", "exchanges", "max_history", "mtu", "resolver",
            "delta_order"} <= document["experiment"].keys()  # fmt: skip


def test_a_refuted_model_shows_the_schedule(scuttle: Callable[..., Any]) -> None:
    """Exit code 1, the steps in words and as a diagram, and how it ends."""
    ran = scuttle("check", *SWAP)
    assert ran.code == 1
    assert "refuted   agreement            CONV-1   in 2 steps" in ran.out
    assert {"1. A: set k1=a1", "1. B: set k1=b1"} & set(map(str.strip, ran.out.splitlines()))
    assert "|------------>|" in ran.out
    ran = scuttle("check", *SWAP, "--json")
    agreement = ran.document["properties"][0]
    assert agreement["steps"] == 2
    assert sorted(agreement["schedule"]) == ["perform A", "perform B"]
    assert agreement["because"].startswith("A will end with b1@1 and B with a1@1 for k1")


def test_a_model_that_holds_says_what_was_assumed(scuttle: Callable[..., Any]) -> None:
    """A verdict without its assumptions would promise too much."""
    ran = scuttle("check", "--writers", "A", "--writes", 2, "--keys", 2, "--mtu", 1)
    assert ran.code == 0
    assert "documented on line:2, fifo: A writes twice, 1 exchange per directed link" in ran.out
    assert "history unlimited; answers of 1 update; resolver lww_total" in ran.out
    assert "all of them" in ran.out


@pytest.mark.parametrize(
    ("flags", "setting", "value"),
    [
        (["--profile", "paper"], "profile", "paper"),
        (["--network", "lossy", "--writers", "A"], "network", "lossy"),
        (["--exchanges", "0"], "exchanges", 0),
        (["--max-history", "2"], "max_history", 2),
        (["--max-history", "unlimited"], "max_history", "unlimited"),
        (["--max-history", "not-given"], "max_history", "not-given"),
        (["--max-history", "0"], "max_history", 0),
        (["--mtu", "1"], "mtu", 1),
        (["--mtu", "unlimited"], "mtu", "unlimited"),
        (["--mtu", "not-given"], "mtu", "not-given"),
        (["--writers", "A"], "mtu", "unlimited"),
        (["--resolver", "max_value"], "resolver", "max_value"),
        (["--writers", "B"], "script", ["B set k1=b1"]),
        (["--writers", "B, A"], "script", ["A set k1=a1", "B set k1=b1"]),
        (["--writers", "all"], "script", ["A set k1=a1", "B set k1=b1"]),
        (["--writers", "A", "--writes", "3", "--keys", "2"], "script",
         ["A set k1=a1", "A set k2=a2", "A set k1=a3"]),
        (["--writes", "0"], "script", []),
        (["--losses", "any", "--writers", "A"], "faults", {"losses": "any"}),
        (["--losses", "1", "--duplicates", "0"], "faults", {"losses": 1, "duplicates": 0}),
        (["--overtakings", "1", "--cuts", "1"], "faults", {"overtakings": 1, "cuts": 1}),
        (["--crashes", "1", "--restart", "new-id"], "faults", {"crashes": 1, "restart": "new-id"}),
        (["--crashes", "1"], "faults", {"crashes": 1}),
        (["--pauses", "1"], "faults", {"pauses": 1}),
        (["--writers", "A"], "faults", {}),
        (["--wiring", "broadcast"], "wiring", "broadcast"),
        (["--process", "A, B"], "processes", [["A", "B"]]),
    ],
)  # fmt: skip
def test_a_flag_becomes_part_of_the_experiment(
    scuttle: Callable[..., Any], flags: list[str], setting: str, value: object
) -> None:
    """Every flag of the model is visible in the document it leads to. Spec: CHK-1."""
    document = scuttle("check", *flags, "--json").document
    assert document["experiment"][setting] == value


def test_faults_and_wiring_are_told_with_the_verdict(scuttle: Callable[..., Any]) -> None:
    """They are assumptions like the others. Spec: CHK-1."""
    ran = scuttle("check", "--writers", "A", "--crashes", 1, "--losses", "any", "--process", "A,B",
                  "--wiring", "broadcast")  # fmt: skip
    said = "losses any, crashes 1, restart persisted; wiring broadcast; one process for A and B"
    assert said in ran.out


@pytest.mark.parametrize("profile", ["documented", "as-shipped", "textbook", "paper"])
def test_random_walks_and_reductions_know_faults_or_say_so(
    scuttle: Callable[..., Any], profile: str
) -> None:
    """Amnesia is found by walks and by the quotient too, or the quotient is refused."""
    amnesia = ("check", "--profile", profile, "--writers", "A", "--writes", 2, "--keys", 2,
               "--crashes", 1, "--restart", "amnesia")  # fmt: skip
    walked = scuttle(*amnesia, "--search", "random", "--walks", 300, "--json")
    assert walked.verdicts["clocks-monotone"] == "refuted"
    reduced = scuttle(*amnesia, "--reduction", "quotient", "--json")
    if profile == "as-shipped":
        assert (reduced.code, "RED-1" in reduced.err) == (2, True)
    else:
        assert reduced.verdicts["clocks-monotone"] == "refuted"


def test_writers_are_named_in_a_larger_graph(scuttle: Callable[..., Any]) -> None:
    """The middle node relays and writes nothing."""
    ran = scuttle("check", "--topology", "line:3", "--writers", "A,C", "--exchanges", 0, "--json")
    assert ran.document["experiment"]["script"] == ["A set k1=a1", "C set k1=c1"]
    assert ran.code == 0


def test_a_graph_file_is_a_topology(scuttle: Callable[..., Any], folder: Path) -> None:
    """The own network, as networkx writes it."""
    nx.write_graphml(nx.path_graph(["hub", "left"]), folder / "mine.graphml")
    ran = scuttle("check", "--topology", "mine.graphml", "--json")
    assert ran.code == 0
    assert ran.document["experiment"]["topology"]["nodes"] == ["hub", "left"]


def test_a_script_file_says_who_does_what(scuttle: Callable[..., Any], folder: Path) -> None:
    """Writes, gossip and restarts in the owner's order, with comments and JSON values."""
    text = '# my story\nA set k=1 # first\n\nB gossip A\nA set k=[1, "x"]\nB restart\n'
    (folder / "story.txt").write_text(text, encoding="utf-8")
    ran = scuttle("check", "--script", "story.txt", "--exchanges", 0, "--json")
    assert ran.document["experiment"]["script"] == [
        "A set k=1",
        'A set k=[1, "x"]',
        "B gossip A",
        "B restart",
    ]


def test_a_resolver_of_the_user_is_imported_from_here(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """The question people come with: does *my* resolver make replicas agree?"""
    code = "def mine(gossip, update):\n    return update.version > gossip.get(update.key).version\n"
    (folder / "my_resolvers.py").write_text(code, encoding="utf-8")
    ran = scuttle("check", "--resolver", "my_resolvers:mine", "--json")
    assert (ran.code, ran.verdicts["agreement"]) == (1, "refuted")


@pytest.mark.parametrize("search", ["compiled", "plain", "depth-first"])
@pytest.mark.parametrize(("flags", "code"), [(SWAP, 1), (["--topology", "line:2"], 0)])
def test_all_exhaustive_searches_end_alike(
    scuttle: Callable[..., Any], search: str, flags: list[str], code: int
) -> None:
    """Depth-first finds something first and shrinks it; the verdicts are the same."""
    ran = scuttle("check", *flags, "--search", search, "--json")
    assert ran.code == code
    steps = {each["name"]: each["steps"] for each in ran.document["properties"]}
    assert steps["agreement"] == (2 if code else None)


def test_random_walks_prove_nothing_and_repeat(scuttle: Callable[..., Any]) -> None:
    """No counterexample found is exit code 4, and the seed makes it the same again."""
    walk = [
        "check",
        "--topology",
        "line:2",
        "--search",
        "random",
        "--walks",
        20,
        "--seed",
        5,
        "--json",
    ]
    ran = scuttle(*walk)
    assert (ran.code, ran.verdicts["agreement"]) == (4, "unknown")
    assert ran.document["stop"] == "20 random walks, seed 5"
    again = scuttle(*walk).document
    assert {**ran.document, "seconds": 0} == {**again, "seconds": 0}
    refuted = scuttle("check", *SWAP, "--search", "random", "--json")
    assert (refuted.code, refuted.document["properties"][0]["steps"]) == (1, 2)


def test_one_property_can_be_judged_alone(scuttle: Callable[..., Any]) -> None:
    """The exit code then speaks of that one only."""
    ran = scuttle("check", *SWAP, "--property", "no-gap", "--json")
    assert (ran.code, ran.verdicts) == (0, {"no-gap": "holds"})
    pair = ["--property", "no-gap", "--property", "agreement"]
    assert scuttle("check", *SWAP, *pair, "--json").code == 1


@pytest.mark.parametrize(
    "limit",
    [
        ["--max-states", 10],
        ["--max-seconds", 0],
        ["--max-seconds", "0.0"],
        ["--max-memory", 1],
        ["--max-memory", 1, "--search", "plain"],
    ],
)
def test_a_budget_leaves_the_answer_open(scuttle: Callable[..., Any], limit: list[object]) -> None:
    """Unknown, never *holds*, and exit code 4. Spec: CONV-14, CHK-11."""
    ran = scuttle("check", "--topology", "line:3", *limit, "--json")
    assert (ran.code, ran.document["complete"]) == (4, False)
    assert ran.verdicts["agreement"] == "unknown"
    assert "holds" not in ran.verdicts.values()
    assert ", the limit" in ran.document["stop"]
    assert "incomplete: " in scuttle("check", "--topology", "line:3", *limit).out


def test_a_run_that_moves_no_data_is_no_success(scuttle: Callable[..., Any]) -> None:
    """Nobody writes: nothing can go wrong, and nothing was shown. Spec: CONV-14."""
    ran = scuttle("check", "--writes", 0, "--json")
    assert ran.verdicts["agreement"] == "unknown"
    assert ran.code != 0


def test_the_version_and_the_help_are_there(scuttle: Callable[..., Any]) -> None:
    """The first two things that anybody types."""
    assert scuttle("--version").out.startswith("scuttle, version ")
    text = scuttle("check", "--help").out
    assert all(flag in text for flag in ("--topology", "--resolver", "--save", "--json"))
    ran = scuttle("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in ("check", "replay", "scenario", "profiles", "clauses"))
