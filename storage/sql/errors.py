"""What storage says when it cannot do its work."""

from engine.tickets.errors import OwnTrouble


class StorageTrouble(OwnTrouble):
    """The database did not do it. `temporary`: the same may work later (locked, full, away): answer 451."""

    def __init__(self, reason: str, *, temporary: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary


class Busy(Exception):
    """Another daemon holds this SQLite file."""

    def __init__(self, path: str) -> None:
        super().__init__(f"another daemon holds {path}")
        self.path = path


class SchemaMismatch(Exception):
    """The database has another schema than this program knows."""

    def __init__(self, *, found: str | None, known: str, newer: bool) -> None:
        verb = "is newer than" if newer else "is older than"
        super().__init__(f"database schema {found or 'none'} {verb} this program's {known}")
        self.found = found
        self.known = known
        self.newer = newer
