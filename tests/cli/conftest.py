"""What the tests of the command line share: running a command in this process."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from followed import told

from scuttle_check.cli.main import main


@frozen
class Ran:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON document it should be, with a schema that it follows."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return told(document)

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdicts of a ``--json`` document of one model, by property."""
        return {each["name"]: each["verdict"] for each in self.document["properties"]}


@pytest.fixture(scope="session")
def installed() -> str:
    """The path of the ``scuttle`` command that was installed beside this Python."""
    return str(Path(sys.executable).with_name("scuttle"))


@pytest.fixture
def scuttle(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``scuttle`` with arguments, and never accept a traceback."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        code = ended.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), out, err)

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    importlib.invalidate_caches()
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def refused(scuttle: Callable[..., Ran]) -> Callable[..., str]:
    """Run something that must end with one clear error on standard error, and nothing else."""

    def run(*arguments: object, code: int = 2) -> str:
        ran = scuttle(*arguments)
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.strip()
        assert len(ran.err.splitlines()) <= 6
        return ran.err

    return run


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A disk with room for so many more files that are made sure of, and no longer afterwards."""

    @contextmanager
    def full_after(count: int) -> Iterator[None]:
        kept, left = os.fsync, iter(range(count))

        def full(file: int) -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            kept(file)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", full)
            yield

    return full_after
