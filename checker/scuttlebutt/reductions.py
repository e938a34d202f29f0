"""The reductions by name."""

LEVELS = (
    *("quotient+stubborn+symmetry", "quotient+stubborn"),
    *("quotient+symmetry", "quotient", "symmetry"),
)
"""What ``auto`` tries, the strongest first. Pieces are joined by a plus."""

REDUCTIONS = ("none", "auto", "stubborn", "stubborn+symmetry", *LEVELS)
