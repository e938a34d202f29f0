"""``scuttle simulate``: the experiments of the paper, and spreading, from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_an_experiment_prints_its_figures_beside_the_papers(scuttle: Callable[..., Any]) -> None:
    """The flow-control experiment under one order, judged."""
    ran = scuttle("simulate", "paper-2", "--order", "depth", "--engine", "tables")

    assert ran.code == 0
    assert "paper" in ran.out
    assert ran.out.count("holds  depth") == 3


def test_the_same_seed_gives_the_same_document(scuttle: Callable[..., Any]) -> None:
    """At another size than the paper's, nothing is judged and the exit code says so."""
    small = ("simulate", "light-writers", "--nodes", "8", "--engine", "tables", "--json")
    one, again = scuttle(*small, "--seeds", "2"), scuttle(*small, "--seeds", "2")

    assert one.code == 4
    assert one.out == again.out
    assert [run["seed"] for run in one.document["runs"]] == [1, 2] * 4
    assert one.document["expectations"] == []


def test_half_the_participants_are_judged_by_the_papers_figures_for_them(
    scuttle: Callable[..., Any],
) -> None:
    """The second experiment was done with 64, too, who may write twice as much. Spec: SIM-1."""
    tables = ("simulate", "paper-2", "--nodes", "64", "--engine", "tables")
    ran = scuttle(*tables, "--order", "oldest")
    assert ran.code == 0
    assert "64 participants" in ran.out
    assert "1.95" in ran.out
    other = scuttle("simulate", "paper-2", "--nodes", "32", "--engine", "tables", "--json")
    assert (other.code, other.document["expectations"]) == (4, [])
    assert set(map(len, other.document["paper"].values())) == {0}


def test_the_reducers_run_where_an_order_has_them(scuttle: Callable[..., Any]) -> None:
    """The precise orders are no protocol and run by tables. Spec: SIM-7."""
    ran = scuttle("simulate", "paper-1", "--nodes", "4", "--json")

    engines = {run["order"]: run["engine"] for run in ran.document["runs"]}
    assert engines == {
        "newest": "tables",
        "depth": "reducers",
        "breadth": "reducers",
        "oldest": "tables",
    }
    assert [each["holds"] for each in ran.document["expectations"]] == [True, True]


def test_an_unknown_experiment_is_a_usage_error(refused: Callable[..., str]) -> None:
    """The names that exist are said."""
    assert "paper-1" in refused("simulate", "paper-9")


def test_the_reducers_are_compared_with_the_tables(scuttle: Callable[..., Any]) -> None:
    """Slower by far, and the same curves; what they do not have is refused. Spec: SIM-7."""
    ran = scuttle("simulate", "light-writers", "--nodes", "6", "--engine", "reducers")

    assert ran.code == 0
    assert ran.out.count("reducers and tables give the same curves") == 2


def test_precise_orders_have_no_reducers(refused: Callable[..., str]) -> None:
    """They compare mapping by mapping, and are baselines."""
    said = refused("simulate", "paper-1", "--order", "newest", "--engine", "reducers")

    assert "breadth, depth" in said


@pytest.mark.parametrize(
    ("file", "said"), [("curve.gif", ".png or .svg"), ("no/curve.png", "no such folder")]
)
def test_a_picture_that_cannot_be_written_is_refused_first(
    refused: Callable[..., str], folder: Path, file: str, said: str
) -> None:
    """Not after the minutes that the run takes. Spec: SIM-8."""
    assert said in refused("simulate", "paper-1", "--plot", folder / file)
    (folder / "there.svg").write_text("", encoding="utf-8")
    assert "exists already" in refused("simulate", "paper-1", "--plot", folder / "there.svg")
    assert "--growth" in refused(*SPREAD, "--plot", "growth.svg")


def test_a_picture_needs_an_extra(
    refused: Callable[..., str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install is said. Spec: SIM-8."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    said = refused("simulate", "paper-1", "--plot", folder / "curve.png", code=3)

    assert "[plot]'" in said


SPREAD = ("simulate", "spread", "--topology", "complete:64", "--seeds", "3")


def test_a_spread_says_the_same_on_workers(scuttle: Callable[..., Any]) -> None:
    """One line for each size, with intervals; a document for machines. Spec: SIM-1."""
    alone = scuttle(*SPREAD, "--growth", "--json")
    shared = scuttle(*SPREAD, "--growth", "--json", "--workers", "2")

    assert alone.code == 0
    assert alone.out == shared.out
    assert [each["nodes"] for each in alone.document["sizes"]] == [16, 32, 64]
    assert all(each["holds"] for each in alone.document["expectations"])


def test_a_run_that_was_given_up_is_inconclusive(scuttle: Callable[..., Any]) -> None:
    """Too few rounds prove nothing. Spec: SIM-3."""
    ran = scuttle(*SPREAD, "--rounds-max", "1")

    assert ran.code == 4
    assert "0/3" in ran.out
    assert "given up" in ran.err


def test_an_update_that_was_lost_is_refuted(scuttle: Callable[..., Any]) -> None:
    """Amnesia before anyone has asked. Spec: SIM-3."""
    churn = ("--churn", "200", "--down", "0.01", "--restart", "amnesia", "--rounds-max", "3")
    ran = scuttle(*SPREAD, *churn)

    assert ran.code == 1
    assert "nowhere any more" in ran.out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--topology", "complete:0"), "nodes"),
        (("--latency", "uniform:1"), "uniform:LEAST,MOST"),
        (("--latency", "-1"), "no latency"),
        (("--updates", "65"), "at most 64"),
        (("--restart", "amnesia"), "--churn"),
        (("--growth", "--topology", "grid:4x4"), "no halves"),
        (("--growth", "--topology", "complete:20"), "at least 64"),
        (("--profile", "gossiper", "--mode", "push"), "pull"),
    ],
)
def test_what_cannot_spread_is_refused(
    refused: Callable[..., str], flags: tuple[str, ...], said: str
) -> None:
    """One sentence, and what would do."""
    assert said in refused(*SPREAD, *flags)


@pytest.mark.parametrize(
    ("flags", "first", "key"),
    [
        (["spread", "--topology", "ring:100", "--seeds", "999"], b"1/999", "sizes"),
        (["light-writers", "--nodes", "6", "--seeds", "999"], b"seed 1: done", "runs"),
    ],
)
def test_an_interrupted_simulation_tells_what_had_ended(
    flags: list[str], first: bytes, key: str
) -> None:
    """Exit code 130, and the finished seeds are not thrown away."""
    command = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()", "simulate"]
    with subprocess.Popen(
        [*command, *flags, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stderr is not None
        assert first in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert json.loads(out)[key]
