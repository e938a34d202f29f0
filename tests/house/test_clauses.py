"""Specification, code and tests hold together, and the tool that says so finds each fault."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.resources import repository, spec_folder
from scuttle_check.cli.clauses import (
    Places,
    find_problems,
    installed_places,
    read_book,
    render,
    write,
)
from scuttle_check.gossip.citations import cited_in, first_sentence, spoken_in, texts_in
from scuttle_check.gossip.specification import (
    KINDS,
    Book,
    clauses_in,
    problems,
    rules_without_clause,
    stale_pages,
    traceability,
    traceability_problems,
    with_generated,
)

PLACES = installed_places()
BOOK = read_book(PLACES)
FOUND = find_problems(PLACES, BOOK)

GOOD_PAGE = """# Exchange

**EXCH-1** A node MUST say hello.

Why: it is polite.

**EXCH-2** (definition) A hello is a word.
"""
GOOD_CODE = '"""Says hello."""\n\n\ndef hello() -> str:\n    """Hello. Spec: EXCH-1."""\n'
GOOD_TEST = 'def test_hello() -> None:\n    """A node says hello. Spec: EXCH-1."""\n'


def tree(root: Path, page: str = GOOD_PAGE, code: str = GOOD_CODE, test: str = GOOD_TEST) -> Places:
    """A tiny project whose list of citations is up to date."""
    files = {
        "spec/protocol/exchange.md": page,
        "scuttle_ref/rules.py": code,
        "tests/test_hello.py": test,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "spec" / "profiles").mkdir(exist_ok=True)
    places = Places(root, root / "spec", "tests")
    write(places, read_book(places))
    return places


def laws(places: Places) -> list[str]:
    return [problem.law for problem in find_problems(places, read_book(places))]


def test_every_clause_is_tied_to_code_and_tests() -> None:
    """A sentence that nothing carries out is a wish; one that nothing tests is a hope."""
    assert not FOUND, "\n".join(map(str, FOUND))


def test_the_specification_has_every_area_that_the_code_cites() -> None:
    """An empty specification would pass every other check."""
    areas = {clause.area for clause in BOOK.clauses}

    assert areas >= {citation.clause.split("-")[0] for citation in BOOK.code}
    assert len(BOOK.clauses) > 90


def test_a_tiny_project_that_is_tied_together_has_no_problem(tmp_path: Path) -> None:
    assert laws(tree(tmp_path)) == []


def test_a_cited_id_without_a_clause_is_found(tmp_path: Path) -> None:
    code = GOOD_CODE.replace("EXCH-1.", "EXCH-1, EXCH-9.")
    assert laws(tree(tmp_path, code=code)) == ["cited-exists"]


def test_an_id_in_an_error_text_without_a_clause_is_found(tmp_path: Path) -> None:
    """A refusal that names a clause nobody can look up leads its reader nowhere."""
    assert laws(tree(tmp_path, code=GOOD_CODE + '    return "EXCH-9"\n')) == ["cited-exists"]


def test_an_id_cited_by_a_test_without_a_clause_is_found(tmp_path: Path) -> None:
    test = GOOD_TEST.replace("EXCH-1.", "EXCH-1, EXCH-9.")
    assert laws(tree(tmp_path, test=test)) == ["cited-exists"]


def test_a_withdrawn_clause_that_is_still_cited_is_found(tmp_path: Path) -> None:
    page = GOOD_PAGE.replace("**EXCH-1**", "**EXCH-1** (withdrawn)")
    found = laws(tree(tmp_path, page=page))
    assert found == ["cited-exists", "cited-exists"]


def test_a_clause_without_code_is_found(tmp_path: Path) -> None:
    places = tree(tmp_path, code='"""Nothing."""\n')
    assert laws(places) == ["has-code"]


def test_a_clause_without_a_test_is_found(tmp_path: Path) -> None:
    test = GOOD_TEST.replace(" Spec: EXCH-1.", "")
    assert laws(tree(tmp_path, test=test)) == ["has-test"]


def test_a_clause_needs_no_test_where_no_tests_are_installed(tmp_path: Path) -> None:
    """In an installed package there are no tests to ask, and the rest is still checked."""
    places = tree(tmp_path, test="")
    installed = Places(places.root, places.spec, tests=None)

    assert laws(places) == ["has-test"]
    assert laws(installed) == []


@pytest.mark.parametrize(
    ("sentence", "law"),
    [
        ("A node MUST say hello and MUST NOT shout.", "one-word"),
        ("A node says hello.", "one-word"),
        ("A node must say hello.", "one-word"),
        ("A node MUST say hello. It is polite.", "one-sentence"),
        ("A node MUST say hello", "one-sentence"),
        ("A node MUST call `hello`.", "no-code"),
    ],
)
def test_a_clause_is_one_sentence_with_one_word(tmp_path: Path, sentence: str, law: str) -> None:
    """Two demands in one clause cannot be cited, tested or withdrawn apart."""
    page = GOOD_PAGE.replace("A node MUST say hello.", sentence)
    assert laws(tree(tmp_path, page=page)) == [law]


def test_an_unknown_kind_is_found(tmp_path: Path) -> None:
    page = GOOD_PAGE.replace("(definition)", "(opinion)")
    assert laws(tree(tmp_path, page=page)) == ["known-kind"]


@pytest.mark.parametrize("kind", KINDS[2:])
def test_other_kinds_need_no_word_and_no_test(tmp_path: Path, kind: str) -> None:
    page = GOOD_PAGE.replace("(definition)", f"({kind})")
    assert laws(tree(tmp_path, page=page)) == []


def test_a_property_that_nothing_decides_is_found(tmp_path: Path) -> None:
    page = GOOD_PAGE.replace("(definition)", "(property)")
    assert laws(tree(tmp_path, page=page)) == ["has-code"]


def test_a_checked_property_counts_as_a_test(tmp_path: Path) -> None:
    """What the checker decides in every run needs no second test of the same sentence."""
    places = tree(tmp_path, test="")
    checked = tmp_path / "checker" / "scuttle_check" / "gossip" / "properties.py"
    checked.parent.mkdir(parents=True)
    checked.write_text(GOOD_CODE, encoding="utf-8")
    write(places, read_book(places))

    assert laws(places) == []


def test_an_id_that_stands_twice_is_found(tmp_path: Path) -> None:
    page = GOOD_PAGE + "\n**EXCH-2** (definition) A hello is a sound.\n"
    assert laws(tree(tmp_path, page=page)) == ["unique-id", "unique-id"]


def test_a_hole_in_the_numbers_is_found(tmp_path: Path) -> None:
    page = GOOD_PAGE.replace("EXCH-2", "EXCH-3")
    assert laws(tree(tmp_path, page=page)) == ["no-hole"]


def test_a_public_rule_without_a_clause_is_found(tmp_path: Path) -> None:
    rule = (
        '\n\ndef bye() -> str:\n    """Bye."""\n\n\ndef _private() -> None:\n    """Not shown."""\n'
    )
    assert laws(tree(tmp_path, code=GOOD_CODE + rule)) == ["rule-cites"]


def test_stale_traceability_is_found(tmp_path: Path) -> None:
    places = tree(tmp_path)
    places.traceability.write_text("EXCH-1 normative\n", encoding="utf-8")
    assert laws(places) == ["traceability"]


def test_an_id_that_vanished_is_found_and_is_not_written_away(tmp_path: Path) -> None:
    """Removing a sentence and regenerating must not be a way to lose a promise in silence."""
    places = tree(tmp_path)
    page = tmp_path / "spec" / "protocol" / "exchange.md"
    page.write_text(GOOD_PAGE[: GOOD_PAGE.index("**EXCH-2**")], encoding="utf-8")

    assert laws(places) == ["none-vanishes", "traceability"]
    with pytest.raises(UnrunnableFault, match="EXCH-2 vanish"):
        write(places, read_book(places))


def test_a_generated_table_that_is_out_of_date_is_found_and_mended(tmp_path: Path) -> None:
    places = tree(tmp_path)
    marker = "<!-- generated: scuttle profiles diff documented paper --markdown -->"
    page = tmp_path / "spec" / "profiles" / "paper.md"
    page.write_text(f"# Paper\n\n{marker}\n| old |\n<!-- end -->\n", encoding="utf-8")

    assert laws(places) == ["generated"]
    assert write(places, read_book(places)) == ["spec/profiles/paper.md"]
    assert laws(places) == []
    assert "witness_join" in page.read_text(encoding="utf-8")


def test_a_marker_that_names_another_command_cannot_be_generated() -> None:
    """A page must not be able to run whatever it likes."""
    with pytest.raises(UnrunnableFault, match="cannot generate 'rm -r spec'"):
        with_generated("<!-- generated: rm -r spec -->\n<!-- end -->", render)


def test_a_page_without_markers_is_never_stale() -> None:
    assert stale_pages({"a.md": "# A page\n"}, render) == []


def test_clauses_know_their_line_and_are_unfolded() -> None:
    page = "# Title\n\nWords.\n\n\n**MOD-1** One\nMUST be.\n\n**MOD-2** (definition) Two is.\n"
    one, two = clauses_in("page.md", page)

    assert (one.id, one.kind, one.text, one.line) == ("MOD-1", "normative", "One MUST be.", 6)
    assert (two.id, two.kind, two.text, two.line) == ("MOD-2", "definition", "Two is.", 9)


def test_bold_ids_within_a_paragraph_are_no_clauses() -> None:
    assert clauses_in("page.md", "See **MOD-1** for this.\n") == []


def test_citations_are_found_wherever_a_docstring_can_stand() -> None:
    """Modules, classes, methods, nested functions and constants."""
    source = '''"""Module. Spec: A1-1."""
"""Module. Spec: MOD-1."""
LIMIT = 3
"""Limit. Spec: MOD-2."""


class Node:
    """Node.

    Spec: MOD-3, MOD-4.
    """

    size: int = 1
    """Size. Spec: MOD-5."""

    def at(self) -> None:
        """At. Spec: MOD-6,
        MOD-7.
        """

        def inner() -> None:
            """Inner. Spec: MOD-8."""
'''
    found = {(each.name, each.clause) for each in spoken_in("f.py", source)}

    assert found == {
        ("LIMIT", "MOD-2"),
        ("Node", "MOD-3"),
        ("Node", "MOD-4"),
        ("Node.size", "MOD-5"),
        ("Node.at", "MOD-6"),
        ("Node.at", "MOD-7"),
        ("Node.at.<locals>.inner", "MOD-8"),
    }


def test_an_id_in_a_longer_text_is_no_citation() -> None:
    source = 'A = "see EXCH-1"\nB = "EXCH-2"\n'
    assert [each.clause for each in texts_in("f.py", source)] == ["EXCH-2"]
    assert cited_in("Like EXCH-1, but other. Spec: EXCH-2.") == ("EXCH-2",)


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("Say hello. Spec: EXCH-1.", "Say hello."),
        ("Say ``hello``; twice.\n\nMore.\n\nSpec: EXCH-1.", "Say `hello`; twice."),
        ("Say hello\n    again. Then go.", "Say hello again."),
        ("Spec: EXCH-1.", ""),
    ],
)
def test_the_first_sentence_of_a_docstring_says_what_a_rule_means(
    docstring: str, sentence: str
) -> None:
    assert first_sentence(docstring) == sentence


def test_the_list_of_citations_has_no_line_numbers() -> None:
    """Otherwise every edit of a module would change it, and nobody would read the change."""
    citation = spoken_in("m.py", GOOD_CODE)[0]
    clauses = tuple(clauses_in("p.md", GOOD_PAGE))
    moved = spoken_in("m.py", "\n\n" + GOOD_CODE)[0]

    one, other = (Book(clauses, (each,), ()) for each in (citation, moved))
    assert citation.line != moved.line
    assert traceability(one) == traceability(other)
    assert traceability_problems(one, traceability(other), "t") == []


def test_a_rule_may_be_cited_by_nothing_only_if_it_is_private() -> None:
    source = 'def _helper() -> None:\n    """Helps."""\n'
    assert rules_without_clause("r.py", source, []) == []
    assert problems(Book((), (), ())) == []


def test_the_specification_is_found_packed_or_in_the_checkout(tmp_path: Path) -> None:
    """An installed checker finds the copy beside it; without any, it says what it looked for."""
    package = tmp_path / "checker" / "scuttle_check"
    package.mkdir(parents=True)
    with pytest.raises(UnrunnableFault, match="scuttle_check/_spec"):
        spec_folder(package)
    (tmp_path / "spec" / "protocol").mkdir(parents=True)
    assert spec_folder(package) == tmp_path / "spec"
    assert repository(package) is None
    (package / "_spec" / "protocol").mkdir(parents=True)
    assert spec_folder(package) == package / "_spec"


def test_the_command_prints_one_json_document() -> None:
    """Machines read the same as people."""
    run = scuttle("clauses", "--json")
    document = json.loads(run.stdout)

    assert run.returncode == (1 if document["problems"] else 0)
    assert {"id", "kind", "text", "file", "line", "code", "tests"} == set(document["clauses"][0])
    assert len(document["clauses"]) == len(BOOK.clauses)


def test_the_command_prints_problems_and_counts() -> None:
    run = scuttle("clauses")
    assert f"{len(BOOK.clauses)} clauses" in run.stdout
    assert run.stderr == ""


def scuttle(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    line = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)
