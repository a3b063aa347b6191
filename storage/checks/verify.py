"""`deskd sla verify`: every clock counted again, and what else a promise rests on. Reads only, page by page."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from engine.calendars.calendar_history import CalendarHistory
from engine.explain.verify import Doubt, doubts
from engine.tickets.people import DEFAULT, WorkspaceId
from storage.checks import fsck_tickets, ticket_pages
from storage.checks.findings import Finding, Page
from storage.checks.ticket_pages import StoredTicket, kept
from storage.open.open_storage import Storage
from storage.tickets import rules


async def verify(storage: Storage, number: int | None = None) -> Sequence[Finding]:
    """Empty when all agrees; one ticket of the default workspace, or all there are."""
    after = ticket_pages.alone(DEFAULT, number) if number else ticket_pages.after
    return await ticket_pages.in_pages(storage.readers, after, _check)


def _check(connection: Connection, page: Page) -> list[Finding]:
    almanacs: dict[WorkspaceId, CalendarHistory] = {}
    findings: list[Finding] = []
    for each in kept(connection, page):
        workspace = each.ticket.workspace
        if workspace not in almanacs:
            almanacs[workspace] = rules.almanac(connection, workspace)
        promised = fsck_tickets.promises(each)
        findings += promised
        if fsck_tickets.is_readable(promised):
            findings += _clocks(each, almanacs[workspace])
    return findings


def _clocks(each: StoredTicket, almanac: CalendarHistory) -> Iterator[Finding]:
    for doubt in doubts(each.ticket, each.entries, almanac):
        yield fsck_tickets.found(each.ticket, "clock", _in_words(doubt))


def _in_words(doubt: Doubt) -> str:
    clock = f"its {doubt.kind.value} clock {doubt.cycle}"
    if doubt.what == "recorded":
        return f"event {doubt.seq} says that {clock} had used {doubt.stored}, counted again it is {doubt.counted}"
    return f"{clock}: {doubt.what} is stored as {doubt.stored}, counted again it is {doubt.counted}"
