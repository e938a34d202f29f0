"""Where the specification is found, in a checkout and in an installed package."""

from __future__ import annotations

import difflib
import shutil
import sys
from pathlib import Path

from scuttle_check.base.errors import UnrunnableFault, UsageFault

DISTRIBUTION = "scuttle-ref"

_PACKAGE = Path(__file__).resolve().parents[1]


def spec_folder(package: Path = _PACKAGE) -> Path:
    """The folder of the specification: packed beside the checker, or that of the repository.

    Raises UnrunnableFault when there is neither.
    """
    for folder in (package / "_spec", package.parents[1] / "spec"):
        if (folder / "protocol").is_dir():
            return folder
    raise UnrunnableFault(
        "the specification is not there",
        where=str(package),
        expected="a folder scuttle_check/_spec (installed) or spec beside checker (checkout)",
        hint="run from a checkout, or install the package again",
    )


def to_write_to() -> Path:
    """The folder of the specification in a checkout. Raises UnrunnableFault where there is none.

    What is installed is not written to: the next installation would undo it.

    Spec: FILE-4.
    """
    if repository() is None:
        raise UnrunnableFault(
            "no checkout to write to", where=str(spec_folder()), hint="run from a checkout"
        )
    return spec_folder()


CARRIED = {"scenarios": ".txt", "vectors": ".json"}
"""The folders of the specification whose files commands take by their names, and their ending."""


def carried(path: Path) -> Path:
    """The file of this path; where there is none, that of the specification with this name.

    ``swap``, ``swap.txt`` and ``spec/scenarios/swap.txt`` are the same scenario, in a checkout and
    out of a wheel. Raises UsageFault with what there is.

    Spec: FILE-4.
    """
    if path.exists() or path.is_symlink():
        return path
    spec = spec_folder()
    if len(path.parts) == 1:
        for folder, ending in CARRIED.items():
            found = spec / folder / f"{path.name.removesuffix(ending)}{ending}"
            if path.name and found.is_file():
                return found
    if path.parts[:1] == ("spec",) and ".." not in path.parts:
        found = spec.joinpath(*path.parts[1:])
        if found.exists():
            return found
    names = {
        each.stem: folder
        for folder, ending in CARRIED.items()
        for each in sorted((spec / folder).glob(f"*{ending}"))
    }
    near = difflib.get_close_matches(path.stem, names, 3)
    raise UsageFault(
        "there is no such file",
        where=str(path),
        expected="a file, or the name of a scenario: "
        + ", ".join(name for name, folder in names.items() if folder == "scenarios"),
        hint=", or ".join(near),
    )


def to_install(*, extra: str = "", package: str = "") -> str:
    """The words that install an extra or a package for the Python that runs this."""
    checkout = repository()
    if extra:
        package = f"-e '{'.' if checkout == Path.cwd() else checkout}[{extra}]'"
        package = package if checkout else f"'{DISTRIBUTION}[{extra}]'"
    return f"{_pip()} install {package}"


def _pip() -> str:
    """How to call the installer of this Python: by the short name if that is the one."""
    beside = Path(sys.executable).with_name("pip")
    return str(_short(beside)) if beside.exists() else f"{_short(Path(sys.executable))} -m pip"


def _short(program: Path) -> Path:
    """The path of a program as one would type it from here."""
    found = shutil.which(program.name)
    if found is not None and Path(found) == program:
        return Path(program.name)
    return program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program


def repository(package: Path = _PACKAGE) -> Path | None:
    """The checkout this runs from, or None when the checker is installed without its tests."""
    root = package.parents[1]
    return root if (root / "spec" / "protocol").is_dir() and (root / "tests").is_dir() else None
