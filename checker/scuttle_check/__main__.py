"""``python -m scuttle_check`` is ``scuttle``, and ``scuttle`` begins here.

Where what it needs cannot even be imported, that is told as everything else is.
"""

from __future__ import annotations

import sys

from scuttle_check.base.ending import ended


def main() -> None:
    """Run ``scuttle`` and exit. Spec: END-1."""
    sys.exit(ended(_begin))


def _begin() -> None:
    from scuttle_check.cli.main import main as run  # noqa: PLC0415 - it may fail, and is told of

    run()


if __name__ == "__main__":
    main()
