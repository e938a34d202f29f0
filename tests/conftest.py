"""What all tests share: how hard Hypothesis tries, and one file of every kind.

`ci` is deterministic, so that a run says the same each time; `dev` is quick; `nightly` looks for
what nobody has thought of; `mutation` is deterministic and makes nothing small. Choose with the
environment variable ``HYPOTHESIS_PROFILE``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

SLOW = [HealthCheck.too_slow]

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=SLOW,
)
settings.register_profile(
    "mutation",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "nightly", max_examples=5_000, deadline=None, suppress_health_check=SLOW, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """Processes that tests start hear SIGINT and SIGTERM, also where the suite itself must not.

    A shell starts what runs in the background with SIGINT ignored, and a child inherits that.
    """
    kept = {
        number: signal.signal(number, heard)
        for number, heard in (
            (signal.SIGINT, signal.default_int_handler),
            (signal.SIGTERM, signal.SIG_DFL),
        )
        if signal.getsignal(number) is signal.SIG_IGN
    }
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of every kind that is written here and holds a run."""
    from every_kind import write_every_kind  # noqa: PLC0415 - most tests need no command line

    return write_every_kind(tmp_path_factory.mktemp("every"))
