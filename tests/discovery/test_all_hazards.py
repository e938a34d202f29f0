"""No hazard of the shipped library is forgotten: each is found, or its absence has a reason."""

from __future__ import annotations

import re
from pathlib import Path

HAZARDS = range(1, 35)
"""The hazards that were measured on simple-scuttle 3.0.2, by number."""

ELSEWHERE = {
    14: "an owner stamps a version itself: no command of a script does",
    15: "an update without a version from a peer: refused at the wire (ERR-2)",
    16: "versions of zero and below from a peer: refused at the wire (ERR-2)",
    17: "Infinity, NaN and text as versions: refused at the wire (ERR-2)",
    18: "keys with the names of JavaScript prototypes: refused (MOD-4)",
    26: "a digest taken while its owner writes in the same tick: harmless, and one step here",
    28: "digests with the field names of the README: another dialect, more traffic only",
    29: "a listener of compaction that changes the history: the reference has no listeners",
    31: "streams whose buffers are full on both sides: links here have no capacity",
    32: "a state handed to the constructor: nodes here begin empty",
}
"""What the faults that can be switched on do not allow, with what keeps it out."""


def test_each_hazard_is_found_or_has_a_reason() -> None:
    """A hazard nobody looks for could come back with the next rule. Spec: CHK-2."""
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        if path != Path(__file__)
    )
    found = {int(number) for number in re.findall(r"(?:\bH|_h)(\d+)[ :_]", tests)}
    assert found & set(HAZARDS) | ELSEWHERE.keys() == set(HAZARDS)
    assert not found & ELSEWHERE.keys()
