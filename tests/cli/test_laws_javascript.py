"""``scuttle laws resolver.mjs:newest``: resolvers of Node, with no adapter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.gossip.javascript.naming import Script
from scuttle_check.gossip.javascript.reading import mentioned_in

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

FEW = ["--examples", 5]
QUICK = ["--values", "booleans", *FEW]
NEWER = """
const newer = (gossip, update) => {
  const stored = gossip.get(update.key)
  if (update.version !== stored.version) return update.version > stored.version
  return update.source_id > stored.source_id
}
"""


@pytest.fixture
def wrote(folder: Path) -> Callable[..., str]:
    """A resolver of the body given, in a file of the empty working folder, by its name."""

    def write(body: str, name: str = "mine.mjs") -> str:
        text = NEWER + f"export const picks = (gossip, update) => {{ {body} }}\n"
        (folder / name).write_text(text, encoding="utf-8")
        return f"{name}:picks"

    return write


def _verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {each["law"]: each["verdict"] for each in document["laws"]}


def test_a_good_one_keeps_every_law_that_a_good_one_in_python_keeps(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Whether it changes its arguments, and what it says at other times, is asked as well.

    Spec: LAW-25.
    """
    ran = scuttle("laws", wrote("return newer(gossip, update)"), *QUICK, "--json")

    assert ran.code == 0
    assert set(_verdicts(ran.document).values()) == {"holds"}


