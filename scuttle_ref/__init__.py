"""The Scuttlebutt gossip protocol as pure functions: one event in, a state and outputs out.

Everything a user needs is exported here; JSON is read and written by :mod:`scuttle_ref.wire`.
"""

from scuttle_ref.config import DEFAULT_CONFIG, Config
from scuttle_ref.entries import ABSENT, Entry
from scuttle_ref.errors import InvalidConfig, InvalidMessage, Refusal, ScuttleError
from scuttle_ref.history import History
from scuttle_ref.messages import (
    Command,
    Delta,
    Digest,
    DigestDone,
    Event,
    Exchange,
    Lost,
    Message,
    Opened,
    Put,
    Received,
    Update,
)
from scuttle_ref.names import ANSWERED, NEVER, UNBOUNDED, VERSION_MAX
from scuttle_ref.outputs import (
    Applied,
    Compacted,
    Declined,
    Ignored,
    Output,
    Reason,
    Recorded,
    Rejected,
    Send,
    Step,
)
from scuttle_ref.profile import Profile, deviations
from scuttle_ref.profiles import (
    AS_SHIPPED,
    DOCUMENTED,
    GOSSIPER,
    PAPER,
    PLASMID,
    PROFILES,
    SCUTTLEBUTT,
    TEXTBOOK,
    TXGOSSIP,
)
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import (
    RESOLVERS,
    GossipView,
    Resolver,
    first_writer,
    lww_total,
    lww_vs_clock,
    lww_vs_current_vers,
    max_value,
    strictly_order_values,
)
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

__all__ = [
    "ABSENT",
    "ANSWERED",
    "AS_SHIPPED",
    "DEFAULT_CONFIG",
    "DOCUMENTED",
    "GOSSIPER",
    "NEVER",
    "PAPER",
    "PLASMID",
    "PROFILES",
    "RESOLVERS",
    "SCUTTLEBUTT",
    "TEXTBOOK",
    "TXGOSSIP",
    "UNBOUNDED",
    "VERSION_MAX",
    "Applied",
    "Command",
    "Compacted",
    "Config",
    "Declined",
    "Delta",
    "Digest",
    "DigestDone",
    "Entry",
    "Event",
    "Exchange",
    "Gossip",
    "GossipView",
    "History",
    "Ignored",
    "InvalidConfig",
    "InvalidMessage",
    "Lost",
    "Message",
    "NodeState",
    "Opened",
    "Output",
    "Profile",
    "Put",
    "Reason",
    "Received",
    "Recorded",
    "Refusal",
    "Rejected",
    "Resolver",
    "ScuttleError",
    "Send",
    "Step",
    "Update",
    "VersionVector",
    "deviations",
    "first_writer",
    "lww_total",
    "lww_vs_clock",
    "lww_vs_current_vers",
    "max_value",
    "strictly_order_values",
]
