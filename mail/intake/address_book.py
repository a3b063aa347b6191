"""Which addresses are the desk's own, and where their mail goes. Read from Views, a moment old at most."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.ports.clock import Clock
from engine.ports.views import DeskAddress
from mail.parsing.mailbox import normalise, without_tag

# A team's new address works within this time; a busy minute costs sixty reads, not thousands.
REFRESH: Final = timedelta(seconds=1)


class AddressBook(Protocol):
    async def find(self, address: str) -> Sequence[DeskAddress]:
        """The desks that this recipient address means: usually one, none for a stranger's."""
        ...


class Shelf(Protocol):
    """The one view that the book reads."""

    async def desk_addresses(self) -> Sequence[DeskAddress]: ...


class KnownAddresses:
    """The address book of the daemon."""

    def __init__(self, views: Shelf, clock: Clock) -> None:
        self._views = views
        self._clock = clock
        self._by_address: dict[str, list[DeskAddress]] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def find(self, address: str) -> Sequence[DeskAddress]:
        """`local+token@domain` means `local@domain`, unless the desk has that very address."""
        normal = normalise(address)
        if normal is None:
            return ()
        await self._refresh()
        known = self._by_address
        return known.get(normal) or known.get(without_tag(normal)) or ()

    async def _refresh(self) -> None:
        if self._is_fresh():
            return
        async with self._reading:
            # Who waited for another's reading has it now: twenty sessions need one, not twenty.
            if not self._is_fresh():
                await self._read()

    def _is_fresh(self) -> bool:
        now = self._clock.now()
        return self._read_at is not None and timedelta() <= now - self._read_at < REFRESH

    async def _read(self) -> None:
        now = self._clock.now()
        by_address: dict[str, list[DeskAddress]] = {}
        for entry in await self._views.desk_addresses():
            by_address.setdefault(normalise(entry.address) or entry.address, []).append(entry)
        self._by_address, self._read_at = by_address, now
