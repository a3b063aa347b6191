"""Which addresses are ours: read seldom, however many ask."""

import asyncio
from collections.abc import Sequence

from engine.ports.views import DeskAddress
from engine.tickets.people import DEFAULT, TeamId
from mail.intake.address_book import REFRESH, KnownAddresses
from tests.clock import ManualClock


class Shelf:
    """The one view that the book reads."""

    def __init__(self) -> None:
        self.reads = 0

    async def desk_addresses(self) -> Sequence[DeskAddress]:
        self.reads += 1
        await asyncio.sleep(0)
        return [DeskAddress("support@example.com", DEFAULT, TeamId("support"))]


async def test_many_who_ask_at_once_cost_one_reading_and_all_get_the_answer() -> None:
    shelf, clock = Shelf(), ManualClock()
    book = KnownAddresses(shelf, clock)
    for readings in (1, 2):
        found = await asyncio.gather(*(book.find("Support+x@example.com") for _ in range(20)))
        assert all(len(entries) == 1 for entries in found)
        assert shelf.reads == readings
        await clock.forward(seconds=REFRESH.total_seconds())
