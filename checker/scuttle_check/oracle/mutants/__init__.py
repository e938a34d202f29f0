"""mutants."""
