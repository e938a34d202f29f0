"""Run folders: long work that can be interrupted, killed and gone on with.

A folder says what is done and by which program (``run.json``), how far that is (files that only
grow), and what came of it (``result.json``). Searches and simulations have one.

Which program this is: what decides the meaning of a model, as a short digest.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.files import write_json
from scuttle_check.base.kept_files import growing, made_folder, write_over
from scuttle_check.base.sums import sum_of, summed

PARTS = ("scuttle_ref", "scuttle_check")
"""What results mean is decided here. A list of the modules that matter would miss the next one."""

DATA = "_spec"
"""The specification, which an installed package holds and a checkout has beside it."""


@cache
def digest() -> str:
    """A digest of all sources of the package: equal programs search models equally.

    A version number would not do: between two releases a rule may have changed.

    Spec: RUN-3, SCALE-7.
    """
    return digest_of(tuple(map(_folder, PARTS)))


def digest_of(folders: tuple[Path, ...]) -> str:
    """A digest of the sources below some folders, each with its name and its length."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder)
            if DATA in name.parts:
                continue
            content = path.read_bytes()
            found.update(f"{folder.name}/{name.as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()[:16]


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


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
