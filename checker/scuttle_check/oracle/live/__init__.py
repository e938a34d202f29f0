"""Conformance: whether an implementation does what a profile says, and where it does not."""