@pytest.mark.parametrize(
    ("law", "body", "because"),
    [
        ("pure", "update.value = 1; return newer(gossip, update)", "it sets update.value"),
        (
            "pure",
            "gossip.get(update.key).version = 9; return newer(gossip, update)",
            'it sets gossip.get("k").version from',
        ),
        ("pure", "gossip.seen = true; return newer(gossip, update)", "it sets gossip.seen to true"),
        (
            "pure",
            "gossip.clock.clock[update.source_id] = 99; return newer(gossip, update)",
            "it sets gossip.clock.A",
        ),
        ("total", "throw new RangeError('no\\nmore')", "it raised RangeError: no more"),
        ("total", "return Promise.resolve(true)", "it returned a promise instead of a bool"),
        ("total", "return update.version", "it returned 1 (a number) instead of a bool"),
        ("total", "newer(gossip, update)", "it returned undefined instead of a bool"),
        ("total", "process.exit(7)", "it called process.exit(7)"),
        ("total", "try { process.exit() } catch {} return true", "it called process.exit()"),
        ("deterministic", "return Math.random() < 0.9 && newer(gossip, update)", "asked"),
        (
            "deterministic",
            "return new Date().getDay() !== 0 && newer(gossip, update)",
            "asked on 2023-01-01",
        ),
        ("deterministic", "return Date.now() < 2e12 && newer(gossip, update)", "asked in 2096"),
        (
            "deterministic",
            "return new Date(1e12).getHours() < 14 && newer(gossip, update)",
            "a process with TZ=",
        ),
        ("replica-independent", "return update.source_id >= gossip.id", "one leaves"),
        ("commutative", "return update.version > gossip.get(update.key).version", "one leaves"),
        (
            "local",
            "return gossip.get('mode').value === null && newer(gossip, update)",
            "one leaves",
        ),
        ("local", "return gossip.state.mode === undefined && newer(gossip, update)", "one leaves"),
        (
            "compaction-safe",
            "return update.version >= gossip.clock.get(update.source_id)",
            "one leaves",
        ),
    ],
)
def test_what_breaks_a_law_is_told_with_the_update(
    law: str, body: str, because: str, scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-1, LAW-2, LAW-3, LAW-4, LAW-5, LAW-7, LAW-12, LAW-25."""
    ran = scuttle("laws", wrote(body), *QUICK, "--json")

    found = {each["law"]: each for each in ran.document["laws"]}[law]
    assert (ran.code, found["verdict"]) == (1, "refuted")
    assert because in found["evidence"]["because"]
    assert found["evidence"]["orders"]


def test_sorting_the_value_in_place_is_seen(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """In the library the update is the real one, which is then stored and sent. Spec: LAW-3."""
    body = "if (Array.isArray(update.value)) update.value.sort(); return newer(gossip, update)"
    ran = scuttle("laws", wrote(body), "--values", "lists", *FEW)

    assert ran.code == 1
    assert "it sets update.value from [2,1] to [1,2]" in ran.out


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("while (update.value === false);", "at k=false@A1 it gave no answer within 0.3 s"),
        (
            "if (update.value === false) process.kill(process.pid, 'SIGKILL')",
            "at k=false@A1 it ended the process that asked it, by signal 9",
        ),
        (
            "if (!update.value) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
            "at k=false@A1 it gave no answer within 0.3 s",
        ),
    ],
)
def test_one_that_hangs_or_dies_at_a_value_is_judged_on_the_others(
    body: str, because: str, scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-1, LAW-15, LAW-22, LAW-25."""
    name = wrote(f"{body}\nreturn newer(gossip, update)")
    ran = scuttle("laws", name, *QUICK, "--call-seconds", 0.3, "--json")
    found = {each["law"]: each for each in ran.document["laws"]}

    assert ran.code == 1
    assert found["total"]["evidence"]["because"] == because
    judged = [each for each in found.values() if each["law"] not in {"total", "convergent"}]
    assert {each["verdict"] for each in judged} == {"holds"}


def test_one_that_always_hangs_is_asked_no_more(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-15."""
    ran = scuttle("laws", wrote("for (;;);"), *FEW, "--call-seconds", 0.2, "--json")

    verdicts = _verdicts(ran.document)
    assert (ran.code, verdicts.pop("total")) == (1, "refuted")
    assert set(verdicts.values()) == {"unknown"}


def test_what_it_prints_is_told_and_does_no_harm(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-25."""
    ran = scuttle("laws", wrote("console.log('hello'); return newer(gossip, update)"), *QUICK)

    assert ran.code == 0
    assert ran.out.splitlines()[-1] == ("note: it prints, at k=true hello; that decides nothing")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("gone.mjs:picks", None, "gone.mjs: there is no such file"),
        ("mine.mjs:picks", "export const x = ", "SyntaxError"),
        ("mine.mjs:picks", "import 'not-there'", "Cannot find package 'not-there'"),
        ("mine.mjs:picks", "export const other = () => true", "functions there: other"),
        ("mine.mjs:picks", "export const picks = 5", "exports picks, which is 5"),
        ("mine.mjs", "export const picks = () => true", "exports no default"),
        ("mine.mjs:picks", "throw new Error('boom')", "raised Error: boom"),
        ("mine.mjs:picks", "process.exit(4)", "its module ended the process that asked it, with"),
        ("mine.mjs:picks", "await new Promise(() => {})", "its module ended the process"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_a_sentence(
    name: str, text: str | None, told: str, folder: Path, scuttle: Callable[..., Any]
) -> None:
    """Spec: LAW-25."""
    if text is not None:
        (folder / "mine.mjs").write_text(text, encoding="utf-8")
    ran = scuttle("laws", name)

    assert (ran.code, ran.out) == (2 if text is None else 3, "")
    assert told in ran.err


def test_types_are_stripped_where_node_can_and_else_it_is_said(
    folder: Path, scuttle: Callable[..., Any]
) -> None:
    """Spec: LAW-25."""
    text = "export const picks = (g: any, u: any): boolean => u.version > g.get(u.key).version"
    (folder / "mine.ts").write_text(text, encoding="utf-8")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major, minor = map(int, version.stdout.strip("v\n").split(".")[:2])
    ran = scuttle("laws", "mine.ts:picks", *QUICK)

    if (major, minor) >= (22, 6):
        assert (ran.code, "refuted: commutative" in ran.out) == (1, True)
    else:
        assert (ran.code, "cannot strip types" in ran.err) == (3, True)


def test_where_there_is_no_node_it_is_said(
    folder: Path, scuttle: Callable[..., Any], wrote: Callable[..., str], monkeypatch: Any
) -> None:
    """Spec: LAW-25."""
    monkeypatch.setenv("SCUTTLE_NODE", str(folder / "no-node"))
    ran = scuttle("laws", wrote("return true"))

    assert (ran.code, "is not there" in ran.err) == (3, True)


def test_nothing_is_proved_of_it_and_that_is_said(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-21."""
    ran = scuttle("laws", wrote("return true"), "--prove")

    assert ran.code == 2
    assert "the formulas are made of code in Python" in ran.err


def test_what_is_saved_is_judged_again_from_any_folder_above_it(
    scuttle: Callable[..., Any], wrote: Callable[..., str], folder: Path, monkeypatch: Any
) -> None:
    """Spec: LAW-18, LAW-25."""
    name = wrote("return true")
    assert scuttle("laws", name, *QUICK, "--save", folder / "kept").code == 1
    files = sorted((folder / "kept").glob("*.scuttle.json"))
    assert {json.loads(file.read_text())["resolver"] for file in files} == {name}

    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    assert [scuttle("laws", "--replay", file).code for file in files] == [1] * len(files)
    wrote("return newer(gossip, update)")
    assert [scuttle("laws", "--replay", file).code for file in files] == [0] * len(files)


def test_a_build_server_gets_one_case_for_each_law(
    scuttle: Callable[..., Any], wrote: Callable[..., str], folder: Path
) -> None:
    """Spec: LAW-26."""
    name = wrote("return update.version > gossip.get(update.key).version")
    ran = scuttle("laws", name, *QUICK, "--report", "junit=laws.xml")
    suite = ET.fromstring((folder / "laws.xml").read_text())  # noqa: S314 - our own text

    broken = [each.get("name") for each in suite if each.find("failure") is not None]
    assert (ran.code, suite.get("tests")) == (1, "13")
    assert broken == ["commutative", "selection-order", "order-insensitive", "convergent"]
    assert scuttle("laws", name, "--report", "laws.xml").code == 2
    assert scuttle("laws", name, "--report", "junit=no/laws.xml").code == 2


def test_flags_decide_as_they_do_for_python(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-16."""
    name = wrote(
        "return update.value > gossip.get(update.key).value || !gossip.get(update.key).source_id"
    )
    flags = ["--values", "integers", "--observe", "value", "--sources", "x,y", *FEW, "--json"]

    document = scuttle("laws", name, *flags).document
    assert (document["observe"], document["first"]) == (["value"], "newest-of-source")
    orders = {each["law"]: each for each in document["laws"]}["newest-of-source"]["evidence"]
    assert {update["source_id"] for order in orders["orders"] for update in order} <= {"x", "y"}
    assert scuttle("laws", name, *flags, "--expect", "newest-of-source=holds").code == 1


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("export const picks = (g, u) => u.value !== 4_711", 4711),
        ("const LIMIT = 0x10\nexport function picks (g, u) { return u.version < LIMIT }", 16),
        ("import { deep } from './deep.mjs'\nexport const picks = (g, u) => deep(u)", "far"),
        ("class K { static no = 'gone' }\nexport const picks = (g, u) => u.value !== K.no", "gone"),
        ("export const picks = (g, u) => /^draft-/.test(u.value)", "draft-"),
        ("const make = limit => () => limit\nexport const picks = make(77)", 77),
        ("exports.picks = (g, u) => u.value === 'it\\'s'", "it's"),
        ("module.exports = { picks: (g, u) => u.value === -0.5 }", 0.5),
    ],
)
def test_constants_of_its_code_are_tried(text: str, constant: object, tmp_path: Path) -> None:
    """Of its helpers, too, and of a comment none. Spec: LAW-25."""
    file = tmp_path / "mine.mjs"
    file.write_text(f"// 12345\nconst other = 999\n{text}\n", encoding="utf-8")
    (tmp_path / "deep.mjs").write_text("export const deep = u => u.value === 'far'\n")

    found = mentioned_in(Script(file, "picks")).constants

    assert constant in found
    assert 12345 not in found
    assert 999 not in found or "module" in text


def test_a_value_that_only_its_code_mentions_is_found(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-25."""
    name = wrote("return update.value === 'DELETED' || newer(gossip, update)")
    ran = scuttle("laws", name, "--values", "text", *FEW)

    assert ran.code == 1
    assert "k=DELETED@A1" in ran.out


@pytest.mark.parametrize(
    ("body", "law", "shown"),
    [
        (
            (
                "const stored = gossip.get(update.key)\n"
                "if (update.version !== stored.version) return update.version > stored.version\n"
                "return update.source_id.localeCompare(stored.source_id) > 0"
            ),
            "deterministic",
            "LC_ALL=sv_SE.UTF-8",
        ),
        (
            "return !(update.value?.at > Date.now() + 3e5) && newer(gossip, update)",
            "deterministic",
            'k={"at": 4000000000000}@B1',
        ),
        (
            (
                "const stored = gossip.get(update.key)\n"
                "if (!stored.source_id) return true\n"
                "const later = (update.version - stored.version) | 0\n"
                "return later > 0 || (later === 0 && update.source_id > stored.source_id)"
            ),
            "selection-order",
            "k=1@A1, k=2@A2147483649",
        ),
        (
            (
                "const stored = gossip.get(update.key)\n"
                "return String(update.version) + update.source_id > "
                "(stored.source_id && String(stored.version) + stored.source_id)"
            ),
            "newest-of-source",
            "@A10",
        ),
    ],
)
def test_ids_objects_and_versions_as_people_have_them_are_tried(
    body: str, law: str, shown: str, scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """In another language, long to come, far apart, and as text. Spec: LAW-16, LAW-25."""
    ran = scuttle("laws", wrote(body), *FEW, "--expect", "newest-of-source=holds", "--json")
    found = {each["law"]: each for each in ran.document["laws"]}[law]

    assert (ran.code, found["verdict"]) == (1, "refuted")
    assert shown in "\n".join(found["told"])


TEST_OF_THEIRS = """
import test from 'node:test'
import {{ testLaws }} from './scuttle-laws.mjs'
import {{ picks }} from './mine.mjs'

testLaws(test, picks, {{ values: 'booleans', examples: 5{more} }})
"""


@pytest.mark.parametrize("more", ["", ", expect: { commutative: 'refuted' }"])
def test_a_test_of_theirs_has_a_test_for_each_law(
    more: str, scuttle: Callable[..., Any], wrote: Callable[..., str], folder: Path
) -> None:
    """A function of the process that tests is judged. Spec: LAW-26."""
    wrote("return update.version > gossip.get(update.key).version")
    (folder / "scuttle-laws.mjs").write_text(scuttle("laws", "--js-module").out, encoding="utf-8")
    text = TEST_OF_THEIRS.format(more=more)
    (folder / "mine.test.mjs").write_text(text, encoding="utf-8")

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["node", "--test", "--test-reporter", "tap", "mine.test.mjs"],
        capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip

    assert ran.returncode == 1
    assert ("not ok 6 - picks: commutative" in ran.stdout) == (not more)
    assert "picks refuted: selection-order [LAW-8]" in ran.stdout
    assert "at Z: k=true@A1, k=false@B1" in ran.stdout
    assert "ok 13 - picks: convergent" in ran.stdout


def test_a_module_of_theirs_says_what_is_wrong_with_the_command(
    scuttle: Callable[..., Any], folder: Path
) -> None:
    """Spec: LAW-26."""
    (folder / "scuttle-laws.mjs").write_text(scuttle("laws", "--js-module").out, encoding="utf-8")
    text = "import {{ judgeResolver }} from './scuttle-laws.mjs'\n"
    text += "{0}.catch(fault => console.log(fault.message))"
    said = []
    for options in ("{ command: 'no-such' }", "{ values: 'colours' }"):
        call = f"judgeResolver(() => true, {options})"
        (folder / "run.mjs").write_text(text.format(call), encoding="utf-8")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["node", "run.mjs"],
            capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
        )  # fmt: skip
        said.append(ran.stdout)

    assert "no-such cannot be started (ENOENT)" in said[0]
    assert "no values 'colours'" in said[1]


def test_models_scenarios_and_saved_counterexamples_take_it(
    scuttle: Callable[..., Any], wrote: Callable[..., str]
) -> None:
    """Spec: LAW-25."""
    name = wrote("return update.version > gossip.get(update.key).version")
    flags = ["--topology", "line:3", "--resolver", name, "--save", "found.json", "--json"]

    ran = scuttle("check", *flags)
    assert (ran.code, ran.verdicts["agreement"]) == (1, "refuted")
    assert scuttle("replay", "found.json").code == 1
    wrote("return newer(gossip, update)")
    assert scuttle("check", *flags[:4], "--json").verdicts["agreement"] == "holds"
    wrote("throw Error('not today')")
    ran = scuttle("check", *flags[:4])
    assert (ran.code, "mine.mjs:picks raised Error: not today" in ran.err) == (3, True)
