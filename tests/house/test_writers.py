"""One module opens files to write; every other way to do it is found here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "checker" / "scuttle_check" / "base" / "kept_files.py"
COPIES = {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "make_archive"}
WRITES = {"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "tofile", "mkstemp"}
NAMED = {"NamedTemporaryFile", "SpooledTemporaryFile", "FileHandler", "memmap", "ZipFile"}


def other_writers(text: str) -> Iterator[tuple[int, str]]:
    """Each place in a module at which a file may be opened to be written, and how."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        owner = ast.unparse(called.value) if isinstance(called, ast.Attribute) else ""
        words = [*node.args, *(each.value for each in node.keywords)]
        texts = [each.value for each in words if isinstance(each, ast.Constant)]
        first = ast.unparse(node.args[0]) if node.args else ""
        drawn = name == "savefig" and first != "drawn"
        named = name in NAMED and first != "made" and any(map(_writing, texts))
        if name in WRITES or (owner == "shutil" and name in COPIES) or drawn or named:
            yield node.lineno, f"{name}({first})"
        elif name in {"open", "fdopen", "FileIO"} and first != "os.devnull":
            flags = any("O_WRONLY" in ast.unparse(each) for each in words)
            flags |= any("O_RDWR" in ast.unparse(each) for each in words)
            unclear = owner in {"", "io", "codecs"} and len(node.args) > 1 and not texts
            if flags or unclear or any(_writing(each) for each in texts):
                yield node.lineno, f"{owner}.{name}({first})"


def _writing(mode: object) -> bool:
    return isinstance(mode, str) and len(mode) <= 4 and bool(set(mode) & set("wxa+"))


def modules() -> list[Path]:
    return sorted(
        path for name in ("checker", "scuttle_ref") for path in (ROOT / name).rglob("*.py")
    )


def test_nothing_but_the_one_writer_opens_files_to_write() -> None:
    """A page that was interrupted half way looked like a page. Spec: FILE-1."""
    found = {
        f"{path.relative_to(ROOT)}:{line}: {how}"
        for path in modules()
        if path != WRITER
        for line, how in other_writers(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text('x')",
        "path.write_bytes(b'')",
        "open(name, 'w')",
        "open(name, mode='ab')",
        "open(name, mode)",
        "path.open('x', encoding='utf-8')",
        "path.open('r+b')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "os.open(path, flags=os.O_RDWR)",
        "shutil.copyfile(a, b)",
        "figure.savefig(path)",
        "zipfile.ZipFile(path, 'w')",
        "path.touch()",
        "tempfile.NamedTemporaryFile('w')",
        "numpy.memmap(path, dtype, 'w+')",
    ],
)
def test_each_way_to_write_is_noticed(line: str) -> None:
    """The test above must be able to fail."""
    assert list(other_writers(line))


@pytest.mark.parametrize(
    "line", ["path.open('rb')", "open(name)", "text.replace('w', 'x')", "path.read_text('utf-8')"]
)
def test_reading_is_not_taken_for_writing(line: str) -> None:
    """Nor must it fail for nothing."""
    assert not list(other_writers(line))
