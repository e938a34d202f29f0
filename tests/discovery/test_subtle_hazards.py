"""Hazards that need a property, a network or a configuration of their own."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from scuttle_check.engine.network import UNLIMITED, Network
from scuttle_check.engine.properties import Always, Broken, Finding, Good
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Setup
from scuttle_check.search.plain import breadth_first
from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.messages import Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import RESOLVERS
from scuttle_ref.state import NodeState

JOINER = "A set k=1; B gossip A; B set k=2"
"""B overwrites what it has heard of A; C joins afterwards."""


def after_hearing(nodes: tuple[NodeState, ...]) -> bool:
    """Whether B's write came after it had taken A's: then its version is 3."""
    return any((u.source_id, u.version) == ("B", 3) for u in nodes[1].history.updates)


ASKING = attrs.evolve(AS_SHIPPED, prefer=rules.prefer_resolver)
"""As shipped, but with the call of the resolver that was lost in 2013."""


@pytest.mark.parametrize(
    ("profile", "resolver", "kind"),
    [
        (AS_SHIPPED, "lww_total", Kind.REFUTED),
        (ASKING, "lww_vs_clock", Kind.REFUTED),
        (ASKING, "lww_vs_current_vers", Kind.HOLDS),
        (ASKING, "strictly_order_values", Kind.HOLDS),
        (DOCUMENTED, "lww_vs_clock", Kind.HOLDS),
        (DOCUMENTED, "lww_total", Kind.HOLDS),
    ],
)
def test_h2_a_fresh_joiner_ends_with_the_overwritten_value(
    build: Callable[..., Setup],
    narrowed: Callable[..., Always],
    profile: Profile,
    resolver: str,
    kind: Kind,
) -> None:
    """No two writes are concurrent here, and still C keeps the old one for ever.

    Only worlds in which B wrote after hearing of A's write are judged. The verdicts with a
    resolver are those measured on the real library with the call put back; the documented
    profile needs none of it, because it answers in sort order. Spec: CONV-1.
    """
    config = Config(resolve=RESOLVERS[resolver], max_history=UNBOUNDED, mtu=UNBOUNDED)
    setup = build("line:3", JOINER, exchanges=0, gossip=Gossip(profile, config))
    report = breadth_first(setup.system, [narrowed(setup, "agreement", after_hearing)])
    verdict = report.verdicts[0]
    assert report.stats.complete
    assert report.stats.states <= 60
    assert verdict.kind is kind
    if kind is Kind.REFUTED:
        assert len(verdict.schedule or ()) <= 7
        assert " C with 1@1 for k" in verdict.because


def newest_first(one: Update, other: Update) -> int:
    """A sort that is not by rising version: the README allows any."""
    return other.version - one.version


@pytest.mark.parametrize(("profile", "kind"), [(AS_SHIPPED, "refuted"), (DOCUMENTED, "holds")])
def test_h12_a_sort_that_is_not_by_version_leaves_holes(
    build: Callable[..., Setup], explore: Callable[[Setup], Report], profile: Profile, kind: str
) -> None:
    """Cut to one update, newest first, the clock jumps over the rest.

    The documented pace takes the lowest versions of each source whatever the sort. Spec: CONV-1.
    """
    config = Config(sort=newest_first, mtu=1, max_history=UNBOUNDED)
    lines = "A set i=1; A set j=2; A set k=3"
    report = explore(build("line:2", lines, gossip=Gossip(profile, config)))
    verdict = report.verdict("agreement")
    assert verdict.kind.value == kind
    assert len(verdict.schedule or ()) <= 3
    assert report.verdict("no-gap").kind.value == kind


def test_h11_an_answer_cut_in_version_order_is_only_late(
    build: Callable[..., Setup], explore: Callable[[Setup], Report]
) -> None:
    """The control of H12: with the lowest version first, mtu 1 costs rounds and no data."""
    lines = "A set i=1; A set j=2; A set k=3; A set l=4"
    report = explore(build("line:2", lines, profile="as-shipped", mtu=1))
    assert report.verdict("agreement").kind is Kind.HOLDS


@pytest.mark.parametrize(("whole", "kind"), [(True, "holds"), (False, "refuted")])
@pytest.mark.parametrize("profile", ["documented", "textbook"])
def test_h7_one_frame_per_answer_makes_loss_harmless(
    build: Callable[..., Setup],
    explore: Callable[[Setup], Report],
    profile: str,
    whole: bool,
    kind: str,
) -> None:
    """The cure of the paper works for the others too: lost whole, asked for again. Spec: NET-5."""
    links = Network("datagrams", whole_answers=whole, losses=UNLIMITED)
    report = explore(build("line:2", "A set x=1; A set y=2", profile=profile, links=links))
    assert report.verdict("agreement").kind.value == kind
    assert report.verdict("no-gap").kind.value == kind


def test_h7_one_loss_is_enough(
    build: Callable[..., Setup], explore: Callable[[Setup], Report]
) -> None:
    """Not a matter of bad luck: a single frame lost in a whole run is a hole for ever."""
    links = Network("one loss", losses=1)
    report = explore(build("line:2", "A set x=1; A set y=2", links=links))
    assert report.verdict("agreement").kind is Kind.REFUTED


def test_h20_a_lost_done_is_repaired_by_the_next_quiet_exchange(
    build: Callable[..., Setup], explore: Callable[[Setup], Report]
) -> None:
    """Transient, so no verdict may call it permanent: one writer, one update, any loss."""
    report = explore(build("line:3", "C set c=1", profile="as-shipped", network="lossy"))
    assert report.verdict("agreement").kind is Kind.HOLDS


@pytest.mark.parametrize(("profile", "kind"), [("as-shipped", "refuted"), ("documented", "holds")])
def test_h25_versions_measure_gossip_activity(
    build: Callable[..., Setup], profile: str, kind: str
) -> None:
    """As shipped, who gossips more wins: a first write does not have version 1."""

    def check(node: NodeState) -> Finding:
        own = [update for update in node.history.updates if update.source_id == node.id]
        if not own:
            return Good.VACUOUS
        return Good.KEPT if own[0].version == 1 else Broken(f"the first write is {own[0]}")

    setup = build("line:2", "A gossip B; A gossip B; A set k=1", profile=profile, exchanges=0)
    first = Always("first-is-one", "VERS-2", "the first version is 1", lambda w: w.nodes, check)
    verdict = breadth_first(setup.system, [first]).verdicts[0]
    assert verdict.kind.value == kind
    if kind == "refuted":
        assert verdict.because == "the first write is k=1@A3"


@pytest.mark.parametrize("profile", ["as-shipped", "documented"])
def test_h24_two_updates_of_one_identity_meet_in_one_history(
    build: Callable[..., Setup], explore: Callable[[Setup], Report], profile: str
) -> None:
    """As shipped, both are remembered; documented, the second is taken for a duplicate."""
    lines = "A set k=1; A restart; A set j=2"
    report = explore(build("line:2", lines, profile=profile, exchanges=2))
    assert report.verdict("agreement").kind is Kind.REFUTED
    verdict = report.verdict("history-sound")
    assert verdict.kind is (Kind.REFUTED if profile == "as-shipped" else Kind.HOLDS)


def test_h6_it_is_the_newcomer_that_is_lost(
    build: Callable[..., Setup], explore: Callable[[Setup], Report]
) -> None:
    """Not the oldest update is forgotten but the lowest version: C's first and only one."""
    lines = "B set b=1; B set b=2; B set b=3; C set c=1; B gossip C; A gossip B"
    report = explore(build("line:3", lines, exchanges=0, max_history=2))
    assert " for c" in report.verdict("agreement").because


def test_gossip_in_a_script_is_no_write(
    build: Callable[..., Setup], explore: Callable[[Setup], Report]
) -> None:
    """A script may mix writes and gossip; only writes must raise the version. Spec: CONV-2."""
    lines = "A set k=1; A gossip B; A restart; A gossip B; B gossip A"
    report = explore(build("line:2", lines, exchanges=0))
    assert report.verdict("unique-versions").kind is Kind.HOLDS


@pytest.mark.parametrize("profile", ["documented", "textbook", "paper"])
def test_nothing_is_found_where_nothing_is_wrong(
    build: Callable[..., Setup],
    explore: Callable[[Setup], Report],
    refuted: Callable[[Report], set[str]],
    profile: str,
) -> None:
    """Three writers, two of one key, a relay, overlapping exchanges: every property holds."""
    lines = "A set k=a; B set k=b; B set j=1; C gossip B; A gossip B; B gossip C; C gossip B"
    report = explore(build("line:3", lines, profile=profile, exchanges=0))
    assert refuted(report) == set()
    assert all(v.kind is not Kind.UNKNOWN for v in report.verdicts)
