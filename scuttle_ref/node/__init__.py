"""A node that runs: the README's API around the reducer, stores that survive, a TCP transport.

Laws of this folder: the imperative shell. It keeps a state, calls the reducer, and carries out
what comes of it; no decision of the protocol is taken here. It is the only room of the core with
input, output and time.
"""

from scuttle_ref.node.node import Node
from scuttle_ref.node.sqlite_store import SqliteStore
from scuttle_ref.node.store import MappingStore, MemoryStore, Store, StoreFault

__all__ = ["MappingStore", "MemoryStore", "Node", "SqliteStore", "Store", "StoreFault"]
