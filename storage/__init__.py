"""SQL: where everything is kept, on SQLite or PostgreSQL.

`storage.upgrade` brings a database up to date, `storage.open_storage` opens it. It decides nothing.
"""

from storage.database import DaemonLock
from storage.errors import Busy, SchemaMismatch, StorageTrouble
from storage.opening import Storage, open_storage

__all__ = ["Busy", "DaemonLock", "SchemaMismatch", "Storage", "StorageTrouble", "open_storage"]
