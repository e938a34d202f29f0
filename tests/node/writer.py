"""A node under load, in a process that will be killed: says what it has acknowledged.

Run as ``python writer.py STORE BATCH``. Prints ``ready``, then a line for each write after it
returned.
"""

from __future__ import annotations

import sys

from scuttle_ref.config import Config
from scuttle_ref.messages import Update
from scuttle_ref.node import Node, SqliteStore

store, batch = sys.argv[1:]
node = Node("A", Config(max_history=50), store=SqliteStore(store))
sys.stdout.write("ready\n")
sys.stdout.flush()
for count in range(1_000_000):
    node.set(f"k{count % 20}", f"{batch}-{count}")
    version = dict(node.clock)["A"]
    sys.stdout.write(f"{version} k{count % 20} {batch}-{count}\n")
    sys.stdout.flush()
    if count % 3 == 0:
        node.write(Update("B", f"b{count % 5}", count, int(version) + 1), "B")
