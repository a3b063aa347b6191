"""Tables that wait for their feature: here from the first day, so that the feature needs no new shape.

Nothing reads or writes them yet. EVERYTHING is complete once this module is imported.
"""

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from storage.sql.columns import Instant, Json, Span, Words
from storage.sql.schema import METADATA, within
from storage.sql.schema_feed import feed
from storage.sql.schema_rules import declared
from storage.sql.schema_traffic import outbox

categories: Final = declared("categories")
request_forms: Final = declared("request_forms")
custom_fields: Final = declared("custom_fields")

credentials: Final = Table(
    "credentials",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("replaced_at", Instant),
    within("person", of="people"),
    Index("ix_credentials_person", "workspace", "person"),
)

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ip", Text),
    within("person", of="people"),
    Index("ix_sessions_expires", "expires_at"),
)

tokens: Final = Table(
    "tokens",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    within("person", of="people"),
)

tasks: Final = Table(
    "tasks",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    # A task may stand alone.
    Column("ticket", Integer),
    Column("parent", Text),
    Column("title", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("assignee", Text),
    Column("position", Integer, nullable=False),
    Column("estimate", Span),
    Column("due_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("version", Integer, nullable=False),
    within(of="workspaces"),
    within("ticket", of="tickets"),
    within("assignee", of="people"),
    within("parent", of="tasks"),
    Index("ix_tasks_ticket", "workspace", "ticket"),
    Index("ix_tasks_assignee", "workspace", "assignee"),
)

custom_values: Final = Table(
    "custom_values",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("subject_kind", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Json),
    Column("set_at", Instant, nullable=False),
    within(of="workspaces"),
)

notices: Final = Table(
    "notices",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ticket", Integer),
    Column("facts", Json, nullable=False),
    Column("key", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("read_at", Instant),
    within("person", of="people"),
    within("ticket", of="tickets"),
    UniqueConstraint("workspace", "person", "key"),
    Index("ix_notices_person", "workspace", "person", "at"),
)

# One MetaData for all; the tables of traffic and of the feed are in it because this module asked for one of each.
EVERYTHING: Final = outbox.metadata
assert feed.metadata is EVERYTHING
