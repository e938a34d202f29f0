"""A resolver of an implementation, asked through its adapter, for the laws to judge."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from scuttle_check.laws.calling import Answer, Failing, Failure
from scuttle_check.oracle.live.nodes import Session
from scuttle_check.oracle.live.process import Failure as Lost
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.wire import mark_value, object_of
from scuttle_ref.messages import Update
from scuttle_ref.names import thawed_value
from scuttle_ref.resolvers import View
from scuttle_ref.values import kind_of


@define
class AdapterCaller:
    """Asks a resolver by its name, with the operation ``resolve``.

    It runs elsewhere, so what it changes in its arguments is not seen here.

    Spec: ADP-10, LAW-14.
    """

    session: Session
    name: str
    here: bool = field(default=False, init=False)

    def ask(self, view: View, update: Update) -> Answer:
        """The answer of the implementation; a lost process and an error are failures."""
        try:
            reply = self.session.ask(
                "resolve", resolver=self.name, view=view_object(view), update=object_of(update)
            )
        except ProcessFailed as lost:
            slow = lost.failure is Lost.TIMEOUT
            return Failure(Failing.TOO_SLOW if slow else Failing.RAISED, lost.told)
        if reply.error is not None:
            return Failure(Failing.RAISED, f"answered with an error: {reply.error}")
        if not isinstance(reply.result, bool):
            return Failure(Failing.NO_BOOL, f"answered with {kind_of(reply.result)}")
        return reply.result

    def meddled(self, view: View, update: Update) -> str | None:
        """Nothing that could be seen from here."""
        del view, update
        return None


def view_object(view: View) -> dict[str, Any]:
    """What a resolver may look at, as the adapter protocol writes it. Spec: ADP-10."""
    state = {
        place[-1]: {
            "value": thawed_value(entry.value),
            "version": mark_value(entry.version),
            "source_id": entry.source_id,
        }
        for place, entry in view.state.store
    }
    clock = {source: mark_value(mark) for source, mark in view.clock.pairs}
    return {"id": view.id, "state": state, "clock": clock}
