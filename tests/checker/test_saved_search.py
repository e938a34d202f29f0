"""A search that was cut off anywhere goes on as if nothing had been."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.cli.saved import Asked, Run, begun, found
from scuttle_check.cli.shown import worlds_left
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.catalogue import find_case, load_catalogue
from scuttle_check.gossip.counterexample import parse_action
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.divided.coordinator import completed
from scuttle_check.search.divided.crew import Alone
from scuttle_check.search.divided.journal import Journal, Mark, decoded, encoded, marks_in
from scuttle_check.search.divided.saved import SavedSearch
from scuttle_check.search.exhaustive import exhaustive

FILES = ("worlds.bin", "asked.bin", "levels.jsonl")
CASES = ("exchanges:documented", "loss:textbook", "crash:paper")


def searched(
    experiment: Experiment, folder: Path, shards: int = 2, budget: Budget | None = None
) -> Report:
    """Search, from where the folder says."""
    setup = experiment.build()
    with closing(Journal(folder)) as journal:
        search = SavedSearch(
            *(setup.system, Judge(setup.properties), budget or Budget(), Alone(shards)),
            journal=journal,
            parse=lambda line: parse_action(line, ""),
        )
        search.restore()
        return completed(search)


def told(report: Report) -> object:
    stats = report.stats
    return (stats.states, stats.transitions, stats.terminal, stats.depth, stats.stop), [
        (v.property.name, v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts
    ]


def model(case: str) -> Experiment:
    return find_case(load_catalogue(), case).experiment


def untimed(folder: Path) -> list[Mark]:
    return [evolve(mark, seconds=0) for mark in marks_in(folder / "levels.jsonl")]


def damaged(contents: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """The files as a crash may leave them: whole up to a level, and anything behind it."""
    lines = contents["levels.jsonl"].splitlines(keepends=True)
    whole = chance.randrange(len(lines))
    mark = json.loads(lines[whole - 1]) if whole else {"worlds": 0, "asked": 0}
    torn = lines[whole][: chance.randrange(len(lines[whole]))]
    left = {"levels.jsonl": b"".join(lines[:whole]) + torn}
    for name, kept in (("worlds.bin", "worlds"), ("asked.bin", "asked")):
        rest = contents[name][mark[kept] * 8 :]
        rest = rest[: chance.randrange(len(rest) + 1)] + chance.randbytes(chance.randrange(20))
        left[name] = contents[name][: mark[kept] * 8] + rest
    return left


@pytest.mark.parametrize("case", CASES)
def test_a_search_that_ended_anywhere_goes_on(case: str, tmp_path: Path) -> None:
    """A week of work must survive the machine, to the last count. Spec: RUN-1, RUN-2."""
    chance = random.Random(case)  # noqa: S311 - reproducibility is the point
    expected = told(searched(model(case), tmp_path))
    contents = {name: (tmp_path / name).read_bytes() for name in FILES}
    marks = untimed(tmp_path)
    for _ in range(4):
        for name, content in damaged(contents, chance).items():
            (tmp_path / name).write_bytes(content)
        assert told(searched(model(case), tmp_path, chance.choice([1, 3]))) == expected
        assert untimed(tmp_path) == marks
        for name in ("worlds.bin", "asked.bin"):
            assert (tmp_path / name).read_bytes() == contents[name]


def test_a_level_whose_worlds_were_damaged_is_found_again(tmp_path: Path) -> None:
    """A bit that flipped on the disk must not become a verdict. Spec: RUN-2."""
    expected = told(searched(model("loss:textbook"), tmp_path))
    contents = bytearray((tmp_path / "worlds.bin").read_bytes())
    contents[len(contents) // 2] ^= 1
    (tmp_path / "worlds.bin").write_bytes(contents)
    assert told(searched(model("loss:textbook"), tmp_path)) == expected


@pytest.mark.parametrize("bits", [19, 21])
def test_levels_in_narrower_words_are_packed_anew(
    bits: int,
    tmp_path: Path,
    experiment: Callable[..., Experiment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fields may have widened between two levels of a run. Spec: RUN-1."""
    narrow = experiment("line:3", [f"A set k={n}" for n in (1, 2, 3)], profile="textbook")
    monkeypatch.setattr(fields, "WORD", bits)
    expected = told(searched(narrow, tmp_path))
    written = (tmp_path / "levels.jsonl").read_bytes().splitlines(keepends=True)
    assert len({str(json.loads(line)["widths"]) for line in written}) > 1
    for whole in range(1, len(written), 7):
        (tmp_path / "levels.jsonl").write_bytes(b"".join(written[:whole]))
        assert told(searched(narrow, tmp_path)) == expected


def test_a_search_that_was_limited_goes_on_to_its_end(tmp_path: Path) -> None:
    """Limits are of a session, not of a run. Spec: RUN-1."""
    case = model("exchanges:documented")
    first = searched(case, tmp_path, budget=Budget(states_max=300))
    assert not first.stats.complete
    setup = case.build()
    whole = exhaustive(setup.system, setup.properties).stats
    second = searched(case, tmp_path).stats
    assert (second.states, second.transitions, second.terminal) == (
        whole.states,
        whole.transitions,
        whole.terminal,
    )


def test_a_resolver_that_was_changed_meanwhile_is_noticed(
    tmp_path: Path, experiment: Callable[..., Experiment]
) -> None:
    """Half of a search by one resolver and half by another proves nothing. Spec: RUN-3."""
    lines = ["A set k=9", "B set k=1"]
    searched(experiment("line:2", lines, resolver="lww_total"), tmp_path)
    with pytest.raises(UnrunnableFault, match="does something else"):
        searched(experiment("line:2", lines, resolver="max_value"), tmp_path)


def test_a_run_of_other_sources_is_refused(
    tmp_path: Path, experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of two programs mean different worlds. Spec: RUN-3."""
    begun(tmp_path / "run", experiment("line:2"), Asked())
    found(str(tmp_path / "run")).insist_on_program()
    monkeypatch.setattr("scuttle_check.base.folders.digest", lambda: "other")
    with pytest.raises(UnrunnableFault, match="other sources"):
        found(str(tmp_path / "run")).insist_on_program()


def test_a_run_is_never_written_over_and_worked_on_by_one(
    tmp_path: Path, experiment: Callable[..., Experiment]
) -> None:
    """Two searches in one folder would be none. Spec: RUN-3, RUN-4."""
    run: Run = begun(tmp_path / "run", experiment("line:2"), Asked())
    with pytest.raises(UsageFault, match="holds a run already"):
        begun(tmp_path / "run", experiment("line:2"), Asked())
    with run.locked():
        assert run.state == "running"
        with pytest.raises(UsageFault, match="another process"), run.locked():
            pass
    assert run.state == "resumable"


def test_events_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    """What was asked must be asked again. Spec: RUN-1."""
    searched(model("loss:textbook"), tmp_path)
    journal = Journal(tmp_path)
    for level in range(len(journal.marks)):
        events = journal.events(level)
        assert encoded(decoded(encoded(events))).tobytes() == encoded(events).tobytes()
    journal.close()


@pytest.mark.parametrize(
    ("levels", "left"),
    [
        ([1, 5, 25], None),
        ([100, 90, 95], None),
        ([100, 50], None),
        ([100, 80, 40], 80),
        ([1, 100, 10, 1], 1),
    ],
)
def test_how_long_is_told_only_while_levels_shrink(levels: list[int], left: int | None) -> None:
    """Who is told a time that is invented, plans with it. Spec: RUN-6."""
    assert worlds_left(levels) == left
