"""The compiled search: worlds as packed integers, steps as table look-ups.

A node's step depends only on its own region of the world, and distinct regions are few. So each
region is interned to a small integer, a world is one 64-bit integer of them, and the pure actor is
called once for each distinct (region, input). Exact: the integer *is* the world, never a hash.
"""
