"""Store: a use case as one transaction of one workspace. Where it runs is the writer's matter."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from engine.ports.store import Transaction
from engine.tickets.people import WorkspaceId
from storage.sql.errors import StorageTrouble
from storage.sql.writer import Writer
from storage.tickets.rules import KnownRules
from storage.tickets.transaction import BoundTransaction

T = TypeVar("T")

Bind = Callable[[Connection, WorkspaceId, Callable[[], datetime], KnownRules], BoundTransaction]


class SqlStore:
    def __init__(
        self, writer: Writer, now: Callable[[], datetime], *, bind: Bind = BoundTransaction
    ) -> None:
        self._writer = writer
        self._now = now
        self._bind = bind
        self._known = KnownRules()

    async def run(self, workspace: WorkspaceId, work: Callable[[Transaction], T]) -> T:
        try:
            return await self._writer.run_if_room(
                lambda connection: work(self.bound(connection, workspace))
            )
        except StorageTrouble:
            self._known.forget()
            raise

    def bound(self, connection: Connection, workspace: WorkspaceId) -> BoundTransaction:
        """The Transaction of one workspace, in what `connection` has begun."""
        return self._bind(connection, workspace, self._now, self._known)
