"""The page in a real browser: a person's way through everything it can do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Page
from every_kind import scuttle
from serving import served

from scuttle_check.engine.topology import topology
from scuttle_check.explorer.sources import case_source, of_experiment, open_file
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import generated_script

ROOT = Path(__file__).parents[2]
LOST = "tests/golden/data/simple-scuttle-3.0.2/multi/m09-lost-update-message.json"


@pytest.fixture
def fresh(page: Page, live: str) -> Page:
    """The live page, opened anew."""
    page.open(live)
    return page


def acts(page: Page) -> list[str]:
    """The labels of the steps listed as possible."""
    found: list[str] = page.run(
        "[...document.querySelectorAll('#acts > ol [data-label]')].map(b => b.dataset.label)"
    )
    return found


def test_a_file_of_worlds_asks_nobody_for_anything(
    page: Page, written: Callable[[str], str], pictures: Path
) -> None:
    """It is sent by mail and opened on a train. Spec: EXPL-11."""
    address = written("order:as-shipped")
    page.requests.clear()
    page.complaints.clear()
    page.open(address)
    page.press("w", "ArrowLeft")

    asked = {each.partition(":")[0] for each in page.requests}
    assert asked <= {"file", "data", "about"}, page.requests
    assert not page.complaints
    assert page.step == "7 of 8"
    assert len(page.picture(pictures / "file.png")) > 10_000


def test_a_file_of_worlds_is_ready_within_a_second(
    page: Page, written: Callable[[str], str]
) -> None:
    """9,207 worlds; the limit is for a machine that does nothing else, so it is doubled here."""
    address = written("order:as-shipped")
    begun = time.monotonic()
    page.open(address)

    assert time.monotonic() - begun < 2.0


def test_steps_are_taken_by_key_and_by_click_and_back(fresh: Page) -> None:
    """The first thing anybody does. Spec: EXPL-1."""
    fresh.press("1")
    assert fresh.step == "1 of 1"
    fresh.click("#acts [data-label='exchange B>A']")
    assert fresh.step == "2 of 2"
    fresh.press("k")
    assert fresh.step == "1 of 2"
    fresh.press("j", "Home")
    assert fresh.step == "0 of 2"
    fresh.press("End")
    assert fresh.step == "2 of 2"


def test_a_step_says_what_it_does_and_why(fresh: Page) -> None:
    """The rule that fired is named by its clause, and the clause by its sentence. Spec: EXPL-4."""
    fresh.press("1")

    assert "now holds k=a@A1 [DEV-1" in fresh.text("#now")
    assert "MUST" in fresh.run("document.querySelector('.clause').title")


def test_changed_cells_are_marked(fresh: Page) -> None:
    """What a step changed is the first thing to look at."""
    fresh.press("1")
    marked = fresh.run("[...document.querySelectorAll('.cell.changed')].map(c => c.innerText)")
    assert marked == ["k=a@A1", "A:1", "k=a@A1"]


def test_a_message_is_delivered_lost_and_duplicated_by_clicking_it(fresh: Page) -> None:
    """In flight dashed, lost crossed, both with a name for screen readers. Spec: EXPL-2."""
    fresh.click("#acts [data-label='exchange A>B']")
    assert fresh.run("document.querySelectorAll('.message.flying').length") == 2
    fresh.click(".message.flying .hit")
    assert "duplicate A>B" in fresh.run("document.querySelector('#menu').innerHTML").replace(
        "&gt;", ">"
    )
    fresh.click("#menu [data-label='duplicate A>B']")
    assert fresh.step == "2 of 2"
    fresh.click(".message.flying .hit")
    fresh.click("#menu [data-label='drop A>B']")
    fresh.click(".message.flying .hit")
    fresh.click("#menu [data-label='deliver A>B']")

    assert fresh.step == "4 of 4"
    names = fresh.run("[...document.querySelectorAll('.message')].map(m => m.ariaLabel)")
    assert any(name.endswith("lost") for name in names), names
    assert any(name.endswith("delivered") for name in names), names


def test_the_oldest_message_is_lost_with_one_key(fresh: Page) -> None:
    """The presets of misfortune: d, u and x."""
    fresh.click("#acts [data-label='exchange A>B']")
    fresh.press("u", "x", "d")
    labels = fresh.run("location.hash")
    assert "duplicate+A,B/overtake+A,B+%231/drop+A,B" in labels


def test_a_node_sets_a_value_gossips_crashes_and_restarts(fresh: Page) -> None:
    """Beyond what the model foresaw: any write, at any time. Spec: EXPL-2."""
    fresh.press("s")
    fresh.type("kiwi")
    fresh.press("Enter")
    assert "A: set k=kiwi" in fresh.text("#now")
    fresh.click(".heads [data-node=B]")
    fresh.click("#menu [data-label='exchange B>A']")
    fresh.click(".heads [data-node=B]")
    fresh.click("#menu [data-label='crash B']")
    assert fresh.run("document.querySelector('.heads [data-node=B]').className") == "down"
    fresh.click(".heads [data-node=B]")
    fresh.click("#menu [data-label='restart B amnesia']")
    assert fresh.step == "4 of 4"
    assert not fresh.complaints


def test_a_step_from_the_past_forks_and_keeps_the_old_ordering(fresh: Page, pictures: Path) -> None:
    """Two orderings, side by side, with the first difference marked."""
    fresh.press("1", "1", "2", "Home", "j", "2", "f", "v")

    tabs = fresh.run("[...document.querySelectorAll('#branches button')].map(b => b.innerText)")
    assert tabs == ["run 1 (3)", "run 2 (2)", "run 3 (2)"]
    assert "differ from step 2 on" in fresh.text("#now")
    assert fresh.run("document.querySelectorAll('.row.differs').length") >= 1
    assert fresh.run("document.querySelectorAll('.ordering').length") == 2
    fresh.picture(pictures / "compare.png")


def test_each_property_leads_to_a_shortest_ordering_that_breaks_it(
    fresh: Page, pictures: Path
) -> None:
    """`w` makes it go wrong; the properties do so one by one. Spec: EXPL-5, EXPL-6."""
    fresh.press("w")
    assert fresh.step == "2 of 2"
    assert "A will end with b@1 and B with a@1 for k" in fresh.text(".property.broken")
    marks = fresh.run("[...document.querySelectorAll('.row .broken')].map(m => m.textContent)")
    assert marks == ["", "", "✗"]
    fresh.press("Home")
    fresh.click("[data-property=data-moved]")
    assert "✓" in fresh.text(".property.kept")
    fresh.picture(pictures / "wrong.png")


def test_a_link_shows_the_same_ordering_again(page: Page, live: str) -> None:
    """The labels stand in it, so that a person can read what will be shown. Spec: EXPL-3."""
    page.open(live)
    page.press("w", "k")
    link = page.run("location.href")
    assert "run=perform+B/perform+A" in link or "run=perform+A/perform+B" in link
    page.open(link)

    assert page.step == "1 of 2"


def test_a_link_that_does_not_fit_says_at_which_step_and_why(page: Page, live: str) -> None:
    """Links outlive models. Spec: EXPL-3."""
    page.open(f"{live}#at=2&run=perform+A/deliver+A,B/perform+B")

    assert "Step 2, “deliver A>B”, cannot happen: nothing is in flight" in page.text("#alert")
    assert page.step == "1 of 1"


def test_steps_are_filtered_and_helped_and_read_as_text(fresh: Page) -> None:
    """Keyboard first: help, filter, text, light and dark."""
    fresh.press("/")
    fresh.type("exchange")
    fresh.settle()
    assert acts(fresh) == ["exchange A>B", "exchange B>A"]
    fresh.press("Escape")
    fresh.run("document.activeElement.blur()")
    fresh.press("?")
    assert "make it go wrong" in fresh.text("#keys")
    fresh.click("#keys")
    fresh.press("1", "t")
    assert "1. A starts an exchange" in fresh.text("#fallback")
    fresh.press("Escape", "l")
    assert fresh.run("document.documentElement.dataset.light") in {"light", "dark"}
    fresh.press("l")


def test_a_message_is_reached_and_opened_with_keys_alone(fresh: Page) -> None:
    """Whoever cannot use a mouse."""
    fresh.press("3", "m", "Enter")
    assert fresh.run("document.querySelectorAll('#menu [data-label]').length") >= 2
    fresh.press("Enter")
    assert fresh.step == "2 of 2"
    fresh.press("m", "Enter", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "Enter")
    assert "is lost" in fresh.text("#now")


def test_an_example_is_opened_from_the_menu_and_stays_in_the_link(
    fresh: Page, pictures: Path
) -> None:
    """Cases that go wrong and the scenarios of the specification. Spec: EXPL-8."""
    fresh.run(
        "(() => { const open = document.querySelector('#open');"
        " open.value = 'scenario:hub.txt'; open.dispatchEvent(new Event('change')) })()"
    )
    fresh.until("location.hash.startsWith('#of=scenario')")
    fresh.press("End")
    assert "the dialogue" in fresh.text("#branches")
    fresh.picture(pictures / "scenario.png")


def test_a_recording_is_read_and_not_changed(page: Page, pictures: Path) -> None:
    """The real library's messages, with what the reference does at each step. Spec: EXPL-8."""
    with served(open_file(ROOT / LOST)) as address:
        page.open(address)
        page.press("End")
        assert "The reference does exactly what was recorded" in page.text("#note")
        assert not page.complaints
        page.picture(pictures / "recording.png")


