"""Vectors on a live implementation, through the adapter protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scuttle_check.oracle.live.nodes import Session
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.vectors.run import Answerer, Ran, run_vector
from scuttle_check.oracle.vectors.steps import Json
from scuttle_check.oracle.wire import decoded, encoded, message_of, object_of, wire_form
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.wire import DOCUMENTED_DIALECT, SHIPPED_DIALECT


def run_live(vector: Mapping[str, Any], session: Session) -> Ran:
    """Run a vector on the process of a session. One that is lost fails the vector."""
    name = str(vector["id"])
    missing = [each for each in vector.get("requires", []) if not session.hello.can(each)]
    if missing:
        return Ran(name, "skipped", reason=f"{', '.join(missing)} is not offered")
    try:
        return run_vector(vector, adapter(session))
    except ProcessFailed as lost:
        return Ran(name, "failed", reason=str(lost))


def adapter(session: Session) -> Answerer:
    """The adapter of a session, as something that answers the requests of vectors.

    Messages are put into the words of its wire where it says that it speaks them, and back.

    Spec: ADP-9.
    """
    spells = "dialect:shipped" in session.hello.capabilities
    dialect = SHIPPED_DIALECT if spells else DOCUMENTED_DIALECT
    lines = "lines" in session.hello.capabilities

    def asked(message: Any) -> Any:
        try:
            return wire_form(message_of(message), dialect, lines=lines)
        except InvalidMessage:
            return message

    def said(message: Any) -> Any:
        try:
            return object_of(message_of(message, dialect))
        except InvalidMessage:
            return message

    def answer(request: Json) -> Mapping[str, Any]:
        members = {name: decoded(each) for name, each in request.items() if name != "op"}
        if "message" in members:
            members["message"] = asked(members["message"])
        reply = session.ask(str(request["op"]), **members)
        document: Json = {"ok": reply.ok, **reply.body}
        if reply.error is not None:
            document["error"] = {"kind": reply.error.kind.value, "message": reply.error.message}
        else:
            document["out"] = [
                said(sent.message)
                if sent.to is None
                else {"to": sent.to, "message": said(sent.message)}
                for sent in reply.out
            ]
        found: Json = encoded(document)
        return found

    return answer
