"""The stage of a dialogue: nodes, what is in flight between them, and who shares a process."""

from __future__ import annotations

import attrs
from attrs import define, field, frozen

from scuttle_check.engine.actions import (
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Resume,
    Start,
)
from scuttle_check.engine.actions import Restart as Up
from scuttle_check.engine.network import Comeback, Frame
from scuttle_check.gossip.actor import GossipActor, Restart
from scuttle_check.gossip.agreement import disagreement
from scuttle_check.gossip.explain import tell_apart, tell_node, tell_output
from scuttle_check.gossip.script import NodeCommand, command_text
from scuttle_ref.config import Config
from scuttle_ref.messages import Event, Exchange, Lost, Opened, Received, Update
from scuttle_ref.names import NodeId
from scuttle_ref.outputs import Output, Send
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import DOCUMENTED
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import Marks, NodeState

DELIVERIES_MAX = 10_000
"""Where "deliver all" gives up: nodes that answer each other for ever. Unit: messages."""


@frozen
class Move:
    """Something that happened, for a picture: at `node`, or a message from there to `target`.

    `mark` is ``>`` for an arrival and ``x`` for a loss; `label` is the line of a schedule.
    """

    node: NodeId
    text: str
    target: NodeId | None = None
    mark: str = ">"
    label: str = ""


