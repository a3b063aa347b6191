"""Which addresses are the desk's own, and where their mail goes: remembered for as long as its number holds.

Other daemons and commands change teams, too: every look asks for the numbers of the workspaces' rules, and reads the
addresses anew when one is another.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from engine.ports.views import DeskAddress
from engine.tickets.people import WorkspaceId
from mail.parsing.mailbox import normalise, without_tag


class AddressBook(Protocol):
    async def find(self, address: str) -> Sequence[DeskAddress]:
        """The desks that this recipient address means: usually one, none for a stranger's."""
        ...

    async def find_all(self, addresses: Iterable[str]) -> Mapping[str, Sequence[DeskAddress]]:
        """The desks of each, with one look for all of them: a mail may name hundreds."""
        ...


class Shelf(Protocol):
    """The two views that the book reads."""

    async def rules_numbers(self) -> Mapping[WorkspaceId, int]: ...

    async def desk_addresses(self) -> Sequence[DeskAddress]: ...


class KnownAddresses:
    """The address book of the daemon."""

    def __init__(self, views: Shelf) -> None:
        self._views = views
        self._by_address: Mapping[str, Sequence[DeskAddress]] = {}
        self._numbers: Mapping[WorkspaceId, int] | None = None
        self._asked = 0
        self._answered = 0
        self._looking = asyncio.Lock()

    async def find(self, address: str) -> Sequence[DeskAddress]:
        return (await self.find_all([address]))[address]

    async def find_all(self, addresses: Iterable[str]) -> Mapping[str, Sequence[DeskAddress]]:
        await self._look()
        return {address: self._known(address) for address in addresses}

    def _known(self, address: str) -> Sequence[DeskAddress]:
        """`local+token@domain` means `local@domain`, unless the desk has that very address."""
        normal = normalise(address)
        if normal is None:
            return ()
        known = self._by_address
        return known.get(normal) or known.get(without_tag(normal)) or ()

    async def _look(self) -> None:
        """One look answers all who asked before it began: two hundred sessions need one, not two hundred."""
        self._asked += 1
        mine = self._asked
        async with self._looking:
            if self._answered < mine:
                asked = self._asked
                await self._refresh()
                self._answered = asked

    async def _refresh(self) -> None:
        # The numbers first: addresses that are newer than their number are only read once more.
        numbers = await self._views.rules_numbers()
        if numbers != self._numbers:
            self._by_address, self._numbers = await self._read(), numbers

    async def _read(self) -> Mapping[str, Sequence[DeskAddress]]:
        by_address: dict[str, list[DeskAddress]] = {}
        for entry in await self._views.desk_addresses():
            by_address.setdefault(normalise(entry.address) or entry.address, []).append(entry)
        return by_address
