"""One file of every kind that is written here and holds a run, for tests of readers."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.main import main

RECORDINGS = Path(__file__).parent / "golden" / "data" / "simple-scuttle-3.0.2" / "multi"
HUB = ("--live", "--profile", "as-shipped", "--topology", "line:3", "--writers", "A")
ORACLE = ("--level", "step", "--mutant", "answer_later", "--examples", "5")

FAILING = "loss:textbook"
"""A small case of the catalogue in which a message is lost for ever."""

OF_MODELS = ("found.json", "run.json", "lasso.json", "found.itf.json", "found.html", "scenario.txt")
"""What a model can run again."""

FROM_ELSEWHERE = ("recording.json", "oracle.json", "recording.html", "oracle.html")
"""What happened elsewhere, and can only be read."""

KINDS = OF_MODELS + FROM_ELSEWHERE


def ran(*arguments: object) -> tuple[int, str]:
    """The exit code of ``scuttle``, and what it puts out."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            return (ended.code if isinstance(ended.code, int) else 1), out.getvalue()
    return 0, out.getvalue()


def scuttle(*arguments: object) -> int:
    """The exit code of ``scuttle``, which says nothing here."""
    return ran(*arguments)[0]


def write_every_kind(folder: Path) -> Path:
    """Fill `folder` with the files of KINDS."""
    assert scuttle("check", "--case", FAILING, "--save", folder / "found.json") == 1
    assert scuttle("check", *HUB, "--save", folder / "lasso.json") == 1
    assert scuttle("conform", "run", *ORACLE, "--save", folder / "oracle.json") == 1
    for end in ("itf.json", "html"):
        assert scuttle("convert", folder / "found.json", folder / f"found.{end}") == 0
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    kept = {name: found[name] for name in ("experiment", "schedule")}
    (folder / "run.json").write_text(json.dumps({"format": "scuttle-run/1", **kept}), "utf-8")
    shutil.copy(spec_folder() / "scenarios" / "swap.txt", folder / "scenario.txt")
    shutil.copy(RECORDINGS / "m09-lost-update-message.json", folder / "recording.json")
    for name in ("recording", "oracle"):
        assert scuttle("convert", folder / f"{name}.json", folder / f"{name}.html") == 0
    return folder
