"""Proofs for every size: what follows from the rules of a profile, however many nodes there are.

A formula stands beside each rule of the core. A profile's formulas are put together as its reducer
is, a solver proves what follows from them, and the same formulas are evaluated on the steps that
the reducer really takes.
"""
