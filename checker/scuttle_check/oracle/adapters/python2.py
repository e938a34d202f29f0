"""Reads a package of Python 2 whose few lines that Python 3 refuses are replaced on the way."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

from attrs import frozen


class _Loader(SourceFileLoader):
    replaced: Mapping[bytes, bytes]

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:  # type: ignore[override]
        for old, new in self.replaced.items():
            data = data.replace(old, new)
        return super().source_to_code(data, path)


@frozen
class Finder:
    """Finds one package in one folder, and nothing else."""

    folder: Path
    package: str
    replaced: Mapping[bytes, bytes]

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:
        """Where a module of the package is read from."""
        if name.partition(".")[0] != self.package:
            return None
        path = self.folder.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not file.is_file():
            return None
        loader = _Loader(name, str(file))
        loader.replaced = self.replaced
        return spec_from_file_location(name, file, loader=loader)


def imported(folder: str, module: str, replaced: Mapping[bytes, bytes], needed: str) -> Any:
    """A module of a package in `folder`, with these pieces of its source replaced.

    Where it or what it imports is missing, the process ends and says what is `needed`.
    """
    sys.meta_path.insert(0, Finder(Path(folder), module.partition(".")[0], replaced))
    try:
        return import_module(module)
    except ImportError as missing:
        sys.exit(f"{folder}: cannot import {missing.name} (needed: {needed} unpacked there)")
