"""Storage opened for one command or the daemon, with the trouble it may have said in words."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from deskd.base.clock import WallClock
from deskd.base.errors import Failure
from deskd.config.show import masked
from deskd.settings.settings import Settings
from engine.ports.clock import Clock
from storage.open.open_storage import Storage, open_storage
from storage.open.upgrade import Revision, upgrade
from storage.open.upgrade import history as revisions
from storage.sql.errors import SchemaMismatch, StorageTrouble


@asynccontextmanager
async def storage_opened(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Storage]:
    url = settings.database.url.get_secret_value()
    require_database(url)
    try:
        storage = await open_storage(url, settings.storage.attachments, clock or WallClock())
    except SchemaMismatch as mismatch:
        raise Failure(_mismatch(mismatch, url)) from mismatch
    except (OSError, StorageTrouble) as error:
        raise Failure(_unreachable(url, error, "opened")) from error
    try:
        yield storage
    finally:
        await storage.close()


def require_database(url: str) -> None:
    """A command must not leave an empty database behind because of a mistyped path."""
    file = database_file(url)
    if file is not None and not file.exists():
        raise Failure(
            f"there is no database {file} yet: `deskd run` or `deskd db upgrade` makes it"
            " (or is --config missing?)"
        )


def _mismatch(mismatch: SchemaMismatch, url: str) -> str:
    if mismatch.newer:
        return (
            f"the database {masked(url)} has schema {mismatch.found}, newer than this deskd knows"
            f" ({mismatch.known}): install the newer deskd, or restore a backup"
        )
    found = f"schema {mismatch.found}" if mismatch.found else "no schema"
    return (
        f"the database {masked(url)} has {found}, this deskd needs {mismatch.known}:"
        " `deskd db upgrade`, or start `deskd run`"
    )


def database_file(url: str) -> Path | None:
    """The SQLite file; None when the database is a server."""
    _, found, path = url.partition("sqlite+aiosqlite:///")
    return Path(path) if found else None


async def upgraded(settings: Settings) -> Sequence[str]:
    """The schema brought up to date under its lock; the revisions that were applied."""
    url = settings.database.url.get_secret_value()
    try:
        return await upgrade(url)
    except SchemaMismatch as mismatch:
        raise Failure(_mismatch(mismatch, url)) from mismatch
    except (OSError, StorageTrouble) as error:
        raise Failure(_unreachable(url, error, "made")) from error


async def history(settings: Settings) -> Sequence[Revision]:
    """Every revision this deskd knows, and whether the database has it."""
    url = settings.database.url.get_secret_value()
    try:
        return await revisions(url)
    except (OSError, StorageTrouble) as error:
        raise Failure(_unreachable(url, error, "opened")) from error


def _unreachable(url: str, error: Exception, verb: str) -> str:
    """A file is opened or made; a server is somewhere else."""
    if database_file(url) is None:
        verb = "reached"
    return f"the database {masked(url)} cannot be {verb}: {error or type(error).__name__}"
