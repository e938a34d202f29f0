"""A population of participants as tables: what each holds of every mapping of every other.

Under the profile paper a value is a function of its participant, key and version, so that versions
are the state. Tables instead of node states make 128 participants with 64 keys take seconds. A run
by the reducers (:mod:`scuttle_check.evidence.simulation.reducing`) is compared with one by tables,
and the tests compare every mapping and every clock after every exchange.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import define

from scuttle_check.evidence.simulation.orders import PRECISE, SCUTTLE, Floats, Ints
from scuttle_ref.flow import Flow, adapted, asking, heard


@define
class Population:
    """`held[q, p, k]` is the version that q holds of key k of p, 0 for none.

    `clock[q, p]` is the highest version q has seen of p; `written[p, n]` the time at which p wrote
    version n, and `outdated[p, n]` the time at which its key was written again. Unit: seconds.
    `flows[q]` is what q may write.
    """

    held: Ints
    clock: Ints
    written: Floats
    outdated: Floats
    flows: list[Flow]

    @classmethod
    def of(cls, nodes: int, keys: int) -> Population:
        """Every participant has written each of its keys once, and knows of no other."""
        held = np.zeros((nodes, nodes, keys), dtype=np.int64)
        clock = np.zeros((nodes, nodes), dtype=np.int64)
        own = np.arange(nodes)
        held[own, own] = np.arange(1, keys + 1)
        clock[own, own] = keys
        written = np.zeros((nodes, 4 * keys))
        flows = [Flow(desired=math.inf, allowed=0.0)] * nodes
        return cls(held, clock, written, written.copy(), flows)

    def write(self, node: int, key: int, now: float) -> None:
        """A new version, above all own ones. Spec: VERS-2."""
        version = int(self.clock[node, node]) + 1
        if version >= self.written.shape[1]:
            self.written = np.pad(self.written, ((0, 0), (0, version)))
            self.outdated = np.pad(self.outdated, ((0, 0), (0, version)))
        before = self.held[node, node, key]
        if before:
            self.outdated[node, before] = now
        self.written[node, version] = now
        self.held[node, node, key] = version
        self.clock[node, node] = version

    def exchange(self, one: int, other: int, order: str, mtu: float, chance: Ints) -> None:
        """Push-pull between two; `one` starts. The mtu bounds each answer. Unit: updates.

        The second answer is made after the first arrived, as the reducers do. Spec: PAPER-10.
        """
        self._sent(other, one, order, mtu, chance)
        self._sent(one, other, order, mtu, chance)

    def paced_exchange(self, one: int, other: int, order: str, mtu: float, chance: Ints) -> None:
        """An exchange under flow control, each step of it where the reducers take it.

        Spec: FLOW-5, FLOW-8.
        """
        flows = self.flows
        flows[other], answer = heard(flows[other], asking(flows[one]))
        missing = self._sent(other, one, order, mtu, chance)
        flows[other] = adapted(flows[other], overflow=missing > mtu, mtu=mtu)
        gift = None
        if answer is not None:
            flows[one], gift = heard(flows[one], answer)
        missing = self._sent(one, other, order, mtu, chance)
        flows[one] = adapted(flows[one], overflow=missing > mtu, mtu=mtu)
        if gift is not None:
            flows[other], _ = heard(flows[other], gift)

    def _sent(self, sender: int, receiver: int, order: str, mtu: float, chance: Ints) -> int:
        mine, theirs = self.held[sender], self.held[receiver]
        precise = order in PRECISE
        bar = theirs if precise else self.clock[receiver][:, None]
        flat = np.flatnonzero(mine > bar)
        missing = len(flat)
        versions = mine.reshape(-1)[flat]
        if missing > mtu:
            rows = flat // mine.shape[1]
            if precise:
                times = PRECISE[order] * self.written[rows, versions]
                first = np.lexsort((chance[rows], times))
            else:
                first = SCUTTLE[order](rows, versions, chance)
            cut = first[: int(mtu)]
            flat, versions = flat[cut], versions[cut]
        theirs.reshape(-1)[flat] = versions
        np.maximum.at(self.clock[receiver], flat // mine.shape[1], versions)
        return missing

    def stale(self) -> Ints:
        """For each participant, how many mappings it holds an old version of, or none."""
        own = np.arange(len(self.held))
        old: Ints = np.count_nonzero(self.held != self.held[own, own], axis=(1, 2))
        return old

    def staleness(self, probe: int, now: float, sources: slice = slice(None)) -> float:
        """How long ago the oldest update was written that `probe` still misses. Unit: seconds."""
        own = np.arange(len(self.held))
        old = self.held[probe] != self.held[own, own]
        since = np.take_along_axis(self.outdated, self.held[probe], axis=1)
        late = np.where(old, now - since, 0.0)[sources]
        return float(late.max(initial=0.0))

    def holes(self) -> int:
        """Mappings that stay old for ever: the clock is past the version they lack.

        None under Scuttlebutt reconciliation, its invariant (equation 2 of the paper).
        """
        own = np.arange(len(self.held))
        truth = self.held[own, own]
        return int(np.count_nonzero((self.held != truth) & (truth <= self.clock[:, :, None])))

    def agree(self) -> bool:
        """Whether what is measured is what is held: here both are the same tables."""
        return True
