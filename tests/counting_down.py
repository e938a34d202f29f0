"""A model of a few lines that is nobody's protocol, to be found by its name."""

from __future__ import annotations

from scuttle_check import Always, Broken, Good


class CountingDown:
    """From three to zero, where it stops."""

    def initial(self) -> list[int]:
        return [3]

    def actions(self, state: int) -> list[str]:
        return ["down"] if state else []

    def next(self, state: int, action: str) -> int:
        assert action == "down"
        return state - 1


def model() -> tuple[CountingDown, list[Always]]:
    """It comes to nothing, which a property forbids."""

    def judge(state: int) -> Broken | Good:
        return Good.KEPT if state else Broken("nothing is left")

    return CountingDown(), [Always("never", "", "something is left", lambda n: (n,), judge)]
