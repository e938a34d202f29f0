"""What an exploration may do, as Hypothesis strategies: small worlds, unkind in many ways.

Scenes in which real implementations have been seen to lose or disagree: tried first of all.

Laws of this file: data; a scene holds only faults that the contract of the profile allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from hypothesis import strategies as st

from scuttle_check.oracle.contract import Contract, reads_the_clock
from scuttle_check.oracle.live.scene import (
    NODES,
    PEERS,
    Again,
    Converse,
    Cut,
    Deliver,
    Lose,
    News,
    Operation,
    Put,
    Read,
    Scene,
    Setting,
    Start,
    Tell,
)
from scuttle_check.oracle.protocol import NAMED_RESOLVERS, SORTS, Hello
from scuttle_ref.names import NEVER, PROTOTYPE_NAMES, UNBOUNDED, VERSION_MAX
from scuttle_ref.profile import Profile

DIGEST_LINES = 4
"""More messages than the digest of a node that knows three sources."""


def classic_scenes(resolver: str | None, contract: Contract, *, timed: bool) -> Iterator[Scene]:
    """Ties, local writes against heard ones, long absences, and links that fail. Spec: ORA-14."""

    def put(node: str, key: str, value: object, at: int = 1) -> Operation:
        return Put(node, key, value, at if timed else None)

    def many(node: str, count: int) -> list[Operation]:
        return [put(node, f"k{at}", at, at) for at in range(1, count + 1)]

    everything = Setting(UNBOUNDED, UNBOUNDED, resolve=resolver)
    plain = Setting(resolve=resolver)
    narrow = Setting(1, UNBOUNDED, resolve=resolver)
    comes = Deliver("A", "B")
    answered: list[Operation] = [Start("B", "A"), *[Deliver("B", "A")] * DIGEST_LINES]
    told: list[tuple[Setting, Sequence[Operation]]] = [
        (plain, [put("A", "k", 1), put("B", "k", 2)]),
        (plain, [put("B", "k", 1), Converse("A", "B"), put("A", "k", 2), put("C", "k", 3)]),
        (plain, [put("A", "k", 1), Converse("B", "A"), put("B", "k", None, 2)]),
        (plain, [put("A", "k", 1), put("A", "k", 1, 2), put("B", "k", 1), Converse("B", "A")]),
        (plain, [put("A", "k", [1, {"a": None}]), put("B", "j", "x" * 20_000)]),
        (plain, [put("A", "once", 0), Converse("B", "A"), *many("A", 12), Converse("B", "A")]),
        (everything, [*many("A", 14), *many("B", 14)]),
        (narrow, [*many("A", 6), Converse("B", "A"), *many("C", 4)]),
        (everything, [*many("A", 4), *answered, comes, Cut("A", "B")]),
    ]
    if contract.duplicates:
        late = [*many("A", 3), *answered, comes, comes, comes, Again("A", "B")]
        newer = [put("A", "k1", "new", 9), Converse("B", "A"), Again("A", "B")]
        told.append((everything, [*late, *newer]))
    if contract.overtakes:
        told.append((everything, [*many("A", 3), *answered, Deliver("A", "B", 1)]))
    if contract.loses:
        told.append((everything, [*many("A", 3), *answered, Lose("A", "B"), comes]))
    for setting, operations in told:
        yield Scene(setting, tuple(operations))


KEYS = ("k", "j")
SOURCES = ("A", "B", "P", "Q", "10", "2", "b", "\u00e9")
"""Own ids, played peers, two names that JavaScript enumerates first (DEV-13), and two that only
an order by code points puts last."""

VALUES: tuple[Any, ...] = (
    0, 1, 2, 3, "x", None, False, True, "", 1.5, [], [0, [None]], {}, {"a": {"b": 1}}, "\u00e9"
)  # fmt: skip
"""What owners write, the simplest first."""

LIMITS = (None, 1, 2, 3, UNBOUNDED)
OPERATIONS_MAX = 14


@frozen
class Palette:
    """What is drawn from: the functions an implementation knows, and how hostile peers are."""

    resolvers: tuple[str | None, ...]
    sorts: tuple[str | None, ...]
    returns: bool
    hostile: bool
    timed: bool = False

    @classmethod
    def of(cls, hello: Hello, profile: Profile, *, hostile: bool) -> Palette:
        """The palette for an implementation of a profile."""
        named = hello.named("resolver")
        known = tuple(name for name in named if name in NAMED_RESOLVERS)
        strange = tuple(name for name in named if name not in NAMED_RESOLVERS)
        first = ("lww_total",) if "lww_total" in known else ()
        sorts = tuple(name for name in hello.named("sort") if name in SORTS and name != "default")
        returns = profile.close.__name__ != "close_silent"
        resolvers = (*first, *known, *strange) or (None,)
        timed = reads_the_clock(profile)
        return cls(resolvers, (None, None, *sorts), returns, hostile, timed)

    def written(self, node: st.SearchStrategy[str]) -> st.SearchStrategy[Operation]:
        """A write of an owner; with readings that may tie, or step back, where clocks are read."""
        readings = st.integers(1, 4) if self.timed else st.none()
        return st.builds(Put, node, st.sampled_from(KEYS), st.sampled_from(VALUES), readings)


def settings_of(palette: Palette) -> st.SearchStrategy[Setting]:
    """How the nodes of a scene are configured."""
    return st.builds(
        Setting,
        mtu=st.sampled_from(LIMITS),
        max_history=st.sampled_from((*LIMITS, 0)),
        resolve=st.sampled_from(palette.resolvers),
        sort=st.sampled_from(palette.sorts),
    )


def _update(source: str, version: int) -> dict[str, Any]:
    """The one update that bears this source and version; equal versions compete for a key."""
    return {
        "key": KEYS[version % 2],
        "value": _SAID.get(version, f"{source}{version}"),
        "source_id": source,
        "version": version,
    }


_SAID: dict[int, Any] = {3: [3, [None]], 4: {"four": [4]}, 5: 5.5, 12: None}
"""Values that are no texts, by the version that bears them."""


def _digest(source: str, mark: float) -> dict[str, Any]:
    return {"digest": True, "source_id": source, "version": mark}


_DONE: dict[str, Any] = {"digest": True, "done": True}

_VERSIONS = st.sampled_from((1, 2, 3, 4, 5, 12, VERSION_MAX))
_MARKS = st.sampled_from((0, 1, 2, 3, NEVER))


def _spoken(
    palette: Palette, versions: st.SearchStrategy[int] = _VERSIONS
) -> st.SearchStrategy[Any]:
    said = [
        st.builds(_update, st.sampled_from(SOURCES), versions),
        st.builds(_digest, st.sampled_from(SOURCES), _MARKS),
        st.just(_DONE),
    ]
    if palette.returns:
        said.append(st.just({**_DONE, "returned": True}))
    if palette.hostile:
        said.append(hostile_messages())
    return st.one_of(said)


_FLAGS = st.sampled_from((True, False, None, 0, "", "x", 1))
"""What languages agree on: an empty list counts as true in JavaScript and as false in Python."""


def hostile_messages() -> st.SearchStrategy[Any]:
    """What no honest peer says: wrong types, missing members, names no one may bear."""
    strange: st.SearchStrategy[Any] = st.sampled_from(
        (None, True, 0, -1, 1.5, 2**53 + 1, "", "x", [], {}, *sorted(PROTOTYPE_NAMES)[:4])
    )
    names = ("key", "value", "source_id", "version", "extra")
    members = st.dictionaries(st.sampled_from(names), strange, max_size=4)
    flags = st.dictionaries(st.sampled_from(("digest", "done")), _FLAGS, max_size=2)
    mixed = st.builds(lambda some, more: {**some, **more}, members, flags)
    broken = st.builds(
        lambda name, value: {**_update("P", 1), name: value},
        st.sampled_from(("key", "source_id", "version")),
        strange,
    )
    return st.one_of(broken, mixed)


def operations(palette: Palette) -> st.SearchStrategy[Operation]:
    """One operation of a step exploration. Smaller ones stand first, and shrinking prefers them."""
    node, peer = st.sampled_from(NODES), st.sampled_from(PEERS)
    links = st.sampled_from([(one, other) for one in NODES for other in NODES if one != other])
    return st.one_of(
        palette.written(node),
        links.map(lambda link: Converse(*link)),
        st.builds(Tell, peer, node, st.tuples(_spoken(palette))),
        st.builds(Tell, peer, node, st.lists(_spoken(palette), max_size=4).map(tuple)),
        st.builds(Tell, peer, node, st.builds(_asked, st.lists(_lines(), max_size=3))),
        st.builds(Start, node, st.sampled_from((*NODES, *PEERS))).filter(_elsewhere),
        st.builds(_delivered, links, st.sampled_from((0, 0, 1))),
        links.map(lambda link: Again(*link)),
        st.builds(Cut, node, st.sampled_from((*NODES, *PEERS))).filter(_apart),
        st.builds(News, node, st.sampled_from(SOURCES), _MARKS),
        st.builds(Read, node, st.sampled_from(SOURCES), st.sampled_from(KEYS)),
    )


def _delivered(link: tuple[str, str], place: int) -> Deliver:
    return Deliver(link[0], link[1], place)


def _apart(cut: Cut) -> bool:
    return cut.one != cut.other


def _elsewhere(start: Start) -> bool:
    return start.node != start.peer


def _phrases(palette: Palette) -> st.SearchStrategy[tuple[Operation, ...]]:
    """Operations that mean something together: what limits and memories need to show."""
    node, peer = st.sampled_from(NODES), st.sampled_from(PEERS)
    source = st.sampled_from(SOURCES)
    many = st.sampled_from((2, 3, 4, 12, 18))
    return st.one_of(
        operations(palette).map(lambda each: (each,)),
        st.builds(_burst, node, st.integers(2, 4)),
        st.builds(_flood, peer, node, source, many),
        st.builds(_used_up, peer, node, st.sampled_from((2, 5, VERSION_MAX - 1, VERSION_MAX))),
        st.builds(_interleaved, node, source, source, st.sampled_from((0, 1))),
        st.builds(_broken_off, node, source, st.sampled_from((0, 1))),
        st.builds(_interrupted, peer, node, source, st.sampled_from(NODES)),
    )


def _burst(node: str, count: int) -> tuple[Operation, ...]:
    """A node writes more than one answer may carry, and the other asks."""
    other = next(each for each in NODES if each != node)
    writes = [Put(node, KEYS[at % 2], at) for at in range(count)]
    return (*writes, Converse(other, node))


def _flood(peer: str, node: str, source: str, count: int) -> tuple[Operation, ...]:
    """More updates of one source than history or an answer holds by default, and a question."""
    told = tuple(_update(source, version) for version in range(1, count + 1))
    return (Tell(peer, node, told), Tell(peer, node, (_digest(node, 0), _DONE)))


def _used_up(peer: str, node: str, version: int) -> tuple[Operation, ...]:
    """A node hears of a write of its own that it has forgotten, and writes again."""
    return (Tell(peer, node, (_update(node, version),)), Put(node, "k", 0))


def _interleaved(node: str, one: str, other: str, mark: float) -> tuple[Operation, ...]:
    """Two peers ask at once, and one of them names a source twice."""
    first, second = PEERS
    return (
        Tell(first, node, (_digest(one, mark + 1), _digest(one, mark))),
        Tell(second, node, (_digest(other, mark), _DONE)),
        Tell(first, node, (_DONE,)),
    )


def _broken_off(node: str, source: str, mark: float) -> tuple[Operation, ...]:
    """One of two connections breaks in the middle of both digests."""
    first, second = PEERS
    heard = tuple(_update(each, version) for version, each in enumerate((source, first, second), 1))
    return (
        Tell(second, node, heard),
        Tell(first, node, (_digest(source, mark),)),
        Tell(second, node, (_digest(first, mark),)),
        Cut(node, first),
        Tell(second, node, (_DONE,)),
        Tell(first, node, (_DONE,)),
    )


def _interrupted(peer: str, node: str, source: str, starter: str) -> tuple[Operation, ...]:
    """In the middle of a digest the node hears, writes, and starts an exchange of its own."""
    told = (_update(source, 2), _digest(source, 0))
    return (
        Tell(peer, node, told),
        *((Start(node, peer),) if starter == node else (Tell(peer, node, (_update(peer, 1),)),)),
        Put(node, "j", 0),
        Tell(peer, node, (_DONE,)),
    )


def _lines() -> st.SearchStrategy[Any]:
    return st.builds(_digest, st.sampled_from(SOURCES), _MARKS)


def _asked(lines: Sequence[Any]) -> tuple[Any, ...]:
    """A whole digest of a played peer."""
    return (*lines, _DONE)


def scenes(palette: Palette) -> st.SearchStrategy[Scene]:
    """Scenes of a step exploration."""
    phrases = _phrases(palette)
    some = st.lists(phrases, min_size=1, max_size=OPERATIONS_MAX)
    more = st.lists(phrases, min_size=OPERATIONS_MAX // 2, max_size=OPERATIONS_MAX)
    steps = st.builds(lambda *parts: _joined(parts), st.one_of(some, more).map(_joined), _looks())
    return st.builds(Scene, settings_of(palette), steps)


def _looks() -> st.SearchStrategy[tuple[Operation, ...]]:
    """What is asked at the end, of those who have most likely said something."""
    node, source = st.sampled_from(NODES), st.sampled_from(SOURCES[:3])
    look: st.SearchStrategy[Operation] = st.one_of(
        st.builds(News, node, source, st.sampled_from((NEVER, 0, 1))),
        st.builds(Read, node, source, st.sampled_from(KEYS)),
    )
    return st.lists(look, max_size=4).map(tuple)


def _joined(phrases: Sequence[tuple[Operation, ...]]) -> tuple[Operation, ...]:
    return tuple(operation for phrase in phrases for operation in phrase)


def troubled(
    palette: Palette, contract: Contract, nodes: Sequence[str]
) -> st.SearchStrategy[Scene]:
    """Scenes of a convergence exploration: writes, exchanges, and the faults of the link."""
    node = st.sampled_from(list(nodes))
    links = st.sampled_from([(one, other) for one in nodes for other in nodes if one != other])
    kinds: list[st.SearchStrategy[Operation]] = [
        palette.written(node),
        links.map(lambda link: Converse(*link)),
        links.map(lambda link: Start(*link)),
        links.map(lambda link: Deliver(*link)),
        links.map(lambda link: Cut(*link)),
    ]
    if contract.loses:
        kinds.append(links.map(lambda link: Lose(*link)))
    if contract.duplicates:
        kinds.append(links.map(lambda link: Again(*link)))
    if contract.overtakes:
        kinds.append(links.map(lambda link: _delivered(link, 1)))
    setting = st.builds(
        Setting,
        mtu=st.sampled_from((UNBOUNDED, 1, 2, None)),
        max_history=st.sampled_from((UNBOUNDED, None)),
        resolve=st.just(palette.resolvers[0]),
    )
    steps = st.lists(st.one_of(kinds), min_size=2, max_size=OPERATIONS_MAX).map(tuple)
    return st.builds(Scene, setting, steps)


def hostile_scenes(palette: Palette) -> st.SearchStrategy[Scene]:
    """Scenes of a robustness exploration: one node, an owner who writes, peers who rave.

    The owner writes a key that no peer can win. Nobody says the largest version, after which a
    node rightly takes no write (VERS-6).
    """
    said = st.one_of(hostile_messages(), _spoken(palette, st.integers(1, 5)))
    step: st.SearchStrategy[Operation] = st.one_of(
        st.builds(Tell, st.sampled_from(PEERS), st.just(NODES[0]), st.tuples(said)),
        st.builds(Put, st.just(NODES[0]), st.just("mine"), st.integers(0, 3)),
    )
    setting = st.builds(Setting, resolve=st.just(palette.resolvers[0]))
    return st.builds(Scene, setting, st.lists(step, min_size=1, max_size=OPERATIONS_MAX).map(tuple))
