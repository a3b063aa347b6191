"""Messages about a database that is missing, cannot be reached, or has another schema."""

from pathlib import Path

from deskd.base.errors import Failure
from deskd.config.show import masked
from storage.sql.errors import SchemaMismatch


def require_database(url: str) -> None:
    """A command must not leave an empty database behind because of a mistyped path."""
    file = database_file(url)
    if file is not None and not file.exists():
        raise Failure(
            f"there is no database {file} yet: `deskd run` or `deskd db upgrade` makes it"
            " (or is --config missing?)"
        )


def mismatch_words(mismatch: SchemaMismatch, url: str) -> str:
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


def trouble_words(url: str, error: Exception, verb: str) -> str:
    """A file is opened or made; a server is somewhere else."""
    if database_file(url) is None:
        verb = "reached"
    return f"the database {masked(url)} cannot be {verb}: {error or type(error).__name__}"