def test_a_failing_run_of_the_oracle_is_walked_to_where_it_fails(
    page: Page, every_kind: Path, tmp_path: Path, pictures: Path
) -> None:
    """On a live page and in a file: the step, the clause, what should have been. Spec: EXPL-8."""
    path = every_kind / "oracle.json"
    assert scuttle("convert", path, tmp_path / "run.html") == 0
    with served(open_file(path)) as address:
        for where in (address, (tmp_path / "run.html").as_uri()):
            page.open(where)
            page.press("w")
            assert "the implementation sends nothing" in page.text("#now")
            assert "EXCH-3" in page.text(".property.broken")
            assert page.run("document.querySelectorAll('.row .broken')[3].textContent") == "✗"
            assert not page.complaints
            page.picture(pictures / "oracle.png")


def test_a_file_is_opened_in_the_page_and_the_run_saved_again(page: Page, live: str) -> None:
    """What is saved can be opened: here, and with scuttle explore. Spec: EXPL-7."""
    page.open(live)
    page.press("2", "1")
    document = page.run(
        "fetch('/api/init', {method: 'POST', body: '{}'}).then(a => a.json())"
        ".then(d => fetch('/api/expand', {method: 'POST', body: JSON.stringify("
        "{session: d.session, labels: ['perform B', 'perform A', 'A set k=z'], known: 0,"
        " want: 'json'})}))"
        ".then(a => a.json()).then(d => JSON.parse(d.saved))"
    )
    assert document["property"] == "agreement"
    text = json.dumps(json.dumps(document))
    page.run(
        "(() => { const data = new DataTransfer();"
        f" data.items.add(new File([{text}], 'mine.json'));"
        " const picker = document.querySelector('#picker'); picker.files = data.files;"
        " picker.dispatchEvent(new Event('change')) })()"
    )
    page.until("document.querySelector('#branches').innerText.includes('mine.json')")
    assert "agreement [CONV-1]" in page.text("#note")


