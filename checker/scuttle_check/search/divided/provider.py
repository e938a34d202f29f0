"""The coordinator's tables: they answer what workers need to know, in an order that is fixed.

What is asked for in one round is the same however many workers share it, and is answered sorted. So
regions have the same numbers, and worlds are the same words, on any number of workers.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import Action
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.tables import ActionTable, Tables
from scuttle_check.search.divided.journal import Event, Turn
from scuttle_check.search.divided.judging import DividedJudge
from scuttle_check.search.divided.messages import ActionNews, AppendNews, Needs, News, RegionNews

NONE = np.zeros(0, np.intp)
WORDS = np.zeros(0, np.uint64)


@define
class Provider:
    """Answers needs from the tables, calling actors where nobody did before.

    `history` is all that workers were told since the words last changed. `asked` is what
    happened to the tables, in order, and `checked` is a checksum of
    the numbers answered.
    """

    tables: Tables
    judging: DividedJudge
    listed: list[ActionTable] = field(factory=list)
    history: list[News] = field(factory=list)
    asked: list[Event] = field(factory=list)
    checked: int = 0
    _numbers: dict[Action, int] = field(factory=dict)
    _told: list[int] = field(init=False)
    _regions: list[int] = field(factory=list)
    _filled: dict[int, int] = field(factory=dict)
    _summed: dict[tuple[int, int], int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._told = [0] * len(self.tables.interned)
        self._tell_ports()

    def _tell_ports(self) -> None:
        for port, append in self.tables.appends.items():
            self.history.append(AppendNews(port, append.target, NONE, NONE, WORDS))

    def entered(self) -> None:
        """A new level is there: the regions that there are now are those of its worlds."""
        self._regions = [len(interned) for interned in self.tables.interned]

    def level(self) -> None:
        """Before a level is looked at: number its actions and tell of regions that are new.

        A new region is one of a world of this level, where every action will be tried. So what
        actions do to it is found out before anybody asks, save those that a budget may forbid.
        """
        self.asked.append(Turn.LEVEL)
        self.tables.list_actions()
        for table in self.tables.actions:
            if table.action not in self._numbers:
                self._numbers[table.action] = len(self.listed)
                self.listed.append(table)
                self._tell_action(table)
        self.judging.see_regions()
        for node, locals_of in enumerate(self.judging.local_of):
            first = self._told[node]
            if first < len(locals_of):
                quiet = self.judging.quiet[node][first:]
                numbers = locals_of[first:].astype(np.uint64)
                self.history.append(RegionNews(node, first, numbers, quiet))
                self._told[node] = len(locals_of)
        for number, table in enumerate(self.listed):
            known = self._filled.get(number, 0)
            count = self._regions[table.node]
            if table.counter is None and known < count:
                self._provide_action(number, np.arange(known, count))
                self._filled[number] = count

    def _tell_action(self, table: ActionTable) -> None:
        number = self._numbers[table.action]
        status = np.zeros(0, np.uint8)
        self.history.append(ActionNews(number, table.node, table.counter, NONE, status, WORDS, {}))

    def checksum(self) -> int:
        """A checksum of all answers: the numbers, and what the components that they stand for say.

        Numbers alone would not do: another resolver may lead to as many node states.
        """
        for node, interned in enumerate(self.tables.interned):
            for column, met in enumerate(interned.values):
                known = self._summed.get((node, column), 0)
                self.checked = crc32(repr(met[known:]).encode(), self.checked)
                self._summed[node, column] = len(met)
        return self.checked

    def drained(self) -> list[Event]:
        """What was asked since this was called before."""
        asked, self.asked = self.asked, []
        return asked

    def provide(self, needs: Needs) -> None:
        """Find out what is needed, and remember to tell it. Raises TooWide."""
        self.asked.append(needs)
        for number in sorted(needs.actions):
            self._provide_action(number, needs.actions[number])
        for port in sorted(needs.appends):
            regions, posts = needs.appends[port]
            change = self.tables.append(port, regions, posts)
            target = self.tables.appends[port].target
            self.history.append(AppendNews(port, target, regions, posts, change))
            self.checked = crc32(change.tobytes(), self.checked)

    def _provide_action(self, number: int, regions: Ids) -> None:
        table = self.listed[number]
        self.tables.fill(table, regions)
        sends = {port: posts[regions] for port, posts in table.sends.items()}
        status, change = table.status[regions], table.change[regions]
        self.history.append(
            ActionNews(number, table.node, table.counter, regions, status, change, sends)
        )
        for content in (
            status.tobytes(),
            change.tobytes(),
            *(posts.tobytes() for posts in sends.values()),
        ):
            self.checked = crc32(content, self.checked)

    def words_changed(self) -> None:
        """After the fields of a world were widened: everything must be told anew."""
        self.asked.append(Turn.WIDENED)
        self.history.clear()
        self._filled.clear()
        self._told = [0] * len(self.tables.interned)
        self._tell_ports()
        for table in self.listed:
            self._tell_action(table)