@define
class Stage:
    """Mutable, because a dialogue goes on line by line; every step is the pure reducer's.

    `lived` is what each node has been through since it was put on the stage or restarted, but for
    those that came back with what they had `inherited`: a fresh node would not do the same.
    """

    profile: Profile = DOCUMENTED
    config: Config = field(factory=Config)
    nodes: dict[NodeId, NodeState] = field(factory=dict)
    flight: dict[tuple[NodeId, NodeId], list[Frame]] = field(factory=dict)
    process_of: dict[NodeId, int] = field(factory=dict)
    named: dict[int, Marks] = field(factory=dict)
    moves: list[Move] = field(factory=list)
    lived: list[tuple[NodeId, list[Event]]] = field(factory=list)
    cut: set[frozenset[NodeId]] = field(factory=set)
    down: set[NodeId] = field(factory=set)
    paused: set[NodeId] = field(factory=set)
    inherited: set[NodeId] = field(factory=set)

    @property
    def gossip(self) -> Gossip:
        """The protocol that is played."""
        return Gossip(self.profile, self.config)

    def add(self, names: list[NodeId]) -> None:
        """Put fresh nodes on the stage, each in a process of its own."""
        for name in names:
            self.nodes[name] = self.gossip.start(name)
            self.process_of[name] = len(self.process_of)
            self.lived.append((name, []))

    def share_process(self, names: list[NodeId]) -> None:
        """Let these nodes live in one process."""
        for name in names:
            self.process_of[name] = self.process_of[names[0]]

    def command(self, node: NodeId, command: NodeCommand) -> list[str]:
        """The owner of `node` does something; what follows, in sentences."""
        start = Start(node, command.peer) if isinstance(command, Exchange) else None
        told = command_text(command)
        self.moves.append(Move(node, told, label=str(start or f"{node} {told}")))
        if isinstance(command, Restart):
            self.nodes[node] = self.gossip.start(node)
            self.lived.append((node, []))
            return [f"{node} has forgotten everything and keeps its id"]
        return self._reduce(node, [command])

    def deliver(self, source: NodeId, target: NodeId, index: int, *, keep: bool) -> list[str]:
        """The frame at `index` of a link arrives; with `keep` a copy stays in flight."""
        queue = self.flight[source, target]
        at = index % len(queue)
        kind = Duplicate if keep else Overtake if at else Deliver
        frame = queue[at] if keep else queue.pop(at)
        told = " + ".join(map(str, frame))
        self.moves.append(Move(source, told, target, label=str(kind(source, target, at))))
        head = f"{target} receives {told}"
        return [head, *self._reduce(target, [Received(source, each) for each in frame])]

    def drop(self, source: NodeId, target: NodeId, index: int) -> list[str]:
        """The frame at `index` of a link is lost."""
        at = index % len(self.flight[source, target])
        told = " + ".join(map(str, self.flight[source, target].pop(at)))
        self.moves.append(Move(source, told, target, "x", str(Drop(source, target, at))))
        return [f"{told} from {source} to {target} is lost"]

    def deliver_all(self) -> tuple[list[str], int]:
        """Deliver, link by link, until nothing is in flight; and how many updates moved."""
        lines: list[str] = []
        moved = 0
        for _ in range(DELIVERIES_MAX):
            busy = [
                link
                for link, queue in sorted(self.flight.items())
                if queue and link[1] not in self.paused
            ]
            if not busy:
                return lines, moved
            link = busy[0]
            moved += sum(isinstance(each, Update) for each in self.flight[link][0])
            lines.extend(self.deliver(*link, 0, keep=False))
        return [*lines, f"still talking after {DELIVERIES_MAX} messages"], moved

    # --- what may go wrong ------------------------------------------------------------------------

    def break_connection(self, one: NodeId, two: NodeId) -> list[str]:
        """The connection of two nodes breaks, and what was in flight is lost. Spec: FAULT-2."""
        self.cut.add(frozenset((one, two)))
        self.moves.append(Move(one, "cut", label=str(Cut(one, two))))
        told = f"the connection of {one} and {two} breaks"
        lost = [*self._lost((one, two)), *self._lost((two, one))]
        return [told, *lost, *self._hear(two, Lost(one)), *self._hear(one, Lost(two))]

    def heal_connection(self, one: NodeId, two: NodeId) -> list[str]:
        """The connection of two nodes is whole again. Spec: FAULT-2."""
        self.cut.discard(frozenset((one, two)))
        self.moves.append(Move(one, "heal", label=str(Heal(one, two))))
        told = f"{one} and {two} are connected again"
        if self.down & {one, two}:
            return [told]
        return [told, *self._hear(two, Opened(one)), *self._hear(one, Opened(two))]

    def crash(self, node: NodeId) -> list[str]:
        """A node stops, and all that is in flight to and from it is lost. Spec: FAULT-3."""
        peers = self._connected(node)
        self.down.add(node)
        self.moves.append(Move(node, "crash", label=str(Crash(node))))
        lost = [self._lost(link) for link in sorted(self.flight) if node in link]
        heard = [self._hear(peer, Lost(node)) for peer in peers]
        return [f"{node} crashes", *(line for lines in (*lost, *heard) for line in lines)]

    def restart(self, node: NodeId, how: Comeback) -> list[str]:
        """A node that crashed comes back with what `how` leaves it. Spec: FAULT-4."""
        self.down.discard(node)
        self.moves.append(Move(node, "restart", label=str(Up(node, how))))
        process = self.process_of[node]
        alone = list(self.process_of.values()).count(process) == 1
        if alone:
            self.named.pop(process, None)
        self.nodes[node] = GossipActor(self.gossip).restarted(self.nodes[node], how)
        if how is Comeback.AMNESIA:
            self.lived.append((node, []))
            self.inherited.discard(node)
        else:
            self.inherited.add(node)
        left = {
            Comeback.PERSISTED: "keeps its state",
            Comeback.AMNESIA: "has forgotten everything and keeps its id",
            Comeback.NEW_ID: f"has forgotten everything and is {self.nodes[node].id} from now on",
        }
        told = [f"{node} comes back: it {left[how]}"]
        for peer in self._connected(node):
            told += [*self._hear(node, Opened(peer)), *self._hear(peer, Opened(node))]
        return told

    def pause(self, node: NodeId) -> list[str]:
        """A node does nothing until it resumes; what arrives waits. Spec: FAULT-5."""
        self.paused.add(node)
        self.moves.append(Move(node, "pause", label=str(Pause(node))))
        return [f"{node} pauses; what arrives waits"]

    def resume(self, node: NodeId) -> list[str]:
        """A paused node goes on. Spec: FAULT-5."""
        self.paused.discard(node)
        self.moves.append(Move(node, "resume", label=str(Resume(node))))
        return [f"{node} goes on"]

    def connected(self, source: NodeId, target: NodeId) -> bool:
        """Whether what `source` sends reaches `target` some time. Spec: FAULT-2, FAULT-3."""
        return frozenset((source, target)) not in self.cut and target not in self.down

    def _connected(self, node: NodeId) -> list[NodeId]:
        """The other nodes that are up, and whose connection to `node` is whole."""
        broken = {other for pair in self.cut if node in pair for other in pair}
        return [other for other in sorted(self.nodes) if other not in {node, *broken, *self.down}]

    def _hear(self, node: NodeId, event: Opened | Lost) -> list[str]:
        """A node is told of a connection, if it is up. Spec: FAULT-8."""
        if node in self.down:
            return []
        before = self.nodes[node]
        self._step(node, event)
        if self.nodes[node] is not before and node not in self.inherited:
            self._life(node).append(event)
        return tell_apart(before, self.nodes[node])

    def _lost(self, link: tuple[NodeId, NodeId]) -> list[str]:
        """Everything in flight on a link is lost."""
        lost = self.flight.pop(link, [])
        frames = (" + ".join(map(str, frame)) for frame in lost)
        return [f"{told} from {link[0]} to {link[1]} is lost" for told in frames]

    # --- what is there to see ---------------------------------------------------------------------

    def show(self, names: list[NodeId]) -> list[str]:
        """What nodes know."""
        return [tell_node(self.nodes[name]) for name in names or sorted(self.nodes)]

    def in_flight(self) -> list[str]:
        """What is in flight, the oldest first."""
        lines = [
            f"{source} to {target}: " + ", ".join(" + ".join(map(str, f)) for f in queue)
            for (source, target), queue in sorted(self.flight.items())
            if queue
        ]
        return lines or ["nothing is in flight"]

    def agreement(self) -> list[str]:
        """Whether the replicas are equal."""
        nodes = tuple(self.nodes[name] for name in sorted(self.nodes))
        differ = disagreement(nodes)
        return ["all replicas agree" if differ is None else f"they disagree: {differ}"]

    def _reduce(self, node: NodeId, events: list[Event]) -> list[str]:
        outputs: list[Output] = []
        if node not in self.inherited:
            self._life(node).extend(events)
        for event in events:
            outputs.extend(self._step(node, event))
        nowhere = self._send(node, outputs)
        heard = events[-1].message if isinstance(events[-1], Received) else None
        told = [f"{node} {tell_output(self.profile, output, heard)}" for output in outputs]
        return told + nowhere

    def _life(self, node: NodeId) -> list[Event]:
        """What a node has been through since it was fresh."""
        return next(life for name, life in reversed(self.lived) if name == node)

    def _step(self, node: NodeId, event: Event) -> tuple[Output, ...]:
        """Reduce one event at a node, which has what its process remembers. Spec: DEV-9."""
        process = self.process_of[node]
        state = self.nodes[node]
        shared = self.named.get(process, ())
        if state.marks(PROCESS) != shared:
            state = attrs.evolve(state, named=state.with_marks(PROCESS, shared))
        step = self.gossip.step(state, event)
        self.named[process] = step.state.marks(PROCESS)
        self.nodes[node] = step.state
        return step.outputs

    def _send(self, node: NodeId, outputs: list[Output]) -> list[str]:
        """Put what a node sends in flight; what goes nowhere, in sentences."""
        nowhere = []
        sends = [output for output in outputs if isinstance(output, Send)]
        for to in dict.fromkeys(send.to for send in sends):
            messages = tuple(send.message for send in sends if send.to == to)
            if not self.connected(node, to):
                why = f"{to} is down" if to in self.down else "they are not connected"
                nowhere.append(f"what {node} sends to {to} goes nowhere: {why}")
                continue
            queue = self.flight.setdefault((node, to), [])
            whole = self.profile.whole_answers
            queue.extend((messages,) if whole else ((message,) for message in messages))
        return nowhere
