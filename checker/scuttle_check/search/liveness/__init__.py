"""Liveness: whether something good happens in the end, on every fair run.

A run that never ends passes through some cycle for ever. So the graph of all states is built, and
a cycle is looked for that the fairness assumption allows and that is not good.
"""
