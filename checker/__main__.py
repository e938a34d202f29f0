"""``python -m checker`` is ``scuttle``."""

from checker.cli import main

main()