def test_a_run_is_saved_from_the_menu_as_json_and_as_a_page(
    page: Page, live: str, tmp_path: Path
) -> None:
    """The page that is saved works without the server, and shows the run. Spec: EXPL-7, EXPL-11."""
    page.open(live)
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.press("w", "e")
    page.click("#menu button:nth-of-type(1)")
    page.press("e")
    page.click("#menu button:nth-of-type(3)")
    saved, written = tmp_path / "run.json", tmp_path / "run.html"
    end = time.monotonic() + 20
    while not (saved.exists() and written.exists()):
        assert time.monotonic() < end, list(tmp_path.iterdir())
        time.sleep(0.05)

    assert json.loads(saved.read_text())["property"] == "agreement"
    page.open(written.as_uri())
    page.press("End")
    assert page.step == "2 of 2"
    assert "the run (2)" in page.text("#branches")

    first = saved.read_bytes()
    saved.unlink()
    page.press("e")
    page.click("#menu button:nth-of-type(1)")
    while not saved.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    again = json.loads(saved.read_bytes())
    assert again["schedule"] == json.loads(first)["schedule"]
    assert again["format"] == "scuttle-run/1"


def test_everything_has_a_name_for_screen_readers(fresh: Page) -> None:
    """Buttons, messages and sections; an image would be silent."""
    fresh.press("3")
    nameless = fresh.run(
        "[...document.querySelectorAll('button, [role=button], section, input, select')]"
        ".filter(e => !(e.ariaLabel || e.innerText || e.title || e.hidden)).map(e => e.outerHTML)"
    )
    assert nameless == []
    assert fresh.run("document.querySelector('#now').ariaLive") == "polite"


