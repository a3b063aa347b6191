"""The tables of what comes in and what goes out."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from storage.sql.columns import Instant, Json, Serial, Words
from storage.sql.schema import METADATA, partial, within

UNSETTLED: Final = "state = 'waiting'"
UNSENT: Final = "state IN ('waiting', 'sending')"
DEAD: Final = "state = 'dead'"
WAITING_SHOW: Final = "state = 'waiting' AND kind = 'show'"

spool: Final = Table(
    "spool",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("envelope", Json, nullable=False),
    Column("sender", Words),
    Column("received_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Words),
    Column("attempts", Integer, nullable=False),
    # When it may next be taken: a lease moves it to the lease's end, so an ended lease needs no clean-up.
    Column("next_at", Instant, nullable=False),
    Column("ticket", Integer),
    within(of="workspaces"),
    UniqueConstraint("workspace", "channel", "key"),
    CheckConstraint("state IN ('waiting', 'done', 'dead')", name="state"),
    partial("ix_spool_waiting", "channel", "id", where=UNSETTLED),
    partial("ix_spool_dead", "id", where=DEAD),
    sqlite_autoincrement=True,
)

outbox: Final = Table(
    "outbox",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    # A Show has none: it says nothing that could be said twice.
    Column("key", Words),
    # None: a message about many tickets, or about none.
    Column("ticket", Integer),
    Column("channel", Text, nullable=False),
    Column("place", Words, nullable=False),
    # What goes out in order: rows of one line, by id.
    Column("line", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("template", Text),
    Column("facts", Json, nullable=False),
    Column("comment", Text),
    Column("note", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # While waiting, when to try; while sending, when the lease ends.
    Column("next_at", Instant, nullable=False),
    Column("uncertain", Boolean, nullable=False),
    Column("possible_duplicate", Boolean, nullable=False),
    Column("last_error", Words),
    Column("created_at", Instant, nullable=False),
    # From here its age is counted; an operator's retry starts it anew.
    Column("aged_from", Instant, nullable=False),
    Column("final_at", Instant),
    within(of="workspaces"),
    within("ticket", of="tickets"),
    within("comment", of="comments"),
    within("note", of="notes"),
    UniqueConstraint("workspace", "key"),
    CheckConstraint("kind IN ('show', 'tell')", name="kind"),
    # Without a ticket there is no card to draw, and nobody whose words could be passed on.
    CheckConstraint(
        "ticket IS NOT NULL OR (kind = 'tell' AND comment IS NULL AND note IS NULL)",
        name="ticketless",
    ),
    CheckConstraint("state IN ('waiting', 'sending', 'sent', 'dead')", name="state"),
    partial("ix_outbox_due", "next_at", "id", "channel", where=UNSENT),
    partial("ix_outbox_line", "workspace", "line", "id", where=UNSENT),
    partial("ix_outbox_dead", "id", where=DEAD),
    partial("uq_outbox_waiting_show", "workspace", "line", where=WAITING_SHOW, unique=True),
    Index("ix_outbox_ticket", "workspace", "ticket"),
    sqlite_autoincrement=True,
)
