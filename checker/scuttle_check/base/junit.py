"""JUnit XML, which build servers read: a suite, and a case for each thing that was judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.visible import shown as visible

PREFIX: Final = "junit="
"""What stands before the file in ``--report``."""


@frozen
class Case:
    """One thing that was judged. `fault` is nothing, or failure, error or skipped."""

    classname: str
    name: str
    fault: str = ""
    message: str = ""
    kind: str = ""
    text: str = ""


def suite_of(name: str, cases: Sequence[Case]) -> str:
    """A suite as XML. Spec: ORA-12."""

    def count(fault: str) -> str:
        return str(sum(each.fault == fault for each in cases))

    suite = ET.Element(
        "testsuite",
        name=visible(name),
        tests=str(len(cases)),
        failures=count("failure"),
        errors=count("error"),
        skipped=count("skipped"),
    )
    for each in cases:
        element = ET.SubElement(
            suite, "testcase", classname=visible(each.classname), name=visible(each.name)
        )
        if each.fault:
            fault = ET.SubElement(element, each.fault, message=visible(each.message))
            if each.kind:
                fault.set("type", each.kind)
            fault.text = "\n".join(map(visible, each.text.split("\n")))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def junit_file(text: str | None) -> Path | None:
    """The file that ``--report`` names. Raises UsageFault before anything has been judged."""
    if text is None:
        return None
    if not text.startswith(PREFIX) or text == PREFIX:
        raise UsageFault(f"no report {text!r}", where="--report", expected="junit=FILE")
    path = Path(text.removeprefix(PREFIX))
    if not path.parent.is_dir():
        raise UsageFault("there is no such folder", where=str(path.parent))
    if path.is_dir():
        raise UsageFault("is a folder", where=str(path), expected="the name of a file")
    return path
