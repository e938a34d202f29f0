"""The same questions asked in other processes: what a replica on another machine would answer.

The order of sets, ``hash`` of a string and ``id`` of an object are other things in each process,
and so is what a resolver has remembered. Run as a module this file is such a process.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from scuttle_check.base.ending import ended
from scuttle_check.base.importing import here_first
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.limits import many_calls
from scuttle_ref.messages import Update
from scuttle_ref.resolvers import View
from scuttle_ref.state import NodeState

PLACES: tuple[dict[str, str], ...] = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "sv_SE.UTF-8"},
    {"PYTHONHASHSEED": "3", "TZ": "America/Los_Angeles", "LC_ALL": "tr_TR.UTF-8"},
)
"""What is another thing at each place where the same is asked.

Under these values of PYTHONHASHSEED short names are ordered in opposite ways by ``hash``. The time
zones are 21 to 22 hours apart; Swedish sorts "ä" behind "z", and Turkish has another capital i.

The last process is asked first what was refused here, or is older than what is stored: what a
resolver remembers of its first question is then something else from the start.
"""

SECONDS = 20.0
"""How long another process may take altogether; then it is taken to have said nothing."""

INSIDE = "SCUTTLE_ELSEWHERE"
"""Set in such a process: a module that judges when it is imported must not start more of them."""

Question = tuple[NodeState, Update]


def place_of(resolver: Any) -> tuple[str, str] | None:
    """The module and the name by which another process can import a function, or None."""
    module, name = getattr(resolver, "__module__", None), getattr(resolver, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    here: Any = sys.modules.get(module)
    for part in name.split("."):
        here = getattr(here, part, None)
    return (module, name) if here is resolver else None


def answers_elsewhere(
    caller: InProcess, questions: Sequence[Question], here: Sequence[object]
) -> list[tuple[str, list[object]]]:
    """What fresh processes answer, each with what is its own; failures are their kinds.

    `here` is what was answered in this process.

    Empty where the resolver cannot be imported by name, or its values not be sent.
    """
    place = place_of(caller.resolver)
    if place is None or not sys.executable or INSIDE in os.environ:
        return []
    try:
        head = (sys.path, *place, caller.limit)
        orders = range(len(questions)), _refused_first(questions, here)
        tasks = [pickle.dumps((*head, [questions[at] for at in order])) for order in orders]
    except Exception:  # noqa: BLE001 - the values are the user's objects
        return []
    places = [_spoken_here(each) for each in PLACES]
    running = [_started(each) for each in places]
    found = []
    for process, task, order, its in zip(running, tasks, orders, places, strict=True):
        try:
            out, _ = process.communicate(task, timeout=SECONDS)
            told: list[object] = pickle.loads(out)  # noqa: S301 - written by this module
        except Exception:  # noqa: BLE001 - a process that fails says nothing
            process.kill()
            process.wait()
            continue
        if len(told) == len(questions):
            by_question = dict(zip(order, told, strict=True))
            found.append((in_words(its), [by_question[at] for at in range(len(questions))]))
    return found


def in_words(place: Mapping[str, str]) -> str:
    """What is its own at a place, as a shell is told it."""
    return " ".join(f"{name}={value}" for name, value in place.items())


@cache
def _languages() -> frozenset[str]:
    """The languages that this machine has, as it spells them."""
    program = shutil.which("locale")
    if program is None:
        return frozenset()
    said = subprocess.run([program, "-a"], capture_output=True, text=True, check=False)  # noqa: S603 - a program of the system
    return frozenset(line.strip().lower().replace("-", "") for line in said.stdout.splitlines())


def _spoken_here(place: Mapping[str, str]) -> dict[str, str]:
    """The place with a language that this machine has: Python fails at others.

    In the place of Turkish there is then none at all: bytes that are no ASCII.
    """
    wanted = place["LC_ALL"]
    if wanted.lower().replace("-", "") in _languages():
        return dict(place)
    plain = "C.UTF-8" if wanted.startswith("sv") else "C"
    return {**place, "LC_ALL": plain}


def _refused_first(questions: Sequence[Question], here: Sequence[object]) -> list[int]:
    def place(at: int) -> tuple[bool, int]:
        state, update = questions[at]
        return bool(here[at]), update.version - state.version

    return sorted(range(len(questions)), key=place)


def _started(place: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this interpreter, this module
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            INSIDE: "1",
            **place,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )


def main() -> None:
    """Answer the questions on standard input."""
    path, module, name, limit, questions = pickle.load(sys.stdin.buffer)  # noqa: S301 - see above
    out, sys.stdout = sys.stdout, sys.stderr  # the resolver may print
    sys.path[:] = path
    with here_first():
        resolver: Any = import_module(module)
    for part in name.split("."):
        resolver = getattr(resolver, part)
    caller = InProcess(resolver, name, limit)
    with many_calls():
        answers = [caller.ask(View(state), update) for state, update in questions]
    told = [answer if isinstance(answer, bool) else answer.kind.value for answer in answers]
    out.buffer.write(pickle.dumps(told))


if __name__ == "__main__":
    sys.exit(ended(main))