OVERLAPS = """(() => {
  const boxes = [...document.querySelectorAll('.label, .said')].map((one) =>
    [one.textContent, one.getBoundingClientRect()]);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  return boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([, b]) => meet(a, b))
    .map(([other]) => `${one} on ${other}`)) })()"""
"""Texts in the picture that cover each other."""


@pytest.mark.parametrize(
    ("shape", "run"),
    [
        ("line:3", "exchange+A,B/exchange+B,A/exchange+B,C/exchange+C,B/drop+A,B/deliver+B,A"),
        ("star:6", "exchange+B,A/exchange+C,A/exchange+D,A/crash+B/duplicate+D,A/drop+C,A"),
        ("ring:12", "exchange+B,A/exchange+L,A/exchange+B,C/deliver+B,A/deliver+L,A/cut+B,C"),
    ],
)
def test_topologies_of_three_to_twelve_nodes_read_well(
    page: Page, pictures: Path, shape: str, run: str
) -> None:
    """Nothing is cut off, and no message on its way covers the text of another."""
    graph = topology(shape)
    model = Experiment(graph, generated_script(graph, ("A",), 1, 1), profile="textbook")
    with served(of_experiment(model)) as address:
        page.open(f"{address}#at=7&run=perform+A/{run}")
        assert page.step == "7 of 7"
        assert page.run("document.querySelectorAll('.label.flying').length") >= 2
        assert page.run(OVERLAPS) == []
        assert (
            page.run("(s => s.scrollWidth - s.clientWidth)(document.querySelector('#stage'))") == 0
        )
        page.picture(pictures / f"{shape.replace(':', '-')}.png")


def test_a_live_step_takes_less_than_a_twentieth_of_a_second(page: Page, live: str) -> None:
    """From the click to the picture; the quickest of some, for the machine may be at work."""
    page.open(live)
    milliseconds = page.run(
        "(async () => { const found = []; for (let i = 0; i < 9; i++) {"
        " const before = document.querySelector('#now h2').innerText;"
        " const begun = performance.now();"
        " document.querySelector('#acts [data-label^=exchange]').click();"
        " while (document.querySelector('#now h2').innerText === before)"
        " await new Promise(requestAnimationFrame);"
        " found.push(performance.now() - begun) }"
        " return Math.min(...found) })()"
    )
    assert milliseconds < 50, milliseconds


def test_a_case_opens_by_its_name(page: Page, live: str) -> None:
    """A link may name a case, so that a text can point at it."""
    page.open(f"{live}#of=case:order:as-shipped")
    assert case_source("order:as-shipped").title in page.text("#title")
