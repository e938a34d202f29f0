"""The textbook protocol in Promela, for SPIN: a second opinion on how many worlds there are.

Written from the clauses of the textbook profile, not from the reducer, so that equal counts mean
something. A process per node, a channel per link, and each action of ours is one ``d_step``. The
processes and channels hold what a world holds and nothing else, and a node that is done waits
where it is: SPIN stores one state per world, and takes one transition per transition, plus the one
with which it counts the start.

Updates are numbered in replay order from 1, so the winner for a key is the largest number, and a
history is a set of bits.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from scuttle_check.base.errors import UsageFault
from scuttle_check.gossip.bounds import history_room
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_ref.messages import Exchange, Put

BITS_MAX = 31
"""Updates, or sources, that the bits of an int can hold."""

BYTE_MAX = 255
NETWORKS = ("fifo", "lossy")


def promela(experiment: Experiment) -> str:
    """The model of `experiment` in Promela. Raises UsageFault for what it cannot say.

    Spec: SPIN-1.
    """
    refuse(experiment)
    return "\n".join(_Writer(experiment).lines()) + "\n"


def refuse(experiment: Experiment) -> None:
    """Raise UsageFault for what is not the textbook profile on streams. Spec: SPIN-2."""
    for name, value, expected in (
        ("profile", experiment.profile, ("textbook",)),
        ("network", experiment.network, NETWORKS),
    ):
        if value not in expected:
            said = " or ".join(expected)
            raise _unsaid(f"no Promela is written for {value}", f"--{name}", said)
    for command in (command for script in experiment.script for command in script):
        if not isinstance(command, Put | Exchange):
            raise _unsaid(f"no Promela is written for '{command}'", "--script", "set and gossip")
    if experiment != _expressible(experiment):
        raise _unsaid("no Promela is written for these faults", "the model", "no faults but losses")


def _expressible(experiment: Experiment) -> Experiment:
    """The experiment without whatever this file does not know of."""
    return Experiment(
        topology=experiment.topology,
        script=experiment.script,
        profile=experiment.profile,
        network=experiment.network,
        exchanges=experiment.exchanges,
        max_history=experiment.max_history,
        mtu=experiment.mtu,
        resolver=experiment.resolver,
        delta_order=experiment.delta_order,
    )


def _unsaid(problem: str, where: str, expected: str) -> UsageFault:
    hint = "scuttle check explores it"
    return UsageFault(problem, where=where, expected=expected, hint=hint)


@define
class _Update:
    """One write that the script contains. `number` is its place in replay order, from 1."""

    number: int
    source: int
    version: int
    key: int

    @property
    def bit(self) -> int:
        """Its bit in a history."""
        return 1 << (self.number - 1)


@define
class _Writer:
    """Writes the model. Sources and keys are numbered by name, nodes and links by topology."""

    experiment: Experiment
    sources: list[str] = field(init=False)
    keys: list[str] = field(init=False)
    updates: list[_Update] = field(init=False)

    def __attrs_post_init__(self) -> None:
        nodes = zip(self.experiment.topology.nodes, self.experiment.script, strict=True)
        puts = {node: [each for each in script if isinstance(each, Put)] for node, script in nodes}
        self.sources = sorted(node for node, written in puts.items() if written)
        self.keys = sorted({put.key for written in puts.values() for put in written})
        stamped = sorted(
            (version, node, put)
            for node, written in puts.items()
            for version, put in enumerate(written, start=1)
        )
        self.updates = [
            _Update(number, self.sources.index(node), version, self.keys.index(put.key))
            for number, (version, node, put) in enumerate(stamped, start=1)
        ]
        if len(self.updates) > BITS_MAX or self._digest(len(self.sources)) > BYTE_MAX:
            raise UsageFault(
                f"{len(self.updates)} updates of {len(self.sources)} sources are too many",
                where="--writes",
                expected=f"at most {BITS_MAX} updates, and {BYTE_MAX} different messages",
            )

    # --- codes of messages: updates by number, then done, then digest lines ---------------------

    @property
    def _done(self) -> int:
        return len(self.updates) + 1

    def _digest(self, source: int) -> int:
        """The code below those of the digest lines of a source; add the version."""
        return self._done + source * max((each.version for each in self.updates), default=0)

    # --- the text -------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """The lines of the model."""
        topology, network = self.experiment.topology, self.experiment.network
        yield _comment(f"{topology.name}, textbook profile, {network}: one state per world")
        yield from (_comment(f"update {u.number}: {self._text(u)}") for u in self.updates)
        yield f"#define DONE {self._done}"
        for at, source in enumerate(self.sources):
            line = _comment(f"plus version: a digest line of {source}")
            yield f"#define DIGEST_{at} {self._digest(at)} {line}"
        for source, target in topology.links:
            name, room = self._channel(source, target), self._room(source, target)
            yield f"chan {name} = [{room}] of {{ byte }}; {_comment(f'{source} to {target}')}"
        for at, node in enumerate(topology.nodes):
            yield ""
            yield f"active proctype node{at}() {_comment(node)}"
            yield "{"
            yield from ("  " + line for line in self._node(at, node))
            yield "}"

    def _text(self, update: _Update) -> str:
        return f"{self.keys[update.key]}@{self.sources[update.source]}{update.version}"

    def _channel(self, source: str, target: str) -> str:
        index = self.experiment.topology.node_index
        return f"q{index[source]}_{index[target]}"

    def _exchanges(self, source: str, target: str) -> int:
        """How many exchanges `source` ever starts with `target`."""
        script = self.experiment.script[self.experiment.topology.node_index[source]]
        return self.experiment.exchanges + sum(
            isinstance(command, Exchange) and command.peer == target for command in script
        )

    def _room(self, source: str, target: str) -> int:
        """As many messages as the link can ever hold: whole digests, and answers to digests."""
        asked = self._exchanges(source, target) * (len(self.sources) + 1)
        answered = self._exchanges(target, source) * len(self.updates)
        room = asked + answered
        if room > BYTE_MAX:
            raise UsageFault(
                f"{room} messages may be in flight on one link",
                where="--exchanges",
                expected=f"at most {BYTE_MAX}",
            )
        return max(1, room)

    def _node(self, at: int, node: str) -> Iterator[str]:
        """The process of one node."""
        links = self.experiment.topology.links
        targets = [target for source, target in links if source == node]
        senders = [source for source, target in links if target == node]
        yield from (f"xs {self._channel(node, target)};" for target in targets)
        yield from (f"xr {self._channel(sender, node)};" for sender in senders)
        yield from self._variables(at, targets, senders)
        yield "end:"
        yield "  do"
        yield from self._performs(at, node)
        for target in targets if self.experiment.exchanges else ():
            started = f"started{self._index(target)}"
            yield f"  :: d_step {{ {started} < {self.experiment.exchanges} -> {started}++;"
            yield from self._ask(node, target)
            yield "  }"
        for sender in senders:
            yield from self._arrival(sender, node)
        yield "  :: false"
        yield "  od"

    def _index(self, node: str) -> int:
        return self.experiment.topology.node_index[node]

    def _variables(self, at: int, targets: list[str], senders: list[str]) -> Iterator[str]:
        """What a node knows, and how far its owner is. `m` is 0 between steps."""
        yield from (f"byte clock{source} = 0;" for source in range(len(self.sources)))
        yield f"{_room_for(len(self.updates))} history = 0;"
        yield from (f"byte store{key} = 0;" for key in range(len(self.keys)))
        for sender in senders:
            yield f"{_room_for(len(self.sources))} named{self._index(sender)} = 0;"
        if self.experiment.exchanges:
            yield from (f"byte started{self._index(target)} = 0;" for target in targets)
        if self.experiment.script[at]:
            yield "byte scripted = 0;"
        yield "byte m = 0;"

    def _performs(self, at: int, node: str) -> Iterator[str]:
        """The commands of the owner, one after the other."""
        version = 0
        for position, command in enumerate(self.experiment.script[at]):
            yield f"  :: d_step {{ scripted == {position} -> scripted = {position + 1};"
            if isinstance(command, Put):
                version += 1
                source = self.sources.index(node)
                yield from self._take(
                    next(u for u in self.updates if (u.source, u.version) == (source, version))
                )
            elif isinstance(command, Exchange):
                yield from self._ask(node, command.peer)
            yield "  }"

    def _take(self, update: _Update) -> Iterator[str]:
        """An update is taken. Spec: TEXT-1, TEXT-3, HIST-1, HIST-3."""
        yield f"    clock{update.source} = {update.version}; history = history | {update.bit};"
        limit = history_room(profile_called(self.experiment.profile), self.experiment.config())
        if limit < len(self.updates):
            bits = " + ".join(f"((history >> {at}) & 1)" for at in range(len(self.updates)))
            yield f"    if :: {bits} > {limit} -> history = history & (history - 1) :: else fi;"
        store = f"store{update.key}"
        yield f"    if :: {store} < {update.number} -> {store} = {update.number} :: else fi"

    def _ask(self, node: str, peer: str) -> Iterator[str]:
        """A digest: the sources that have written, by name, then done. Spec: TEXT-4."""
        channel = self._channel(node, peer)
        for at in range(len(self.sources)):
            yield f"    if :: clock{at} > 0 -> {channel}!(DIGEST_{at} + clock{at}) :: else fi;"
        yield f"    {channel}!DONE"

    def _arrival(self, sender: str, node: str) -> Iterator[str]:
        """A message of `sender` arrives at `node`, or is lost."""
        channel = self._channel(sender, node)
        yield f"  :: d_step {{ {channel}?m;"
        yield "    if"
        for update in self.updates:
            yield f"    :: m == {update.number} ->"
            yield f"    if :: clock{update.source} < {update.version} ->"
            yield from self._take(update)
            yield "    :: else fi"
        yield from self._answers(sender, node)
        yield "    fi;"
        yield "    m = 0 }"
        if self.experiment.network == "lossy":
            yield f"  :: d_step {{ {channel}?m; m = 0 }}"

    def _answers(self, sender: str, node: str) -> Iterator[str]:
        """Done and digest lines are answered. Spec: EXCH-3, EXCH-4, EXCH-5, EXCH-6, TEXT-5."""
        named, linked = f"named{self._index(sender)}", self.experiment.topology.link_index
        answer = self._channel(node, sender) if (node, sender) in linked else None
        yield "    :: m == DONE ->"
        for update in self.updates if answer else ():
            held = f"(history & {update.bit}) && !({named} & {1 << update.source})"
            yield f"    if :: {held} -> {answer}!{update.number} :: else fi;"
        yield f"    {named} = 0"
        for source in range(len(self.sources)):
            lines = [u for u in self.updates if u.source == source]
            yield f"    :: m > DIGEST_{source} && m <= DIGEST_{source} + {len(lines)} ->"
            for update in lines[1:] if answer else ():
                above = f"m - DIGEST_{source} < {update.version}"
                held = f"(history & {update.bit}) && {above}"
                yield f"    if :: {held} -> {answer}!{update.number} :: else fi;"
            yield f"    {named} = {named} | {1 << source}"


def _comment(text: str) -> str:
    """A comment in the model; names are the user's, and must not end it."""
    return f"/* {ascii(text)[1:-1].replace('*/', '* /')} */"


def _room_for(bits: int) -> str:
    """The type of a set of so many bits."""
    return "byte" if bits <= 8 else "short" if bits <= 15 else "int"  # noqa: PLR2004
