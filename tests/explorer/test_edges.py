"""The ways in: the command, the server, the prompt, the terminal, the notebook."""

from __future__ import annotations

import asyncio
import html
import io
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.files import write_json
from scuttle_check.cli.main import main
from scuttle_check.explorer.answers import Answers, in_page
from scuttle_check.explorer.export import FRONT, MODULES
from scuttle_check.explorer.notebook import trace
from scuttle_check.explorer.playground import write_playground
from scuttle_check.explorer.server import HOST, listening
from scuttle_check.explorer.sources import case_source, explorable, open_file
from scuttle_check.explorer.tui import Explorer
from scuttle_check.explorer.walk import Walk

Ask = Callable[..., tuple[int, str]]


def run(*arguments: object) -> int:
    """The exit code of ``scuttle`` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.fixture
def ask(live: str) -> Ask:
    """Send a request to the live server; the status and the text of the answer."""

    def asking(path: str, body: object = None, **headers: str) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(live + path, data, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    return asking


def test_the_server_answers_the_two_methods(ask: Ask) -> None:
    """The same that a file of worlds holds. Spec: EXPL-1, EXPL-10."""
    status, text = ask("api/init", {})
    document = json.loads(text)
    assert (status, document["nodes"]) == (200, ["A", "B"])
    body = {"session": document["session"], "labels": ["perform A"], "known": 0}
    status, text = ask("api/expand", body)
    assert json.loads(text)["steps"][0]["headline"] == "A: set k=a"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
    ids=str,
)
def test_the_server_refuses_other_hosts_and_other_pages(ask: Ask, headers: dict[str, str]) -> None:
    """Any page in the browser could ask it. Spec: EXPL-10."""
    assert ask("api/init", {}, **headers)[0] == 403
    assert ask("", **headers)[0] == 403


def test_the_server_tells_what_is_wrong_with_a_request(ask: Ask) -> None:
    """No request ends in a traceback."""
    assert "reload" in ask("api/expand", {"session": "x", "labels": [], "known": 0})[1]
    assert "is no JSON object" in ask("api/init", [])[1]
    assert ask("front/secret.py")[0] == 404
    assert ask("api/delete", {})[0] == 404


def test_the_server_listens_on_the_loopback_address_alone() -> None:
    """What others on the network could reach is not private. Spec: EXPL-10."""
    with listening(0) as on:
        assert on.getsockname()[0] == HOST == "127.0.0.1"


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The second explorer of somebody who forgot the first."""
    with listening(0) as on:
        port = on.getsockname()[1]
        assert run("explore", "--port", port, "--no-browser") == 3
    assert f"port {port} cannot be used" in capsys.readouterr().err


BEGINNINGS = {
    "json": '{\n "format": "scuttle-',
    "svg": "<svg ",
    "html": "<!doctype html>",
    "txt": " ",
    "mmd": "sequenceDiagram",
    "shiviz": "(?<event>",
    "itf.json": '{\n "#meta"',
}


@pytest.mark.parametrize("kind", ["found.json", "oracle.json", "recording.json"])
def test_a_run_is_saved_in_every_format_that_the_page_offers(every_kind: Path, kind: str) -> None:
    """Also the part of it that is shown. Spec: EXPL-7, EXPL-11."""
    answers = Answers(open_file(every_kind / kind))
    document = answers.answer("init", {})
    ends = [each["end"] for each in document["saves"]]
    labels = document["runs"][0]["labels"]

    assert set(BEGINNINGS) - set(ends) <= {"json", "itf.json"}
    assert ("json" in ends) == (kind == "found.json")
    for end in ends:
        asked = {"session": document["session"], "labels": labels[:2], "known": 0, "want": end}
        saved = answers.answer("expand", asked)["saved"]
        assert saved.startswith(BEGINNINGS[end]), end
    for end in ("exe", "itf.json") if kind != "found.json" else ("exe",):
        asked = {"session": document["session"], "labels": labels, "known": 0, "want": end}
        assert "to save it as" in answers.answer("expand", asked)["error"]


