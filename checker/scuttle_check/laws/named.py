"""A resolver by the name that its user gives it, as a caller that the laws can ask."""

from __future__ import annotations

from pathlib import Path

from scuttle_check.base.importing import refuse_foreign_code
from scuttle_check.gossip.experiment import resolver_called
from scuttle_check.gossip.javascript.naming import script_called
from scuttle_check.laws.calling import SECONDS_PER_CALL, Caller, InProcess
from scuttle_check.laws.scripted import Scripted


def caller_called(
    name: str, limit: float = SECONDS_PER_CALL, beside: tuple[Path, ...] = ()
) -> Caller:
    """A built-in resolver, ``package.module:function`` or ``file.mjs:function``. Raises a Fault.

    A file is looked for from the current folder, and then from those of `beside` and above.

    Spec: LAW-25.
    """
    script = script_called(name, *beside)
    if script is None:
        return InProcess(resolver_called(name), name, limit)
    refuse_foreign_code("resolver", name, "a built-in resolver")
    found = Scripted(name, script, limit)
    found.driver.load()
    return found


def code_of(caller: Caller) -> object:
    """What a plan looks into for constants: a function, source in JavaScript, or None."""
    if isinstance(caller, Scripted):
        return caller.code
    return getattr(caller, "resolver", None)
