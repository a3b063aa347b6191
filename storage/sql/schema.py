"""The tables in daily use. What hangs on a history is in schema_streams.py, what comes in and goes out in
schema_traffic.py, what waits for its feature in schema_later.py.

Every row carries its workspace, and keys across tables are composite, so that a row can not point into
another workspace even by mistake.
"""

from typing import Any, Final

from sqlalchemy import (
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

from storage.sql.columns import Instant, Json, Serial, Words

# Conditions of partial indexes stand as literals here and in queries: neither database uses a partial index
# for a condition that comes as a bound value.
OPEN: Final = "state NOT IN ('CLOSED', 'MERGED')"
CLOSED: Final = "closed_at IS NOT NULL"
DUE: Final = "due_at IS NOT NULL"
HELD: Final = "assignee IS NOT NULL"
COPIED: Final = "role = 'copied'"
UNASSIGNED: Final = "assignee IS NULL AND state IN ('NEW', 'OPEN', 'REOPENED')"

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
    keys = {"tickets": ("number",), "streams": ("kind", "id"), "workspaces": ()}.get(of, ("id",))
    local = ("workspace", *columns)
    target = (
        ["workspaces.id"] if of == "workspaces" else [f"{of}.{k}" for k in ("workspace", *keys)]
    )
    return ForeignKeyConstraint(local, target)


def owned() -> tuple[Column[Any], ...]:
    """Who a row belongs to, the file (deskd.toml) or run time, and how often it was written."""
    return (
        Column("owner", Text, nullable=False, server_default="run"),
        Column("version", Integer, nullable=False, server_default="1"),
    )


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
    *owned(),
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
    *owned(),
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
    *owned(),
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
    # file | run | vouched: what a private channel vouches for ends with the channel.
    Column("owner", Text, nullable=False, server_default="run"),
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
    Column("snoozed_until", Instant),
    Column("merged_into", Integer),
    # By which edition of policies and ladders it lives: the workspace's number of rules when they were given to it.
    Column("rules", Integer, nullable=False, server_default="0"),
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
    # What lists read: one for each right and order.
    Index("ix_tickets_team", "workspace", "team", "number"),
    Index("ix_tickets_updated", "workspace", "updated_at", "number"),
    Index("ix_tickets_team_updated", "workspace", "team", "updated_at", "number"),
    Index("ix_tickets_requester_number", "workspace", "requester", "number"),
    partial("ix_tickets_assignee", "workspace", "assignee", "number", where=HELD),
    partial("ix_tickets_due", "workspace", "due_at", "number", where=DUE),
    partial("ix_tickets_team_due", "workspace", "team", "due_at", "number", where=DUE),
    partial("ix_tickets_open_requester", "workspace", "requester", "number", where=OPEN),
    partial("ix_tickets_open_updated", "workspace", "team", "updated_at", "number", where=OPEN),
    partial("ix_tickets_open_priority", "workspace", "team", "priority", "number", where=OPEN),
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
    partial("ix_participants_copied", "workspace", "channel", "place", "ticket", where=COPIED),
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
