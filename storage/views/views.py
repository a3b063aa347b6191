"""Reads for lists, cards and couriers: pictures, a moment old at most, never written back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from engine.lists.asking import Asked
from engine.ports.views import (
    Depth,
    DeskAddress,
    OutboxLine,
    Page,
    SpoolLine,
    TicketFile,
    TicketLine,
)
from engine.tickets.message import Comment, Note, Reference
from engine.tickets.people import Person, Team, WorkspaceId
from storage.sql.reading import CanRead
from storage.views import queue_views, ticket_lists, ticket_views


class SqlListViews:
    def __init__(self, readers: CanRead) -> None:
        self._readers = readers

    async def tickets(
        self, workspace: WorkspaceId, reader: Person, asked: Asked, *, now: datetime
    ) -> Page:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_lists.tickets_page, workspace, reader, asked, now)

    async def open_tickets(
        self, workspace: WorkspaceId, *, limit: int, before: int | None = None
    ) -> Sequence[TicketLine]:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.open_lines, workspace, limit, before)

    async def ticket(self, workspace: WorkspaceId, number: int) -> TicketLine | None:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.line, workspace, number)

    async def ticket_file(self, workspace: WorkspaceId, number: int) -> TicketFile | None:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.file, workspace, number)

    async def comment(
        self, workspace: WorkspaceId, id: str
    ) -> tuple[Comment, Person | None] | None:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.comment, workspace, id)

    async def note(self, workspace: WorkspaceId, id: str) -> tuple[Note, Person | None] | None:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.note, workspace, id)

    async def references(
        self,
        workspace: WorkspaceId,
        ticket: int,
        *,
        channel: str,
        place: str | None = None,
        kind: str | None = None,
    ) -> Sequence[Reference]:
        wanted = {"channel": channel, "place": place, "kind": kind}
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.references, workspace, ticket, wanted)

    async def ticket_by_reference(
        self, workspace: WorkspaceId, channel: str, place: str, ref: str
    ) -> int | None:
        wanted = Reference(channel=channel, place=place, kind="", ref=ref)
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.by_reference, workspace, wanted)

    async def workspaces(self) -> Sequence[WorkspaceId]:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.workspace_ids)

    async def rules_numbers(self) -> Mapping[WorkspaceId, int]:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.rules_numbers)

    async def desk_addresses(self) -> Sequence[DeskAddress]:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.desk_addresses)

    async def teams(self, workspace: WorkspaceId) -> Sequence[Team]:
        async with self._readers.open() as read:
            return await read.run_sync(ticket_views.teams, workspace)

    async def spool(self, *, state: str | None = None, limit: int = 1000) -> Sequence[SpoolLine]:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.spool_lines, state, limit)

    async def outbox(self, *, state: str | None = None, limit: int = 1000) -> Sequence[OutboxLine]:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.outbox_lines, state, limit)

    async def spool_depth(self) -> Depth:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.spool_depth)

    async def outbox_depth(self) -> Depth:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.outbox_depth)

    async def overdue_timers(self, *, now: datetime, grace: timedelta) -> Depth:
        async with self._readers.open() as read:
            return await read.run_sync(queue_views.overdue_timers, now - grace)
