"""Run folders: long searches that can be interrupted, killed and gone on with.

A folder says what is searched and by which program (``run.json``), how far the search is (the
journal), and what came of it (``result.json``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from checker.faults import Fault, UnrunnableFault, UsageFault
from checker.program import digest
from checker.scuttlebutt.experiment import Experiment, experiment_from_json
from checker.scuttlebutt.files import read_members, write_json
from checker.search.sharded.journal import Mark, marks_in

FORMAT = "scuttle-run-folder/1"
EARLIER = "scuttle-run/1"
"""What such files called themselves before, which is the name of a run that somebody chose."""
HOME = Path(".scuttle") / "runs"
"""Where runs are that were not given a folder, below the current one."""

FILES = ("run.json", "result.json", "worlds.bin", "asked.bin", "levels.jsonl", "lock")
"""What a run folder holds."""


@frozen
class Run:
    """A search with a folder. `wanted` are the properties judged, all where there is none.

    With `until_decided` it stops once they are decided.
    """

    folder: Path
    experiment: Experiment
    wanted: tuple[str, ...] = ()
    until_decided: bool = False
    program: str = ""

    @property
    def name(self) -> str:
        """What ``scuttle runs`` calls it."""
        return self.folder.name if self.folder.parent == HOME else str(self.folder)

    @property
    def marks(self) -> list[Mark]:
        """The levels that are whole."""
        return marks_in(self.folder / "levels.jsonl")

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it, as ``scuttle check --json`` says it; None before the end."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "result.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found

    @property
    def state(self) -> str:
        """Whether it is finished, running or can be resumed."""
        if self.result is not None:
            return "finished"
        try:
            with self.locked():
                return "resumable"
        except UsageFault:
            return "running"

    @property
    def size(self) -> int:
        """What it takes on the disk. Unit: bytes."""
        files = (self.folder / name for name in FILES)
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on it meanwhile. Raises UsageFault where somebody does. Spec: RUN-4."""
        try:
            import fcntl  # noqa: PLC0415 - not on every system
        except ImportError:
            yield
            return
        file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageFault(
                    "is at work in another process",
                    where=self.name,
                    clause="RUN-4",
                    hint=f"wait, or interrupt that one; scuttle runs show {self.name}",
                ) from None
            yield
        finally:
            os.close(file)

    def insist_on_program(self) -> None:
        """Raises UnrunnableFault where another program began the run. Spec: RUN-3."""
        if self.program != digest():
            raise UnrunnableFault(
                f"was begun by other sources (digest {self.program}, not {digest()})",
                where=self.name,
                clause="RUN-3",
                expected="the same protocol and the same engine, so that numbers mean the same",
                hint="go on with those, or begin a new run",
            )

    def finish(self, result: dict[str, Any]) -> None:
        """Write down what came of it."""
        beside = self.folder / f"result.json.{os.getpid()}"
        beside.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(self.folder / "result.json")

    def remove(self) -> None:
        """Delete what belongs to the run, and the folder if nothing else is in it."""
        with self.locked():
            for name in FILES:
                (self.folder / name).unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def begun(
    folder: Path | None, experiment: Experiment, wanted: tuple[str, ...], *, until_decided: bool
) -> Run:
    """A new run, in `folder` or one of its own. Raises UsageFault if there is one. Spec: RUN-3."""
    if folder is None:
        folder = _fresh(experiment)
    if (folder / "run.json").exists():
        raise UsageFault(
            "holds a run already",
            where=f"--run {folder}",
            clause="RUN-3",
            hint=f"scuttle runs resume {folder}, or another folder",
        )
    run = Run(folder, experiment, wanted, until_decided, digest())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UsageFault(f"cannot be made ({fault.strerror})", where=f"--run {folder}") from None
    if any((folder / name).exists() for name in FILES):
        raise UsageFault(
            "holds parts of a run, but no run.json", where=f"--run {folder}", hint="another folder"
        )
    document = {
        "format": FORMAT,
        "program": run.program,
        "experiment": experiment.to_json(),
        "properties": list(wanted),
        "until_decided": until_decided,
    }
    write_json(folder / "run.json", document)
    return run


def _fresh(experiment: Experiment) -> Path:
    """A folder that nobody has, with a number and what is searched as its name."""
    numbers = [int(path.name[:4]) for path in HOME.glob("[0-9][0-9][0-9][0-9]-*")]
    shape = "".join(c if c.isalnum() else "-" for c in experiment.topology.name)[:40]
    return HOME / f"{max(numbers, default=0) + 1:04}-{experiment.profile}-{shape.strip('-')}"


def found(name: str) -> Run:
    """The run called so, by its name, its number or its folder. Raises UsageFault."""
    folders = [Path(name), HOME / name]
    if name.isdecimal():
        folders.extend(sorted(HOME.glob(f"{name:0>4}-*")))
    for folder in folders:
        if name and (folder / "run.json").is_file():
            return _read(folder)
    known = ", ".join(run.name for run in runs()) or "there is none yet: scuttle check --run ..."
    raise UsageFault(f"no run {name!r}", where="scuttle runs", expected=known)


def _read(folder: Path) -> Run:
    path = folder / "run.json"
    members = {"experiment": dict, "properties": list, "program": str}
    document = read_members(path, FORMAT, members, (EARLIER,))
    experiment = experiment_from_json(document["experiment"], f"{path}: $.experiment")
    wanted = tuple(map(str, document["properties"]))
    decided = document.get("until_decided") is True
    return evolve(Run(folder, experiment, wanted, decided), program=document["program"])


def runs() -> list[Run]:
    """The runs below the current folder, in the order of their names; unreadable ones left out."""
    found_here = []
    for path in sorted(HOME.glob("*/run.json")):
        try:
            found_here.append(_read(path.parent))
        except Fault:
            continue
    return found_here
