"""Step and wire: scenes against live nodes, with the acceptor watching each message.

A violation that is understood is carried on as a variant, so that the search goes on behind it
and finds the next one.
"""

from __future__ import annotations

from typing import Final

import attrs
from attrs import define, field

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.contract import contract_of
from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.blame import first_refused, kind_of, takes_the_last
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.diagnosis import Diagnosis, diagnose
from scuttle_check.oracle.live.nodes import Loopback, Nodes
from scuttle_check.oracle.live.observation import Ambiguous
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.scene import NODES, Scene
from scuttle_check.oracle.live.stage import Stage, Unsupported, Violated
from scuttle_check.oracle.result import Problem, failed_by, of_process
from scuttle_ref.profile import Profile, deviations
from scuttle_ref.wire import Dialect

NEEDS: Final = ("set", "write", "gossip")


@define
class Explorer:
    """Plays scenes, with the acceptor watching.

    `variants` are the profile and the mistakes known so far; `exact` is the wire level.
    """

    nodes: Nodes
    profile: Profile
    dialect: Dialect
    exact: bool
    case: str
    variants: list[Profile] = field(factory=list)
    known: set[tuple[str, ...]] = field(factory=set)
    moved: int = 0
    played: int = 0
    skipped: int = 0
    ambiguous: int = 0

    def __attrs_post_init__(self) -> None:
        self.variants = [self.profile]

    def attempt(self, scene: Scene) -> Problem | None:
        """Play a scene; the problem if there is one. Spec: ORA-5, ORA-7."""
        stage = Stage(
            self.nodes, self._acceptor(scene, self.variants), self.dialect, lines=self._lines
        )
        self.played += 1
        try:
            stage.play(scene, NODES, self.case)
        except Violated as violated:
            return self._blamed(scene, violated.difference, stage)
        except ProcessFailed as failed:
            return of_process(failed, tuple(stage.rows), stage.journal)
        except Unsupported:
            self.skipped += 1
        except Ambiguous:
            self.ambiguous += 1
        finally:
            self.moved += stage.moved
        return None

    def _blamed(self, scene: Scene, found: Difference, stage: Stage) -> Problem | None:
        """What the unmodified profile refuses; what a guess refuses only as what follows from it.

        Spec: ORA-18.
        """
        if not stage.journal:
            return failed_by(found, _clause(found), stage, "init")
        refused = first_refused(self._acceptor(scene, [self.profile]), stage.journal)
        if refused is None:
            self.ambiguous += 1
            return None
        first, place = refused.difference, refused.place
        kind = kind_of(first, stage.journal[: place + 1])
        problem = failed_by(first, _clause(first), stage, kind, place)
        if place == len(stage.journal) - 1 or problem.key not in self.known:
            return problem
        if takes_the_last(self._acceptor(scene, [self.profile]), stage.journal):
            return None
        later = failed_by(found, _clause(found), stage, kind_of(found, stage.journal))
        assumed = tuple(dict.fromkeys(each for each in map(self._guess, self.variants) if each))
        return attrs.evolve(later, after=problem.key, assumed=assumed)

    def _guess(self, variant: Profile) -> str:
        """The rule in which a variant differs from the profile."""
        return ", ".join(each.other for each in deviations(self.profile, variant))

    @property
    def _lines(self) -> bool:
        return self.exact and "lines" in self.nodes.hello.capabilities

    def _acceptor(self, scene: Scene, profiles: list[Profile]) -> Acceptor:
        return Acceptor.start(
            profiles,
            contract_of(self.profile),
            NODES,
            scene.setting.config(),
            dialect=self.dialect,
            exact=self.exact,
            events="events" in self.nodes.hello.capabilities,
        )

    def explained(self, scene: Scene, problem: Problem) -> Diagnosis | None:
        """What explains the violation that was found in a scene. Spec: ORA-9."""
        if problem.difference is None:
            return None
        return diagnose(
            self.profile,
            self.variants,
            problem.difference,
            problem.journal,
            lambda profile: self._acceptor(scene, [profile]),
        )

    def control(self, scene: Scene) -> Problem | None:
        """The same scene on the reference: it must have no problem. Spec: ORA-8."""
        lines = "lines" in self.nodes.hello.capabilities
        reference = Loopback(ReferenceAdapter(self.profile, self.dialect, lines))
        return Explorer(reference, self.profile, self.dialect, self.exact, "control").attempt(scene)


def _clause(found: Difference) -> str:
    return found.clause or "/".join(found.points[:1])
