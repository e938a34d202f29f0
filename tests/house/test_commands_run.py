"""Every example of every help, and every command of every page, runs or is marked as not run."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from every_kind import ran

from scuttle_check import check
from scuttle_check.cli.main import main, scuttle
from scuttle_check.cli.options import HEAD

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec"
BLOCK = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)
ELSEWHERE = {ROOT / "README.md", SPEC / "guide" / "exploring.md"}
"""The sh blocks of these run in their order in test_readme.py."""

LONG = "takes minutes, or a machine of one's own"
STAYS = "runs until it is stopped; tests/cli/test_node_command.py and tests/explorer start one"
ASKED = "needs an adapter that can be asked for a resolver; tests/conformance ask the reference"
OUTSIDE = "needs a program or a checkout from elsewhere"
MEASURED = "is a measurement, repeated by hand"

NOT_RUN = {
    "scuttle conform resolver lww_total -- node my-adapter.mjs": ASKED,
    "scuttle conform resolver lww_total -- node adapter.mjs": ASKED,
    "scuttle check": "runs in .ci/run",
    "scuttle vectors build --check": LONG,
    "scuttle bench": MEASURED,
    "scuttle bench --json": MEASURED,
    "scuttle bench --node": MEASURED,
    "scuttle docs --out site": "builds the site in tests/guide/test_site.py",
    "scuttle explore swap.json": STAYS,
    "scuttle node --id A --listen 127.0.0.1:7001 --store a.db": STAYS,
    "scuttle node --id B --peer 127.0.0.1:7001": STAYS,
    "scuttle simulate light-writers --order newest": LONG,
    "scuttle simulate paper-1 --order newest": LONG,
    "scuttle simulate paper-2 --order newest": LONG,
    "scuttle simulate spread --growth --workers 2": LONG,
    "scuttle twin --size large": LONG,
    "scuttle twin --run path/to/tla2tools.jar": OUTSIDE,
    "scuttle conform run -- node my-adapter.mjs": LONG,
    "scuttle conform run --profile documented -- node my-adapter.mjs": LONG,
    "scuttle conform run --profile documented -- node adapter.mjs": LONG,
}
"""The marks: what is shown and not run, and why not."""

MARKED_PAGES = {
    SPEC / "benchmarks.md": MEASURED,
    SPEC / "implementations.md": OUTSIDE,
    SPEC / "guide" / "applications.md": "tests/guide/test_own_profile.py runs them in their order",
    SPEC / "guide" / "own-profile.md": "tests/guide/test_own_profile.py runs them in their order",
    SPEC / "guide" / "resolvers.md": "tests/laws compare what each command of the gallery prints",
}
"""Pages none of whose commands run here, and why not."""


def _helped() -> Iterator[str]:
    context = click.Context(scuttle, info_name="scuttle")
    for name in scuttle.list_commands(context):
        found = scuttle.get_command(context, name)
        below = found.list_commands(context) if isinstance(found, click.Group) else []
        inner = [found.get_command(context, each) for each in below]  # type: ignore[union-attr]
        for command in filter(None, (found, *inner)):
            lines = (command.epilog or "").partition(HEAD)[2]
            yield from (line.strip().partition(" >")[0] for line in lines.strip().splitlines())


def _shown() -> Iterator[str]:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(SPEC.rglob("*.md"))):
        if page in MARKED_PAGES or "lessons" in page.parts:
            continue
        for block in BLOCK.findall(page.read_text(encoding="utf-8").replace("\\\n", " ")):
            for line in block.splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words[:1] == ["scuttle"]:
                    yield shlex.join(words[: words.index(">")] if ">" in words else words)


def _run_elsewhere() -> set[str]:
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(ELSEWHERE))
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return {
        shlex.join(shlex.split(line, comments=True))
        for block in blocks
        for line in block.splitlines()
        if line.startswith("scuttle ")
    }


ALL = dict.fromkeys([*_helped(), *_shown()])
TO_RUN = [line for line in ALL if line not in NOT_RUN and line not in _run_elsewhere()]
STEPS = ("scuttle runs show", "scuttle runs resume", "scuttle runs rm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with what the examples speak of."""
    here = tmp_path_factory.mktemp("clone")
    for name in ("spec", "tests", "scuttle_ref", "checker"):
        (here / name).symlink_to(ROOT / name)
    for name in ("adapter.mjs", "my-adapter.mjs"):
        shutil.copy(SPEC / "guide" / "templates" / "adapter.mjs", here / name)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (here / "mine.py").write_text(blocks[0] + MORE_OF_MINE, encoding="utf-8")
    recorded = ROOT / "tests/golden/data/simple-scuttle-3.0.2/multi/m09-lost-update-message.json"
    (here / "my-recordings").mkdir()
    for name in ("my-recordings/one.json", "one.json"):
        shutil.copy(recorded, here / name)
    guide = (SPEC / "guide" / "traces.md").read_text(encoding="utf-8")
    header, events = (block.partition("```")[0] for block in guide.split("```json\n")[1:3])
    log = " ".join(header.split("\n")) + "\n" + events
    (here / "run.jsonl").write_text(log, encoding="utf-8")
    page = (SPEC / "guide" / "javascript.md").read_text(encoding="utf-8")
    script = re.findall(r"```js\n(.*?)```", page, re.DOTALL)[0]
    (here / "resolver.mjs").write_text(script, encoding="utf-8")
    (here / "words.toml").write_text('[fields]\nnode = "node"\n', encoding="utf-8")
    return here


