"""Nodes of another language, over TCP: the lines mean the same to both."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from scuttle_ref.config import Config
from scuttle_ref.node import Node
from scuttle_ref.node.transport import Transport

NODE_JS = shutil.which("node")
TOTAL = 2000
"""600 updates of ours and 700 of each of theirs."""

PEER = Path(__file__).with_name("peer.js")


@pytest.mark.skipif(NODE_JS is None, reason="Node.js is not installed")
def test_a_node_program_and_ours_converge_over_thousands_of_updates() -> None:
    """Two of theirs that know each other through ours only. Spec: NODE-9."""

    async def work() -> None:
        transport = Transport(Node("ours", Config(max_history=100_000, mtu=100_000)))
        transport.gossip_seconds = 0.1
        _, port = await transport.listen("127.0.0.1", 0)
        for count in range(300):
            transport.node.set(f"ours{count}", count)
            transport.node.set(f"shared{count % 50}", "ours")
        peers = [
            await asyncio.create_subprocess_exec(
                str(NODE_JS),
                str(PEER),
                name,
                str(port),
                "700",
                str(TOTAL),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for name in ("X", "Y")
        ]
        async with asyncio.timeout(60):
            for peer in peers:
                assert peer.stdout is not None
                assert await peer.stdout.readline() == b"complete\n"
            while len(transport.node.history) < TOTAL:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
            stores = [json.loads((await peer.communicate(b""))[0]) for peer in peers]
        await transport.close()

        assert len(transport.node.history) == TOTAL
        assert stores[0] == stores[1] == transport.node.state

    asyncio.run(work())
