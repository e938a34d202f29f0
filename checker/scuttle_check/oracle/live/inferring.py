"""The rules that an implementation follows, from what it answers: one for each decision point.

It is asked what the vectors of all profiles ask, and some drawn scenes more; then the known rules
are looked for that explain every answer.

Laws of this file: a rule is proposed only if with it everything observed is explained; what no
known rule explains is shown, and never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from attrs import frozen

from scuttle_check.oracle.contract import contract_of, nearest
from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.blame import first_refused
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.drawing import Palette, classic_scenes, scenes
from scuttle_check.oracle.live.faithful import faithful_scenes
from scuttle_check.oracle.live.nodes import Nodes
from scuttle_check.oracle.live.observation import Observed
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.scene import NODES, Scene
from scuttle_check.oracle.live.searching import search
from scuttle_check.oracle.live.seeding import vector_scenes
from scuttle_check.oracle.live.stage import OracleFault, Stage, Unsupported, Violated
from scuttle_check.oracle.mutants.mutants import candidates
from scuttle_ref.profile import Profile, decision_points, deviations, rule_of
from scuttle_ref.profiles import PROFILES
from scuttle_ref.wire import Dialect

ROUNDS_MAX: Final = 24
"""How many rules are exchanged, one after the other, before it is given up."""


class Taking(Acceptor):
    """Takes whatever it sees: a stage that asks everything, and judges nothing."""

    def observe(self, seen: Observed) -> Difference | None:
        """Nothing is wrong."""
        del seen
        return None

    def look(self, node: str, answer: Mapping[str, Any]) -> Difference | None:
        """Nothing is wrong."""
        del node, answer
        return None

    def read(self, node: str, source: str, key: str, answer: Any) -> Difference | None:
        """Nothing is wrong."""
        del node, source, key, answer
        return None

    def news(self, node: str, source: str, above: float, answer: Any) -> Difference | None:
        """Nothing is wrong."""
        del node, source, above, answer
        return None


@frozen
class Watched:
    """A scene that was played, and all that was observed in it."""

    scene: Scene
    journal: tuple[tuple[str, Any], ...]


@frozen
class Inferred:
    """The profile that explains most: the nearest of ours, and the rules that differ from it.

    `open` has for each decision point the other rules that explain all as well; `left` are scenes
    that it does not explain, with what it would have expected.
    """

    base: Profile
    profile: Profile
    scenes: int
    open: tuple[tuple[str, tuple[str, ...]], ...]
    left: tuple[tuple[Watched, Difference], ...] = ()

    def toml(self) -> str:
        """The rule file that says it. Spec: PROF-8."""
        lines = [f'base = "{self.base.name}"', "", "[rules]"]
        changed = {each.point for each in deviations(self.base, self.profile)}
        others = dict(self.open)
        for point in decision_points():
            also = others.get(point, ())
            note = f"  # or {', '.join(also[:4])}: nothing that was asked tells" if also else ""
            if point in changed:
                lines.append(f'{point} = "{_name(rule_of(self.profile, point))}"{note}')
            elif also:
                lines.append(f'# {point} = "{_name(rule_of(self.profile, point))}"{note}')
        return "\n".join(lines) + "\n"


def _name(rule: Callable[..., object]) -> str:
    """How a rule file calls a rule."""
    if rule.__module__.startswith("scuttle_ref."):
        return rule.__name__
    return f"{rule.__module__}:{rule.__name__}"


def asked_of(profile: Profile, resolver: str | None, *, timed: bool) -> Iterator[Scene]:
    """What every implementation is asked, whatever it follows."""
    for each in PROFILES:
        yield from vector_scenes(each, ("step", "wire"))
    yield from faithful_scenes(resolver, timed=timed, exact=True)
    yield from classic_scenes(resolver, contract_of(profile), timed=timed)


def watch(nodes: Nodes, dialect: Dialect, *, examples: int, seed: int) -> list[Watched]:
    """Play scenes, and keep what was observed; those that break the process end there."""
    profile = PROFILES["documented"]
    palette = Palette.of(nodes.hello, profile, hostile=False)
    seen: list[Watched] = []

    def play(scene: Scene) -> bool:
        taking = Taking.start([profile], contract_of(profile), NODES, {}, dialect=dialect)
        stage = Stage(nodes, taking, dialect)
        try:
            stage.play(scene, NODES, "infer")
        except OracleFault:
            return False
        except (Violated, ProcessFailed, Unsupported):
            pass
        if stage.journal:
            seen.append(Watched(scene, tuple(e for e in stage.journal if e[0] != "lost")))
        return False

    for scene in asked_of(profile, palette.resolvers[0], timed=palette.timed):
        if all(getattr(each, "node", NODES[0]) in NODES for each in scene.operations):
            play(scene)
    search(scenes(palette), play, examples=examples, at_seed=seed)
    return seen


@frozen
class _Judge:
    """Says how far a profile explains what was observed."""

    seen: Sequence[Watched]
    dialect: Dialect
    events: bool

    def refused(
        self, profile: Profile, base: Profile, watched: Watched
    ) -> tuple[int, Difference] | None:
        """Where a profile stops to explain a scene, and why; None if it explains all of it."""
        acceptor = Acceptor.start(
            [profile], contract_of(base), NODES, watched.scene.setting.config(),
            dialect=self.dialect, exact=True, events=self.events,
        )  # fmt: skip
        found = first_refused(acceptor, watched.journal)
        return None if found is None else (found.place, found.difference)

    def count(self, profile: Profile, base: Profile, at_least: int = 0) -> int:
        """How many scenes a profile explains; fewer than `at_least` may be counted short."""
        explained = 0
        for at, watched in enumerate(self.seen):
            if explained + len(self.seen) - at < at_least:
                return explained
            explained += self.refused(profile, base, watched) is None
        return explained


def infer(nodes: Nodes, dialect: Dialect, *, examples: int, seed: int) -> Inferred:
    """The rules that explain the answers of an implementation. Spec: ORA-19."""
    seen = watch(nodes, dialect, examples=examples, seed=seed)
    judge = _Judge(seen, dialect, "events" in nodes.hello.capabilities)
    ranked = {name: judge.count(each, each) for name, each in PROFILES.items()}
    base = PROFILES[max(ranked, key=lambda name: ranked[name])]
    profile = _improved(judge, base, ranked[base.name])
    left = [
        (watched, found[1])
        for watched in seen
        if (found := judge.refused(profile, base, watched)) is not None
    ]
    left.sort(key=lambda pair: len(pair[0].journal))
    alike = _alike(judge, base, profile, len(seen) - len(left))
    profile = attrs.evolve(profile, name="inferred")
    return Inferred(nearest(profile), profile, len(seen), alike, tuple(left))


def _improved(judge: _Judge, base: Profile, explained: int) -> Profile:
    """The profile with one rule after the other exchanged, as long as more is explained."""
    profile = base
    for _ in range(ROUNDS_MAX):
        if explained == len(judge.seen):
            break
        best = (explained, profile)
        for watched, place in _first_failures(judge, base, profile):
            for mutant in candidates(attrs.evolve(profile, name=base.name)):
                tried = attrs.evolve(mutant.profile, name=base.name)
                found = judge.refused(tried, base, watched)
                if found is None or found[0] > place:
                    count = judge.count(tried, base, best[0] + 1)
                    best = max(best, (count, tried), key=lambda pair: pair[0])
            if best[0] > explained:
                break
        if best[0] == explained:
            break
        explained, profile = best
    return profile


def _first_failures(judge: _Judge, base: Profile, profile: Profile) -> list[tuple[Watched, int]]:
    """Some scenes that a profile does not explain, the shortest first, and where it stops."""
    failing = [
        (watched, found[0])
        for watched in judge.seen
        if (found := judge.refused(profile, base, watched)) is not None
    ]
    return sorted(failing, key=lambda pair: (pair[1], len(pair[0].journal)))[:6]


def _alike(
    judge: _Judge, base: Profile, profile: Profile, explained: int
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each decision point the other rules that explain as much: nobody asked what tells."""
    found: dict[str, list[str]] = {}
    for mutant in candidates(attrs.evolve(profile, name=base.name)):
        tried = attrs.evolve(mutant.profile, name=base.name)
        if judge.count(tried, base, explained) >= explained:
            found.setdefault(mutant.point, []).append(_name(mutant.rule))
    return tuple((point, tuple(sorted(names))) for point, names in found.items())
