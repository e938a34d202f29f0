"""``scuttle bench``: what it reports, never how long it took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.cli import bench as command
from scuttle_check.cli.bench import lines
from scuttle_check.evidence import bench, spin
from scuttle_check.evidence.bench import (
    ALL_WORLDS,
    OUTCOMES,
    SIZES,
    Checked,
    Row,
    Size,
    Times,
    Variant,
)

needs_spin = pytest.mark.skipif(
    spin.missing() is not None, reason=f"SPIN was NOT asked: {spin.missing()}"
)


def test_the_sizes_are_listed(scuttle: Callable[..., Any]) -> None:
    """Names to choose from, and the command that checks each."""
    ran = scuttle("bench", "--list")
    assert ran.code == 0
    for name in ("line-2", "line-3", "line-3-twice", "triangle", "ring-4-2w", "ring-4-3w"):
        assert name in ran.out
    listed = scuttle("bench", "--list", "--json").document["sizes"]
    assert [each["name"] for each in listed] == [size.name for size in SIZES]


@needs_spin
def test_a_row_holds_what_was_measured(scuttle: Callable[..., Any]) -> None:
    """Counts are those of the model, and SPIN counts the same. Spec: BENCH-1, BENCH-2."""
    ran = scuttle("bench", "--size", "line-2", "--runs", 2, "--json")
    assert ran.code == 0
    assert ran.document["format"] == "scuttle-bench/1"
    assert ran.document["spin"].startswith("Spin Version")
    (row,) = ran.document["rows"]
    assert (row["size"], row["worlds"], row["transitions"]) == ("line-2", 108, 208)
    assert (row["spin"]["states"], row["spin"]["transitions"]) == (108, 209)
    assert row["spin_reduced"]["states"] <= 108
    assert row["bytes_per_world"] is None
    assert (row["differs"], row["no_spin"]) == ("", "")
    for times in (row["wall_seconds"], row["cpu_seconds"], row["spin"]["wall_seconds"]):
        assert len(times["runs"]) == 2
        assert 0 <= times["best"] <= times["median"]
    assert row["wall_seconds"]["best"] > row["search_seconds"]["best"]


def test_a_size_beyond_all_worlds_is_measured_with_its_reduction(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to compare it with, and the row says why. Spec: BENCH-3."""
    line = Size("line-2", SIZES[0].flags, "small, for once", only=OUTCOMES)
    monkeypatch.setattr(command, "SIZES", (line,))
    ran = scuttle("bench", "--size", "line-2", "--runs", 1, "--json")
    (row,) = ran.document["rows"]
    assert (row["worlds"], row["spin"]) == (44, None)
    assert row["no_spin"] == "more worlds than can be visited"
    assert row["flags"][-2:] == ["--reduction", "quotient+stubborn"]


def test_without_spin_the_table_says_so(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would read as a comparison that was won. Spec: BENCH-3."""
    monkeypatch.setattr(spin, "missing", lambda: "spin not found")
    ran = scuttle("bench", "--size", "line-2", "--runs", 1)
    assert ran.code == 0
    assert "not compared with SPIN: spin not found" in ran.out
    turned_off = scuttle("bench", "--size", "line-2", "--runs", 1, "--no-spin", "--json")
    (row,) = turned_off.document["rows"]
    assert row["spin"] is None
    assert "--no-spin" in row["no_spin"]


def test_a_size_is_measured_with_more_flags_too(scuttle: Callable[..., Any]) -> None:
    """A reduction is a row of its own, and names its flags."""
    more = "--property agreement"
    ran = scuttle("bench", "--size", "line-2", "--no-spin", "--runs", 1, "--with", more, "--json")
    plain, narrowed = ran.document["rows"]
    assert plain["variant"] == "all worlds"
    assert narrowed["flags"] == [*plain["flags"], "--property", "agreement"]


def test_counts_that_differ_are_shouted() -> None:
    """Equal counts are what makes the times comparable. Spec: BENCH-2."""
    times = Times((1.0, 3.0, 2.0))
    checked = Checked(100, 200, times, times, times, peak=50, base=20)
    spun = bench.Spun(99, 201, 1.0, times, times, 10)
    told = bench.difference(checked, spun)
    assert "99" in told
    row = Row(SIZES[0], ALL_WORLDS, "compiled", checked, spun, spun, differs=told)
    assert any("COUNTS DIFFER" in line for line in lines(row))
    assert bench.difference(checked, bench.Spun(100, 201, 1.0, times, times, 10)) == ""


def test_the_memory_of_a_world_leaves_the_interpreter_out() -> None:
    """Per world, above the base; for few worlds it would be noise."""
    times = Times((1.0,))
    assert Checked(100_000, 1, times, times, times, 7_000_000, 1_000_000).bytes_per_world == 60
    assert Checked(100, 1, times, times, times, 7_000_000, 1_000_000).bytes_per_world is None


def test_the_median_is_no_best() -> None:
    """Three runs: the fastest, and the one in the middle."""
    times = Times((3.0, 1.0, 2.0))
    assert (times.best, times.median) == (1.0, 2.0)


def test_an_unknown_size_is_refused(refused: Callable[..., str]) -> None:
    """The message names the sizes."""
    assert "ring-4-2w" in refused("bench", "--size", "galaxy")


def test_flags_that_check_refuses_are_reported(refused: Callable[..., str]) -> None:
    """A run that failed is no measurement."""
    flags = ("--size", "line-2", "--no-spin", "--runs", 1, "--with", "--nonsense", "--json")
    told = refused("bench", *flags, code=3)
    assert "--nonsense" in told


def test_a_search_that_was_stopped_is_no_measurement() -> None:
    """Its time would be that of a part. Spec: BENCH-1."""
    size = Size("stopped", ("--topology", "line:2"), "")
    with pytest.raises(bench.UnrunnableFault, match="exit code 4"):
        bench.run_check(size, Variant("", ("--max-states", "3")), "compiled")
