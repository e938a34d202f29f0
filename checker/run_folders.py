"""Run folders: long work that can be interrupted, killed and gone on with.

A folder says what is done and by which program (``run.json``), how far that is (files that only
grow), and what came of it (``result.json``). Searches and simulations have one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from checker.faults import UnrunnableFault, UsageFault
from checker.kept_files import growing, made_folder, write_over
from checker.program import digest
from checker.scuttlebutt.files import write_json
from checker.sums import sum_of, summed

HOME = Path(".scuttle") / "runs"
"""Where runs are that were not given a folder, below the current one."""


@frozen
class RunFolder:
    """Work with a folder. `program` is what began it, as :meth:`program_now` says it."""

    FORMAT: ClassVar[str]
    FILES: ClassVar[tuple[str, ...]]
    """What such a folder holds."""

    folder: Path
    program: str

    @classmethod
    def program_now(cls) -> str:
        """What decides the results, if it were begun now."""
        return digest()

    @property
    def name(self) -> str:
        """What ``scuttle runs`` calls it."""
        return self.folder.name if self.folder.parent == HOME else str(self.folder)

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it, as its command says it with --json; None before the end.

        One that was changed since is none: the run can be resumed, and comes to it again.

        Spec: RUN-9.
        """
        try:
            found: dict[str, Any] = json.loads((self.folder / "result.json").read_bytes())
            kept = (self.folder / "result.sum").read_text("ascii")
        except (OSError, ValueError):
            return None
        return found if kept.strip() == sum_of(found) else None

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
        return sum(file.stat().st_size for file in self.files if file.exists())

    @property
    def files(self) -> list[Path]:
        """All that belongs to it."""
        return [self.folder / name for name in self.FILES]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on it meanwhile. Raises UsageFault where somebody does. Spec: RUN-4."""
        try:
            import fcntl  # noqa: PLC0415 - not on every system
        except ImportError:
            yield
            return
        with growing(self.folder / "lock") as file:
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

    def insist_on_program(self) -> None:
        """Raises UnrunnableFault where another program began the run. Spec: RUN-3."""
        if self.program != self.program_now():
            raise UnrunnableFault(
                f"was begun by other sources ({self.program}, not {self.program_now()})",
                where=self.name,
                clause="RUN-3",
                expected="the same sources, so that both halves mean the same",
                hint="go on with those, or begin a new run",
            )

    def begin(self, document: Mapping[str, Any]) -> None:
        """Make the folder and write down what is done. Raises UsageFault if it is taken.

        Spec: RUN-3.
        """
        where = f"--run {self.folder}"
        if (self.folder / "run.json").exists():
            raise UsageFault(
                "holds a run already",
                where=where,
                clause="RUN-3",
                hint=f"scuttle runs resume {self.folder}, or another folder",
            )
        made_folder(self.folder)
        if any(file.exists() for file in self.files):
            raise UsageFault(
                "holds parts of a run, but no run.json", where=where, hint="another folder"
            )
        head = {"format": self.FORMAT, "program": self.program}
        write_json(self.folder / "run.json", summed({**head, **document}))

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write down what came of it. Spec: RUN-9."""
        text = json.dumps(result, ensure_ascii=False) + "\n"
        write_over(self.folder / "result.json", text)
        write_over(self.folder / "result.sum", f"{sum_of(json.loads(text))}\n")

    def remove(self) -> None:
        """Delete what belongs to the run, and the folder if nothing else is in it."""
        with self.locked():
            for file in self.files:
                file.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def fresh_folder(label: str) -> Path:
    """A folder that nobody has, with a number and what is done in it as its name."""
    numbers = [int(path.name[:4]) for path in HOME.glob("[0-9][0-9][0-9][0-9]-*")]
    shape = "".join(c if c.isalnum() else "-" for c in label)[:60].strip("-")
    return HOME / f"{max(numbers, default=0) + 1:04}-{shape}"
