"""The views of a SQLite desk opened for one command that only looks, with the trouble it may have said in words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deskd.base.errors import Failure
from deskd.config.database_words import mismatch_words, require_database, trouble_words
from deskd.settings.settings import Settings
from engine.ports.views import ListViews
from storage.open.open_views import open_sqlite_views
from storage.sql.errors import SchemaMismatch, StorageTrouble


@asynccontextmanager
async def views_opened(settings: Settings) -> AsyncIterator[ListViews]:
    url = settings.database.url.get_secret_value()
    require_database(url)
    try:
        opened = await open_sqlite_views(url)
    except SchemaMismatch as mismatch:
        raise Failure(mismatch_words(mismatch, url)) from mismatch
    except (OSError, StorageTrouble) as error:
        raise Failure(trouble_words(url, error, "opened")) from error
    try:
        yield opened.views
    finally:
        opened.close()
