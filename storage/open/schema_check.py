"""Whether a database has the schema that this program knows: asked before anything else is read from it."""

from sqlalchemy import Connection, text

from storage.open.revisions import HEAD
from storage.sql.database import sqlite_path
from storage.sql.errors import SchemaMismatch
from storage.sql.reading import CanRead


def require_file(url: str) -> None:
    """SQLite would make an empty file of any mistyped path."""
    if not sqlite_path(url).exists():
        raise SchemaMismatch(found=None, known=HEAD, newer=False)


async def check_schema(readers: CanRead) -> None:
    async with readers.open() as read:
        found = await read.run_sync(_revision)
    if found != HEAD:
        raise SchemaMismatch(found=found, known=HEAD, newer=found is not None and found > HEAD)


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