MORE_OF_MINE = """

def largest(gossip, update):
    stored = gossip.get(update.key)
    return stored.value is None or update.value > stored.value
"""


def _prepare(line: str) -> None:
    """What the example before has left behind, when each runs alone."""
    if line.startswith(STEPS):
        shutil.rmtree(".scuttle/runs", ignore_errors=True)  # so that the next is run 1
        begun = "--profile textbook --topology line:3 --max-states 2000 --run"
        _code(f"scuttle check {begun}")
    if line.startswith("scuttle conform matrix"):
        report = "scuttle conform run --level step --case step/* --examples 1 --json"
        for name in ("mine.json", "theirs.json"):
            Path(name).write_text(_out(report), encoding="utf-8")
    if "run.json" in line and not Path("run.json").exists():
        check("counting_down:model").save("never", "run.json")
    if "swap.json" in line and "--save" not in line:
        saved = "--profile as-shipped --topology line:3 --writers A,C --save swap.json"
        _code(f"scuttle check {saved}")


def _out(line: str) -> str:
    return ran(*shlex.split(line)[1:])[1]


def _code(line: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line)[1:])
    return ended.value.code


@pytest.mark.parametrize("line", TO_RUN)
def test_an_example_runs(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands; 1 is a refutation that it shows, 4 a search that it leaves open."""
    if ("-- node" in line or ".mjs" in line) and shutil.which("node") is None:
        pytest.skip("node is not installed")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("SCUTTLE_STATE", str(folder / "state"))
    for name in ("swap.json", "swap.svg", "worlds.dot"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "regressions", ignore_errors=True)
    _prepare(line)
    capsys.readouterr()
    assert _code(line) in {0, 1, 4}, capsys.readouterr().err
    named = line.rsplit(maxsplit=1)[-1]
    assert capsys.readouterr().out.strip() or Path(named).stat().st_size


def test_there_are_examples_to_run() -> None:
    assert len(TO_RUN) > 30


def test_a_mark_is_of_an_example_that_is_shown() -> None:
    """Also where the README runs it: a mark that is not needed would hide the next change."""
    assert sorted(set(NOT_RUN) - {shlex.join(shlex.split(each)) for each in ALL}) == []
    assert all(page.exists() for page in MARKED_PAGES)
