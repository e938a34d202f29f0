"""A recorded trace of the real library as something to explore: it can be read, not changed.

The messages of a recording go where the recorder took them, so a step that was not recorded has
no outcome that could be shown. What the reference does at each step stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from attrs import define, field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.explorer.fixed import Fixed, FixedRun, is_word, links_of, view_of
from scuttle_check.explorer.views import Json, channel_json, node_json
from scuttle_check.gossip.explain import tell_output
from scuttle_check.gossip.script import value_text
from scuttle_check.oracle.recordings.contract import first_outside
from scuttle_check.oracle.recordings.recorded import RecordedWorld
from scuttle_check.oracle.recordings.replay import QUERIES, Agreement, compare
from scuttle_ref.errors import InvalidConfig
from scuttle_ref.messages import Message
from scuttle_ref.names import frozen_value
from scuttle_ref.profiles import AS_SHIPPED
from scuttle_ref.rules import PROCESS

REFUSAL = "a recording can be read and not changed"

OUTSIDE = "outside"
"""The life line of whoever writes to the only node of a trace."""


@frozen
class Passage:
    """A message of a trace on its way: from `source` to `target`, until it is taken."""

    id: str
    source: str
    target: str
    message: Message


def recorded(trace: Json) -> Fixed:
    """The steps of one recorded trace, as far as the reference follows them.

    Raises UsageFault for one whose nodes cannot even be started.

    Spec: EXPL-8.
    """
    outside = first_outside(trace)
    try:
        told = _Telling(trace)
    except (InvalidConfig, LookupError):
        if outside is None or outside.step is not None:
            raise
        raise UsageFault(
            f"has a set-up that the reference cannot have: {outside.reason}",
            where=f"recording {trace['name']}",
            clause=outside.clause,
            hint="scuttle golden counts it among those out of contract",
        ) from None
    awkward = next((name for name in told.nodes if not is_word(name)), None)
    if awkward is not None:
        raise UsageFault(
            f"has a node {awkward!r}, which no line of a run can name",
            where=f"recording {trace['name']}",
            expected="ids without blanks and without >",
            hint="scuttle golden replays it all the same",
        )
    start = told.view([])
    end = len(trace["steps"]) if outside is None else (outside.step or 1) - 1
    run = FixedRun("as recorded", tuple(told.played(trace["steps"][:end])))
    title = f"recording {trace['name']}"
    return Fixed(title, _note(trace), told.nodes, start, [run], REFUSAL)


def _note(trace: Json) -> str:
    told = [str(trace.get("description", "")).strip()]
    found = compare(trace)
    if found.difference is not None:
        told.append(f"The reference differs from the recording {found.difference}.")
    elif found.outside is not None:
        told.append(f"The reference follows it no further: {found.outside}.")
    if found.agreement is Agreement.AGREE:
        told.append("The reference does exactly what was recorded.")
    return " ".join(filter(None, told))


@define
class _Telling:
    """The nodes of a trace while its steps are told."""

    trace: Json
    nodes: list[str] = field(init=False)
    _world: RecordedWorld = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._world = RecordedWorld.start(self.trace, AS_SHIPPED)
        self.nodes = list(self._world.nodes)
        if len(self.nodes) == 1:
            self.nodes.append(OUTSIDE)

    def played(self, steps: Sequence[Json]) -> Iterator[Json]:
        """Each step told; to the end, or to a message that the reference never sent."""
        passages: list[Passage] = []
        for number, step in enumerate(steps):
            op = step["op"]
            if op["op"] == "random":
                self._world.random.control(op["mode"])
                continue
            if op["op"] == "deliver" and op["msg"] not in self._world.messages:
                return
            taken = next((each for each in passages if _takes(op, each)), None)
            label, headline, heard = self._named(op, taken, passages)
            if taken is not None:
                passages.remove(taken)
            node = self._world.node(op) if op["op"] != "drop" else None
            if node is None or op["op"] in QUERIES:
                emitted, details = [], []
            else:
                emitted = self._world.perform(op)
                details = [tell_output(AS_SHIPPED, output, heard) for output in node.outputs]
            for each in emitted:
                self._world.messages[each.id] = each.message
                source = node.state.id if node else ""
                targets = self._targets(each.id, source, steps[number + 1 :])
                passages.extend(Passage(each.id, source, to, each.message) for to in targets)
            view = self.view(passages)
            yield {"label": label, "headline": headline, "details": details, "view": view}

    def _targets(self, message: str, source: str, later: Sequence[Json]) -> list[str]:
        """To whom a message is under way: those it is taken to, else the only other node."""
        ops = [step["op"] for step in later]
        taken = [op["to"] for op in ops if op["op"] == "deliver" and op["msg"] == message]
        others = [node for node in self.nodes if node != source]
        if len(self._world.nodes) == 1:
            return []
        lost = any(op["op"] == "drop" and op["msg"] == message for op in ops)
        return taken or (others[:1] if lost or len(others) == 1 else [])

    def _named(
        self, op: Json, taken: Passage | None, passages: Sequence[Passage]
    ) -> tuple[str, str, Message | None]:
        """The label of an operation, its headline, and the message that is heard."""
        if taken is not None and taken.source == taken.target:
            lost = op["op"] == "drop"
            text = f"{taken.target} {'loses' if lost else 'receives'} its own {taken.message}"
            return text, text, None if lost else taken.message
        if taken is not None:
            same = (taken.source, taken.target)
            queue = [each for each in passages if (each.source, each.target) == same]
            at = queue.index(taken)
            verb = "drop" if op["op"] == "drop" else "overtake" if at else "deliver"
            label = f"{verb} {taken.source}>{taken.target}" + (f" #{at}" if at else "")
            if verb == "drop":
                told = f"{taken.message} from {taken.source} to {taken.target} is lost"
                return label, told, None
            told = f"{taken.target} receives {taken.message} from {taken.source}"
            return label, told, taken.message
        node = self._world.node(op).state.id
        words: dict[str, str] = {
            "set": f"set {op.get('key')}={_shown(op.get('value'))}",
            "write": f"receives {_shown(op.get('object'))}",
            "deliver": f"receives {op.get('msg')} once more",
        }
        text = f"{node} {words.get(op['op'], op['op'])}"
        return text, text, None

    def view(self, passages: Sequence[Passage]) -> Json:
        nodes: list[Json] = []
        for name in self.nodes:
            if name not in self._world.nodes:
                nodes.append({"id": name, "holds": [], "clock": [], "history": [], "named": []})
                continue
            node = self._world.nodes[name]
            marks = tuple((source, -1) for source in node.process)
            hosted = attrs.evolve(node.state, named=node.state.with_marks(PROCESS, marks))
            nodes.append(node_json(hosted))
        flight = [
            channel_json(tuple((e.message,) for e in passages if [e.source, e.target] == link))
            for link in links_of(self.nodes)
        ]
        return view_of(nodes, flight)


def _takes(op: Json, passage: Passage) -> bool:
    """Whether an operation is the arrival or the loss of this message."""
    if op["op"] == "deliver":
        return bool(op["msg"] == passage.id and op["to"] == passage.target)
    return bool(op["op"] == "drop" and op["msg"] == passage.id)


def _shown(value: Any) -> str:
    try:
        return value_text(frozen_value(value))
    except (TypeError, ValueError):
        return str(value)
