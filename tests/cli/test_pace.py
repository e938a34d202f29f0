"""How fast the runs of a simulation end, and what is told of the rest."""

from __future__ import annotations

from scuttle_check.cli.pace import Pace


def test_what_is_left_is_told_by_weight() -> None:
    """Large populations take longer, and a rate of small ones would promise too much."""
    now, said = [0.0], []
    pace = Pace([1.0, 1.0, 8.0], clock=lambda: now[0], say=said.append)
    now[0] = 1.0
    pace.hear(0, "first")
    now[0] = 12.0
    pace.hear(1, "second")
    now[0] = 60.0
    pace.hear(2, "last")

    assert said == [
        "1/3: first; 1 runs/s, about 9 s left",
        "2/3: second; 0.17 runs/s, about 48 s left",
        "3/3: last; 0.05 runs/s",
    ]


def test_earlier_sessions_say_nothing_of_this_one() -> None:
    """A resumed simulation would seem a hundred times as fast as it is. Spec: RUN-8."""
    now, said = [0.0], []
    had = frozenset(range(100))
    pace = Pace([1.0] * 102, had, clock=lambda: now[0], say=said.append)
    now[0] = 10.0
    pace.hear(100, "one")

    assert said == ["101/102: one; 0.1 runs/s, about 10 s left"]


def test_quick_runs_are_not_told_one_by_one() -> None:
    """Of a thousand lines nobody reads any; what failed is told."""
    now, said = [0.0], []
    pace = Pace([1.0] * 100, clock=lambda: now[0], say=said.append)
    for at in range(100):
        now[0] += 0.01
        pace.hear(at, str(at), always=at == 50)

    assert [line.split(";")[0] for line in said] == ["1/100: 0", "51/100: 50", "100/100: 99"]
