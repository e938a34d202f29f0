"""The oracle is sharp and fair: mutants are caught, the reference conforms, choices are free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import pytest

from scuttle_check.oracle.adapters.reference import Node, ReferenceAdapter
from scuttle_check.oracle.contract import contract_of
from scuttle_check.oracle.live import convergence, robustness
from scuttle_check.oracle.live.drawing import Palette, hostile_scenes, scenes, troubled
from scuttle_check.oracle.live.exploring import Explorer
from scuttle_check.oracle.live.nodes import Loopback
from scuttle_check.oracle.live.observation import Ambiguous
from scuttle_check.oracle.live.scene import (
    NODES,
    Converse,
    Cut,
    Put,
    Scene,
    Setting,
    Start,
    Tell,
    scene_from_json,
)
from scuttle_check.oracle.live.searching import Search, search, smallest
from scuttle_check.oracle.live.seeding import vector_scenes
from scuttle_check.oracle.mutants.mutants import MUTANTS, Mutant
from scuttle_check.oracle.result import Outcome, Problem
from scuttle_ref import rules
from scuttle_ref.profile import Profile, decision_points
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, PROFILES, TEXTBOOK
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT, Dialect


def explorer(
    adapter: ReferenceAdapter,
    profile: Profile,
    *,
    exact: bool = False,
    dialect: Dialect = DOCUMENTED_DIALECT,
) -> Explorer:
    return Explorer(Loopback(adapter), profile, dialect, exact, "test")


def explored(player: Explorer, examples: int, seed: int = 0, *, shrinks: bool = True) -> Search:
    """Search with an explorer; `shrinks` off stops at the first scene that fails."""
    palette = Palette.of(player.nodes.hello, player.profile, hostile=player.exact)
    if shrinks:
        return search(
            scenes(palette),
            lambda s: player.attempt(s) is not None,
            examples=examples,
            at_seed=seed,
        )
    found: list[Scene] = []

    def fails(scene: Scene) -> bool:
        if not found and player.attempt(scene) is not None:
            found.append(scene)
        return bool(found) and scene == found[0]

    return search(scenes(palette), fails, examples=examples, at_seed=seed, tries=lambda: 0)


def one_of_each_rule() -> list[Mutant]:
    """A mutant of each decision point, of one profile after the other; sweep.py tries them all."""
    names = list(PROFILES)
    chosen: dict[str, Mutant] = {}
    for at, point in enumerate(decision_points()):
        if point == "connect":
            continue  # live nodes are not told of a connection that opens; vectors tell them
        base = names[at % 4]
        chosen[point] = next(m for m in MUTANTS if m.point == point and m.base.name == base)
    return list(chosen.values())


@pytest.mark.parametrize("mutant", one_of_each_rule(), ids=lambda each: each.name)
def test_a_wrong_rule_is_caught(mutant: Mutant) -> None:
    """A rule whose violation nobody notices is not tested. Spec: ORA-5, ORA-10."""
    adapter = ReferenceAdapter(mutant.profile)
    for exact in (False, True):
        found = explored(explorer(adapter, mutant.base, exact=exact), 400, shrinks=False)
        if found.first is not None:
            return
    pytest.fail("not caught")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("exact", [False, True], ids=["step", "wire"])
def test_the_reference_conforms_to_its_own_profile(name: str, exact: bool) -> None:
    """A false alarm costs more trust than a missed bug. Spec: ORA-5, ORA-6."""
    player = explorer(ReferenceAdapter(PROFILES[name]), PROFILES[name], exact=exact)
    assert explored(player, 30, 3).found is None
    assert player.moved > 20


@pytest.mark.parametrize("name", PROFILES)
def test_the_reference_converges_or_meets_a_limit_of_its_profile(name: str) -> None:
    """What the profile cannot promise is not asked of anybody. Spec: ORA-6, CONV-1."""
    profile = PROFILES[name]
    nodes = Loopback(ReferenceAdapter(profile))
    palette = Palette.of(nodes.hello, profile, hostile=False)

    def fails(scene: Scene) -> bool:
        ended = convergence.attempt(nodes, profile, scene, DOCUMENTED_DIALECT, "test")
        return ended.problem is not None and not convergence.is_limit(
            profile, scene, DOCUMENTED_DIALECT
        )

    strategy = troubled(palette, contract_of(profile), convergence.NODES)
    assert search(strategy, fails, examples=15, at_seed=1).found is None


@pytest.mark.parametrize("name", PROFILES)
def test_the_reference_is_robust(name: str) -> None:
    """Every hostile input of the list, and some that are drawn. Spec: ORA-5, ERR-1."""
    nodes = Loopback(ReferenceAdapter(PROFILES[name], lines=True))
    for operations in robustness.directed().values():
        for operation in operations:
            scene = robustness.plain_scene(operation, "lww_total")
            assert robustness.attempt(nodes, scene, "test") is None
    palette = Palette.of(nodes.hello, PROFILES[name], hostile=True)
    found = search(
        hostile_scenes(palette),
        lambda scene: robustness.attempt(nodes, scene, "test") is not None,
        examples=15,
        at_seed=1,
    )
    assert found.found is None


@pytest.mark.parametrize(
    ("adapter", "dialect"),
    [
        (ReferenceAdapter(DOCUMENTED, SHIPPED_DIALECT), SHIPPED_DIALECT),
        (ReferenceAdapter(DOCUMENTED, lines=True), DOCUMENTED_DIALECT),
        (ReferenceAdapter(AS_SHIPPED, SHIPPED_DIALECT, lines=True), SHIPPED_DIALECT),
    ],
    ids=["shipped", "lines", "both"],
)
def test_the_spelling_of_the_wire_is_no_violation(
    adapter: ReferenceAdapter, dialect: Dialect
) -> None:
    """The dialect and the form of messages are the adapter's to say. Spec: WIRE-2, ADP-9."""
    player = explorer(adapter, adapter.profile, exact=True, dialect=dialect)
    assert explored(player, 30).found is None
    assert player.moved > 20


