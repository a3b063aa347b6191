"""The tables that every history has in common: a ticket's, and that of a person's presence.

What hangs on a history points to its row in `streams`, by kind and id; so that the next thing with a history (a task,
an article) gets timers, words and files too.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    case,
    cast,
    false,
)

from engine.tickets.promise_clock import StreamKind
from storage.sql.columns import Instant, Json, Serial, Span, Words
from storage.sql.schema import METADATA, partial, within

RUNNING: Final = "running_since IS NOT NULL AND breached_at IS NULL"

streams: Final = Table(
    "streams",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    # A ticket's number, a person's id.
    Column("id", Text, primary_key=True),
    within(of="workspaces"),
)


def _stream(*, key: bool = False) -> tuple[Any, ...]:
    return (
        Column("stream_kind", Text, nullable=False, primary_key=key),
        Column("stream_id", Text, nullable=False, primary_key=key),
        within("stream_kind", "stream_id", of="streams"),
    )


events: Final = Table(
    "events",
    METADATA,
    # Grows with time across all workspaces; filtered by workspace it is that workspace's cursor.
    Column("cursor", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    # No key guards these two, since the table is the largest there is: fsck looks.
    Column("stream_kind", Text, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("actor", Text),
    Column("via", Text, nullable=False),
    Column("ip", Text),
    Column("at", Instant, nullable=False),
    Column("facts", Json, nullable=False),
    within(of="workspaces"),
    UniqueConstraint("workspace", "stream_kind", "stream_id", "seq"),
    Index("ix_events_cursor", "workspace", "cursor"),
    sqlite_autoincrement=True,
)

# What somebody called a thing. The event says that they did; the words are here, so that they can be taken out.
subjects: Final = Table(
    "subjects",
    METADATA,
    Column("workspace", Text, primary_key=True),
    *_stream(key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("text", Words, nullable=False),
)

timers: Final = Table(
    "timers",
    METADATA,
    Column("workspace", Text, primary_key=True),
    *_stream(key=True),
    Column("kind", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("due_at", Instant, nullable=False),
    Index("ix_timers_due", "due_at"),
)

clocks: Final = Table(
    "clocks",
    METADATA,
    Column("workspace", Text, primary_key=True),
    *_stream(key=True),
    Column("kind", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("goal", Span, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("used", Span, nullable=False),
    Column("running_since", Instant),
    Column("due_at", Instant),
    Column("warn_at", Instant),
    Column("stopped_at", Instant),
    Column("warnings", Integer, nullable=False, server_default="0"),
    Column("breached_at", Instant),
    Column("rebased", Boolean, nullable=False),
    Column("cancelled_at", Instant),
    Column("waived", Boolean, nullable=False, server_default=false()),
    Column("policy", Text, nullable=False, server_default="devops"),
    Column("calendar", Text, nullable=False, server_default="24x7"),
    Column("calendar_version", Integer, nullable=False, server_default="0"),
    # Pairs of microseconds since 1970: where it ran before running_since.
    Column("runs", Json),
    partial("ix_clocks_calendar", "workspace", "calendar", "calendar_version", where=RUNNING),
    partial("ix_clocks_due", "workspace", "due_at", where=RUNNING),
)


def _message_table(name: str) -> Table:
    """Comments and notes look alike, yet are two tables, so that no flag can leak a note."""
    return Table(
        name,
        METADATA,
        Column("workspace", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        *_stream(),
        Column("author", Text),
        Column("via", Text, nullable=False),
        Column("text", Words, nullable=False),
        Column("at", Instant, nullable=False),
        Column("source_channel", Text),
        Column("source_place", Words),
        Column("parent", Text),
        Column("edited_at", Instant),
        Column("withdrawn_at", Instant),
        within("author", of="people"),
        Index(f"ix_{name}_stream", "workspace", "stream_kind", "stream_id", "at"),
    )


comments: Final = _message_table("comments")
notes: Final = _message_table("notes")

outside_references: Final = Table(
    "outside_references",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    *_stream(),
    Column("channel", Text, nullable=False),
    Column("place", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Words, nullable=False),
    # The comment or note it stands for, when it stands for one.
    Column("message", Text),
    # Not unique without the stream: a stranger may reuse a Message-ID, and the oldest then wins. An index of its own,
    # so that whoever writes the table anew can make it at the end.
    Index(
        "uq_outside_references",
        *("workspace", "channel", "ref", "place", "kind", "stream_kind", "stream_id"),
        unique=True,
    ),
    Index("ix_outside_references_stream", "workspace", "stream_kind", "stream_id"),
)

attachments: Final = Table(
    "attachments",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    *_stream(),
    # The comment or note it came with.
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("state", Text, nullable=False),
    Column("refused", Text),
    CheckConstraint("state IN ('pending', 'clean', 'quarantined', 'refused')", name="state"),
    Index("ix_attachments_stream", "workspace", "stream_kind", "stream_id"),
)


def number_in(table: Any) -> ColumnElement[int]:
    """The number of the ticket that a row hangs on; NULL when it hangs on something else."""
    is_ticket = table.c.stream_kind == StreamKind.TICKET
    number: ColumnElement[int] = case((is_ticket, cast(table.c.stream_id, Integer)))
    return number


def of_tickets(table: Any) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = table.c.stream_kind == StreamKind.TICKET
    return mine
