"""All views: those of lists and cards, and beside them the rules and what reports count."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from engine.promises.rules import Rules
from engine.reports.facts import TicketFacts
from engine.tickets.people import WorkspaceId
from storage.sql.reading import CanRead
from storage.tickets import rules
from storage.tickets.rules import KnownRules
from storage.views import report_views
from storage.views.views import SqlListViews


class SqlViews(SqlListViews):
    def __init__(self, readers: CanRead) -> None:
        super().__init__(readers)
        self._known = KnownRules()

    async def ticket_facts(
        self, workspace: WorkspaceId, *, since: datetime
    ) -> Sequence[TicketFacts]:
        found: dict[int, TicketFacts] = {}
        for page_of in (report_views.open_page, partial(report_views.closed_page, since=since)):
            after: TicketFacts | None = None
            while page := await self._facts(page_of, workspace, after):
                found.update((each.number, each) for each in page)
                after = page[-1]
                report_views.check(len(found))
        return list(found.values())

    async def _facts(
        self, page_of: report_views.PageOf, workspace: WorkspaceId, after: TicketFacts | None
    ) -> Sequence[TicketFacts]:
        async with self._readers.open() as read:
            return await read.run_sync(page_of, workspace, after)

    async def rules(self, workspace: WorkspaceId) -> Rules:
        async with self._readers.open() as read:
            return await read.run_sync(rules.read, workspace, self._known)
