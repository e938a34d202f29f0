"""The compiled search, divided: shards of the worlds with workers, the tables with a coordinator.

Who owns a world is decided by a fixed function of it. A worker knows the worlds it owns and expands
them by tables that it was sent as plain arrays; what the tables do not know it asks for. Only the
coordinator calls actors and judges properties, so nothing but numbers travels.
"""