def test_a_file_from_the_page_may_not_name_code(every_kind: Path) -> None:
    """A resolver is code, and a page is not its owner, whatever wraps it. Spec: EXPL-10."""
    answers = Answers(case_source("writers:as-shipped"))
    texts = {
        "a.json": (every_kind / "found.json").read_text(encoding="utf-8"),
        "b.json": (every_kind / "run.json").read_text(encoding="utf-8"),
        "c.json": (every_kind / "lasso.json").read_text(encoding="utf-8"),
        "d.itf.json": (every_kind / "found.itf.json").read_text(encoding="utf-8"),
        "e.json": (every_kind / "found.itf.json").read_text(encoding="utf-8"),
        "f.html": (every_kind / "found.html").read_text(encoding="utf-8"),
        "g.txt": "> config resolver=lww_total\n> nodes A B\n",
    }
    for name, text in texts.items():
        told = {"file": {"name": name, "text": text}}
        assert "error" not in answers.answer("init", told), name
        assert "lww_total" in text
        told["file"]["text"] = text.replace("lww_total", "os:abort")
        assert "may not load code" in answers.answer("init", told)["error"], name


def test_the_page_can_be_read_in_one_sitting() -> None:
    """At most 600 lines of code in all its modules, none of them from elsewhere."""
    lines = [
        line.strip()
        for path in FRONT.glob("*.js")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    code = [line for line in lines if line and not line.startswith(("//", "/**", "*"))]

    assert 300 < len(code) <= 600
    assert {path.stem for path in FRONT.glob("*.js")} == set(MODULES)


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_text_stands_out_by_day_and_by_night() -> None:
    """A contrast of 4.5 to 1 with the paper, the least that WCAG asks for text."""
    style = (FRONT / "style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", style))
    assert len(colours) > 8
    for name in ("ink", "soft", "accent", "bad", "good", "data", "done"):
        pairs = zip(colours[name].split(", "), colours["paper"].split(", "), strict=True)
        for text, paper in pairs:
            dark, bright = sorted((luminance(text), luminance(paper)))
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (name, text, paper)


def test_a_file_of_worlds_is_written_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is overwritten, and what was written is told. Spec: EXPL-11, EXPL-12."""
    path = tmp_path / "page.html"
    assert run("explore", "--html", path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["worlds"] > 100
    assert told["bytes"] == path.stat().st_size
    assert told["gzip"] < 100_000
    before = path.read_bytes()
    assert run("explore", "--html", path) == 2
    assert "nothing was overwritten" in capsys.readouterr().err
    assert path.read_bytes() == before
    text = before.decode()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_a_counterexample_that_no_longer_fits_says_at_which_step_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code changes, files stay. Spec: EXPL-3."""
    path = tmp_path / "old.json"
    document = Walk(explorable(case_source("writers:as-shipped")))
    document.wrong()
    saved = document.saved()
    write_json(path, {**saved, "schedule": ["perform A", "deliver B>A"]})
    assert run("explore", path, "--html", tmp_path / "x.html") == 2
    told = capsys.readouterr().err
    assert "$.schedule[1]" in told
    assert "step 2, 'deliver B>A', cannot happen: nothing is in flight from B to A" in told
    write_json(tmp_path / "lossy.json", {**saved, "schedule": ["exchange A>B", "drop A>B"]})
    assert run("explore", tmp_path / "lossy.json", "--no-browser") == 2
    assert "its budget is used up" in capsys.readouterr().err


def test_a_huge_graph_is_refused_with_what_else_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred life lines are no picture, and nothing is written."""
    path = tmp_path / "huge.html"
    assert run("explore", "--topology", "complete:100", "--no-browser") == 2
    assert "has 100 nodes" in capsys.readouterr().err
    assert run("explore", "--topology", "complete:100", "--html", path) == 2
    told = capsys.readouterr().err
    assert "has 100 nodes" in told
    assert "scuttle check" in told
    assert not path.exists()


def test_a_file_of_another_version_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The versions that can be read are named."""
    path = tmp_path / "new.json"
    path.write_text('{"format": "scuttle-counterexample/9"}')
    assert run("explore", path) == 2
    told = capsys.readouterr().err
    assert "scuttle-counterexample/9" in told
    assert "scuttle-counterexample/1" in told
    for name, text in {"a.json": "[1", "b.json": "[]", "c.json": "3", "d.txt": ""}.items():
        (tmp_path / name).write_text(text)
        assert run("explore", tmp_path / name) == 2
        assert str(tmp_path / name) in capsys.readouterr().err.replace("d.txt,", "d.txt") or name
    assert run("explore", tmp_path) == 2
    assert run("explore", path, "--profile", "paper") == 2


