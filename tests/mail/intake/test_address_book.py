"""Which addresses are ours: read anew when their number has risen, however many ask."""

import asyncio
from collections.abc import Mapping, Sequence

from engine.ports.views import DeskAddress
from engine.tickets.people import DEFAULT, TeamId, WorkspaceId
from mail.intake.address_book import KnownAddresses

SUPPORT = DeskAddress("support@example.com", DEFAULT, TeamId("support"))
SALES = DeskAddress("sales@example.com", DEFAULT, TeamId("sales"))


class Shelf:
    """The views that the book reads."""

    def __init__(self) -> None:
        self.number = 1
        self.addresses = [SUPPORT]
        self.looks = 0
        self.reads = 0
        self.looking = asyncio.Event()

    async def rules_numbers(self) -> Mapping[WorkspaceId, int]:
        self.looks += 1
        found = {DEFAULT: self.number}
        self.looking.set()
        await asyncio.sleep(0)
        return found

    async def desk_addresses(self) -> Sequence[DeskAddress]:
        self.reads += 1
        found = list(self.addresses)
        await asyncio.sleep(0)
        return found

    def declare(self, *addresses: DeskAddress) -> None:
        self.addresses = list(addresses)
        self.number += 1


async def test_many_who_ask_at_once_cost_two_looks_and_all_get_the_answer() -> None:
    """One is on its way when the others come, and the next is for all of them."""
    shelf = Shelf()
    book = KnownAddresses(shelf)
    for looks in (2, 4):
        found = await asyncio.gather(*(book.find("Support+x@example.com") for _ in range(20)))
        assert all(entries == [SUPPORT] for entries in found)
        assert (shelf.looks, shelf.reads) == (looks, 1)


async def test_whoever_asks_during_a_look_is_answered_by_the_next() -> None:
    shelf = Shelf()
    book = KnownAddresses(shelf)
    assert not await book.find("sales@example.com")
    shelf.looking.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(book.find("sales@example.com"))
        await shelf.looking.wait()
        shelf.declare(SUPPORT, SALES)
        assert await book.find("sales@example.com") == [SALES]
    assert shelf.looks == 3
    assert not first.result(), "it is answered by what held when it looked"


async def test_an_address_that_was_taken_away_is_no_longer_ours_at_the_next_look() -> None:
    shelf = Shelf()
    book = KnownAddresses(shelf)
    assert await book.find("support@example.com")
    shelf.declare(SALES)
    assert not await book.find("support@example.com")
    assert await book.find("sales@example.com") == [SALES]


async def test_a_mail_with_hundreds_of_recipients_costs_one_look() -> None:
    shelf = Shelf()
    known = await KnownAddresses(shelf).find_all(
        [f"c{n}@example.org" for n in range(300)] + ["support@example.com", "no address"]
    )
    assert [address for address, desks in known.items() if desks] == ["support@example.com"]
    assert (len(known), shelf.looks) == (302, 1)
