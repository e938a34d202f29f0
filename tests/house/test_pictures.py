"""Pictures of the documents are what the tool draws today."""

from __future__ import annotations

from pathlib import Path

import pytest

from scuttle_check.cli.main import main

PICTURES = Path(__file__).parents[2] / "spec" / "pictures"


def test_the_picture_of_the_readme_is_the_counterexample_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else: scuttle check --case writers:as-shipped --save two.json, and convert two.json .svg."""
    monkeypatch.chdir(tmp_path)
    for words in ("check --case writers:as-shipped --save two.json", "convert two.json .svg"):
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(words.split())
    assert capsys.readouterr().out == (PICTURES / "swap.svg").read_text(encoding="utf-8")