# --- what is found, and how it is told -----------------------------------------------------------


SWAP = Scene(
    Setting(resolve="lww_total"),
    (Put("A", "k", 1), Put("B", "k", 2), Converse("A", "B"), Converse("B", "A")),
)


def test_a_violation_is_filed_under_the_clause_of_the_rule_that_explains_it() -> None:
    """The author looks up one sentence, not the whole profile. Spec: ORA-9."""
    wrong = attrs.evolve(DOCUMENTED, prefer=rules.prefer_latest_arrival)
    player = explorer(ReferenceAdapter(wrong), DOCUMENTED)
    problem = player.attempt(SWAP)
    assert problem is not None
    diagnosis = player.explained(SWAP, problem)
    assert diagnosis is not None
    assert diagnosis.clause == "MERGE-1"
    assert "prefer_latest_arrival" in diagnosis.mistakes


def test_a_mistake_that_is_understood_no_longer_stands_in_the_way() -> None:
    """The second bug hides behind the first. Spec: ORA-7, ORA-9."""
    wrong = attrs.evolve(
        DOCUMENTED, prefer=rules.prefer_latest_arrival, close=rules.close_with_digest
    )
    player = explorer(ReferenceAdapter(wrong), DOCUMENTED)
    player.variants.append(attrs.evolve(DOCUMENTED, prefer=rules.prefer_latest_arrival))
    writes = attrs.evolve(
        SWAP,
        operations=(
            *SWAP.operations[:2],
            Tell("P", "A", ({"key": "k", "value": 0, "source_id": "P", "version": 1},)),
        ),
    )
    assert player.attempt(writes) is None
    problem = player.attempt(SWAP)
    assert problem is not None
    assert problem.told.startswith("$.out: expected ['k=2@B1'], got ['k=2@B1', 'digest B:1', 'done")


def test_a_failing_scene_keeps_only_what_it_needs() -> None:
    """Fewest operations, fewest messages, plainest configuration. Spec: ORA-10."""
    wrong = attrs.evolve(DOCUMENTED, witness=rules.witness_join)
    player = explorer(ReferenceAdapter(wrong), DOCUMENTED)
    done = {"digest": True, "done": True}
    heard = {"key": "k", "value": 1, "source_id": "P", "version": 1}
    noisy = Scene(
        Setting(mtu=3, max_history=2, resolve="lww_total"),
        (Start("A", "B"), Tell("P", "A", (done, heard, done)), Put("B", "j", 1), Cut("A", "B")),
    )
    least = smallest(noisy, lambda scene: player.attempt(scene) is not None)
    assert least == Scene(Setting(resolve="lww_total"), (Tell("P", "A", (heard,)),))
    assert scene_from_json(least.to_json()) == least


def test_the_same_seed_finds_the_same_scene() -> None:
    """A build that fails must fail again on a desk. Spec: ORA-10."""
    wrong = attrs.evolve(DOCUMENTED, answer=rules.answer_later)
    found = [explored(explorer(ReferenceAdapter(wrong), DOCUMENTED), 100, 7) for _run in range(2)]
    assert found[0].found is not None
    assert found[0].found == found[1].found
    assert found[0].examples == found[1].examples


