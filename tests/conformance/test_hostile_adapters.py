"""Whatever an adapter does, the oracle ends in time, with the right verdict, and leaves nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from adapters_of_the_oracle import HOSTILE, hostile

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.oracle.live.nodes import Launch, Session
from scuttle_check.oracle.live.process import MARKER, Failure, ProcessFailed

VERDICTS = {
    "silent": Failure.TIMEOUT,
    "slow by a byte": Failure.TIMEOUT,
    "dies mid-line": Failure.CRASH,
    "infinite output": Failure.PROTOCOL,
    "infinite lines": Failure.PROTOCOL,
    "wrong id": Failure.PROTOCOL,
    "NaN": Failure.PROTOCOL,
    "16 MiB line": Failure.PROTOCOL,
    "ignores SIGTERM": Failure.TIMEOUT,
    "forks children": Failure.TIMEOUT,
    "crashes by a signal": Failure.CRASH,
    "does not read": Failure.TIMEOUT,
}


def alive() -> list[str]:
    """Processes that carry the oracle's mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if MARKER.encode() in environment and b"adapter.py" in command:
            found.append(command.replace(b"\0", b" ").decode())
    return found


def ask_three_times(session: Session, value: object) -> None:
    """The first answer of one that floods is right; the next ones are not asked for."""
    for _request in range(3):
        session.ask("set", node="A", key="k", value=value)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_adapter_ends_in_the_right_verdict_and_leaves_no_process(
    name: str, tmp_path: Path
) -> None:
    """One bad adapter must not hang a build, and its children must not outlive it.

    Spec: ORA-1, ORA-2.
    """
    session = Session(Launch(hostile(tmp_path, name), seconds_max=1.0))
    session.start()
    began = time.monotonic()
    value = "x" * 2**20 if name == "does not read" else 1
    with pytest.raises(ProcessFailed) as failed:
        ask_three_times(session, value)
    assert failed.value.failure is VERDICTS[name]
    assert time.monotonic() - began < 10
    session.close()
    assert [each for each in alive() if str(tmp_path) in each] == []


def test_the_last_words_of_an_adapter_are_kept(tmp_path: Path) -> None:
    """Its author looks for the reason there first. Spec: ORA-3."""
    session = Session(Launch(hostile(tmp_path, "dies mid-line")))
    with pytest.raises(ProcessFailed) as failed:
        session.ask("set", node="A", key="k", value=1)
    assert "I have a bad feeling" in failed.value.stderr
    assert "exit code 7" in failed.value.told
    session.close()


def test_a_lost_process_is_replaced_before_the_next_request(tmp_path: Path) -> None:
    """One crash must not end the run. Spec: ORA-1."""
    session = Session(Launch(hostile(tmp_path, "dies mid-line")))
    for _loss in range(2):
        with pytest.raises(ProcessFailed):
            session.ask("set", node="A", key="k", value=1)
    assert session.ask("init", case="next", nodes=[]).ok
    assert session.starts == 3
    session.close()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("/does/not/exist",), "No such file"),
        (("false",), "exit code 1"),
        (("cat",), "what is no answer"),
        (("sh", "-c", "echo oops >&2; exit 3"), "oops"),
    ],
)
def test_what_cannot_be_started_is_no_violation(command: tuple[str, ...], says: str) -> None:
    """A wrong path in a build file says nothing about the implementation. Spec: ORA-4."""
    session = Session(Launch(command))
    with pytest.raises(UnrunnableFault) as fault:
        session.start()
    assert says in str(fault.value) or "$.ok" in str(fault.value)
    session.lose()


def test_a_hello_that_never_comes_is_waited_for_once() -> None:
    """Five times ten seconds would be a minute of nothing. Spec: ORA-4."""
    session = Session(Launch(("sleep", "60"), hello_seconds=0.3))
    began = time.monotonic()
    with pytest.raises(UnrunnableFault, match="no answer within"):
        session.start()
    assert time.monotonic() - began < 5
