"""What a type checker must object to: each line with an expected error says which."""

from __future__ import annotations

from scuttle_ref import (
    DOCUMENTED,
    Config,
    Digest,
    Exchange,
    Gossip,
    GossipView,
    Put,
    Update,
)


def truthy(_gossip: GossipView, update: Update) -> int:
    return update.version


def wants_a_node(_gossip: str, _update: Update) -> bool:
    return True


Config(resolve=truthy)  # expect: arg-type
Config(resolve=wants_a_node)  # expect: arg-type
Config(mtu="ten")  # expect: arg-type
gossip = Gossip(DOCUMENTED)
gossip.config = Config()  # expect: misc
gossip.step(gossip.start("A"), Digest("A", 1))  # expect: arg-type
gossip.step(gossip.start("A"), Exchange(7))  # expect: arg-type
gossip.step(Put("k", 1), gossip.start("A"))  # expect: arg-type
Update("A", "k", 1, "7")  # expect: arg-type
gossip.start("A").clock = gossip.start("B").clock  # expect: misc
undocumented = GossipView.sorted  # expect: attr-defined
