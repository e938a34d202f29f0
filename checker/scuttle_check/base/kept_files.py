"""The one way in which files are written: aside, made sure of, and then under their own name.

Whoever looks at a file under its name sees all of it or what was there before, whether the disk was
full, the process was ended or the power went. Nothing else in the project opens files to write.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from scuttle_check.base.errors import Fault, UnrunnableFault, UsageFault

FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What a disk says that has no room, or does not work."""

ANOTHER = "nothing was overwritten; choose another name"


def write_new(path: Path, content: str | bytes, hint: str = ANOTHER) -> None:
    """Write a file that is not there yet.

    Raises UsageFault if it is, or cannot be, and UnrunnableFault where the disk is full.

    Spec: FILE-1, FILE-2.
    """
    with _told(path, hint), _aside(path, content) as aside:
        try:
            os.link(aside, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            aside.rename(path)


def write_over(path: Path, content: str | bytes, hint: str = "") -> None:
    """Write a file in place of what is there, which stays until this one is whole.

    A link stays a link, permissions stay; what is no file, such as /dev/stdout, is written to.
    Raises as :func:`write_new` does.

    Spec: FILE-1, FILE-2.
    """
    with _told(path, hint):
        path = path.resolve() if path.is_symlink() else path
        mode = path.stat().st_mode if path.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with path.open("wb") as there:
                there.write(_bytes(path, content))
            return
        with _aside(path, content) as aside:
            if mode is not None:
                aside.chmod(stat.S_IMODE(mode))
            aside.replace(path)


def write_draft(path: Path, content: str | bytes) -> None:
    """Write a file in a folder that nobody looks at before it is whole: see :func:`new_folder`.

    Raises as :func:`write_new` does. Spec: FILE-2.
    """
    with _told(path, ""), path.open("wb") as file:
        file.write(_bytes(path, content))


def copy_draft(source: Path, path: Path) -> None:
    """Copy a file into a folder that nobody looks at before it is whole. Spec: FILE-2."""
    with _told(path, ""):
        shutil.copyfile(source, path)


def copy_drafts(source: Path, folder: Path) -> None:
    """Copy all of a folder into one that nobody looks at before it is whole. Spec: FILE-2."""
    with _told(folder, ""):
        shutil.copytree(source, folder, dirs_exist_ok=True)


def made_folder(path: Path) -> None:
    """Make a folder and those above it, if they are not there. Raises as :func:`write_new`."""
    with _told(path, "", "made"):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def new_folder(path: Path, *, over: bool = False) -> Iterator[Path]:
    """A folder to fill, which is called `path` once the block has ended well, and else is gone.

    What is there stays as it is until then; it has to be empty, unless `over` is set. Raises as
    :func:`write_new` does.

    Spec: FILE-1, FILE-2.
    """
    with _told(path, ANOTHER, "made"):
        path = path.absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and path.resolve() == Path.cwd():
            raise UsageFault("is the folder that you are in", where=str(path), hint="another one")
        if os.path.lexists(path) and not (over and path.is_dir()):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        aside = _name_aside(path)
        aside.mkdir()
    try:
        yield aside
        with _told(path, ANOTHER):
            _publish(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _publish(aside: Path, path: Path) -> None:
    """Give a folder its name; what had it before is removed afterwards."""
    if not path.exists():
        aside.rename(path)
        return
    before = _name_aside(path)
    path.rename(before)
    try:
        aside.rename(path)
    except BaseException:
        before.rename(path)
        raise
    shutil.rmtree(before, ignore_errors=True)


def growing(path: Path) -> BinaryIO:
    """A file that only grows, open to be read and gone on with; made if it is not there.

    Its lines carry checksums, so that its reader knows where it was cut off. Raises OSError.
    """
    return path.open("r+b" if path.exists() else "w+b")


def keep(file: BinaryIO) -> None:
    """Everything written to a growing file so far is on the disk, and survives the machine."""
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _aside(path: Path, content: str | bytes) -> Iterator[Path]:
    """A file beside `path` that holds `content`, on the disk; removed if it is still there."""
    data = _bytes(path, content)
    aside = _name_aside(path)
    opened = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            keep(file)
        yield aside
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()


def _name_aside(path: Path) -> Path:
    """A name beside `path` that nobody has, and that a listing does not show."""
    return path.parent / f".scuttle-{os.getpid()}-{os.urandom(4).hex()}.part"


def _bytes(path: Path, content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return content.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise UsageFault(
            f"would hold {fault.object[fault.start]!a}, which is no character",
            where=str(path),
            expected="text without lone surrogates",
        ) from None


@contextmanager
def _told(path: Path, hint: str, what: str = "written") -> Iterator[None]:
    """What the system refuses is told as a fault of `path`."""
    try:
        yield
    except OSError as fault:
        raise unwritten(path, fault, hint, what) from None


def unwritten(path: Path, fault: OSError, hint: str = "", what: str = "written") -> Fault:
    """That a file cannot be written: of its name, or of the disk. Spec: FILE-2."""
    problem = f"cannot be {what} ({fault.strerror or fault})"
    if fault.errno in FULL:
        room = "make room, and do it again"
        return UnrunnableFault(problem, where=str(path), clause="FILE-2", hint=room)
    return UsageFault(problem, where=str(path), hint=hint)