@pytest.mark.parametrize("name", PROFILES)
def test_the_conversations_of_the_vectors_are_tried_first(name: str) -> None:
    """What tells a rule in three steps need not wait for luck. Spec: ORA-14."""
    scenes_first = vector_scenes(name)
    assert len(scenes_first) > 10
    player = explorer(ReferenceAdapter(PROFILES[name]), PROFILES[name], exact=True)
    assert [player.attempt(scene) for scene in scenes_first] == [None] * len(scenes_first)


def test_a_profile_without_vectors_has_no_conversations() -> None:
    """A new profile is explored all the same. Spec: ORA-14."""
    assert vector_scenes("nobody's") == ()


# --- choices -------------------------------------------------------------------------------------


class Choosing(ReferenceAdapter):
    """The reference with its visible answers changed by a function, state untouched."""

    change: Callable[[list[Any]], list[Any]] = staticmethod(lambda out: out)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().answer(request)
        if "out" in reply:
            reply["out"] = self.change(reply["out"])
        return reply


def choosing(profile: Profile, change: Callable[[list[Any]], list[Any]]) -> Explorer:
    adapter = Choosing(profile)
    adapter.change = change  # type: ignore[method-assign]
    return explorer(adapter, profile)


def _lines_reversed(out: list[Any]) -> list[Any]:
    lines = [
        each for each in out if each["message"].get("digest") and "done" not in each["message"]
    ]
    rest = [each for each in out if each not in lines]
    return [*lines[::-1], *rest]


def _one_less(out: list[Any]) -> list[Any]:
    updates = [each for each in out if "key" in each["message"]]
    return out[:-1] if len(updates) > 1 and updates == out else out


@pytest.mark.parametrize("profile", [DOCUMENTED, TEXTBOOK, AS_SHIPPED], ids=lambda p: p.name)
def test_the_order_of_a_digest_is_free(profile: Profile) -> None:
    """The library shuffles it. Spec: ORA-6, EXCH-7."""
    assert explored(choosing(profile, _lines_reversed), 30).found is None


LIMITED = Scene(
    Setting(mtu=2, resolve="lww_total"),
    (*(Put("A", "k", at) for at in range(4)), Converse("B", "A"), Converse("B", "A")),
)


def test_a_cut_below_the_limit_is_followed_where_the_profile_allows_it() -> None:
    """FLOW-1 says no more than, and what is missing travels later. Spec: ORA-6, FLOW-1."""
    assert choosing(DOCUMENTED, _one_less).attempt(LIMITED) is None


def _without_the_lowest(out: list[Any]) -> list[Any]:
    return out[1:] if _one_less(out) != out else out


def _nothing(out: list[Any]) -> list[Any]:
    return [] if _one_less(out) != out else out


@pytest.mark.parametrize(
    ("change", "got", "missing"),
    [
        (_without_the_lowest, "['k=1@A2']", "k=0@A1"),
        (_nothing, "[]", "k=0@A1, k=1@A2"),
    ],
)
def test_a_cut_from_the_wrong_end_is_a_violation_and_nothing_is_no_cut(
    change: Callable[[list[Any]], list[Any]], got: str, missing: str
) -> None:
    """The higher version first makes a hole that nobody will ask to fill. Spec: ORA-6, FLOW-2."""
    problem = choosing(DOCUMENTED, change).attempt(LIMITED)
    assert problem is not None
    assert (problem.outcome, problem.path, problem.clause) == (Outcome.FAIL, "$.out", "fill")
    assert problem.told == f"$.out: expected ['k=0@A1', 'k=1@A2'], got {got} (missing: {missing})"


def test_an_answer_that_fits_is_not_cut() -> None:
    """A freedom that is not given is none. Spec: ORA-6, EXCH-5."""
    fits = attrs.evolve(LIMITED, setting=Setting(mtu=9, resolve="lww_total"))
    problem = choosing(DOCUMENTED, _one_less).attempt(fits)
    assert problem is not None
    assert (problem.outcome, problem.path) == (Outcome.FAIL, "$.out")
    assert problem.told.endswith("(missing: k=3@A4)")


