"""The tables in daily use. What comes in and goes out is in schema_traffic.py, what waits for its feature in
schema_later.py.

Every row carries its workspace, and keys across tables are composite, so that a row can not point into
another workspace even by mistake.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from storage.sql.columns import Instant, Json, Serial, Span, Words

# Conditions of partial indexes stand as literals here and in queries: neither database uses a partial index
# for a condition that comes as a bound value.
OPEN: Final = "state NOT IN ('CLOSED', 'MERGED')"
CLOSED: Final = "closed_at IS NOT NULL"
UNASSIGNED: Final = "assignee IS NULL AND state IN ('NEW', 'OPEN', 'REOPENED')"
RUNNING: Final = "running_since IS NOT NULL AND breached_at IS NULL"

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def within(*columns: str, of: str) -> ForeignKeyConstraint:
    """A key into the same workspace: (workspace, columns…) -> `of`'s primary key."""
    keys = {"tickets": ("number",), "workspaces": ()}.get(of, ("id",))
    local = ("workspace", *columns)
    target = (
        ["workspaces.id"] if of == "workspaces" else [f"{of}.{k}" for k in ("workspace", *keys)]
    )
    return ForeignKeyConstraint(local, target)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


workspaces: Final = Table(
    "workspaces",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("settings", Json, nullable=False),
    # SQLite counts here; PostgreSQL in a sequence per workspace, so that opening tickets do not queue.
    Column("last_number", Integer, nullable=False, server_default="0"),
)

departments: Final = Table(
    "departments",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    within(of="workspaces"),
)

teams: Final = Table(
    "teams",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("department", Text, nullable=False),
    Column("slack_channel", Text),
    # "" for none of its own.
    Column("policy", Text, nullable=False),
    Column("open_to_agents", Boolean, nullable=False),
    Column("replies_public", Boolean, nullable=False),
    Column("calendar", Text),
    Column("ladder", Text),
    Column("strategy", Text, nullable=False, server_default="least_loaded"),
    Column("on_shift", Text, nullable=False, server_default="shifts"),
    within("department", of="departments"),
)

team_addresses: Final = Table(
    "team_addresses",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("position", Integer, nullable=False),
    within("team", of="teams"),
)

people: Final = Table(
    "people",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Words, nullable=False),
    # The name as it is compared: both databases fold only ASCII by themselves.
    Column("name_key", Words, nullable=False),
    Column("role", Integer, nullable=False),
    Column("mail", Words),
    Column("slack", Text),
    Column("timezone", Text),
    Column("status", Text, nullable=False),
    Column("department", Text),
    Column("skills", Json),
    Column("work_limit", Integer),
    within(of="workspaces"),
    Index("ix_people_name", "workspace", "name_key"),
    Index("ix_people_mail", "workspace", "mail"),
    Index("ix_people_slack", "workspace", "slack"),
)

identities: Final = Table(
    "identities",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("person", Text, nullable=False),
    Column("verified_at", Instant, nullable=False),
    Column("how", Text, nullable=False),
    within("person", of="people"),
    Index("ix_identities_person", "workspace", "person"),
)

memberships: Final = Table(
    "memberships",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    within("person", of="people"),
    within("team", of="teams"),
    Index("ix_memberships_team", "workspace", "team"),
)

tickets: Final = Table(
    "tickets",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("subject", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("assignee", Text),
    Column("escalation_level", Integer, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("offered", Boolean, nullable=False, server_default=false()),
    Column("reopened", Integer, nullable=False),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("remind_at", Instant),
    Column("gives_up_at", Instant),
    Column("merged_into", Integer),
    Column("rules_at", Instant),
    # The next of its promises to break: lists can not sort by a question to another table.
    Column("due_at", Instant),
    Column("private", Boolean, nullable=False, server_default=false()),
    Column("deleted_at", Instant),
    within("team", of="teams"),
    within("requester", of="people"),
    within("assignee", of="people"),
    partial("ix_tickets_open", "workspace", "number", where=OPEN),
    partial("ix_tickets_open_team", "workspace", "team", "number", where=OPEN),
    partial("ix_tickets_open_assignee", "workspace", "assignee", "number", where=OPEN),
    partial("ix_tickets_unassigned", "workspace", "team", "number", where=UNASSIGNED),
    Index("ix_tickets_requester", "workspace", "requester", "created_at"),
    partial("ix_tickets_closed", "workspace", "closed_at", "number", where=CLOSED),
)

clocks: Final = Table(
    "clocks",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("ticket", Integer, primary_key=True, autoincrement=False),
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
    within("ticket", of="tickets"),
    partial("ix_clocks_calendar", "workspace", "calendar", "calendar_version", where=RUNNING),
    partial("ix_clocks_due", "workspace", "due_at", where=RUNNING),
)

timers: Final = Table(
    "timers",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("ticket", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("due_at", Instant, nullable=False),
    within("ticket", of="tickets"),
    Index("ix_timers_due", "due_at"),
)

events: Final = Table(
    "events",
    METADATA,
    # Grows with time across all workspaces; filtered by workspace it is that workspace's cursor.
    Column("cursor", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
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


def _message_table(name: str) -> Table:
    """Comments and notes look alike, yet are two tables, so that no flag can leak a note."""
    return Table(
        name,
        METADATA,
        Column("workspace", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("ticket", Integer, nullable=False),
        Column("author", Text),
        Column("via", Text, nullable=False),
        Column("text", Words, nullable=False),
        Column("at", Instant, nullable=False),
        Column("source_channel", Text),
        Column("source_place", Words),
        Column("parent", Text),
        Column("edited_at", Instant),
        Column("withdrawn_at", Instant),
        within("ticket", of="tickets"),
        within("author", of="people"),
        Index(f"ix_{name}_ticket", "workspace", "ticket", "at"),
    )


comments: Final = _message_table("comments")
notes: Final = _message_table("notes")

outside_references: Final = Table(
    "outside_references",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("ticket", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("place", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Words, nullable=False),
    # The comment or note it stands for, when it stands for one.
    Column("message", Text),
    within("ticket", of="tickets"),
    # Not unique without the ticket: a stranger may reuse a Message-ID, and the oldest then wins.
    UniqueConstraint("workspace", "channel", "ref", "place", "kind", "ticket"),
    Index("ix_outside_references_ticket", "workspace", "ticket"),
)

attachments: Final = Table(
    "attachments",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("ticket", Integer, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("state", Text, nullable=False),
    Column("refused", Text),
    within("ticket", of="tickets"),
    CheckConstraint("state IN ('pending', 'clean', 'quarantined', 'refused')", name="state"),
    Index("ix_attachments_ticket", "workspace", "ticket"),
)

participants: Final = Table(
    "participants",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("ticket", Integer, primary_key=True, autoincrement=False),
    Column("role", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("place", Words, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("person", Text),
    within("ticket", of="tickets"),
    CheckConstraint("role IN ('requester', 'copied', 'waiting', 'team')", name="role"),
)

links: Final = Table(
    "links",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("ticket", Integer, primary_key=True, autoincrement=False),
    Column("other", Integer, primary_key=True, autoincrement=False),
    Column("how", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    within("ticket", of="tickets"),
    within("other", of="tickets"),
    Index("ix_links_other", "workspace", "other"),
)

# One row per slot of a calendar chore: whoever inserts it does the chore.
chores: Final = Table(
    "chores",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("chore", Text, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("owner", Text, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("done_at", Instant),
    within(of="workspaces"),
    UniqueConstraint("workspace", "chore", "slot"),
)
