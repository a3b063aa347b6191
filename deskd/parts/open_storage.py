"""Storage opened for one command or the daemon, with the trouble it may have said in words.

How the schema is brought up to date is in deskd/upgrade_storage.py: commands never do that, and need no Alembic.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deskd.base.clock import WallClock
from deskd.base.errors import Failure
from deskd.config.database_words import mismatch_words, require_database, trouble_words
from deskd.settings.settings import Settings
from engine.ports.clock import Clock
from storage.open.open_storage import Storage, open_storage
from storage.sql.errors import SchemaMismatch, StorageTrouble


@asynccontextmanager
async def storage_opened(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Storage]:
    url = settings.database.url.get_secret_value()
    require_database(url)
    try:
        storage = await open_storage(url, settings.storage.attachments, clock or WallClock())
    except SchemaMismatch as mismatch:
        raise Failure(mismatch_words(mismatch, url)) from mismatch
    except (OSError, StorageTrouble) as error:
        raise Failure(trouble_words(url, error, "opened")) from error
    try:
        yield storage
    finally:
        await storage.close()
