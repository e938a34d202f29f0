"""Memory: what this process holds, and what the machine has left. Unit: bytes."""

from __future__ import annotations

import os
from pathlib import Path


def memory_used() -> int | None:
    """What this process holds now, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError, IndexError):
        return None


def memory_free() -> int | None:
    """What could be had without taking it from anybody, where the system tells.

    In a container with a limit of its own, what is left of that, if it is less.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (free,) = (int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError):
        return None
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such group, or its limit is "max"
        return free
    return min(free, max(0, limit - used))
