"""What a node has to say and nobody has read yet, up to a mark.

Laws of this file: the order of messages is kept; nothing is dropped. Above the mark a node still
answers; it only asks its owner, and its own exchanges, to wait.
"""

from __future__ import annotations

from collections import deque

from attrs import define, field

from scuttle_ref.outputs import Send


@define
class ReadBuffer:
    """Messages in the order in which they will be read. `mark`: how many are plenty.

    `waiting` are digest lines that wait for room, so that an exchange stops at the mark and goes
    on when somebody reads.

    Spec: NODE-2.
    """

    mark: int
    ready: deque[Send] = field(factory=deque)
    waiting: deque[Send] = field(factory=deque)
    wants_drain: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the mark is reached."""
        return len(self.ready) >= self.mark

    def answer(self, sends: list[Send]) -> None:
        """Put an answer at the end: what a peer asked for is not held back."""
        self.ready.extend(sends)

    def ask(self, sends: list[Send]) -> None:
        """Put a digest at the end, as much of it as there is room for."""
        self.waiting.extend(sends)
        self._refill()

    def _refill(self) -> None:
        while self.waiting and not self.is_full:
            self.ready.append(self.waiting.popleft())

    def take(self) -> Send | None:
        """The oldest message, or None when there is none."""
        send = self.ready.popleft() if self.ready else None
        self._refill()
        return send

    def take_for(self, peer: str) -> Send | None:
        """The oldest message for `peer`, or None when there is none."""
        for at, send in enumerate(self.ready):
            if send.to == peer:
                del self.ready[at]
                self._refill()
                return send
        return None

    def forget(self, peer: str) -> None:
        """Drop what was meant for a peer that is gone; its next digest asks again."""
        self.ready = deque(send for send in self.ready if send.to != peer)
        self.waiting = deque(send for send in self.waiting if send.to != peer)
        self._refill()

    def drained(self) -> bool:
        """Whether somebody was told to wait and need not wait any more; says so once."""
        if self.wants_drain and not self.ready:
            self.wants_drain = False
            return True
        return False
