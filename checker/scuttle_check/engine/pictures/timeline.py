"""A run as a picture sees it: what happened at which node, and which message went where.

Generic: texts and times come from the caller. A time is the number of a step, from 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum

from attrs import define, field, frozen


class Fate(Enum):
    """What became of a message."""

    ARRIVED = "arrived"
    LOST = "lost"
    IN_FLIGHT = "in flight"


@frozen
class Moment:
    """Something that happened at `node` at the time `at`."""

    at: int
    node: str
    text: str


@frozen
class Passage:
    """A message: sent by `source` at the time `sent`, and ended at `target` at the time `ended`.

    One that is in flight has ended at the time after the last. Copies of one message share its
    `number`.
    """

    number: int
    source: str
    target: str
    sent: int
    ended: int
    text: str
    fate: Fate = Fate.ARRIVED


UNDISTURBED = "from here every exchange is undisturbed"
"""What pictures say where the run itself is over."""


@frozen
class Timeline:
    """All moments and passages of a run, each in the order of its time.

    From the step `undisturbed` on every exchange is delivered to its end, which is no choice of the
    run but shows what it comes to. `ends` says of each node what it ends with.
    """

    nodes: tuple[str, ...]
    moments: tuple[Moment, ...]
    passages: tuple[Passage, ...]
    steps: int
    undisturbed: int | None = None
    ends: tuple[str, ...] = ()

    def later(self, at: int) -> bool:
        """Whether a step follows the run itself."""
        return self.undisturbed is not None and at >= self.undisturbed

    def arrivals(self, at: int) -> Sequence[Passage]:
        """The messages that arrive at a time."""
        return [each for each in self.passages if each.ended == at and each.fate is Fate.ARRIVED]

    def sendings(self, at: int) -> Sequence[Passage]:
        """The messages that are sent at a time; of one that arrives twice, the first."""
        first: dict[int, Passage] = {}
        for each in self.passages:
            if each.sent == at:
                first.setdefault(each.number, each)
        return list(first.values())


@frozen
class Happening:
    """One step: at `node` with a text, or the end of the message at `place` of `link`.

    A link is named by its number, `flight` is what is on each of them afterwards, the oldest first.
    A message that `stays` is still in flight though it arrived.
    """

    node: str
    text: str
    flight: Sequence[Sequence[Hashable]]
    link: int | None = None
    place: int = 0
    fate: Fate = Fate.ARRIVED
    stays: bool = False


def followed(
    nodes: Sequence[str], links: Sequence[Sequence[str]], steps: Sequence[Happening]
) -> Timeline:
    """Every message from its sending to its end, told as the text of what is in flight.

    Of equal messages on one link the older is taken for the one that goes on.
    """
    following = _Following(links)
    moments = []
    for at, step in enumerate(steps, start=1):
        if step.link is None:
            moments.append(Moment(at, step.node, step.text))
        following.goes_on(at, step)
    following.ends(len(steps) + 1)
    ordered = sorted(following.passages, key=lambda each: (each.sent, each.number, each.ended))
    return Timeline(tuple(nodes), tuple(moments), tuple(ordered), len(steps))


Flying = tuple[int, int, Hashable]
"""The number of a message in flight, when it was sent, and what it is."""


@define
class _Following:
    """The messages in flight while steps are followed, and those that have ended."""

    links: Sequence[Sequence[str]]
    passages: list[Passage] = field(factory=list)
    _flying: list[list[Flying]] = field(init=False)
    _numbers: int = 0

    def __attrs_post_init__(self) -> None:
        self._flying = [[] for _ in self.links]

    def goes_on(self, at: int, step: Happening) -> None:
        """End what the step ends, and find what is in flight after it."""
        if step.link is not None:
            self._end(step.link, self._flying[step.link][step.place], at, step.fate)
            if not step.stays:
                del self._flying[step.link][step.place]
        for link, queue in enumerate(step.flight):
            left = list(self._flying[link])
            self._flying[link] = [self._known(left, at, message) for message in queue]
            for each in left:
                self._end(link, each, at, Fate.LOST)

    def ends(self, at: int) -> None:
        """What has not ended is in flight."""
        for link, queue in enumerate(self._flying):
            for each in queue:
                self._end(link, each, at, Fate.IN_FLIGHT)

    def _known(self, left: list[Flying], at: int, message: Hashable) -> Flying:
        known = next((each for each in left if each[2] == message), None)
        if known is None:
            self._numbers += 1
            return (self._numbers, at, message)
        left.remove(known)
        return known

    def _end(self, link: int, flying: Flying, at: int, fate: Fate) -> None:
        source, target = self.links[link]
        number, sent, message = flying
        self.passages.append(Passage(number, source, target, sent, at, str(message), fate))
