"""Actors that are no protocol, to look at the network alone.

A local state is the tuple of what a node has seen: enough to compare orders of arrival.
"""

from __future__ import annotations

from collections.abc import Hashable

from attrs import frozen

from scuttle_check.engine.network import Comeback
from scuttle_check.engine.system import Effects

Seen = tuple[Hashable, ...]


@frozen
class Postman:
    """A command ``(target, message, ...)`` sends the messages; what arrives is kept in order."""

    def start(self, node: str) -> Seen:
        return (node,)

    def command(self, local: Seen, command: tuple[str, ...]) -> Effects:
        target, *messages = command
        return Effects(local, tuple((target, message) for message in messages))

    def receive(self, local: Seen, sender: str, message: Hashable) -> Effects:
        return Effects((*local, f"{sender}:{message}"))

    def exchange(self, target: str) -> tuple[str, ...]:
        return target, "hello"

    def restarted(self, local: Seen, how: Comeback) -> Seen:
        match how:
            case Comeback.PERSISTED:
                return local
            case Comeback.AMNESIA:
                return local[:1]
            case Comeback.NEW_ID:
                return (f"{local[0]}'",)

    def shared(self, local: Seen) -> Hashable:
        return local[1:]

    def with_shared(self, local: Seen, component: Seen) -> Seen:
        return local[:1] + component


@frozen
class Listening(Postman):
    """Notes the connections that opened and were lost; they take turns, but for a restart."""

    def restarted(self, local: Seen, how: Comeback) -> Seen:
        return (*super().restarted(local, how), "back")

    def opened(self, local: Seen, peer: str) -> Seen:
        assert f"opened {peer}" not in local[-1:], "opened twice"
        return (*local, f"opened {peer}")

    def lost(self, local: Seen, peer: str) -> Seen:
        told = [note for note in local if note in {f"opened {peer}", f"lost {peer}"}]
        assert told[-1:] != [f"lost {peer}"], "lost twice"
        return (*local, f"lost {peer}")


@frozen
class Relay(Postman):
    """Passes every message on to B, and says so."""

    def receive(self, local: Seen, sender: str, message: Hashable) -> Effects:
        del sender
        return Effects(
            (*local, message), (("B", message), ("nobody", message)), (f"got {message}",)
        )


@frozen
class Restless(Postman):
    """Every exchange moves something: such nodes never settle."""

    def receive(self, local: Seen, sender: str, message: Hashable) -> Effects:
        del sender, message
        return Effects((local[0], len(local)))


@frozen
class PingPong(Postman):
    """Every message is answered with a message: one exchange never ends."""

    def receive(self, local: Seen, sender: str, message: Hashable) -> Effects:
        return Effects(local, ((sender, message),))


@frozen
class Counter(Postman):
    """Exchanges tell the own number; the larger is taken. Settles at the maximum."""

    def start(self, node: str) -> Seen:
        return (ord(node),)

    def command(self, local: Seen, command: tuple[str, ...]) -> Effects:
        return Effects(local, ((command[0], ("tell", *local)),))

    def receive(self, local: Seen, sender: str, message: Hashable) -> Effects:
        assert isinstance(message, tuple)
        number = message[1]
        if message[0] == "tell" and number < local[0]:
            return Effects(local, ((sender, ("news", *local)),))
        return Effects((max(number, local[0]),))
