"""The schema brought up to date before the daemon starts, with the trouble it may have said in words."""

from collections.abc import Sequence

from deskd.base.errors import Failure
from deskd.config.database_words import mismatch_words, trouble_words
from deskd.settings.settings import Settings
from storage.migrations.rebuild import Progress
from storage.open.upgrade import Revision, upgrade
from storage.open.upgrade import history as revisions
from storage.sql.errors import SchemaMismatch, StorageTrouble


async def upgraded(settings: Settings, progress: Progress | None = None) -> Sequence[str]:
    """The schema brought up to date under its lock; the revisions that were applied."""
    url = settings.database.url.get_secret_value()
    try:
        return await upgrade(url, progress)
    except SchemaMismatch as mismatch:
        raise Failure(mismatch_words(mismatch, url)) from mismatch
    except (OSError, StorageTrouble) as error:
        raise Failure(trouble_words(url, error, "made")) from error


async def history(settings: Settings) -> Sequence[Revision]:
    """Every revision this deskd knows, and whether the database has it."""
    url = settings.database.url.get_secret_value()
    try:
        return await revisions(url)
    except (OSError, StorageTrouble) as error:
        raise Failure(trouble_words(url, error, "opened")) from error