class Secret(ReferenceAdapter):
    """Knows a resolver that nobody else knows: it prefers even versions."""

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["op"] == "hello":
            reply = super().answer(request)
            kept = [each for each in reply["capabilities"] if not each.startswith("resolver:")]
            return {**reply, "capabilities": [*kept, "resolver:even"]}
        return super().answer(request)

    def _started(self, document: Mapping[str, Any]) -> Node:
        given = {**document, "config": {**document["config"], "resolve": "lww_total"}}
        node = super()._started(given)
        config = attrs.evolve(
            node.gossip.config, resolve=lambda _gossip, update: update.version % 2 == 0
        )
        return attrs.evolve(node, gossip=attrs.evolve(node.gossip, config=config))


def test_what_a_resolver_of_their_own_decides_is_followed() -> None:
    """Whether an update was preferred shows only when somebody looks. Spec: ORA-7, ADP-8."""
    player = explorer(Secret(DOCUMENTED), DOCUMENTED)
    assert Palette.of(player.nodes.hello, DOCUMENTED, hostile=False).resolvers == ("even",)
    assert explored(player, 40).found is None
    assert player.ambiguous == 0


def test_too_many_hidden_choices_are_ambiguous_and_no_verdict() -> None:
    """Guessing would accuse, or acquit, by chance. Spec: ORA-7."""
    player = explorer(Secret(DOCUMENTED), DOCUMENTED)
    hides = attrs.evolve(player.nodes.hello, capabilities=frozenset({"set", "write", "gossip"}))
    player.nodes = _Blind(player.nodes, hides)
    keys = [Put("A", f"k{at}", at) for at in range(8)]
    assert player.attempt(Scene(Setting(resolve="even"), tuple(keys))) is None
    assert player.ambiguous == 1
    assert issubclass(Ambiguous, Exception)


class _Blind:
    """Nodes that cannot be looked at."""

    def __init__(self, nodes: Any, hello: Any) -> None:
        self.hello = hello
        self.init, self.ask = nodes.init, nodes.ask


# --- convergence ---------------------------------------------------------------------------------


def converged(profile: Profile, scene: Scene) -> Problem | None:
    nodes = Loopback(ReferenceAdapter(profile))
    return convergence.attempt(nodes, profile, scene, DOCUMENTED_DIALECT, "test").problem


@pytest.mark.parametrize(
    ("wrong", "operations", "clause"),
    [
        ({"prefer": rules.prefer_latest_arrival}, SWAP.operations, "CONV-1"),
        ({"fill": lambda _s, _m, _c: ()}, (Put("A", "k", 1),), "CONV-1"),
    ],
)
def test_a_black_box_that_does_not_converge_is_found(
    wrong: dict[str, Any], operations: Sequence[Any], clause: str
) -> None:
    """No message is read: the views alone tell. Spec: CONV-1, ORA-5."""
    problem = converged(attrs.evolve(DOCUMENTED, **wrong), Scene(SWAP.setting, tuple(operations)))
    assert problem is not None
    assert (problem.outcome, problem.clause) == (Outcome.FAIL, clause)


def test_what_the_profile_itself_cannot_do_is_a_limit() -> None:
    """As shipped, two writers of one key swap values for ever. Spec: ORA-6."""
    problem = converged(AS_SHIPPED, SWAP)
    assert problem is not None
    assert (problem.clause, problem.path) == ("CONV-1", "$.k")
    assert convergence.is_limit(AS_SHIPPED, SWAP, DOCUMENTED_DIALECT)
    assert not convergence.is_limit(DOCUMENTED, SWAP, DOCUMENTED_DIALECT)


def test_each_source_has_its_own_keys_in_the_paper() -> None:
    """Two owners of one name never disagree. Spec: PAPER-1, ORA-5."""
    assert converged(PAPER, SWAP) is None


@pytest.mark.parametrize(("key", "held"), [("toString", None), ("k", "something else")])
def test_a_node_that_does_not_read_its_own_write_is_found(key: str, held: object) -> None:
    """The owner is told ok, and the value is not there. Spec: ORA-5, MERGE-1."""

    class Forgetful(ReferenceAdapter):
        def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
            if request["op"] == "set" and request["key"] == key:
                return {"re": request["id"], "ok": True, "out": [], "events": []}
            reply = super().answer(request)
            if request["op"] == "get" and request["key"] == key:
                reply["result"] = {"value": held}
            return reply

    scene = robustness.plain_scene(Put("A", key, 1), "lww_total")
    problem = robustness.attempt(Loopback(Forgetful(DOCUMENTED)), scene, "test")
    assert problem is not None
    assert problem.clause == "MERGE-1"
    assert NODES[0] == "A"
