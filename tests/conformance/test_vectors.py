"""Vectors: up to date, true of the reference, sharp, and usable from another language."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

from scuttle_check.base.resources import spec_folder
from scuttle_check.oracle.mutants.mutants import MUTANTS
from scuttle_check.oracle.vectors.build import text_of, vector_files
from scuttle_check.oracle.vectors.matching import mismatch
from scuttle_check.oracle.vectors.run import exchange, reference, run_vector
from scuttle_check.oracle.vectors.steps import cuts, orders
from scuttle_ref import rules
from scuttle_ref.messages import Update
from scuttle_ref.profiles import DOCUMENTED, PROFILES

SPEC = spec_folder()
HERE = Path(__file__).parent
FILES = {path.name: path for path in sorted((SPEC / "vectors").glob("*.json"))}


@pytest.fixture(scope="module")
def vectors() -> dict[str, dict[str, Any]]:
    """Every vector by its id."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in FILES.values()]
    return {vector["id"]: vector for document in documents for vector in document["vectors"]}


def test_the_files_are_what_is_built_today() -> None:
    """A vector that nobody would generate is somebody's opinion. Spec: VEC-2, VEC-4."""
    built = vector_files(SPEC / "scenarios")
    assert built.keys() == FILES.keys()
    for name, document in built.items():
        assert text_of(document) == FILES[name].read_text(encoding="utf-8"), (
            f"{name} has drifted: read the difference, then run scuttle vectors build"
        )


