"""What commands say with ``--json``: the schema of it, how the command ends, the command."""

from __future__ import annotations

from every_kind import FAILING, RECORDINGS

LINE = ("--profile", "textbook", "--topology", "line:3", "--writers", "A")
SWAP = ("--profile", "as-shipped", "--topology", "line:2")
FIFO = ("--network", "fifo", "--max-history", "unlimited", "--mtu", "unlimited")
SPREAD = ("simulate", "spread", "--topology", "complete:32", "--seeds", "2")
CHURN = ("--churn", "200", "--down", "0.01", "--restart", "amnesia", "--rounds-max", "3")
QUICK = ("--values", "booleans", "--examples", "3")
STEP = ("conform", "run", "--level", "step", "--case", "step/*", "--examples", "3")
OUTSIDE = RECORDINGS.parent / "single" / "s22-remote-string-version.json"

CASES: tuple[tuple[str, int, tuple[object, ...]], ...] = (
    ("bench", 0, ("bench", "--size", "line-2", "--runs", 1, "--no-spin")),
    ("bench-node", 0, ("bench", "--node", "--runs", 1)),
    ("bench-sizes", 0, ("bench", "--list")),
    ("check", 0, ("check", *LINE)),
    ("check", 1, ("check", "--case", FAILING)),
    ("check", 1, ("check", *SWAP, "--all")),
    ("check", 1, ("check", *SWAP, "--coverage")),
    ("check", 1, ("check", *SWAP, "--find", "agreement")),
    ("check", 0, ("check", *LINE, "--reduction", "quotient", "--property", "agreement")),
    ("check", 4, ("check", *LINE, "--max-states", 10)),
    ("check", 4, ("check", *LINE, "--search", "random", "--walks", 5)),
    ("ladder", 0, ("check", "--ladder", "writers:as-shipped")),
    ("outcomes", 0, ("check", *SWAP, "--outcomes")),
    ("catalogue", 4, ("check", "--max-states", 5)),
    ("checkup", 0, ("conform", "check-adapter")),
    ("clauses", 0, ("clauses",)),
    ("converted", 0, ("convert", "{kinds}/found.json", ".txt")),
    ("converted", 0, ("convert", "{kinds}/recording.json", ".svg")),
    ("doctor", 0, ("doctor",)),
    ("explore", 0, ("explore", "--case", FAILING, "--html", "{here}/page.html")),
    ("golden", 0, ("golden", RECORDINGS / "m03-joiner-gets-stale-value.json", OUTSIDE)),
    ("graph", 0, ("graph", "--case", FAILING)),
    ("hunt", 1, ("hunt", "--profile", "as-shipped", "--examples", 20, "--faults", "none")),
    ("hunt", 4, ("hunt", "--profile", "textbook", *FIFO, "--examples", 3, "--max-states", 500)),
    ("hunt", 4, ("hunt", "--seconds", 0)),
    ("laws", 0, ("laws", "lww_total", *QUICK)),
    ("laws", 1, ("laws", "lww_vs_clock", *QUICK, "--expect", "pure=refuted")),
    ("laws", 4, ("laws", "lww_total", "--seconds", 0)),
    ("inferred", 0, ("conform", "infer", "--examples", 1)),
    ("laws", 1, ("conform", "resolver", "lww_vs_clock", "--examples", 3)),
    ("law-list", 0, ("laws", "--list")),
    ("lessons", 0, ("learn",)),
    ("lessons-check", 0, ("learn", "--check")),
    ("live", 0, ("check", "--live", "--profile", "textbook", "--topology", "line:2")),
    ("live", 1, ("check", "--live", "--fairness", "none", "--profile", "textbook")),
    ("live", 4, ("check", "--live", "--profile", "textbook", "--max-states", 3)),
    ("profiles", 0, ("profiles",)),
    ("profiles-diff", 0, ("profiles", "diff", "documented", "paper")),
    ("profiles-diff", 0, ("profiles", "diff", "paper", "paper")),
    ("proofs", 0, ("prove", "--profile", "textbook", "--property", "no-gap")),
    ("proofs", 1, ("prove", "--profile", "documented", "--drop", "forget")),
    ("proofs-tried", 0, ("prove", "--profile", "textbook", "--evaluate", "300")),
    ("proofs", 4, ("prove", "--profile", "scuttlebutt")),
    ("promela", 0, ("promela", *LINE)),
    ("replay", 1, ("replay", "{kinds}/found.json")),
    ("replay", 1, ("replay", "{kinds}/lasso.json")),
    ("report", 0, STEP),
    ("report", 1, (*STEP, "--mutant", "answer_later")),
    ("scenario", 0, ("scenario", "{kinds}/scenario.txt")),
    ("schemas", 0, ("schema",)),
    ("schemas", 0, ("conform", "schema")),
    ("simulation", 0, ("simulate", "paper-2", "--order", "depth", "--engine", "tables")),
    ("simulation", 4, ("simulate", "light-writers", "--nodes", 4, "--engine", "tables")),
    ("simulation", 0, ("simulate", "paper-1", "--nodes", 4, "--engine", "reducers")),
    ("spread", 0, SPREAD),
    ("spread", 0, (*SPREAD, "--topology", "complete:64", "--growth")),
    ("spread", 1, (*SPREAD, *CHURN)),
    ("spread", 4, (*SPREAD, "--rounds-max", 1)),
    ("twin", 0, ("twin",)),
    ("vectors-report", 0, ("vectors", "test", "--profile", "paper")),
    ("vectors-report", 4, ("vectors", "test", "--case", "nothing*")),
)
"""`{kinds}` is a folder with a file of every kind, `{here}` an empty one."""
