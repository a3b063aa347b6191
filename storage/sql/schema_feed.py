"""The tables of the feed and of search.

`record` leaves one row in feed_waiting; after its commit it gets a gapless position in its workspace's feed, and
whoever follows the feed remembers a position and nothing else. The search index is no table of SQLAlchemy's: FTS5 on
SQLite, a tsvector with its GIN index on PostgreSQL.
"""

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Integer, Table, Text, UniqueConstraint, event

from storage.sql.columns import Serial
from storage.sql.schema import METADATA, within

feed_waiting: Final = Table(
    "feed_waiting",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("stream_kind", Text, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    within(of="workspaces"),
    # An id is never given twice: the order of one stream is the order of its ids.
    sqlite_autoincrement=True,
)

feed: Final = Table(
    "feed",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream_kind", Text, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    within(of="workspaces"),
)

# The newest position of each workspace; `id` stands for the workspace where only a number fits.
feed_heads: Final = Table(
    "feed_heads",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    within(of="workspaces"),
    UniqueConstraint("workspace"),
)

feed_readers: Final = Table(
    "feed_readers",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    # Tickets below this number are still to be taken in, newest first; NULL: none are.
    Column("below", Integer),
    within(of="workspaces"),
)

# Words come folded and parted by blanks, and "ascii" takes every byte beyond ASCII for a letter: they stay whole.
# Where in a text a word stands is not asked, so positions are not kept.
SEARCH_ON_SQLITE: Final = """CREATE VIRTUAL TABLE search USING fts5(
    subject, words, files, people, notes, scope,
    tokenize = "ascii tokenchars ':'", prefix = '3 4', detail = 'column')"""
SEARCH_ON_POSTGRES: Final = (
    """CREATE TABLE search (
    workspace TEXT NOT NULL, ticket INTEGER NOT NULL, document TSVECTOR NOT NULL,
    CONSTRAINT pk_search PRIMARY KEY (workspace, ticket),
    CONSTRAINT fk_search_workspace_ticket FOREIGN KEY (workspace, ticket)
        REFERENCES tickets (workspace, number) ON DELETE CASCADE)""",
    # No list of what is pending: whoever searches would read it, and now and then somebody would have to tidy it.
    "CREATE INDEX ix_search_document ON search USING gin (document) WITH (fastupdate = off)",
)


def _also(when: str, statement: str, dialect: str) -> None:
    made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy has left it without types
    event.listen(METADATA, when, made.execute_if(dialect=dialect))


_also("after_create", SEARCH_ON_SQLITE, "sqlite")
for _statement in SEARCH_ON_POSTGRES:
    _also("after_create", _statement, "postgresql")
for _dialect in ("sqlite", "postgresql"):
    _also("before_drop", "DROP TABLE IF EXISTS search", _dialect)
