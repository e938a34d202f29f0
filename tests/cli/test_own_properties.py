"""Properties of one's own in the search, by name: of worlds, of steps, of how replicas end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MINE = '''
from scuttle_check import Broken, Eventually, Good, Sometimes

SEEN = []


def no_order_without_user(nodes):
    """An order is shown only where its user is."""
    for replica in nodes:
        if "order" in replica and "user" not in replica:
            return f"{replica.id} shows an order of nobody"


def never_fewer(before, after):
    """A replica never holds fewer keys."""
    return len(after.values) >= len(before.values)


def both_arrive(final):
    """Everybody ends with the order and its user."""
    return all({"user", "order"} <= set(replica) for replica in final)


def lists_can_be_changed(nodes):
    for replica in nodes:
        for value in replica.values.values():
            if isinstance(value, list):
                value.append("mine")
    return True


def raises(nodes):
    return nodes[5]


def wavers(nodes):
    SEEN.append(1)
    return len(SEEN) % 3 != 0


def says_seven(nodes):
    return 7


def agreement(nodes):
    return True


def three(a, b, c):
    return True


NUMBER = 7
someone = Sometimes(
    "someone",
    "",
    "somebody holds a key",
    lambda nodes: any(n.store for n in nodes),
    lambda world: (world.nodes,),
)
ends = Eventually("ends", "", "it ends", lambda nodes: Good.KEPT)
'''

SHOP = ("--topology", "line:3", "--script", "shop.txt")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application's script and properties."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_rules", raising=False)
    (tmp_path / "shop_rules.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "shop.txt").write_text("A set user=[1]\nA set order=2\n", encoding="utf-8")
    return tmp_path


def property_named(name: str) -> tuple[str, str]:
    return ("--property", f"shop_rules:{name}")


@pytest.mark.usefixtures("shop")
def test_a_property_of_all_replicas_is_refuted_with_a_story_a_file_and_a_replay(
    scuttle: Callable[..., Any],
) -> None:
    """Textbook, unordered: the order arrives before its user. Spec: CHK-18."""
    flags = (*SHOP, "--network", "unordered", "--profile", "documented")
    ran = scuttle("check", *flags, *property_named("no_order_without_user"), "--save", "found.json")
    assert ran.code == 1
    assert "B shows an order of nobody" in ran.out
    assert (
        "An order is shown only where its user is" in ran.out or "no_order_without_user" in ran.out
    )
    assert "B now holds order=2" in ran.out or "now holds" in ran.out
    again = scuttle("replay", "found.json")
    assert again.code == 1
    assert "B shows an order of nobody" in again.out
    assert scuttle("convert", "found.json", "found.svg").code == 0
    assert scuttle("explore", "found.json", "--html", "page.html").code == 0
    in_order = scuttle("check", *SHOP, *property_named("no_order_without_user"), "--json")
    assert in_order.verdicts == {"no_order_without_user": "holds"}
    document = scuttle("check", *flags, *property_named("no_order_without_user"), "--json").document
    assert document["experiment"]["properties"] == ["shop_rules:no_order_without_user"]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("search", ["compiled", "plain", "depth-first"])
def test_properties_of_steps_and_of_what_is_left_are_judged_too(
    scuttle: Callable[..., Any], search: str
) -> None:
    """In every search alike. Spec: CHK-18."""
    several = (*property_named("never_fewer"), *property_named("both_arrive"))
    ran = scuttle("check", *SHOP, *several, "--search", search, "--json")
    assert ran.verdicts == {"never_fewer": "holds", "both_arrive": "holds"}
    crash = ("--crashes", "1", "--restart", "amnesia")
    ran = scuttle("check", *SHOP, *several, *crash, "--search", search, "--json")
    assert ran.verdicts == {"never_fewer": "refuted", "both_arrive": "refuted"}


@pytest.mark.usefixtures("shop")
def test_a_property_that_is_an_object_is_judged_as_it_is(scuttle: Callable[..., Any]) -> None:
    """Whoever needs more than a function has all of the engine. Spec: CHK-18."""
    ran = scuttle("check", *SHOP, *property_named("someone"), "--json")
    assert ran.verdicts == {"someone": "witnessed"}


@pytest.mark.usefixtures("shop")
def test_values_are_copies(scuttle: Callable[..., Any]) -> None:
    """Whatever a property does to a list, the world stays as it is. Spec: CHK-18."""
    ran = scuttle("check", *SHOP, *property_named("lists_can_be_changed"), "--json")
    assert ran.verdicts == {"lists_can_be_changed": "holds"}


@pytest.mark.usefixtures("shop")
def test_a_property_may_be_found_and_reduced_or_is_refused_with_the_reason(
    scuttle: Callable[..., Any],
) -> None:
    """Reductions ask what a property reads. Spec: CHK-18, RED-14."""
    find = scuttle("check", *SHOP, "--find", "shop_rules:both_arrive", "--json")
    assert find.verdicts == {"both_arrive": "holds"}
    final = (*property_named("both_arrive"), "--reduction", "quotient+stubborn", "--json")
    assert scuttle("check", *SHOP, *final).verdicts == {"both_arrive": "holds"}
    every = (*property_named("no_order_without_user"), "--reduction", "quotient+stubborn")
    refused = scuttle("check", *SHOP, *every)
    assert refused.code == 2
    assert "no_order_without_user" in refused.err


STRAY = [
    ("raises", 3, "raises IndexError"),
    ("wavers", 3, ", and then "),
    ("says_seven", 3, "answers an int"),
    ("gone", 3, "cannot be imported"),
    ("NUMBER", 3, "is an int"),
    ("three", 2, "has the parameters (a, b, c)"),
    ("ends", 2, "is a property of runs without end"),
    ("agreement", 2, "is called agreement, as another property is"),
]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("name", "code", "said"), STRAY)
def test_a_property_that_is_none_is_told_with_what_it_saw(
    scuttle: Callable[..., Any], name: str, code: int, said: str
) -> None:
    """Never a verdict. Spec: CHK-18."""
    ran = scuttle("check", *SHOP, *property_named(name))
    assert ran.code == code, ran.out + ran.err
    assert said in ran.err, ran.err
    assert "<list>" not in ran.err


def test_a_model_file_brings_its_properties(scuttle: Callable[..., Any], shop: Path) -> None:
    """They are judged beside the built-in ones. Spec: CHK-17, CHK-18."""
    text = 'topology = "line:2"\nscript = ["A set user=1", "A set order=2"]\n'
    text += 'properties = ["shop_rules:both_arrive"]\n'
    (shop / "shop.toml").write_text(text, encoding="utf-8")
    verdicts = scuttle("check", "shop.toml", "--json").verdicts
    assert verdicts["both_arrive"] == verdicts["agreement"] == "holds"
