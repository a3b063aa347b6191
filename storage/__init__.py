"""SQL: where everything is kept, on SQLite or PostgreSQL.

`storage.open.upgrade` brings a database up to date, `storage.open_storage` opens it. It decides nothing.
"""

from storage.open.open_storage import Storage, open_storage
from storage.sql.database import DaemonLock
from storage.sql.errors import Busy, SchemaMismatch, StorageTrouble

__all__ = ["Busy", "DaemonLock", "SchemaMismatch", "Storage", "StorageTrouble", "open_storage"]