def test_the_prompt_takes_steps_and_commands_from_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For whoever has neither a browser nor a mouse. Spec: EXPL-1, EXPL-7."""
    monkeypatch.chdir(tmp_path)
    lines = "1\nwhy\nbogus\nback\nwrong\nproperties\nlist all\ndiagram\nsave f.json\nsave f.json\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines + "help\nquit\n"))
    assert run("step") == 0
    out, err = capsys.readouterr()
    assert "now holds k=a@A1 [DEV-1" in out
    assert "'bogus', cannot happen" in out
    assert "BROKEN agreement [CONV-1]" in out
    assert "nothing was overwritten" in err
    assert run("replay", "f.json") == 1


def test_a_resolver_that_fails_is_told_and_the_rest_can_be_explored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a finding about the resolver, not the end of the explorer."""
    (tmp_path / "failing.py").write_text("def no(gossip, update):\n    return 1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("exchange A>B\nperform A\n"))
    assert run("step", "--resolver", "failing:no") == 0
    out = capsys.readouterr().out
    assert "1. A starts an exchange with B" in out
    assert "MERGE-4" in out
    assert "mend the resolver" in out


def test_the_prompt_answers_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One document for each command."""
    monkeypatch.setattr("sys.stdin", io.StringIO("perform A\nback\n"))
    assert run("step", "--json") == 0
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["labels"] for each in documents] == [["perform A"], []]


def test_the_terminal_takes_steps() -> None:
    """The same walk, in panels."""

    async def drive() -> Walk:
        app = Explorer(Walk(explorable(case_source("writers:as-shipped"))))
        async with app.run_test(size=(140, 45)) as pilot:
            await pilot.press("enter")
            assert app.walk.labels == ["perform A"]
            await pilot.press("k", "w")
            assert "agreement" in app.said
            await pilot.press("a", "slash")
            await pilot.press(*"crash B", "enter")
            assert app.walk.labels[-1] == "crash B"
            await pilot.press("q")
        return app.walk

    assert asyncio.run(drive()).view["status"] == {"B": "down"}


def test_a_trace_shows_itself_in_a_notebook(tmp_path: Path) -> None:
    """A frame that holds everything. Spec: EXPL-11."""
    path = tmp_path / "run.json"
    walk = Walk(explorable(case_source("writers:as-shipped")))
    walk.wrong()
    write_json(path, walk.saved())
    shown = trace(path)
    assert shown._repr_html_().startswith("<iframe srcdoc=")
    assert "scuttle-explorer/1" in html.unescape(shown._repr_html_())
    assert "set k=" in str(shown)
    assert trace(case_source("writers:as-shipped").experiment).explorable is not None


def test_the_answers_in_a_page_are_those_of_a_server() -> None:
    """Python runs there, and the two methods are the same. Spec: EXPL-1."""
    answer = in_page()
    document = json.loads(answer("init", "{}"))
    body = {"session": document["session"], "labels": ["perform A"], "known": 0}
    served: dict[str, Any] = Answers(case_source("writers:as-shipped")).answer("init", {})
    found = [each.pop("shortest") for each in (document, served)]
    lengths = [
        {name: (each["verdict"], len(each["labels"] or ())) for name, each in one.items()}
        for one in found
    ]
    assert document == served
    assert lengths[0] == lengths[1]
    assert json.loads(answer("expand", json.dumps(body)))["misfit"] is None


def test_a_playground_without_pyodide_says_what_is_needed(tmp_path: Path) -> None:
    """Pyodide is not part of the project."""
    with pytest.raises(UnrunnableFault, match=r"pyodide\.asm\.wasm"):
        write_playground(tmp_path / "site", tmp_path, {})
    assert not (tmp_path / "site").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(UsageFault, match="cannot be read"):
        open_file(tmp_path / "nothing.json")


def test_a_busy_socket_is_closed_again() -> None:
    """The fault leaves nothing open."""
    with socket.create_server((HOST, 0)) as taken, pytest.raises(UnrunnableFault):
        listening(taken.getsockname()[1])
