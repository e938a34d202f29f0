"""Files are whole or not there: whatever the disk, the user or the power does meanwhile."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scuttle_check.base import kept_files
from scuttle_check.base.errors import UNRUNNABLE, USAGE, Fault, UnrunnableFault, UsageFault
from scuttle_check.base.kept_files import new_folder, write_new, write_over

WAYS = [write_new, write_over]
LARGE = "x" * 100_000


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may be larger, as ``ulimit -f`` has it. Unit: bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("write", WAYS)
def test_on_a_full_disk_nothing_is_left_and_what_was_there_stays(
    write: Callable[..., None], tmp_path: Path
) -> None:
    """Spec: FILE-1, FILE-2."""
    path = tmp_path / "found.json"
    if write is write_over:
        path.write_text("before")
    before = sorted(tmp_path.iterdir())
    with room_for(1_000), pytest.raises(UnrunnableFault) as full:
        write(path, LARGE)
    assert full.value.exit_code == UNRUNNABLE
    assert str(path) in str(full.value)
    assert os.strerror(errno.EFBIG) in str(full.value)
    assert sorted(tmp_path.iterdir()) == before
    assert not before or path.read_text() == "before"


def test_a_device_that_is_full_is_one_that_has_no_room() -> None:
    """Spec: FILE-2."""
    with pytest.raises(UnrunnableFault, match="No space left"):
        write_over(Path("/dev/full"), LARGE)
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("write", WAYS)
def test_a_name_that_cannot_be_is_the_users_to_mend(
    write: Callable[..., None], tmp_path: Path
) -> None:
    """Spec: FILE-2."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "no" / "a", tmp_path / "file" / "a", tmp_path / ("n" * 300), tmp_path):
        with pytest.raises(UsageFault) as refused:
            write(path, "x")
        assert refused.value.exit_code == USAGE
        assert "cannot be written" in str(refused.value)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_new_file_is_never_one_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a file system has no links, and for a link that leads nowhere. Spec: FILE-1."""
    path, link = tmp_path / "a", tmp_path / "b"
    path.write_text("before")
    link.symlink_to(tmp_path / "nowhere")

    def refused(*_given: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    for _ in range(2):
        for there in (path, link):
            with pytest.raises(UsageFault, match="File exists"):
                write_new(there, "after")
        monkeypatch.setattr(os, "link", refused)
    write_new(tmp_path / "c", "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b", "c"]
    assert (path.read_text(), (tmp_path / "c").read_text()) == ("before", "new")


def test_what_is_written_over_keeps_its_place_and_who_may_read_it(tmp_path: Path) -> None:
    """Spec: FILE-1."""
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_text("before")
    path.chmod(0o640)
    link.symlink_to(path)
    write_over(link, "after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_lone_surrogates_are_refused_before_there_is_a_file(tmp_path: Path) -> None:
    """An empty file was left behind."""
    for write in WAYS:
        with pytest.raises(UsageFault, match="ud800"):
            write(tmp_path / "a", "\ud800")
    assert not list(tmp_path.iterdir())


def _half(path: Path, over: bool) -> None:
    with new_folder(path, over=over) as made:
        (made / "half").write_text("")
        raise KeyboardInterrupt


@pytest.mark.parametrize("over", [False, True])
def test_a_folder_is_there_once_it_is_whole(tmp_path: Path, over: bool) -> None:
    """Spec: FILE-1."""
    path = tmp_path / "site"
    if over:
        path.mkdir()
        (path / "before").write_text("")
    with pytest.raises(KeyboardInterrupt):
        _half(path, over)
    assert path.exists() == over
    assert not over or [each.name for each in path.iterdir()] == ["before"]
    with new_folder(path, over=over) as made:
        (made / "whole").write_text("")
    assert [each.name for each in path.iterdir()] == ["whole"]
    assert [each.name for each in tmp_path.iterdir()] == ["site"]


def test_a_folder_that_is_there_is_not_written_over_unless_asked(tmp_path: Path) -> None:
    """Spec: FILE-1."""
    with pytest.raises(UsageFault, match="File exists"), new_folder(tmp_path):
        pytest.fail("it was made")


def test_the_folder_that_one_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell would stand in a folder that is gone."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageFault, match="you are in"), new_folder(Path(), over=True):
        pytest.fail("it was made")


WRITING = """
import sys
from pathlib import Path
from scuttle_check.base.kept_files import write_over
while True:
    write_over(Path(sys.argv[1]), "x" * 3_000_000)
"""


def test_whoever_is_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    """Spec: FILE-1."""
    path = tmp_path / "a"
    for wait in (0.0, 0.01, 0.02, 0.03, 0.04):
        with subprocess.Popen([sys.executable, "-c", WRITING, str(path)]) as writer:
            while not path.exists():
                time.sleep(0.01)
            time.sleep(wait)
            writer.send_signal(signal.SIGKILL)
        assert path.stat().st_size == 3_000_000


def test_faults_of_writing_are_faults(tmp_path: Path) -> None:
    """Whoever catches Fault catches them all."""
    with pytest.raises(Fault):
        kept_files.made_folder(tmp_path / "n" / ("n" * 300))
