"""Replay of behaviour recorded from the real library: the as-shipped profile on trial."""
