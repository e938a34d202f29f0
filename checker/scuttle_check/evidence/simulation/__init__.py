"""Simulation: the protocol at the size of the paper's experiments, seeded and repeatable."""
