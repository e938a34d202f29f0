"""The scout can be left at home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.search.walks.scout import Scout


@pytest.mark.parametrize(("flags", "sent"), [((), True), (("--no-scout",), False)])
def test_a_scout_is_sent_unless_told_not_to(
    scuttle: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    sent: bool,
) -> None:
    """A benchmark measures the search, not the walks beside it; the verdict is one. Spec: CHK-7."""
    heard: list[object] = []
    monkeypatch.setattr(Scout, "__call__", lambda _self, progress: heard.append(progress))
    ran = scuttle("check", "--topology", "line:2", "--json", *flags)
    assert ran.document["states"] == 137
    assert bool(heard) is sent
