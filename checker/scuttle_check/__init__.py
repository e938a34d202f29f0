"""The checker in nine rooms, each built on those below it.

Lowest first: base, engine, search, gossip, laws, oracle, explorer, evidence, cli. CONTRIBUTING.md
says what each is about.
"""
