"""SQL: where everything is kept, on SQLite or PostgreSQL.

`storage.open.upgrade` brings a database up to date, `storage.open.open_storage` opens it. It decides nothing.
Nothing is imported here: a command that only looks takes `storage.open.open_views`, and starts in half the time.
"""
