"""Passive traces: whether a log of a real run is one that the profile allows."""
