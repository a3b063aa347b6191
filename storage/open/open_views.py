"""The views of a SQLite file without what writes, waits or queues: for commands that only look."""

from dataclasses import dataclass

from storage.open.schema_check import check_schema, require_file
from storage.sql.database import open_sqlite_reader
from storage.sql.reading import DirectReader
from storage.views.views import SqlListViews


@dataclass(frozen=True, slots=True)
class FileViews:
    views: SqlListViews
    reader: DirectReader

    def close(self) -> None:
        self.reader.close()


async def open_sqlite_views(url: str) -> FileViews:
    """Raises SchemaMismatch as open_storage does."""
    require_file(url)
    reader = DirectReader(open_sqlite_reader(url))
    try:
        await check_schema(reader)
    except BaseException:
        reader.close()
        raise
    return FileViews(SqlListViews(reader), reader)