def test_the_files_follow_their_schema() -> None:
    """Whoever reads them with another parser reads the schema first."""
    schema = json.loads((SPEC / "schemas" / "vectors.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for path in FILES.values():
        document = json.loads(path.read_text(encoding="utf-8"))
        assert not list(validator.iter_errors(document))
        document["vectors"][0]["steps"][0]["do"]["op"] = "fly"
        assert list(validator.iter_errors(document))


def test_the_reference_passes_every_vector(vectors: dict[str, dict[str, Any]]) -> None:
    """A false alarm costs an implementer an afternoon. Spec: VEC-2, VEC-3."""
    for name, vector in vectors.items():
        profile = PROFILES[name.partition("/")[0]]
        assert run_vector(vector, reference(profile)).outcome == "passed", name


@pytest.mark.parametrize("profile", PROFILES)
def test_each_mutant_fails_the_vector_made_for_it(
    vectors: dict[str, dict[str, Any]], profile: str
) -> None:
    """Else a rule could be wrong and nobody would see it. Spec: VEC-4, VEC-5."""
    mutants = [mutant for mutant in MUTANTS if mutant.base.name == profile]
    assert mutants
    for mutant in mutants:
        ran = run_vector(vectors[mutant.name], reference(mutant.profile))
        assert ran.outcome == "failed", mutant.name
        assert len(vectors[mutant.name]["steps"]) <= 5


def test_every_scenario_and_every_robust_profile_has_vectors(
    vectors: dict[str, dict[str, Any]],
) -> None:
    """What a scenario teaches, an implementation can be asked. Spec: VEC-1."""
    for path in (SPEC / "scenarios").glob("*.txt"):
        assert any(f"/scenario/{path.stem}-" in name for name in vectors), path.name
    assert "as-shipped/scenario/one-process-X" in vectors
    assert "as-shipped/scenario/one-process-P" not in vectors
    robust = {name.partition("/")[0] for name, v in vectors.items() if v["level"] == "robustness"}
    assert robust == {"documented", "textbook", "paper"}


@pytest.mark.parametrize(
    ("pattern", "answer", "path"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, None),
        ({"$exact": {"a": 1}}, {"a": 1, "b": 2}, "$.b"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "$.a.b[1]"),
        ([1, 2], [1, 2, 3], "$"),
        ({"$unordered": [1, 2], "$then": [3]}, [2, 1, 3], None),
        ({"$unordered": [1, 2], "$then": [3]}, [3, 2, 1], "$[0]"),
        ({"$unordered": [1, 2]}, [1, 1], "$[1]"),
        ({"$unordered": [1, 2]}, [1], "$"),
        ({"$unordered": [1]}, "x", "$"),
        ({"$oneOf": [[1], [2]]}, [2], None),
        ({"$oneOf": [[1], [2]]}, [3], "$[0]"),
        ({"$oneOf": []}, 1, "$"),
        ({"$any": True}, {"x": []}, None),
        (1, True, "$"),
        (1, 1.0, None),
        (None, 0, "$"),
        ({"a": 1}, [1], "$"),
        ({"a": 1}, {}, "$.a"),
        ([], {}, "$"),
    ],
)
def test_patterns_match_and_name_the_place_that_does_not(
    pattern: object, answer: object, path: str | None
) -> None:
    """The path is what an implementer looks at first. Spec: VEC-3."""
    found = mismatch(pattern, answer)
    assert (found.path if found else None) == path


NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node is not installed: the runner in it was not tried")
@pytest.mark.parametrize(("fault", "code"), [("", 0), ("no-done", 1)])
def test_the_runner_in_another_language_judges_an_implementation(fault: str, code: int) -> None:
    """An implementation written from the clauses alone passes; with a mistake it fails."""
    line = [str(NODE), str(SPEC / "vectors" / "run.mjs"), str(FILES["textbook.json"])]
    ran = subprocess.run(
        [*line, str(HERE / "textbook.mjs")],
        env={**os.environ, "FAULT": fault},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ("FAIL textbook/advertise/advertise_without_done step 1" in ran.stdout) == bool(fault)


def test_the_readme_shows_a_vector_as_it_is(vectors: dict[str, dict[str, Any]]) -> None:
    """An example that is no longer there misleads on the first page."""
    text = (SPEC / "vectors" / "README.md").read_text(encoding="utf-8")
    shown = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert shown == vectors[shown["id"]]


def _sources_apart(request: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    """The reply with the updates of each source in their order, the last source first."""
    out = reply.get("out") or []
    if not out or any("key" not in each["message"] for each in out):
        return reply
    del request
    ordered = sorted(out, key=lambda each: each["message"]["source_id"], reverse=True)
    return {**reply, "out": ordered}


def test_the_order_among_sources_is_free_at_the_level_step_and_not_on_the_wire(
    vectors: dict[str, dict[str, Any]],
) -> None:
    """Where no clause orders sources, nobody fails who orders them otherwise. Spec: VEC-6."""
    answer = reference(DOCUMENTED)
    ran = {
        name: run_vector(vector, lambda asked: _sources_apart(asked, dict(answer(asked)))).outcome
        for name, vector in vectors.items()
        if name.startswith("documented/")
    }
    failed = {vectors[name]["level"] for name, outcome in ran.items() if outcome == "failed"}
    assert failed == {"wire"}


def test_a_shorter_cut_takes_each_source_from_its_lowest_version() -> None:
    """What is allowed is listed, and nothing else. Spec: VEC-6, FLOW-2."""
    one, two, other = Update("A", "k", 1, 1), Update("A", "k", 2, 2), Update("B", "k", 3, 1)
    assert set(cuts([one, two], [one, two, other])) == {
        (one,), (one, two), (one, other), (other,),
    }  # fmt: skip
    assert orders([one, two, other]) == [(one, two, other), (one, other, two), (other, one, two)]
    assert orders([one, two, other], limit=2) is None


def test_convergence_vectors_are_there_and_can_fail(vectors: dict[str, dict[str, Any]]) -> None:
    """Two writers and one key: whoever takes the last arrival never agrees. Spec: VEC-7."""
    found = {name for name, each in vectors.items() if each["level"] == "convergence"}
    assert {name.partition("/")[0] for name in found} == set(PROFILES)
    wrong = reference(attrs.evolve(DOCUMENTED, prefer=rules.prefer_latest_arrival))
    ran = run_vector(vectors["documented/convergence/two-writers"], wrong)
    assert ran.failure is not None
    assert ran.failure.asked["op"] == "get"


def test_an_exchange_that_never_ends_is_given_up() -> None:
    """Two nodes that echo each other must not hang a build. Spec: VEC-7."""
    echo = {"ok": True, "out": [{"to": None, "message": {"hello": 1}}]}
    asked = {"op": "exchange", "node": "A", "peer": "B"}
    assert exchange(lambda _request: echo, {"A", "B"}, asked) == {"ok": True}
    refused = {"ok": False, "error": {"kind": "internal"}}
    assert exchange(lambda _request: refused, {"A", "B"}, asked) == refused
