"""The check-up of an adapter: every operation once, in order, up to the next mistake to mend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from attrs import define, field, frozen

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UnrunnableFault
from scuttle_check.oracle.live.nodes import Launch, Session
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.protocol import INSPECTED, Reply, unknown_capabilities
from scuttle_check.oracle.wire import UNDEFINED, encoded, message_of, wire_form
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT

NODE: Final = "A"
DONE: Final = {"digest": True, "done": True}
UPDATE: Final = {"key": "k", "value": "from-B", "source_id": "B", "version": 1}


class Mistake(Exception):
    """What an operation got wrong, what was expected, and the clause."""

    def __init__(self, problem: str, expected: str, clause: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.clause = clause


@frozen
class Step:
    """One operation of the check-up: ok, absent, or wrong, and what there is to say."""

    name: str
    state: str
    says: str = ""

    def __str__(self) -> str:
        marks = {"ok": "ok      ", "absent": "-       ", "wrong": "MISTAKE "}
        return f"{marks[self.state]} {self.name}{': ' + self.says if self.says else ''}"


@define
class Checkup:
    """What the check-up has seen. Spec: ORA-13."""

    steps: list[Step] = field(factory=list)
    mend: str = ""

    @property
    def exit_code(self) -> int:
        """How the command ends."""
        return REFUTED if self.mend else AS_EXPECTED

    def text(self) -> str:
        """The steps, and what to mend next."""
        last = self.mend or "the adapter answers as it should; next: scuttle conform run -- COMMAND"
        return "\n".join([*(str(each) for each in self.steps), "", last])

    def to_json(self) -> dict[str, Any]:
        """The check-up as JSON."""
        steps = [{"name": e.name, "state": e.state, "says": e.says} for e in self.steps]
        return {"format": "scuttle-checkup/1", "steps": steps, "mend": self.mend}


def checkup(launch: Launch) -> Checkup:
    """Ask everything once. Stops at the first mistake. Spec: ORA-13."""
    seen = Checkup()
    session = Session(launch)
    asked: dict[str, Any] = {}
    name = "hello"

    def ask(op: str, **members: Any) -> Reply:
        asked.clear()
        asked.update({"op": op, **members})
        return session.ask(op, **members)

    try:
        for name, needs, step in _steps():
            if needs and not session.hello.can(needs):
                seen.steps.append(Step(name, "absent", f"the capability {needs!r} is not offered"))
                continue
            says = step(session, ask)
            seen.steps.append(Step(name, "ok", says))
        session.close()
    except UnrunnableFault as fault:
        seen.steps.append(Step("hello", "wrong", fault.problem))
        seen.mend = _mend({"op": "hello", "id": 0}, fault.problem, fault.expected, fault.clause)
    except ProcessFailed as failed:
        seen.steps.append(Step(name, "wrong", failed.told))
        seen.mend = _mend(
            asked, failed.told, _wanted(asked), failed.clause or "ADP-1", failed.stderr
        )
    except Mistake as mistake:
        seen.steps.append(Step(name, "wrong", mistake.problem))
        seen.mend = _mend(asked, mistake.problem, mistake.expected, mistake.clause)
    finally:
        session.lose()
    return seen


def _wanted(asked: dict[str, Any]) -> str:
    return f'one line: {{"re":<id>,"ok":true,...}} in answer to {asked.get("op", "hello")}'


def _mend(asked: dict[str, Any], problem: str, expected: str, clause: str, stderr: str = "") -> str:
    said = [f"  stderr    {line[:200]}" for line in stderr.strip().splitlines()[-4:]]
    return "\n".join(
        [
            "mend this next:",
            f"  asked     {json.dumps(encoded(asked))[:300]}",
            f"  problem   {problem}",
            f"  expected  {expected}",
            f"  clause    {clause} (spec/protocol/adapter.md)",
            *(f"  next      {each}" for each in next_steps(f"{problem} {stderr}")),
            *said,
        ]
    )


STDERR: Final = (
    "standard output is for answers only: write everything else to standard error"
    " (console.error, print(..., file=sys.stderr), log.SetOutput)"
)
NEXT: Final = (
    (r"no answer: \$: b'[\[{]' ", "one answer is one line: print JSON without line breaks"),
    (r"no answer: \$: ", STDERR),
    (r"no answer: \$\.re: is undefined", STDERR),
    (r"no answer: \$\.ok: is None", f"each request has one answer, with ok; {STDERR}"),
    (r"no answer: \$\.re: is '", "give the id back as it came: it is a number"),
    (
        r"no answer: \$\.re: ",
        "answer each request once, with its own id, in the order in which they come",
    ),
    (
        r"UTF-8|codec can't|UnicodeEncodeError|UnicodeDecodeError",
        "read and write UTF-8, whatever the system's locale says",
    ),
    (r"no answer (within|in) ", "flush standard output after each answer"),
    (
        r"late by one",
        "wait for what the library does later before you answer (await, a tick, a queue)",
    ),
    (r"no done", 'send {"digest":true,"done":true} behind the digest lines'),
    (r"as if C had", "read `from`: each peer's digest is remembered by itself"),
    (r"also B holds", "read `node`: each node of an init has a state of its own"),
    (
        r"ended with exit code",
        'where the library throws, answer {"ok":false,"error":{"kind":"rejected"}} and live on',
    ),
    (r"is no member of this answer", "what is sent stands in out, what is held in result"),
    (r"is a text", "send messages as objects; lines need the capability `lines`"),
    (r"^\$\.out", "each of out is a message as spec/protocol/adapter.md has it, or {to, message}"),
    (r"still holds", "begin anew at init: forget every node"),
)
"""What to do about a problem, by what is said of it. The first that fits is told."""


def next_steps(problem: str) -> list[str]:
    """What to do next about a problem of an adapter. Spec: ORA-13."""
    return [step for pattern, step in NEXT if re.search(pattern, problem)][:1]


Ask = Callable[..., Reply]


def _steps() -> list[tuple[str, str, Callable[[Session, Ask], str]]]:
    return [
        ("hello", "", _hello),
        ("init", "", _init),
        ("an operation nobody knows", "", _unknown),
        ("set", "set", _set),
        ("get", "get", _get),
        ("text beyond ASCII", "get", _beyond_ascii),
        ("inspect", "inspect", _inspect),
        ("gossip", "gossip", _gossip),
        ("write: done, which asks for everything", "write", _write_done),
        ("write: digests of two peers", "write", _two_peers),
        ("write: an update", "write", _write_update),
        ("write: what is no message", "write", _write_nonsense),
        ("news", "news", _news),
        ("init again forgets", "get", _again),
        ("two nodes are two", "get", _two_nodes),
    ]


def _ok(reply: Reply, clause: str) -> Reply:
    if reply.error is not None:
        raise Mistake(f"answered with an error: {reply.error}", '"ok":true', clause)
    return reply


def _hello(session: Session, _ask: Ask) -> str:
    hello = session.hello
    strange = unknown_capabilities(hello)
    ignored = f"; ignored: {', '.join(strange)}" if strange else ""
    return f"{hello.name} {hello.version}, offers {', '.join(sorted(hello.capabilities))}{ignored}"


def _init(session: Session, ask: Ask) -> str:
    _ok(ask("init", case="checkup", nodes=[_node(session)]), "CONF-1")
    return "one node, A"


def _node(session: Session) -> dict[str, Any]:
    named = session.hello.named("resolver")
    config = {"resolve": "lww_total" if "lww_total" in named else named[0]} if named else {}
    return {"node": NODE, "id": NODE, "config": config}


def _unknown(_session: Session, ask: Ask) -> str:
    reply = ask("reticulate", node=NODE)
    if reply.error is None or reply.error.kind.value != "unsupported":
        again = ask("reticulate", node=NODE)
        if again.error is not None and again.error.kind.value == "unsupported":
            problem = "its answer came with the next request: answers are late by one"
            raise Mistake(problem, "the answer to a request, to that request", "ADP-2")
        shown = "ok" if reply.error is None else str(reply.error)
        expected = '{"re":<id>,"ok":false,"error":{"kind":"unsupported"}}'
        raise Mistake(f"answered {shown}", expected, "ADP-6")
    return "unsupported, as it should be"


def _set(_session: Session, ask: Ask) -> str:
    reply = _ok(ask("set", node=NODE, key="k", value="from-A"), "ADP-4")
    if reply.out:
        raise Mistake("a local write sent messages", "nothing in out: exchanges ask", "EXCH-3")
    return ""


def _get(_session: Session, ask: Ask) -> str:
    return _holds(ask, "from-A", "what was just set")


def _holds(ask: Ask, value: Any, why: str) -> str:
    result = _ok(ask("get", node=NODE, key="k", source_id=NODE), "ADP-4").result
    if not isinstance(result, dict) or "value" not in result:
        expected = 'a result {"value":...,"version":...}'
        raise Mistake(f"result is {_shown(result)}", expected, "ADP-4")
    if result["value"] != value:
        raise Mistake(f"value is {_shown(result['value'])}", f"{value!r}, {why}", "MERGE-1")
    return f"{value!r} at version {result.get('version', '?')}"


def _inspect(_session: Session, ask: Ask) -> str:
    body = _ok(ask("inspect", node=NODE, fields=list(INSPECTED)), "ADP-4").body
    kinds = {"state": dict, "clock": dict, "history": list}
    for name, kind in kinds.items():
        if name in body and not isinstance(body[name], kind):
            wanted = "an object" if kind is dict else "a list"
            raise Mistake(f"{name} is {_shown(body[name])}", wanted, "ADP-4")
    if not body:
        raise Mistake("nothing is told", "at least one of state, clock, history, version", "ADP-4")
    return f"tells {', '.join(sorted(body))}"


def _gossip(session: Session, ask: Ask) -> str:
    reply = _ok(ask("gossip", node=NODE, peer="B"), "ADP-4")
    messages = _messages(session, reply)
    if not messages and _messages(session, _ok(ask("gossip", node=NODE, peer="B"), "ADP-4")):
        problem = "what it sends came with the answer to the next request: late by one"
        raise Mistake(problem, "in out, all that the request made it send", "ADP-4")
    if not messages:
        expected = "the digest lines and done in out; did the answer come too early?"
        raise Mistake("an exchange sent nothing", expected, "ADP-4")
    lines = sum(isinstance(each, Digest) for each in messages)
    ends = any(isinstance(each, DigestDone) for each in messages)
    if not ends and lines == len(messages):
        raise Mistake(f"{lines} digest lines and no done", "done behind the lines", "EXCH-2")
    return f"{lines} digest lines, done"


def _messages(session: Session, reply: Reply) -> list[Any]:
    spelt = "dialect:shipped" in session.hello.capabilities
    dialect = SHIPPED_DIALECT if spelt else DOCUMENTED_DIALECT
    found = []
    for at, sent in enumerate(reply.out):
        if isinstance(sent.message, str) and "lines" not in session.hello.capabilities:
            raise Mistake(f"$.out[{at}] is a text", "a message: a JSON object", "ADP-9")
        try:
            found.append(message_of(sent.message, dialect))
        except InvalidMessage as no:
            hint = "a digest that spells its source `id` needs the capability dialect:shipped"
            expected = f"{no.refusal.expected} ({hint})"
            problem = f"$.out[{at}] {no.refusal.path} {no.refusal.problem}"
            raise Mistake(problem, expected, no.refusal.clause) from None
    return found


def _write_done(session: Session, ask: Ask) -> str:
    reply = _ok(ask("write", node=NODE, message=dict(DONE), **{"from": "B"}), "ADP-4")
    updates = [each for each in _messages(session, reply) if isinstance(each, Update)]
    if updates:
        return f"answered with {len(updates)} update"
    _line_and_done(session, ask)
    return "answered with the update, though only where the digest names its source"


def _line_and_done(session: Session, ask: Ask) -> None:
    """Some protocols of the family do not mention sources that a digest has not named (PAPER-8)."""
    spelt = SHIPPED_DIALECT if "dialect:shipped" in session.hello.capabilities else None
    line = wire_form(Digest(NODE, 0), spelt or DOCUMENTED_DIALECT, lines=False)
    told: list[Any] = []
    for message in (line, dict(DONE)):
        reply = _ok(ask("write", node=NODE, message=message, **{"from": "C"}), "ADP-4")
        told += _messages(session, reply)
    if not any(isinstance(each, Update) for each in told):
        expected = (
            "the update that was set: this digest names its source at 0, the one before nobody"
        )
        raise Mistake("neither digest was answered with an update", expected, "EXCH-5")


def _two_peers(session: Session, ask: Ask) -> str:
    """What one peer has named says nothing of another. Some libraries get that wrong (DEV-9)."""
    shipped = "dialect:shipped" in session.hello.capabilities

    def bare_done(peer: str) -> int:
        reply = _ok(ask("write", node=NODE, message=dict(DONE), **{"from": peer}), "ADP-4")
        return sum(isinstance(each, Update) for each in _messages(session, reply))

    before = bare_done("C")
    spelt = SHIPPED_DIALECT if shipped else DOCUMENTED_DIALECT
    line = wire_form(Digest(NODE, 1), spelt, lines=False)
    _ok(ask("write", node=NODE, message=line, **{"from": "B"}), "ADP-4")
    after = bare_done("C")
    bare_done("B")
    if after < before and not shipped:
        problem = "the done of C was answered as if C had named what B named"
        raise Mistake(problem, "what is remembered of a digest belongs to its peer", "EXCH-4")
    return ""


def _beyond_ascii(_session: Session, ask: Ask) -> str:
    value = "caf\u00e9 \u65e5"
    _ok(ask("set", node=NODE, key="t", value=value), "ADP-4")
    result = _ok(ask("get", node=NODE, key="t", source_id=NODE), "ADP-4").result
    held = result.get("value") if isinstance(result, dict) else result
    if held != value:
        problem = f"value is {_shown(held)}, which is no UTF-8 of what was set"
        raise Mistake(problem, _shown(value), "ADP-1")
    _ok(ask("init", case="checkup", nodes=[_node(_session)]), "CONF-1")
    _ok(ask("set", node=NODE, key="k", value="from-A"), "ADP-4")
    return ""


def _two_nodes(session: Session, ask: Ask) -> str:
    """An adapter may home one node only; then it has nothing to mix up."""
    if "one-node" in session.hello.capabilities:
        return ""
    nodes = [{**_node(session), "node": name, "id": name} for name in ("A", "B")]
    reply = ask("init", case="checkup-3", nodes=nodes)
    if reply.error is not None:
        return "one node at a time"
    _ok(ask("set", node="A", key="k", value="from-A"), "ADP-4")
    result = _ok(ask("get", node="B", key="k", source_id="A"), "ADP-4").result
    held = result.get("value") if isinstance(result, dict) else result
    if held is not None and held is not UNDEFINED:
        raise Mistake("A was set, and also B holds it", "two nodes that share nothing", "ADP-4")
    return ""


def _write_update(_session: Session, ask: Ask) -> str:
    _ok(ask("write", node=NODE, message=dict(UPDATE), **{"from": "B"}), "ADP-4")
    return ""


def _write_nonsense(_session: Session, ask: Ask) -> str:
    reply = ask("write", node=NODE, message={"nonsense": True}, **{"from": "B"})
    if reply.error is not None and reply.error.kind.value not in {"rejected", "internal"}:
        raise Mistake(f"answered {reply.error}", "kind rejected, or ok", "ADP-5")
    return "rejected" if reply.error is not None else "ignored"


def _news(session: Session, ask: Ask) -> str:
    result = _ok(ask("news", node=NODE, source_id=NODE, version=float("-inf")), "ADP-4").result
    if not isinstance(result, list):
        raise Mistake(f"result is {_shown(result)}", "a list of updates", "ADP-4")
    del session
    return f"{len(result)} updates"


def _again(session: Session, ask: Ask) -> str:
    _ok(ask("init", case="checkup-2", nodes=[_node(session)]), "CONF-1")
    result = _ok(ask("get", node=NODE, key="k", source_id=NODE), "ADP-4").result
    held = result.get("value") if isinstance(result, dict) else result
    if held is not None and held is not UNDEFINED:
        expected = "nothing: init forgets everything"
        raise Mistake(f"k still holds {_shown(held)}", expected, "ADP-4")
    return ""


def _shown(value: Any) -> str:
    return json.dumps(encoded(value))[:100]
