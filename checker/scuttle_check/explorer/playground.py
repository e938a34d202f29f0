"""A folder for a web site in which Python runs in the page: no server computes anything.

What it needs is a copy of Pyodide, which is not part of this project: the five files of
:data:`PYODIDE_FILES`, as its npm package ``pyodide`` holds them. The page asks no other host.
"""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from pathlib import Path

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.kept_files import copy_draft, new_folder, write_draft
from scuttle_check.base.resources import spec_folder
from scuttle_check.explorer.export import (
    MODULES,
    allowing,
    front,
    import_map,
    inlined,
    meta_policy,
    page,
)
from scuttle_check.explorer.views import Json

PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
"""What is copied of Pyodide."""

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; connect-src 'self'; "
    "script-src 'self' 'wasm-unsafe-eval' data:"
)
"""What the page may load: its own folder, and WebAssembly. Spec: EXPL-11."""

ROOT = Path(__file__).resolve().parents[3]


def write_playground(folder: Path, pyodide: Path, begin: Json) -> Path:
    """Fill a new folder with a page that runs the reference itself; the path of the page.

    `pyodide` is the folder of an unpacked npm package, `begin` what the page asks for at first.
    Serve the result from any web server; a page opened from disk may not load it and says so.
    ``index.html#of=case:order:as-shipped`` opens a case.

    Raises UsageFault if `folder` exists, UnrunnableFault if Pyodide is not where it should be.

    Spec: EXPL-1, EXPL-11, EXPL-12.
    """
    refuse_other_folders(pyodide)
    with new_folder(folder) as made:
        _fill(made, pyodide, begin)
    return folder / "index.html"


def _fill(folder: Path, pyodide: Path, begin: Json) -> None:
    """Write what belongs to it into a folder of this name."""
    (folder / "pyodide").mkdir()
    for name in PYODIDE_FILES:
        copy_draft(pyodide / name, folder / "pyodide" / name)
    write_draft(folder / "scuttle.zip", _archive())
    modules = import_map({name: inlined(name) for name in MODULES})
    site = json.dumps({"pyodide": "pyodide/", "archives": ["scuttle.zip"], "begin": begin})
    site = site.replace("<", "\\u003c")
    foot = (
        '<script type="module">\nimport { start } from "scuttle/app";\n'
        f'import {{ pyodide }} from "scuttle/backends";\nstart(pyodide({site}));\n</script>'
    )
    policy = meta_policy(allowing(POLICY, modules, foot))
    head = f"{policy}\n<style>\n{front('style.css')}</style>\n{modules}"
    write_draft(folder / "index.html", page(head, foot))


def refuse_other_folders(pyodide: Path) -> None:
    """Raise UnrunnableFault if a folder is not that of the npm package."""
    missing = [name for name in PYODIDE_FILES if not (pyodide / name).is_file()]
    if missing:
        raise UnrunnableFault(
            f"holds no {', '.join(missing)}",
            where=str(pyodide),
            expected="the unpacked npm package pyodide",
            hint="npm pack pyodide && tar xf pyodide-*.tgz, and name the folder package",
        )


def _archive() -> bytes:
    """The core, the checker, the specification and attrs, unchanged, as one archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in ("scuttle_ref", "checker/scuttle_check"):
            _put(archive, ROOT / package, Path(package).name)
        for name in ("protocol", "scenarios"):
            _put(archive, spec_folder() / name, f"scuttle_check/_spec/{name}")
        archive.write(spec_folder() / "models.toml", "scuttle_check/_spec/models.toml")
        for name in ("attr", "attrs"):
            found = importlib.util.find_spec(name)
            if found is not None and found.origin is not None:
                _put(archive, Path(found.origin).parent, name)
    return made.getvalue()


PACKED = "_spec"


def _put(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    """Every text of a folder, in order, with no time of its own: the same bytes each time."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if PACKED in inside.parts:
            continue  # the specification is put there from where it is
        if path.suffix in {".py", ".md", ".txt", ".js", ".css", ".html"} and path.is_file():
            entry = zipfile.ZipInfo(f"{name}/{inside.as_posix()}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
