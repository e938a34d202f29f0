"""What the tests of the checker share."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import generated_script, parse_script


def beside(name: str) -> ModuleType:
    """A module of helpers beside this file; test folders are no packages."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"checker_{name}_for_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def toys() -> ModuleType:
    """The toy models."""
    return beside("toys")


@pytest.fixture(scope="session")
def actors() -> ModuleType:
    """Actors that are no protocol."""
    return beside("actors")


@pytest.fixture(scope="session")
def experiment() -> Callable[..., Experiment]:
    """Build an experiment from a family, script lines (or None: all write) and settings."""

    def build(family: str, lines: list[str] | None = None, **settings: Any) -> Experiment:
        graph = topology(family)
        script = (
            generated_script(graph, graph.nodes, 1, 1)
            if lines is None
            else parse_script(lines, graph, "test")
        )
        return Experiment(graph, script, **settings)

    return build


@pytest.fixture(scope="session")
def drawn() -> ModuleType:
    """Models drawn by number."""
    return beside("drawn")
