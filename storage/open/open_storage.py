"""All of storage behind one door, for deskd.build and the commands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.ports.chores import Slots
from engine.ports.clock import Clock
from engine.ports.duty_store import WorkViews
from engine.ports.outbox import Outbox
from engine.ports.search import SearchIndex
from engine.ports.spool import Spool
from engine.ports.store import Store
from engine.ports.timers import Timers
from engine.ports.views import Views
from storage.open.schema_check import check_schema, require_file
from storage.open.store import SqlStore
from storage.open.writer_postgres import PostgresTransaction, PostgresWriter
from storage.open.writer_sqlite import SqliteWriter
from storage.queues.chores import SqlSlots
from storage.queues.outbox import SqlOutbox
from storage.queues.spool import SqlSpool
from storage.queues.spool_postgres import PostgresSpool
from storage.queues.timers import SqlTimers
from storage.search.following import SqlSearchIndex
from storage.sql.database import (
    is_sqlite,
    open_sqlite_view_readers,
    open_sqlite_writer,
    sqlite_path,
)
from storage.sql.engines import (
    READERS,
    open_postgres_readers,
    open_postgres_writers,
    open_sqlite_readers,
)
from storage.sql.files import FolderFiles
from storage.sql.readers import Readers
from storage.sql.reading import ThreadReader
from storage.sql.writer import Writer
from storage.views.all_views import SqlViews
from storage.views.work_views import SqlWorkViews

# The folder of attachments when none is named: beside the SQLite file.
ATTACHMENTS: Final = "attachments"


Hook = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Storage:
    store: Store
    spool: Spool
    outbox: Outbox
    timers: Timers
    slots: Slots
    views: Views
    search: SearchIndex
    work: WorkViews
    files: FolderFiles
    readers: Readers
    looking: ThreadReader | Readers
    """Where views are read."""
    writer: Writer

    async def close(self) -> None:
        """What was handed in is committed first."""
        await self.looking.close()
        await self.readers.close()
        await self.writer.close()


async def open_storage(
    url: str,
    attachments: Path | None,
    clock: Clock,
    *,
    before_commit: Hook = lambda size: None,
) -> Storage:
    """Raises SchemaMismatch unless `storage.upgrade.upgrade(url)` has been here."""
    folder = attachments or _beside(url)
    sqlite = is_sqlite(url)
    if sqlite:
        require_file(url)
    readers = Readers(open_sqlite_readers(url) if sqlite else open_postgres_readers(url))
    try:
        await check_schema(readers)
    except BaseException:
        await readers.close()
        raise
    looking: ThreadReader | Readers = readers
    if sqlite:
        looking = ThreadReader(open_sqlite_view_readers(url, size=READERS), threads=READERS)
    parts = _on_sqlite if sqlite else _on_postgres
    writer, store, spool = parts(url, clock, before_commit)
    return Storage(
        store=store,
        spool=spool,
        outbox=SqlOutbox(readers, writer),
        timers=SqlTimers(readers, writer, store.bound),
        slots=SqlSlots(writer),
        views=SqlViews(looking),
        search=SqlSearchIndex(writer),
        work=SqlWorkViews(readers),
        files=FolderFiles(folder),
        readers=readers,
        looking=looking,
        writer=writer,
    )


def _on_sqlite(url: str, clock: Clock, before_commit: Hook) -> tuple[Writer, SqlStore, Spool]:
    writer = SqliteWriter(open_sqlite_writer(url), before_commit=before_commit)
    return writer, SqlStore(writer, clock.now), SqlSpool(writer)


def _on_postgres(url: str, clock: Clock, before_commit: Hook) -> tuple[Writer, SqlStore, Spool]:
    writer = PostgresWriter(open_postgres_writers(url), before_commit=before_commit)
    store = SqlStore(writer, clock.now, bind=PostgresTransaction)
    return writer, store, PostgresSpool(writer)


def _beside(url: str) -> Path:
    if is_sqlite(url):
        return sqlite_path(url).parent / ATTACHMENTS
    return Path(ATTACHMENTS)
