"""The course: all lessons of the specification, and how far a reader has come."""

from __future__ import annotations

import json
import os
from pathlib import Path

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.kept_files import unwritten, write_over
from scuttle_check.base.resources import spec_folder
from scuttle_check.explorer.lessons.page import Lesson, read_lesson

PROGRESS_FORMAT = "scuttle-progress/1"
STATE_VARIABLE = "SCUTTLE_STATE"
"""The environment variable that says in which folder progress is kept."""


def lesson_files() -> list[Path]:
    """The pages of the course in order."""
    return sorted((spec_folder() / "guide" / "lessons").glob("[0-9][0-9]-*.md"))


def course() -> tuple[Lesson, ...]:
    """All lessons in order. Raises UsageFault."""
    return tuple(
        read_lesson(path.stem, path.read_text(encoding="utf-8")) for path in lesson_files()
    )


def lesson_called(name: str, lessons: tuple[Lesson, ...]) -> Lesson:
    """The lesson of this number or name. Raises UsageFault with what there is."""
    for lesson in lessons:
        if name in {str(lesson.number), lesson.name, lesson.name.partition("-")[2]}:
            return lesson
    raise UsageFault(f"no lesson {name!r}", expected=f"1 to {len(lessons)}", hint="scuttle learn")


def progress_file() -> Path:
    """Where progress is kept: a small file that belongs to the reader and may be deleted."""
    named = os.environ.get(STATE_VARIABLE)
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named or Path(home) / "scuttle") / "learn.json"


def read_progress() -> dict[str, dict[str, int]]:
    """For each lesson that was finished: how many questions it asked, how many were predicted.

    A file that cannot be read counts as none; it is kept under another name when progress is
    written, so that nothing is lost.
    """
    try:
        kept = json.loads(progress_file().read_text(encoding="utf-8"))
        return {
            str(name): {"asked": int(each["asked"]), "predicted": int(each["predicted"])}
            for name, each in kept["lessons"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_progress(progress: dict[str, dict[str, int]]) -> None:
    """Remember progress. Raises a Fault when the place cannot be written. Spec: LEARN-3."""
    path = progress_file()
    hint = f"set {STATE_VARIABLE} to a folder that can be written"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not read_progress():
            path.replace(path.with_suffix(".unreadable"))
        document = {"format": PROGRESS_FORMAT, "lessons": dict(sorted(progress.items()))}
        write_over(path, json.dumps(document, indent=2) + "\n", hint)
    except OSError as fault:
        raise unwritten(path, fault, hint) from None
