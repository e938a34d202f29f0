"""What judges writes JUnit XML: check, laws, vectors, logs and live runs alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

LOG = (
    {"format": "scuttle-trace/1", "profile": "documented", "nodes": {"A": {}}, "silent": []},
    {"node": "A", "ev": "set", "key": "k", "value": 1},
    {"node": "A", "ev": "state", "state": {"k": {"value": 1, "version": 2}}},
)


def suite(path: Path) -> ET.Element:
    return ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("command", "failures"),
    [
        (("check", "--profile", "as-shipped", "--topology", "line:2"), True),
        (("check", "--profile", "documented", "--topology", "line:2"), False),
        (("laws", "lww_vs_clock", "--examples", "5"), True),
        (("vectors", "test", "--profile", "textbook", "--level", "step"), False),
        (("conform", "trace", "run.jsonl"), True),
        (("conform", "run", "--level", "step", "--examples", "3"), False),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, tuple) else "",
)
def test_a_build_server_reads_every_verdict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scuttle: Callable[..., Any],
    command: tuple[str, ...],
    failures: bool,
) -> None:
    """A suite, a case for each thing that was judged, and what is wrong with it. Spec: ORA-12."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, LOG)), encoding="utf-8")
    ran = scuttle(*command, "--report", "junit=out.xml")
    assert ran.code == int(failures), ran.err
    found = suite(tmp_path / "out.xml")
    assert int(found.attrib["tests"]) == len(found.findall("testcase")) > 0
    assert (int(found.attrib["failures"]) > 0) == failures
    assert len(found.findall(".//failure")) == int(found.attrib["failures"])


@pytest.mark.parametrize("report", ["xml", "junit=", "junit=nowhere/out.xml"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_judged(
    scuttle: Callable[..., Any], report: str
) -> None:
    ran = scuttle("vectors", "test", "--profile", "textbook", "--report", report)
    assert ran.code == 2
    assert ran.out == ""
