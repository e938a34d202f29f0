"""The guide to testing resolvers: its Python runs, in the order in which it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from scuttle_check.laws.api import resolver_diff
from scuttle_ref import lww_total

PAGE = Path(__file__).parents[2] / "spec" / "guide" / "testing-resolvers.md"


def test_the_python_of_the_guide_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """It is what a person pastes first. Spec: LAW-19, LAW-20."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, Any] = {}
    exec("\n".join(blocks), names)  # noqa: S102 - that is the test

    assert capsys.readouterr().out.startswith("after k=1@A1, k=")
    assert hasattr(names["TestNewest"], "test_commutative")
    usual, fatal = st.sampled_from([1, 2]), st.sampled_from([1, 12345679])
    assert resolver_diff(lww_total, names["rare"], values=usual) is None
    assert resolver_diff(lww_total, names["rare"], values=fatal) is not None
    quick = settings(max_examples=10, stateful_step_count=10, deadline=None, database=None)
    run_state_machine_as_test(names["World"], settings=quick)
