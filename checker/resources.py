"""Where the specification is found, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

from checker.faults import UnrunnableFault

_PACKAGE = Path(__file__).resolve().parent


def spec_folder(package: Path = _PACKAGE) -> Path:
    """The folder of the specification: packed beside the checker, or that of the repository.

    Raises UnrunnableFault when there is neither.
    """
    for folder in (package / "_spec", package.parent / "spec"):
        if (folder / "protocol").is_dir():
            return folder
    raise UnrunnableFault(
        "the specification is not there",
        where=str(package),
        expected="a folder checker/_spec (installed) or spec beside checker (checkout)",
        hint="run from a checkout, or install the package again",
    )


def repository(package: Path = _PACKAGE) -> Path | None:
    """The checkout this runs from, or None when the checker is installed without its tests."""
    root = package.parent
    return root if (root / "spec" / "protocol").is_dir() and (root / "tests").is_dir() else None
